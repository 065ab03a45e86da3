"""What customers of the shop come with: one function a sort of task, each for one order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import Toolbox

from .rules import DELAY_CREDIT_CENTS, RETURN_DAYS, refund_cents

_ORDERS = """
    SELECT o.*, c.email, c.name, c.tier, c.phone, m.label AS method, s.tracking_number, s.delivered_at
    FROM orders o JOIN customers c USING (customer_id) JOIN payment_methods m USING (method_id)
    LEFT JOIN shipments s USING (order_id) GROUP BY o.order_id ORDER BY o.order_id
"""
_REASONS = {
    "changed_mind": "I have changed my mind",
    "ordered_by_mistake": "I ordered it by mistake",
    "too_slow": "it takes too long",
    "found_cheaper": "I found it cheaper elsewhere",
}
_WRONG = {
    "damaged": "it arrived damaged",
    "wrong_item": "it is the wrong item",
    "not_as_described": "it is not as described",
}


def drafts(db: EpisodeDatabase, tools: Toolbox[Any]) -> Iterator[tuple[str, Draft]]:
    """Every task that the orders give, with the customer whom it is about."""
    for number, order in enumerate(db.rows(_ORDERS)):
        for write in SHAPES:
            draft = write(db, tools, order, number)
            if draft is not None:
                yield order["customer_id"], draft


def _begun(shape: str, tools: Toolbox[Any], order: dict[str, Any], request: str, kind: str, *told: str) -> Draft:
    """A draft in which the customer says what they want and is identified, and the order is read."""
    draft = Draft(shape, tools, email=order["email"], order_id=order["order_id"])
    draft.want(request, kind, *told)
    draft.say("Of course. May I have your email address, please?")
    draft.call("find_customer_by_email", email=order["email"])
    draft.call("get_order", order_id=order["order_id"])
    return draft


def total(db: EpisodeDatabase, tools: Toolbox[Any], order: dict[str, Any], number: int) -> Draft | None:
    """Ask what it cost."""
    amount = money(order["total_cents"])
    draft = _begun("total", tools, order, f"What is the total of my order {order['order_id']}?", "learn", amount)
    draft.say(f"The total is {amount}.")
    return draft


def track(db: EpisodeDatabase, tools: Toolbox[Any], order: dict[str, Any], number: int) -> Draft | None:
    """Ask where it is."""
    if order["status"] != "shipped":
        return None
    tracking = order["tracking_number"]
    draft = _begun(
        "track", tools, order, f"What is the tracking number of order {order['order_id']}?", "learn", tracking
    )
    draft.call("track_order", order_id=order["order_id"])
    draft.say(f"The tracking number is {tracking}.")
    return draft


def cancel(db: EpisodeDatabase, tools: Toolbox[Any], order: dict[str, Any], number: int) -> Draft | None:
    """Cancel it, which only a pending order can be."""
    reason = tuple(_REASONS)[number % len(_REASONS)]
    order_id, amount = order["order_id"], money(order["total_cents"])
    request = f"Please cancel my order {order_id}: {_REASONS[reason]}."
    if order["status"] == "pending":
        draft = _begun("cancel", tools, order, request, "act", amount)
        draft.say(f"I would cancel order {order_id}, and {amount} goes back to {order['method']}. Shall I do that?")
        draft.call("cancel_order", order_id=order_id, reason=reason)
        draft.say(f"It has been cancelled; {amount} goes back to you.")
        return draft
    if order["status"] == "cancelled":
        return None
    draft = _begun("cancel refused", tools, order, request, "refused")
    draft.say(f"I cannot cancel it: the order is {order['status']}, and only a pending order can be cancelled.")
    return draft


def faster(db: EpisodeDatabase, tools: Toolbox[Any], order: dict[str, Any], number: int) -> Draft | None:
    """Have it delivered faster."""
    order_id = order["order_id"]
    if order["status"] != "pending" or order["delivery"] != "standard":
        return None
    draft = _begun("faster", tools, order, f"Can my order {order_id} come by express?", "act")
    draft.say("Express delivery costs 8.95; the difference is charged. Shall I change it?")
    draft.call("change_delivery", order_id=order_id, delivery="express")
    draft.say("Done: it comes by express.")
    return draft


def readdress(db: EpisodeDatabase, tools: Toolbox[Any], order: dict[str, Any], number: int) -> Draft | None:
    """Have it sent to another address of theirs."""
    other = db.row(
        "SELECT address_id, label, street FROM addresses WHERE customer_id = ? AND address_id <> ? ORDER BY address_id",
        order["customer_id"],
        order["address_id"],
    )
    if order["status"] != "pending" or other is None:
        return None
    draft = _begun(
        "readdress", tools, order, f"Please send order {order['order_id']} to my {other['label']} address.", "act"
    )
    draft.call("get_customer", customer_id=order["customer_id"])
    draft.say(f"That is {other['street']}. Shall I change the address?")
    draft.call("change_delivery_address", order_id=order["order_id"], address_id=other["address_id"])
    draft.say("The address has been changed.")
    return draft


def give_back(db: EpisodeDatabase, tools: Toolbox[Any], order: dict[str, Any], number: int) -> Draft | None:
    """Return its first line, which time or the department may forbid."""
    line = db.row(
        "SELECT i.line, i.quantity, i.unit_price_cents, p.name, g.final_sale, (SELECT count(*) FROM return_items r"
        " WHERE r.order_id = i.order_id) AS returned FROM order_items i JOIN variants USING (variant_id)"
        " JOIN products p USING (product_id) JOIN categories g USING (category_id) WHERE i.order_id = ?"
        " ORDER BY i.line",
        order["order_id"],
    )
    if order["status"] != "delivered" or line is None or line["returned"]:
        return None
    days = (date.fromisoformat(db.now[:10]) - date.fromisoformat(order["delivered_at"][:10])).days
    reason = tuple(_WRONG)[number % len(_WRONG)]
    what = f"the {line['name']} of order {order['order_id']}"
    request = f"I want to return {what}: {_WRONG[reason]}. The money goes where it came from."
    items = [{"line": line["line"], "quantity": line["quantity"]}]
    if line["final_sale"] or days > RETURN_DAYS[order["tier"]]:
        draft = _begun("return refused", tools, order, request, "refused")
        why = "it was a final sale" if line["final_sale"] else f"it was delivered {days} days ago"
        draft.say(f"I cannot take it back: {why}.")
        return draft
    value = line["quantity"] * line["unit_price_cents"]
    amount = money(refund_cents(value, order["items_cents"], order["discount_cents"]))
    draft = _begun("return", tools, order, request, "act", amount)
    draft.call("quote_return", order_id=order["order_id"], items=items)
    draft.say(f"The refund is {amount}, to {order['method']}. Shall I open the return?")
    draft.call("request_return", order_id=order["order_id"], items=items, reason=reason, refund_to="original_method")
    draft.say(f"The return has been opened; {amount} follows when the parcel is here.")
    return draft


def late(db: EpisodeDatabase, tools: Toolbox[Any], order: dict[str, Any], number: int) -> Draft | None:
    """Complain that it came late, or still has not come."""
    arrived = (order["delivered_at"] or db.now)[:10]
    given = db.scalar("SELECT count(*) FROM delay_credits WHERE order_id = ?", order["order_id"])
    if order["status"] == "cancelled" or arrived <= order["promised_on"] or given:
        return None
    amount = money(DELAY_CREDIT_CENTS[order["tier"]])
    draft = _begun("late", tools, order, f"I complain: my order {order['order_id']} is late!", "act", amount)
    draft.call("track_order", order_id=order["order_id"])
    draft.say(f"I am sorry. You get {amount} as store credit. Shall I add it?")
    draft.call("give_delay_credit", order_id=order["order_id"])
    draft.say(f"Done: {amount} has been added.")
    return draft


def foreign(db: EpisodeDatabase, tools: Toolbox[Any], order: dict[str, Any], number: int) -> Draft | None:
    """Ask about somebody else's order."""
    other = db.row(
        "SELECT order_id FROM orders WHERE customer_id <> ? AND order_id > ? ORDER BY order_id",
        order["customer_id"],
        order["order_id"],
    )
    if other is None or number % 4:
        return None
    request = f"My neighbour ordered something. Please tell me the total of order {other['order_id']}."
    draft = Draft("foreign", tools, email=order["email"])
    draft.want(request, "refused")
    draft.say("May I have your email address, please?")
    draft.call("find_customer_by_email", email=order["email"])
    draft.call("get_order", order_id=other["order_id"])
    draft.say("I cannot tell you about an order that is not yours.")
    return draft


