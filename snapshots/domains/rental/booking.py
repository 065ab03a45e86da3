"""The rental shop's tools that write before an item is picked up: new bookings, changes and cancellations."""

from __future__ import annotations

from datetime import date, timedelta

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError, tool

from . import views
from .desk import bookable, changeable, check_fees, free_items, new_id, pay, settle, today, usable_voucher
from .reading import FirstDay, LastDay, Text
from .rules import LIMIT_RESERVATIONS

_DAY = timedelta(days=1)


@tool(writes=True)
def create_booking(
    db: EpisodeDatabase,
    member_id: Text,
    model_id: Text,
    branch_id: Text,
    first_day: FirstDay,
    last_day: LastDay,
    waiver: bool,
    voucher_code: Text | None = None,
) -> views.Booking:
    """Book an item of a model that is free at a branch, and charge the member's card.

    Refused: days that cannot be booked, nothing free there, unpaid fees, as many reservations as the level allows, or
    a voucher that cannot be used.
    """
    bookable(db, first_day, last_day)
    check_fees(db, member_id)
    member, model = views.member(db, member_id), views.model(db, model_id)
    limit = LIMIT_RESERVATIONS[member.level]
    if member.reservations >= limit:
        raise ToolError(
            f"member {member_id} has {member.reservations} reservations; the level {member.level} allows {limit}"
        )
    if voucher_code is not None:
        usable_voucher(db, member_id, voucher_code)
    booking_id = new_id(db, "bookings", "booking_id", "B")
    db.write(
        "INSERT INTO bookings (booking_id, member_id, item_id, branch_id, status, made_at, first_day, last_day, waiver,"
        " deposit_cents, rent_cents, discount_cents, waiver_cents, accessories_cents, transfer_cents, voucher_cents,"
        " total_cents) VALUES (?, ?, ?, ?, 'reserved', ?, ?, ?, ?, ?, 1, 1, 0, 0, 0, 0, 0)",  # settled below
        booking_id,
        member_id,
        _free_item(db, model_id, branch_id, first_day, last_day),
        branch_id,
        db.now,
        first_day.isoformat(),
        last_day.isoformat(),
        int(waiver),
        model.deposit_cents,
    )
    if voucher_code is not None:
        db.write("UPDATE vouchers SET booking_id = ? WHERE voucher_code = ?", booking_id, voucher_code)
    return settle(db, booking_id)


@tool(writes=True)
def change_dates(db: EpisodeDatabase, booking_id: Text, first_day: FirstDay, last_day: LastDay) -> views.Booking:
    """Move a reserved booking to other days at the same branch; the difference in price is charged or refunded.

    Refused: nothing free on those days, a booking whose item is brought from another branch, or one that begins today.
    """
    booking = changeable(db, booking_id)
    if booking.transfer is not None:
        raise ToolError(f"the item of booking {booking_id} is brought from another branch; cancel and book again")
    bookable(db, first_day, last_day)
    own = free_items(db, booking.model_id, booking.branch_id, first_day, last_day, booking_id)
    item_id = booking.item_id
    if item_id not in own:
        item_id = _free_item(db, booking.model_id, booking.branch_id, first_day, last_day)
    db.write(
        "UPDATE bookings SET item_id = ?, first_day = ?, last_day = ? WHERE booking_id = ?",
        item_id,
        first_day.isoformat(),
        last_day.isoformat(),
        booking_id,
    )
    return settle(db, booking_id)


@tool(writes=True)
def set_waiver(db: EpisodeDatabase, booking_id: Text, waiver: bool) -> views.Booking:
    """Add the damage waiver to a reserved booking, or take it out; the difference is charged or refunded."""
    if changeable(db, booking_id).waiver is waiver:
        raise ToolError(f"booking {booking_id} is already {'with' if waiver else 'without'} the damage waiver")
    db.write("UPDATE bookings SET waiver = ? WHERE booking_id = ?", int(waiver), booking_id)
    return settle(db, booking_id)


