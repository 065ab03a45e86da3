"""What customers want besides: parcels, returns, coupons, payment, their own details, and what is not theirs."""

from __future__ import annotations

from datetime import date
from typing import Any

from agent_envs.snapshots.domains.compose import drawn, tried
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import ordering, returning
from .rules import DELAY_CREDIT_CENTS, LOST_AFTER_DAYS, RETURN_DAYS
from .wanted import Customer, begun, difference, money, order_of, spoken
from .wants_before import Want

_WRONG = {
    "damaged": "it arrived damaged",
    "wrong_item": "it is the wrong item",
    "not_as_described": "it is not as described",
}
_REFUND = {"original_method": "to the way I paid", "store_credit": "as store credit"}
_RETURN_LINES = (
    "SELECT i.line, i.quantity, p.name, g.final_sale FROM order_items i JOIN variants USING (variant_id)"
    " JOIN products p USING (product_id) JOIN categories g USING (category_id) WHERE i.order_id = ?1"
    " AND NOT EXISTS (SELECT 1 FROM return_items r WHERE r.order_id = ?1 AND r.line = i.line) ORDER BY i.line"
)


def track(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask for the tracking number of a parcel."""
    order = order_of(db, customer, "track", "o.status = 'shipped'")
    if order is None:
        return None
    said, number = spoken(db, order, "track"), order["tracking_number"]
    draft = begun(Draft("track").learn(f"What is the tracking number of {said.words}?", number), order, said)
    return draft.call("track_order", order_id=order["order_id"]).say(f"The tracking number is {number}.")


def give_back(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Return a line, which time or the department may forbid."""
    order = order_of(db, customer, "give back", "o.status = 'delivered'")
    lines = db.rows(_RETURN_LINES, order["order_id"]) if order else []
    if order is None or not lines:
        return None
    line = lines[drawn(order["order_id"], "line") % len(lines)]
    days = (date.fromisoformat(db.now[:10]) - date.fromisoformat(order["delivered_at"][:10])).days
    reason = tuple(_WRONG)[drawn(order["order_id"]) % len(_WRONG)]
    said, items = spoken(db, order, "give back"), [{"line": line["line"], "quantity": line["quantity"]}]
    request = f"I want to return the {line['name']} of {said.words}: {_WRONG[reason]}."
    if line["final_sale"] or days > RETURN_DAYS[customer.tier]:
        draft = begun(Draft("return refused").refuse(request), order, said)
        why = "it was a final sale" if line["final_sale"] else f"it was delivered {days} days ago"
        return draft.say(f"I cannot take it back: {why}.").say(f"I am sorry, I cannot: {why}.")
    to = tuple(_REFUND)[drawn(order["order_id"], "to") % 2]
    arguments = {"order_id": order["order_id"], "items": items, "reason": reason, "refund_to": to}
    opened = tried(db, returning.request_return, **arguments)
    amount = money(opened["refund_cents"])
    draft = begun(Draft("return", refund=_REFUND[to]).act(request, amount), order, said)
    draft.say("Where should the refund go?").call("quote_return", order_id=order["order_id"], items=items)
    draft.say(f"The refund is {amount}, {_REFUND[to].replace('I', 'you')}. Shall I open the return?")
    draft.call("request_return", **arguments)
    return draft.say(f"The return has been opened; {amount} follows when the parcel is here.")


def keep(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Keep what was to be returned."""
    back = _open_return(db, customer)
    if back is None:
        return None
    draft = Draft("keep").act(f"I will keep what I wanted to return from order {back['order_id']}.", back["return_id"])
    draft.call("list_returns", order_id=back["order_id"])
    draft.say(f"I would cancel the return {back['return_id']}. Shall I do that?")
    draft.call("cancel_return", return_id=back["return_id"])
    return draft.say(f"The return {back['return_id']} has been cancelled.")


def refund_elsewhere(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Have a refund go elsewhere."""
    back = _open_return(db, customer)
    if back is None:
        return None
    to = "store_credit" if back["refund_to"] == "original_method" else "original_method"
    amount = money(back["refund_cents"])
    draft = Draft("refund elsewhere").act(
        f"The refund for my return from order {back['order_id']} should come {_REFUND[to]} instead.", amount
    )
    draft.call("list_returns", order_id=back["order_id"])
    draft.say(f"The {amount} would then come {_REFUND[to].replace('I', 'you')}. Shall I change it?")
    draft.call("change_refund", return_id=back["return_id"], refund_to=to)
    return draft.say(f"Done: {amount} will come {_REFUND[to].replace('I', 'you')}.")


def late(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Complain that an order came late, or still has not come."""
    condition = (
        f"o.status <> 'cancelled' AND substr(coalesce(s.delivered_at, '{db.now}'), 1, 10) > o.promised_on"
        " AND NOT EXISTS (SELECT 1 FROM delay_credits d WHERE d.order_id = o.order_id)"
    )
    order = order_of(db, customer, "late", condition)
    if order is None:
        return None
    said, amount = spoken(db, order, "late"), money(DELAY_CREDIT_CENTS[customer.tier])
    draft = begun(Draft("late").act(f"I complain: {said.words} was to be here earlier!", amount), order, said)
    draft.call("track_order", order_id=order["order_id"])
    draft.say(f"I am sorry. You get {amount} as store credit. Shall I add it?")
    draft.call("give_delay_credit", order_id=order["order_id"])
    return draft.say(f"Done: {amount} has been added.")


def lost(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask for a parcel that never came: one that is lost is sent again, another one is waited for."""
    order = order_of(db, customer, "lost", "o.status = 'shipped'")
    if order is None:
        return None
    said = spoken(db, order, "lost")
    days = (date.fromisoformat(db.now[:10]) - date.fromisoformat(order["shipped_at"][:10])).days
    again = tried(db, returning.replace_lost_parcel, order_id=order["order_id"])
    request = f"The parcel of {said.words} never came. Please send everything again."
    if again is None:
        if days >= LOST_AFTER_DAYS:
            return None  # something is out of stock, or it was sent again already
        draft = begun(Draft("lost refused").refuse(request), order, said)
        draft.call("track_order", order_id=order["order_id"])
        why = f"it was shipped {days} days ago, and counts as lost after {LOST_AFTER_DAYS} days"
        return draft.say(f"I cannot send it again yet: {why}.").say(f"I cannot do that today: {why}.")
    draft = begun(Draft("lost").act(request, again["tracking_number"]), order, said)
    draft.call("track_order", order_id=order["order_id"])
    draft.say("It counts as lost. Shall I send everything again?").call(
        "replace_lost_parcel", order_id=order["order_id"]
    )
    return draft.say(f"It has been sent again, under {again['tracking_number']}.")


def coupon(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Use a coupon, which may be good or not."""
    order = order_of(db, customer, "coupon", "o.status = 'pending' AND o.coupon_code IS NULL")
    codes = db.rows("SELECT code FROM coupons ORDER BY code")
    if order is None or not codes:
        return None
    code = codes[drawn(order["order_id"], "code") % len(codes)]["code"]
    said, arguments = spoken(db, order, "coupon"), {"order_id": order["order_id"], "code": code}
    after = tried(db, ordering.apply_coupon, **arguments)
    request = f"I have a coupon, {code}. Please use it for {said.words}."
    if after is None:
        draft = begun(Draft("coupon refused").refuse(request), order, said).call("get_coupon", code=code)
        return draft.say("I cannot use it: this coupon is not good for the order.").say(
            "I cannot: it is not valid for it."
        )
    new = money(after["total_cents"])
    draft = begun(Draft("coupon").act(request, new), order, said).call("get_coupon", code=code)
    draft.say(
        f"With it the total is {new}; {difference(order['total_cents'], after['total_cents'])}. Shall I apply it?"
    )
    draft.call("apply_coupon", **arguments)
    return draft.say(f"The coupon has been applied; the total is {new}.")


def pay_otherwise(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Pay an order by another method, which may have expired."""
    order = order_of(db, customer, "pay", "o.status = 'pending'")
    other = order and db.row(
        "SELECT * FROM payment_methods WHERE customer_id = ? AND method_id <> ? ORDER BY method_id",
        customer.customer_id,
        order["method_id"],
    )
    if order is None or other is None:
        return None
    said, amount = spoken(db, order, "pay"), money(order["total_cents"])
    request = f"Please charge {said.words} to my {other['label']} instead."
    if (other["expires_on"] or "9") < db.now[:10]:
        draft = begun(Draft("expired").refuse(request), order, said)
        draft.call("get_customer", customer_id=customer.customer_id)
        why = f"it expired on {other['expires_on']}"
        return draft.say(f"I cannot use the {other['label']}: {why}.").say(f"I cannot: {why}.")
    draft = begun(Draft("payment").act(request, amount), order, said)
    draft.call("get_customer", customer_id=customer.customer_id)
    draft.say(f"I would refund {amount} to {order['method']} and charge {other['label']}. Shall I do that?")
    draft.call("change_payment_method", order_id=order["order_id"], method_id=other["method_id"])
    return draft.say(f"Done: {amount} is charged to {other['label']}.")


def contact(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Have a new phone number or e-mail address, which somebody else may have."""
    number = drawn(customer.customer_id, "contact")
    if number % 4 == 0:
        taken = db.scalar(
            "SELECT email FROM customers WHERE customer_id > ? ORDER BY customer_id", customer.customer_id
        )
        if taken is None:
            return None
        draft = Draft("taken").refuse(f"My email address is {taken} now. Please change it.")
        draft.call("find_customer_by_email", email=taken)
        return draft.say("I cannot use this address.").say("I am sorry, I cannot use it; it is in use already.")
    new = f"07700 900{number % 1000:03}"
    if new == customer.phone:
        return None
    draft = Draft("contact").act(f"My phone number is {new} now. Please change it.", new)
    draft.say(f"Your new number is {new}. Shall I change it?")
    draft.call("change_contact", customer_id=customer.customer_id, phone=new)
    return draft.say(f"The number has been changed to {new}.")


def foreign(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask about somebody else's order."""
    other = db.row(
        "SELECT order_id, total_cents FROM orders WHERE customer_id <> ? AND order_id > ? ORDER BY order_id",
        customer.customer_id,
        f"O{1_000_000 + drawn(customer.customer_id) % 1000}",
    )
    if other is None:
        return None
    order_id = other["order_id"]
    draft = Draft("foreign").refuse(f"My neighbour ordered something. Please tell me the total of order {order_id}.")
    draft.keep(money(other["total_cents"])).call("get_order", order_id=order_id)
    return draft.say("I cannot tell you about an order that is not yours.").say("I cannot: it is not yours.")


def _open_return(db: EpisodeDatabase, customer: Customer) -> dict[str, Any] | None:
    return db.row(
        "SELECT r.* FROM returns r JOIN orders USING (order_id) WHERE customer_id = ? AND r.status = 'open'"
        " ORDER BY return_id",
        customer.customer_id,
    )


WANTS: tuple[Want, ...] = (
    *(track, give_back, keep, refund_elsewhere, late, lost),
    *(coupon, pay_otherwise, contact, foreign),
)
