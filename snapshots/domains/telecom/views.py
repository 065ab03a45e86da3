"""What the agent's tools return, and how each is read from the database."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import msgspec

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError

from .rules import next_month

Block = Literal["none", "unpaid", "stolen", "lost"]
SimKind = Literal["card", "esim"]
Topic = Literal["bill", "coverage", "service"]


class LineEntry(msgspec.Struct, frozen=True):
    """A line in a list."""

    line_id: str
    number: str
    plan: str
    block: Block


class Customer(msgspec.Struct, frozen=True):
    """A customer with all lines."""

    customer_id: str
    name: str
    email: str
    date_of_birth: str
    street: str
    city: str
    postcode: str
    pays_by: str
    joined_on: str
    credit_cents: int
    lines: list[LineEntry]


class Line(msgspec.Struct, frozen=True):
    """A line as the operator sees it."""

    line_id: str
    customer_id: str
    number: str
    plan: str
    monthly_cents: int
    next_plan: str | None
    next_plan_from: str | None
    region: str
    contract_until: str
    block: Block
    registered: bool
    roaming: bool
    picture_messages: bool
    slowed: bool
    unlocked: bool


class Month(msgspec.Struct, frozen=True):
    """What a line used in a month."""

    month: str
    data_mb: int
    minutes: int
    texts: int


class Usage(msgspec.Struct, frozen=True):
    """What a line used, the month of now last, and how much data it has left in it."""

    line_id: str
    months: list[Month]
    plan_data_mb: int
    booked_data_mb: int
    data_left_mb: int


class Sim(msgspec.Struct, frozen=True):
    """A SIM card or an eSIM profile; a card that was sent works once it is activated."""

    sim_id: str
    line_id: str
    kind: SimKind
    status: Literal["sent", "active", "replaced"]
    issued_on: str


class Plan(msgspec.Struct, frozen=True):
    """A plan."""

    plan_id: str
    name: str
    monthly_cents: int
    data_mb: int
    minutes: int
    audience: Literal["all", "young"]
    on_sale: bool


class AddOn(msgspec.Struct, frozen=True):
    """Something to book once; a roaming pass is good in one zone."""

    add_on_id: str
    name: str
    kind: Literal["data", "roaming"]
    zone: Literal["near", "world"] | None
    data_mb: int
    price_cents: int
    days: int


class Booking(msgspec.Struct, frozen=True):
    """An add-on that was booked."""

    booking_id: str
    line_id: str
    add_on: str
    booked_at: str
    valid_until: str


class Outage(msgspec.Struct, frozen=True):
    """A time without network; one that still lasts has its expected end."""

    outage_id: str
    region: str
    began_at: str
    ends_at: str
    lasts_now: bool


class Ticket(msgspec.Struct, frozen=True):
    """Something to be looked into by colleagues."""

    ticket_id: str
    line_id: str
    topic: Topic
    status: Literal["open", "closed"]
    opened_at: str


def found(db: EpisodeDatabase, table: str, key: str, value: str, what: str, advice: str) -> dict[str, Any]:
    """The row of a key.

    Raises:
        ToolError: There is none; says what to do.
    """
    row = db.row(f"SELECT * FROM {table} WHERE {key} = ?", value)
    if row is None:
        raise ToolError(f"there is no {what} {value[:60]!r}; {advice}")
    return row


def customer(db: EpisodeDatabase, customer_id: str) -> Customer:
    """A customer."""
    advice = "find_customer_by_number and find_customer_by_email give the id"
    row = found(db, "customers", "customer_id", customer_id, "customer", advice)
    lines = db.rows(
        "SELECT line_id, number, plans.name AS plan, block FROM lines JOIN plans USING (plan_id)"
        " WHERE customer_id = ? ORDER BY line_id",
        customer_id,
    )
    return Customer(**row, lines=[LineEntry(**line) for line in lines])


def line(db: EpisodeDatabase, line_id: str) -> Line:
    """A line."""
    row = found(db, "lines", "line_id", line_id, "line", "get_customer gives the ids of a customer's lines")
    of = plan(db, row["plan_id"])
    following = plan(db, row["next_plan_id"]).name if row["next_plan_id"] else None
    switches = ("registered", "roaming", "picture_messages", "slowed", "unlocked")
    return Line(
        line_id=line_id,
        customer_id=row["customer_id"],
        number=row["number"],
        plan=of.name,
        monthly_cents=of.monthly_cents,
        next_plan=following,
        next_plan_from=next_month(today(db)).isoformat() if following else None,
        region=db.scalar("SELECT name FROM regions WHERE region_id = ?", row["region_id"]),
        contract_until=row["contract_until"],
        block=row["block"],
        **{switch: bool(row[switch]) for switch in switches},
    )


def plan(db: EpisodeDatabase, plan_id: str) -> Plan:
    """A plan."""
    row = found(db, "plans", "plan_id", plan_id, "plan", "list_plans gives the ids")
    return Plan(**row | {"on_sale": bool(row["on_sale"])})


def sims(db: EpisodeDatabase, line_id: str) -> list[Sim]:
    """The SIMs of a line, the newest last."""
    return [Sim(**row) for row in db.rows("SELECT * FROM sims WHERE line_id = ? ORDER BY sim_id", line_id)]


def booking(db: EpisodeDatabase, booking_id: str) -> Booking:
    """A booking."""
    row = db.row(
        "SELECT booking_id, line_id, add_ons.name AS add_on, booked_at, valid_until FROM bookings JOIN add_ons"
        " USING (add_on_id) WHERE booking_id = ?",
        booking_id,
    )
    assert row is not None
    return Booking(**row)


def today(db: EpisodeDatabase) -> date:
    """The day of the episode."""
    return db.clock.date()
