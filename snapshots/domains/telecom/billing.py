"""The agent's tools that write about money and contact: payments, credit, tickets, e-mail addresses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError, tool

from . import bills, views
from .reading import Text
from .rules import OUTAGE_CLAIM_DAYS, OUTAGE_CREDIT_CENTS, OUTAGE_CREDIT_HOURS

Email = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$(?!\n)", max_length=100)]


class Credit(msgspec.Struct, frozen=True):
    """Credit that was given for an outage, and the customer's whole credit."""

    line_id: str
    outage_id: str
    amount_cents: int
    credit_cents: int


def new_id(db: EpisodeDatabase, table: str, column: str, prefix: str) -> str:
    """The key after the table's last one: all keys of a table have one length and one prefix."""
    last = db.scalar(f"SELECT max({column}) FROM {table}") or f"{prefix}999999"
    return f"{prefix}{int(last.removeprefix(prefix)) + 1}"


def charge(db: EpisodeDatabase, line_id: str, kind: str, amount_cents: int) -> None:
    """Put an amount on the next bill; nothing is no charge."""
    if amount_cents:
        db.write(
            "INSERT INTO charges (charge_id, line_id, kind, amount_cents, made_at) VALUES (?, ?, ?, ?, ?)",
            new_id(db, "charges", "charge_id", "H"),
            line_id,
            kind,
            amount_cents,
            db.now,
        )


@tool(writes=True)
def pay_bill(db: EpisodeDatabase, bill_id: Text) -> bills.Bill:
    """Have a bill paid now, in whole, by the way in which the customer pays; lifts no block."""
    bill = bills.bill(db, bill_id)
    if bill.status == "paid":
        raise ToolError(f"bill {bill_id} was paid at {bill.paid_at}; nothing is due")
    db.write(
        "INSERT INTO payments (payment_id, bill_id, amount_cents, paid_at) VALUES (?, ?, ?, ?)",
        new_id(db, "payments", "payment_id", "T"),
        bill_id,
        bill.amount_cents,
        db.now,
    )
    db.write("UPDATE bills SET status = 'paid' WHERE bill_id = ?", bill_id)
    return bills.bill(db, bill_id)


@tool(writes=True)
def give_outage_credit(db: EpisodeDatabase, line_id: Text, outage_id: Text) -> Credit:
    """Give the credit for an outage of 24 hours or more in a line's region that ended in the last 30 days; once."""
    line = views.line(db, line_id)
    outage = views.found(db, "outages", "outage_id", outage_id, "outage", "list_outages gives the ids")
    if db.scalar("SELECT region_id FROM lines WHERE line_id = ?", line_id) != outage["region_id"]:
        raise ToolError(f"outage {outage_id} was not in {line.region}, where line {line_id} is; see list_outages")
    began, ends, now = (datetime.fromisoformat(at) for at in (outage["began_at"], outage["ends_at"], db.now))
    if ends > now:
        raise ToolError(f"outage {outage_id} still lasts; credit is given when it is over")
    if ends - began < timedelta(hours=OUTAGE_CREDIT_HOURS):
        raise ToolError(
            f"outage {outage_id} lasted {ends - began}; credit is given from {OUTAGE_CREDIT_HOURS} hours on"
        )
    if now - ends > timedelta(days=OUTAGE_CLAIM_DAYS):
        raise ToolError(f"outage {outage_id} ended at {ends}, more than {OUTAGE_CLAIM_DAYS} days ago; it is too late")
    if db.row("SELECT 1 FROM outage_credits WHERE line_id = ? AND outage_id = ?", line_id, outage_id):
        raise ToolError(f"line {line_id} already had credit for outage {outage_id}; there is one an outage")
    db.write(
        "INSERT INTO outage_credits (line_id, outage_id, amount_cents, given_at) VALUES (?, ?, ?, ?)",
        line_id,
        outage_id,
        OUTAGE_CREDIT_CENTS,
        db.now,
    )
    db.write(
        "UPDATE customers SET credit_cents = credit_cents + ? WHERE customer_id = ?",
        OUTAGE_CREDIT_CENTS,
        line.customer_id,
    )
    return Credit(line_id, outage_id, OUTAGE_CREDIT_CENTS, views.customer(db, line.customer_id).credit_cents)


@tool(writes=True)
def open_ticket(db: EpisodeDatabase, line_id: Text, topic: views.Topic) -> views.Ticket:
    """Open a ticket for colleagues to look into a line's bill, coverage or service; one a topic at a time."""
    views.line(db, line_id)
    there = db.scalar(
        "SELECT ticket_id FROM tickets WHERE line_id = ? AND topic = ? AND status = 'open' ORDER BY ticket_id",
        line_id,
        topic,
    )
    if there is not None:
        raise ToolError(f"line {line_id} already has the open ticket {there} about its {topic}; tell the customer so")
    ticket = views.Ticket(new_id(db, "tickets", "ticket_id", "Q"), line_id, topic, "open", db.now)
    db.write(
        "INSERT INTO tickets (ticket_id, line_id, topic, status, opened_at) VALUES (?, ?, ?, ?, ?)",
        *msgspec.structs.astuple(ticket),
    )
    return ticket


@tool(writes=True)
def change_contact(db: EpisodeDatabase, customer_id: Text, email: Email) -> views.Customer:
    """Change a customer's e-mail address."""
    views.customer(db, customer_id)
    email = email.lower()
    if db.row("SELECT 1 FROM customers WHERE email = ? AND customer_id <> ?", email, customer_id):
        raise ToolError(f"the e-mail address {email!r} cannot be used; ask for another one")
    db.write("UPDATE customers SET email = ? WHERE customer_id = ?", email, customer_id)
    return views.customer(db, customer_id)
