"""What the wants of the members share: how they speak of a booking, what they might rent, and money as they read it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from agent_envs.snapshots.domains.compose import drawn
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import views
from .rules import LIMIT_RESERVATIONS

FIRST_ITEM = 1_000_000
_TRIES = 12
_BOOKINGS = """
    SELECT b.*, i.model_id, m.name AS model, r.branch FROM bookings b JOIN items i USING (item_id)
    JOIN models m USING (model_id) JOIN branches r ON r.branch_id = b.branch_id
"""


class Offer(NamedTuple):
    """A model at a branch for some days, which a member may book."""

    model_id: str
    name: str
    deposit_cents: int
    branch_id: str
    branch: str
    first: date
    last: date

    @property
    def days(self) -> dict[str, str]:
        """Its days, as tools take them."""
        return {"first_day": self.first.isoformat(), "last_day": self.last.isoformat()}

    @property
    def spoken(self) -> str:
        """Its days, as a member says them."""
        return f"from {self.first} to {self.last}"


def money(cents: int) -> str:
    """Cents as a customer reads them."""
    return f"{cents // 100}.{cents % 100:02d}"


def difference(before: int, after: int) -> str:
    """What a change costs or gives back, in words."""
    if after == before:
        return "nothing is charged or refunded"
    return f"{money(abs(after - before))} is {'charged' if after > before else 'refunded'}"


def is_free_to_book(member: views.Member) -> bool:
    """Whether nothing on a member's record forbids a new booking, but for fees, which can be paid."""
    within = member.reservations < LIMIT_RESERVATIONS[member.level]
    return within and member.id_verified and not member.blocked


def is_certified(member: views.Member, machine_class: str, first: date, last: date) -> bool:
    """Whether a member may use a class of machines on these days."""
    return machine_class == "open" or any(
        each.machine_class == machine_class
        and each.valid_from <= first.isoformat()
        and last.isoformat() <= each.valid_until
        for each in member.certificates
    )


def offers(db: EpisodeDatabase, member: views.Member, want: str) -> Iterator[Offer]:
    """Some of what a member may book, others for each want; whether it is free is to be tried."""
    count = int(db.scalar("SELECT max(item_id) FROM items")[1:]) - FIRST_ITEM + 1
    for attempt in range(_TRIES):
        number = drawn(member.member_id, want, attempt)
        row = db.row(
            "SELECT model_id, name, deposit_cents, machine_class, branch_id, branch FROM items"
            " JOIN models USING (model_id) JOIN branches USING (branch_id) WHERE item_id = ?",
            f"E{FIRST_ITEM + number % count}",
        )
        assert row is not None
        first, last = some_days(db, number)
        fits = member.deposits_cents + row["deposit_cents"] <= member.deposit_limit_cents
        if fits and is_certified(member, row.pop("machine_class"), first, last):
            yield Offer(**row, first=first, last=last)


def some_days(db: EpisodeDatabase, number: int) -> tuple[date, date]:
    """A first and a last day that can be booked, drawn by a number."""
    first = db.clock.date() + timedelta(days=3 + number // 7 % 75)
    return first, first + timedelta(days=number // 11 % 10)


def booking_of(db: EpisodeDatabase, member_id: str, want: str, condition: str = "TRUE") -> dict[str, Any] | None:
    """One of the member's bookings of which a condition holds, another one for each want; None if there is none."""
    rows = db.rows(f"{_BOOKINGS} WHERE b.member_id = ? AND ({condition}) ORDER BY b.booking_id", member_id)
    return rows[drawn(member_id, want) % len(rows)] if rows else None


class Spoken(NamedTuple):
    """How a member speaks of a booking: in words, and what they add when they are asked for its number."""

    words: str
    facts: dict[str, str]
    is_listed: bool


def spoken(db: EpisodeDatabase, booking: dict[str, Any], want: str) -> Spoken:
    """A booking as its member speaks of it: by its model, by its number, or by nothing but that it is theirs.

    Nobody speaks of it by its model to whom it is only read to: a list of some bookings and one of all serve as well.
    """
    alike = db.scalar(
        "SELECT count(*) FROM bookings b JOIN items USING (item_id) WHERE b.member_id = ? AND model_id = ?"
        " AND b.status IN ('reserved', 'out')",
        booking["member_id"],
        booking["model_id"],
    )
    match drawn(booking["booking_id"], want) % 3:
        case 0 if alike == 1 and booking["status"] in ("reserved", "out"):
            return Spoken(f"my booking of the {booking['model']}", {}, True)
        case 1:
            return Spoken("my booking", {"booking_number": booking["booking_id"]}, False)
    return Spoken(f"my booking {booking['booking_id']}", {}, False)


def numbered(booking: dict[str, Any], want: str) -> Spoken:
    """A booking as its member speaks of it who has the number at hand, or looks it up when asked."""
    if drawn(booking["booking_id"], want) % 2:
        return Spoken("my booking", {"booking_number": booking["booking_id"]}, False)
    return Spoken(f"my booking {booking['booking_id']}", {}, False)


def begun(draft: Draft, booking: dict[str, Any], said: Spoken) -> Draft:
    """Add how the booking is found and read: it is asked for, or looked up in the list, or was named."""
    draft.facts |= said.facts
    if said.facts:
        draft.say("What is the booking number, please?")
    if said.is_listed:
        draft.call("list_bookings", member_id=booking["member_id"])
    return draft.call("get_booking", booking_id=booking["booking_id"])
