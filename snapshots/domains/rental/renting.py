"""The rental shop's tools for what is out or was brought back: extensions, damages, fees, deposits; and contacts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError, tool

from . import views
from .desk import check_fees, day_count, free_items, new_id, pay, price_now, settle, today
from .reading import LastDay, Text
from .rules import LIMIT_DAYS, damage_fee_cents, damage_list_cents

Email = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$(?!\n)", max_length=100)]
_DAY = timedelta(days=1)


class ExtensionQuote(msgspec.Struct, frozen=True):
    """What an extension would cost besides, and the whole booking then."""

    last_day: str
    days: int
    extra_cents: int
    total_cents: int


class DamageQuote(msgspec.Struct, frozen=True):
    """What a damage costs by the list, and what the member pays of it."""

    list_cents: int
    fee_cents: int


@tool
def quote_extension(db: EpisodeDatabase, booking_id: Text, last_day: LastDay) -> ExtensionQuote:
    """Work out what it would cost to keep an item that is out until another day; says why where it is not possible."""
    booking = _extendable(db, booking_id, last_day)
    days = day_count(booking.first_day, last_day)
    total = price_now(db, booking, days).total_cents
    return ExtensionQuote(last_day.isoformat(), days, total - booking.total_cents, total)


@tool(writes=True)
def extend_rental(db: EpisodeDatabase, booking_id: Text, last_day: LastDay) -> views.Booking:
    """Let a member keep an item that is out until a later last day, and charge the difference.

    Refused: an item that is booked by then, more days than a booking may take, or unpaid fees.
    """
    booking = _extendable(db, booking_id, last_day)
    db.write("UPDATE bookings SET last_day = ? WHERE booking_id = ?", last_day.isoformat(), booking_id)
    if booking.transfer is not None:
        back = (last_day + _DAY).isoformat()
        db.write("UPDATE transfers SET back_on = ? WHERE booking_id = ?", back, booking_id)
    return settle(db, booking_id)


@tool
def quote_damage(db: EpisodeDatabase, booking_id: Text, severity: views.Severity) -> DamageQuote:
    """Work out what a damage costs by the list, and with the booking's damage waiver if it has one."""
    booking = views.booking(db, booking_id)
    listed = damage_list_cents(severity, booking.deposit_cents)
    return DamageQuote(listed, damage_fee_cents(severity, booking.deposit_cents, booking.waiver))


@tool(writes=True)
def report_damage(db: EpisodeDatabase, booking_id: Text, severity: views.Severity) -> views.Fee:
    """Report damage to an item that is out or not yet inspected, and raise its fee, which is then unpaid.

    Refused: a second report for one booking.
    """
    booking = views.booking(db, booking_id)
    if booking.status not in ("out", "returned") or booking.inspected_on is not None:
        stands = "inspected" if booking.inspected_on else booking.status
        raise ToolError(f"booking {booking_id} is {stands}; damage is reported while an item is out or not inspected")
    if db.row("SELECT 1 FROM damage_reports WHERE booking_id = ?", booking_id):
        raise ToolError(f"damage was already reported for booking {booking_id}; there is one report a booking")
    fee_id, day = new_id(db, "fees", "fee_id", "F"), db.now[:10]
    amount = damage_fee_cents(severity, booking.deposit_cents, booking.waiver)
    db.write(
        "INSERT INTO fees (fee_id, member_id, booking_id, fee_kind, amount_cents, fee_status, raised_on)"
        " VALUES (?, ?, ?, 'damage', ?, 'unpaid', ?)",
        fee_id,
        booking.member_id,
        booking_id,
        amount,
        day,
    )
    db.write(
        "INSERT INTO damage_reports (booking_id, fee_id, severity, list_cents, reported_on) VALUES (?, ?, ?, ?, ?)",
        booking_id,
        fee_id,
        severity,
        damage_list_cents(severity, booking.deposit_cents),
        day,
    )
    return views.fee(db, fee_id)


