"""What customers want of their bills and of outages: explanations, payments, tickets, credit; and their address."""

from __future__ import annotations

from typing import Any

from agent_envs.snapshots.domains.compose import drawn, tried
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import billing
from .device import causes, phone
from .repairs import overdue
from .wanted import KINDS, MONTHS, Customer, Want, line_of, lines_of, money

# An item besides the plans, the only one of its kind on its bill.
_EXTRA = (
    "SELECT i.*, b.month FROM bill_items i JOIN bills b USING (bill_id) WHERE b.customer_id = ? AND i.kind <> 'plan'"
    " AND 1 = (SELECT count(*) FROM bill_items x WHERE x.bill_id = i.bill_id AND x.kind = i.kind)"
    " ORDER BY b.month, i.item"
)


def bill_item(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask what something on a bill costs."""
    extra = _extra(db, customer, "ask")
    if extra is None:
        return None
    amount, bill = money(extra["amount_cents"]), extra["bill_id"]
    draft = Draft("bill item")
    draft.learn(f"My bill for {MONTHS[extra['month']]} has {KINDS[extra['kind']]} on it. How much is that?", amount)
    draft.call("list_bills", customer_id=customer.customer_id).call("get_bill", bill_id=bill)
    return draft.say(f"It is {amount}.")


def dispute(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Have something on a bill looked into."""
    extra = _extra(db, customer, "dispute")
    opened = extra and tried(db, billing.open_ticket, line_id=extra["line_id"], topic="bill")
    if extra is None or opened is None:
        return None
    what, ticket = KINDS[extra["kind"]], opened["ticket_id"]
    draft = Draft("dispute").act(
        f"I never had the {what} on my bill for {MONTHS[extra['month']]}. Please have it looked into.", ticket
    )
    draft.call("list_bills", customer_id=customer.customer_id).call("get_bill", bill_id=extra["bill_id"])
    draft.say(f"I can open a ticket about the bill of line {extra['line_id']}. Shall I do that?")
    draft.call("open_ticket", line_id=extra["line_id"], topic="bill")
    return draft.say(f"The ticket {ticket} has been opened.")


def ticket(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask when a ticket was opened."""
    line = line_of(db, customer, "ticket", "l.line_id IN (SELECT line_id FROM tickets)")
    tickets = db.rows("SELECT * FROM tickets WHERE line_id = ? ORDER BY ticket_id", line["line_id"]) if line else []
    if line is None or len(tickets) != 1:
        return None
    opened_on = tickets[0]["opened_at"][:10]
    request = f"I once complained about {customer.speaks_of(line)}. On which day was the ticket opened?"
    draft = Draft("ticket").learn(request, opened_on).call("list_tickets", line_id=line["line_id"])
    return draft.say(f"It was opened on {opened_on}.")


def pay(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Pay a bill before it is due."""
    bill = db.row(
        "SELECT * FROM bills WHERE customer_id = ? AND status = 'open' ORDER BY month DESC", customer.customer_id
    )
    if bill is None:
        return None
    amount = money(bill["amount_cents"])
    draft = Draft("pay").act(f"I want to pay my bill for {MONTHS[bill['month']]} now.", amount)
    draft.call("list_bills", customer_id=customer.customer_id)
    draft.say(f"That is {amount}, by {customer.pays_by}. Shall I have it paid?").call(
        "pay_bill", bill_id=bill["bill_id"]
    )
    return draft.say(f"It has been paid: {amount}.")


def unblock(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Pay what is overdue and have every line that is blocked for it work again."""
    blocked, bills = lines_of(db, customer, "l.block = 'unpaid'"), overdue(db, customer.customer_id)
    if not blocked or len(bills) != 1:
        return None
    amount = money(bills[0]["amount_cents"])
    lines = "my lines are" if customer.lines > 1 else "my line is"
    draft = Draft("unblock").act(
        f"I hear that {lines} blocked. Let me pay what I owe, and lift every block for it.", amount
    )
    draft.call("list_bills", customer_id=customer.customer_id)
    ids = ", ".join(line["line_id"] for line in blocked)
    draft.say(f"{amount} is overdue. Shall I have it paid by {customer.pays_by} and lift the block of {ids}?")
    draft.call("pay_bill", bill_id=bills[0]["bill_id"])
    for line in blocked:
        draft.call("lift_block", line_id=line["line_id"])
    return draft.say(f"Done: {amount} has been paid, and nothing is blocked for it any more.")


def no_network(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Learn until when an outage lasts, and have a ticket for it."""
    lines = [
        line
        for line in lines_of(db, customer, "d.country IS NULL AND l.block = 'none'")
        if causes(phone(db, line["device_id"]), "call") == ("outage",)
    ]
    opened = lines and tried(db, billing.open_ticket, line_id=lines[0]["line_id"], topic="coverage")
    if not opened:
        return None
    line = lines[0]
    ends_on = db.scalar(
        "SELECT ends_at FROM outages WHERE region_id = ? AND ends_at > ? ORDER BY ends_at", line["region_id"], db.now
    )[:10]
    draft = Draft("outage").act(
        f"There is no network at home with {customer.speaks_of(line)}. Until when will that last?"
        " And put it on record, please.",
        ends_on,
        opened["ticket_id"],
    )
    draft.call("get_line", line_id=line["line_id"]).call("list_outages", line_id=line["line_id"])
    draft.say(f"There is an outage in your region, until {ends_on} as we expect. Shall I open a ticket about coverage?")
    draft.call("open_ticket", line_id=line["line_id"], topic="coverage")
    return draft.say(f"The ticket {opened['ticket_id']} has been opened; the outage should end on {ends_on}.")


def outage_credit(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Complain of an outage that was long."""
    found = _outages(db, customer, "outage credit")
    good = [each for each in found if tried(db, billing.give_outage_credit, **each)]
    if len(good) != 1:
        return None
    amount, line = "5.00", line_of(db, customer, "outage credit", f"l.line_id = '{good[0]['line_id']}'")
    assert line is not None
    request = f"I complain: lately there was no network for more than a day with {customer.speaks_of(line)}!"
    draft = Draft("outage credit").act(request, amount)
    draft.call("list_outages", line_id=line["line_id"])
    draft.say(f"I am sorry. For this outage you get a credit of {amount}. Shall I give it?")
    return draft.call("give_outage_credit", **good[0]).say(f"Done: {amount} has been credited.")


def contact(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Have another e-mail address."""
    new = f"new.{customer.email}"
    if customer.email.startswith("new."):
        return None
    draft = Draft("contact", new_email=new).act("I have another email address now. Please change it.", new)
    draft.say("What is the new email address, please?")
    draft.say(f"I would change your address to {new}. Shall I do that?")
    draft.call("change_contact", customer_id=customer.customer_id, email=new)
    return draft.say(f"The address has been changed to {new}.")


def _extra(db: EpisodeDatabase, customer: Customer, want: str) -> dict[str, Any] | None:
    extras = db.rows(_EXTRA, customer.customer_id)
    return extras[drawn(customer.customer_id, want) % len(extras)] if extras else None


def _outages(db: EpisodeDatabase, customer: Customer, want: str) -> list[dict[str, Any]]:
    """The outages of one line's region, as arguments for a credit."""
    line = line_of(db, customer, want)
    assert line is not None
    rows = db.rows("SELECT outage_id FROM outages WHERE region_id = ? ORDER BY outage_id", line["region_id"])
    return [{"line_id": line["line_id"], "outage_id": row["outage_id"]} for row in rows]


WANTS: tuple[Want, ...] = (bill_item, dispute, ticket, pay, unblock, no_network, outage_credit, contact)