@tool(writes=True)
def add_accessory(db: EpisodeDatabase, booking_id: Text, accessory_id: Text) -> views.Booking:
    """Add an accessory of its model to a reserved booking and charge its price, once a booking."""
    booking = changeable(db, booking_id)
    own = [accessory.accessory_id for accessory in views.model(db, booking.model_id).accessories]
    if accessory_id not in own:
        raise ToolError(f"{accessory_id[:60]!r} does not go with {booking.model}; its accessories are {own}")
    if accessory_id in [accessory.accessory_id for accessory in booking.accessories]:
        raise ToolError(f"accessory {accessory_id} already goes with booking {booking_id}")
    db.write("INSERT INTO booking_accessories (booking_id, accessory_id) VALUES (?, ?)", booking_id, accessory_id)
    return settle(db, booking_id)


@tool(writes=True)
def remove_accessory(db: EpisodeDatabase, booking_id: Text, accessory_id: Text) -> views.Booking:
    """Take an accessory out of a reserved booking and refund its price."""
    there = [accessory.accessory_id for accessory in changeable(db, booking_id).accessories]
    if accessory_id not in there:
        raise ToolError(f"booking {booking_id} has no accessory {accessory_id[:60]!r}, but {there}")
    db.write("DELETE FROM booking_accessories WHERE booking_id = ? AND accessory_id = ?", booking_id, accessory_id)
    return settle(db, booking_id)


@tool(writes=True)
def change_pickup_branch(db: EpisodeDatabase, booking_id: Text, branch_id: Text) -> views.Booking:
    """Have the item of a reserved booking brought to another branch and charge the transfer, once a booking.

    It leaves the day before the booking and is back the day after, and must be free on both. The first day it can
    leave is tomorrow.
    """
    booking = changeable(db, booking_id)
    views.found(db, "branches", "branch_id", branch_id, "branch", "list_branches gives the ids")
    if booking.transfer is not None or booking.branch_id == branch_id:
        raise ToolError(f"booking {booking_id} is already to be picked up at {booking.branch}; it cannot be moved so")
    leaves, back = date.fromisoformat(booking.first_day) - _DAY, date.fromisoformat(booking.last_day) + _DAY
    if leaves <= today(db):
        raise ToolError(f"the item would have to leave on {leaves}; a transfer takes a day and begins tomorrow")
    if booking.item_id not in free_items(db, booking.model_id, booking.branch_id, leaves, back, booking_id):
        raise ToolError(f"item {booking.item_id} is not free from {leaves} to {back}; it cannot be brought")
    db.write(
        "INSERT INTO transfers (booking_id, from_branch_id, to_branch_id, leaves_on, back_on) VALUES (?, ?, ?, ?, ?)",
        booking_id,
        booking.branch_id,
        branch_id,
        leaves.isoformat(),
        back.isoformat(),
    )
    db.write("UPDATE bookings SET branch_id = ? WHERE booking_id = ?", branch_id, booking_id)
    return settle(db, booking_id)


@tool(writes=True)
def cancel_booking(db: EpisodeDatabase, booking_id: Text) -> views.Booking:
    """Cancel a reserved booking until the day before it begins: its total is refunded, a voucher can be used again."""
    booking = changeable(db, booking_id)
    db.write("UPDATE bookings SET status = 'cancelled' WHERE booking_id = ?", booking_id)
    db.write("UPDATE vouchers SET booking_id = NULL WHERE booking_id = ?", booking_id)
    pay(db, booking_id, -booking.total_cents)
    return views.booking(db, booking_id)


def _free_item(db: EpisodeDatabase, model_id: str, branch_id: str, first_day: date, last_day: date) -> str:
    views.found(db, "branches", "branch_id", branch_id, "branch", "list_branches gives the ids")
    free = free_items(db, model_id, branch_id, first_day, last_day)
    if not free:
        raise ToolError(f"no item of {model_id} is free at {branch_id} from {first_day} to {last_day}; see check_free")
    return free[0]