@tool(writes=True)
def pay_fee(db: EpisodeDatabase, fee_id: Text) -> views.Fee:
    """Charge an unpaid fee to the member's card."""
    fee = _unpaid(db, fee_id)
    db.write("UPDATE fees SET fee_status = 'paid', settled_on = ? WHERE fee_id = ?", db.now[:10], fee_id)
    pay(db, fee.booking_id, fee.amount_cents, fee_id)
    return views.fee(db, fee_id)


@tool(writes=True)
def waive_late_fee(db: EpisodeDatabase, fee_id: Text) -> views.Fee:
    """Waive an unpaid late fee; the member's record keeps the day."""
    fee = _unpaid(db, fee_id)
    if fee.fee_kind != "late":
        raise ToolError(f"fee {fee_id} is for {fee.fee_kind}; only a late fee can be waived")
    day = db.now[:10]
    db.write("UPDATE fees SET fee_status = 'waived', settled_on = ? WHERE fee_id = ?", day, fee_id)
    db.write("UPDATE members SET last_fee_waiver_on = ? WHERE member_id = ?", day, fee.member_id)
    return views.fee(db, fee_id)


@tool(writes=True)
def release_deposit(db: EpisodeDatabase, booking_id: Text) -> views.Booking:
    """Let go of the deposit of a booking whose item came back and was inspected."""
    booking = views.booking(db, booking_id)
    if booking.inspected_on is None:
        raise ToolError(f"the item of booking {booking_id} was not inspected; its deposit is released afterwards")
    if booking.deposit_released_on is not None:
        raise ToolError(f"the deposit of booking {booking_id} was released on {booking.deposit_released_on}")
    db.write("UPDATE bookings SET deposit_released_on = ? WHERE booking_id = ?", db.now[:10], booking_id)
    return views.booking(db, booking_id)


@tool(writes=True)
def change_contact(
    db: EpisodeDatabase,
    member_id: Text,
    email: Email | None = None,
    phone: Text | None = None,
    postcode: Text | None = None,
) -> views.Member:
    """Change a member's e-mail address, phone number or postcode; what is left out stays."""
    views.member(db, member_id)
    new = {"email": email.lower() if email else None, "phone": phone, "postcode": postcode}
    if not any(new.values()):
        raise ToolError("neither email nor phone nor postcode came; give what is to change")
    if email and db.row("SELECT 1 FROM members WHERE email = ? AND member_id <> ?", email.lower(), member_id):
        raise ToolError(f"the e-mail address {email!r} cannot be used; ask for another one")
    for column, value in new.items():
        if value is not None:
            db.write(f"UPDATE members SET {column} = ? WHERE member_id = ?", value, member_id)
    return views.member(db, member_id)


def _extendable(db: EpisodeDatabase, booking_id: str, last_day: date) -> views.Booking:
    booking = views.booking(db, booking_id)
    if booking.status != "out":
        raise ToolError(f"booking {booking_id} is {booking.status}; only what is out is extended, see change_dates")
    if not max(booking.last_day, db.now[:10]) < last_day.isoformat():
        raise ToolError(f"booking {booking_id} ends on {booking.last_day}; give a later day, after {today(db)}")
    if day_count(booking.first_day, last_day) > LIMIT_DAYS:
        raise ToolError(f"a booking takes at most {LIMIT_DAYS} days; this one began on {booking.first_day}")
    check_fees(db, booking.member_id)
    home = booking.branch_id if booking.transfer is None else booking.transfer.from_branch_id
    first = date.fromisoformat(booking.last_day) + _DAY
    held_until = last_day if booking.transfer is None else last_day + _DAY
    if booking.item_id not in free_items(db, booking.model_id, home, first, held_until, booking_id):
        raise ToolError(f"item {booking.item_id} is booked from {booking.item_next_booked_on}; give an earlier day")
    return booking


def _unpaid(db: EpisodeDatabase, fee_id: str) -> views.Fee:
    fee = views.fee(db, fee_id)
    if fee.fee_status != "unpaid":
        raise ToolError(f"fee {fee_id} is {fee.fee_status}; only an unpaid one can be settled")
    return fee