def phone(db: EpisodeDatabase, tools: Toolbox[Any], order: dict[str, Any], number: int) -> Draft | None:
    """Change the phone number, and then ask for a total."""
    if number % 3:
        return None
    new, amount = f"07700 900{number % 1000:03}", money(order["total_cents"])
    if new == order["phone"]:
        return None
    draft = Draft("phone and total", tools, email=order["email"], order_id=order["order_id"])
    draft.want(f"My phone number is {new} now. Please change it.", "act")
    draft.want(f"What is the total of my order {order['order_id']}?", "learn", amount)
    draft.say("May I have your email address, please?")
    draft.call("find_customer_by_email", email=order["email"])
    draft.say(f"Your new number is {new}. Shall I change it?")
    draft.call("change_contact", customer_id=order["customer_id"], phone=new)
    draft.say("The number has been changed.")
    draft.call("get_order", order_id=order["order_id"])
    draft.say(f"The total is {amount}.")
    return draft


def money(cents: int) -> str:
    """Cents as a customer reads them."""
    return f"{cents // 100}.{cents % 100:02d}"


Write = Callable[[EpisodeDatabase, Toolbox[Any], dict[str, Any], int], Draft | None]
SHAPES: tuple[Write, ...] = (total, track, cancel, faster, readdress, give_back, late, foreign, phone)
