"""The agent's tools that read: customers, lines, usage, bills, and what the operator sells."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError, tool

from . import bills, views

Text = Annotated[str, Meta(min_length=1, max_length=100)]
Number = Annotated[str, Meta(pattern=r"^07700 900[0-9]{3} [0-9]{4}$(?!\n)", description="As in 07700 900123 4567.")]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$(?!\n)", description="As in 1980-12-31.")]


class Country(msgspec.Struct, frozen=True):
    """What roaming in a country needs: nothing where it is included, else the pass of its zone."""

    country: str
    zone: Literal["included", "near", "world"]
    needs: views.AddOn | None


class FreeNumber(msgspec.Struct, frozen=True):
    """A number that a line can have."""

    number: str
    fee_cents: int


@tool
def find_customer_by_number(db: EpisodeDatabase, number: Number, date_of_birth: Day) -> views.Customer:
    """Find a customer by the number of any of their lines and their date of birth; both must be right."""
    row = db.row(
        "SELECT customer_id FROM customers JOIN lines USING (customer_id) WHERE number = ? AND date_of_birth = ?",
        number,
        date_of_birth,
    )
    if row is None:
        raise ToolError(f"no customer has both the number {number} and the date of birth {date_of_birth}; ask again")
    return views.customer(db, row["customer_id"])


@tool
def find_customer_by_email(db: EpisodeDatabase, email: Text, date_of_birth: Day) -> views.Customer:
    """Find a customer by e-mail address and date of birth; both must be right."""
    row = db.row(
        "SELECT customer_id FROM customers WHERE email = ? AND date_of_birth = ?", email.lower(), date_of_birth
    )
    if row is None:
        raise ToolError(f"no customer has both the address {email!r} and the date of birth {date_of_birth}; ask again")
    return views.customer(db, row["customer_id"])


@tool
def get_customer(db: EpisodeDatabase, customer_id: Text) -> views.Customer:
    """Read a customer: contact, credit, and lines with number, plan and block."""
    return views.customer(db, customer_id)


@tool
def get_line(db: EpisodeDatabase, line_id: Text) -> views.Line:
    """Read a line: plan, contract, region, block, and what it may do in the network.

    `registered`: the network knows it; `roaming`: it may be used abroad; `slowed`: its data are slow.
    """
    return views.line(db, line_id)


@tool
def get_usage(db: EpisodeDatabase, line_id: Text) -> views.Usage:
    """Read what a line used in the last months, and how much data it has left in this one."""
    plan = db.row("SELECT data_mb FROM lines JOIN plans USING (plan_id) WHERE line_id = ?", line_id)
    if plan is None:
        raise ToolError(f"there is no line {line_id[:60]!r}; get_customer gives the ids of a customer's lines")
    booked = db.scalar(
        "SELECT coalesce(sum(data_mb), 0) FROM bookings JOIN add_ons USING (add_on_id)"
        " WHERE line_id = ? AND valid_until >= ?",
        line_id,
        db.now[:10],
    )
    rows = db.rows("SELECT month, data_mb, minutes, texts FROM usage WHERE line_id = ? ORDER BY month", line_id)
    used = sum(row["data_mb"] for row in rows if row["month"] == db.now[:7])
    left = max(0, plan["data_mb"] + booked - used)
    return views.Usage(line_id, [views.Month(**row) for row in rows], plan["data_mb"], booked, left)


@tool
def list_sims(db: EpisodeDatabase, line_id: Text) -> list[views.Sim]:
    """List the SIMs of a line, the newest last: active, sent but not yet activated, or replaced."""
    views.line(db, line_id)
    return views.sims(db, line_id)


@tool
def list_bookings(db: EpisodeDatabase, line_id: Text) -> list[views.Booking]:
    """List the add-ons that were booked for a line and until when each is good."""
    views.line(db, line_id)
    rows = db.rows("SELECT booking_id FROM bookings WHERE line_id = ? ORDER BY booking_id", line_id)
    return [views.booking(db, row["booking_id"]) for row in rows]


@tool
def list_plans(db: EpisodeDatabase) -> list[views.Plan]:
    """List all plans with price and data, those that are no longer on sale too."""
    rows = db.rows("SELECT * FROM plans ORDER BY plan_id")
    return [views.Plan(**row | {"on_sale": bool(row["on_sale"])}) for row in rows]


@tool
def list_add_ons(db: EpisodeDatabase) -> list[views.AddOn]:
    """List all add-ons with price, data and days."""
    return [views.AddOn(**row) for row in db.rows("SELECT * FROM add_ons ORDER BY add_on_id")]


@tool
def get_country(db: EpisodeDatabase, country: Text) -> Country:
    """Look up in which roaming zone a country is, and which pass a line needs there."""
    zone = db.scalar("SELECT zone FROM countries WHERE lower(country) = lower(?)", country)
    if zone is None:
        known = ", ".join(row["country"] for row in db.rows("SELECT country FROM countries ORDER BY country"))
        raise ToolError(f"there is no roaming in {country[:60]!r}; there is in {known}")
    needs = db.row("SELECT * FROM add_ons WHERE zone = ? ORDER BY add_on_id", zone)
    return Country(country, zone, views.AddOn(**needs) if needs else None)


@tool
def list_bills(db: EpisodeDatabase, customer_id: Text) -> list[bills.BillEntry]:
    """List a customer's bills, the newest last; those of a month are issued on the first of the next."""
    views.customer(db, customer_id)
    rows = db.rows(
        "SELECT bill_id, month, due_on, amount_cents, status FROM bills WHERE customer_id = ? ORDER BY month",
        customer_id,
    )
    return [bills.BillEntry(**row) for row in rows]


@tool
def get_bill(db: EpisodeDatabase, bill_id: Text) -> bills.Bill:
    """Read a bill with all its items, each with the line that it is for."""
    return bills.bill(db, bill_id)


@tool
def list_outages(db: EpisodeDatabase, line_id: Text) -> list[views.Outage]:
    """List the outages in a line's region, the newest last; one that lasts now has its expected end."""
    views.line(db, line_id)
    rows = db.rows(
        "SELECT outage_id, regions.name AS region, began_at, ends_at, ends_at > ?2 AS lasts_now FROM outages"
        " JOIN regions USING (region_id) JOIN lines USING (region_id) WHERE line_id = ?1 ORDER BY began_at, outage_id",
        line_id,
        db.now,
    )
    return [views.Outage(**row | {"lasts_now": bool(row["lasts_now"])}) for row in rows]


@tool
def list_tickets(db: EpisodeDatabase, line_id: Text) -> list[views.Ticket]:
    """List the tickets of a line, open and closed."""
    views.line(db, line_id)
    rows = db.rows("SELECT * FROM tickets WHERE line_id = ? ORDER BY ticket_id", line_id)
    return [views.Ticket(**row) for row in rows]


@tool
def list_free_numbers(db: EpisodeDatabase) -> list[FreeNumber]:
    """List ten numbers that a line can have instead of its own, each with its fee."""
    rows = db.rows("SELECT number, fee_cents FROM free_numbers ORDER BY number LIMIT 10")
    return [FreeNumber(**row) for row in rows]
