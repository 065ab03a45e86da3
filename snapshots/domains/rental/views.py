"""What the rental shop's tools return, and how each is read from the database."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError

Status = Literal["reserved", "out", "returned", "cancelled"]
Level = Literal["basic", "plus", "gold"]
Category = Literal["garden", "building", "cleaning", "camping", "water", "cycling"]
MachineClass = Literal["open", "cutting", "plant"]
Severity = Literal["scratched", "broken_part", "beyond_repair"]


class Certificate(msgspec.Struct, frozen=True):
    """What a member may use besides what is open to all, from the first day to the last, both included."""

    machine_class: Literal["cutting", "plant"]
    valid_from: str
    valid_until: str


class Member(msgspec.Struct, frozen=True):
    """A member, with what counts for a new booking.

    `reservations` counts the bookings that are reserved, `deposits_cents` sums those of what is reserved or out.
    """

    member_id: str
    name: str
    email: str
    phone: str
    postcode: str
    card: str
    joined_on: str
    level: Level
    id_verified: bool
    blocked: bool
    deposit_limit_cents: int
    last_fee_waiver_on: str | None
    certificates: list[Certificate]
    reservations: int
    deposits_cents: int
    unpaid_fees_cents: int


class Accessory(msgspec.Struct, frozen=True):
    """What can be lent with a model; it costs its price once a booking."""

    accessory_id: str
    accessory: str
    price_cents: int


class Stock(msgspec.Struct, frozen=True):
    """How many items of a model are at home in a branch."""

    branch_id: str
    branch: str
    items: int


class Model(msgspec.Struct, frozen=True):
    """Something that is lent: its rates, its deposit, its accessories and where it is."""

    model_id: str
    name: str
    category: Category
    machine_class: MachineClass
    day_cents: int
    week_cents: int
    deposit_cents: int
    accessories: list[Accessory]
    branches: list[Stock]


class Transfer(msgspec.Struct, frozen=True):
    """The way of an item to another branch for a booking, and back."""

    from_branch_id: str
    to_branch_id: str
    leaves_on: str
    back_on: str


class Booking(msgspec.Struct, frozen=True):
    """A booking with its price and what goes with it; an item that is out after its last day is overdue."""

    booking_id: str
    member_id: str
    item_id: str
    model_id: str
    model: str
    branch_id: str
    branch: str
    status: Status
    made_at: str
    first_day: str
    last_day: str
    overdue: bool
    item_next_booked_on: str | None
    returned_on: str | None
    inspected_on: str | None
    deposit_released_on: str | None
    waiver: bool
    deposit_cents: int
    rent_cents: int
    discount_cents: int
    waiver_cents: int
    accessories_cents: int
    transfer_cents: int
    voucher_cents: int
    total_cents: int
    accessories: list[Accessory]
    transfer: Transfer | None
    unpaid_fees_cents: int


class Fee(msgspec.Struct, frozen=True):
    """What a member owes or owed for coming back late or for damage."""

    fee_id: str
    member_id: str
    booking_id: str
    fee_kind: Literal["late", "damage"]
    amount_cents: int
    fee_status: Literal["unpaid", "paid", "waived"]
    raised_on: str
    settled_on: str | None


class Voucher(msgspec.Struct, frozen=True):
    """A voucher of a member; it is used once, for one booking, until it expires."""

    voucher_code: str
    member_id: str
    value_cents: int
    expires_on: str
    booking_id: str | None


_MEMBER = """
    SELECT m.*, count(b.booking_id) FILTER (WHERE b.status = 'reserved') AS reservations,
        coalesce(sum(b.deposit_cents), 0) AS deposits_cents, (SELECT coalesce(sum(amount_cents), 0) FROM fees f
        WHERE f.member_id = m.member_id AND fee_status = 'unpaid') AS unpaid_fees_cents
    FROM members m LEFT JOIN bookings b ON b.member_id = m.member_id AND b.status IN ('reserved', 'out')
    WHERE m.member_id = ? GROUP BY m.member_id ORDER BY m.member_id
"""
_BOOKING = """
    SELECT b.*, i.model_id, m.name AS model, r.branch, (SELECT coalesce(sum(amount_cents), 0) FROM fees f
        WHERE f.booking_id = b.booking_id AND fee_status = 'unpaid') AS unpaid_fees_cents
    FROM bookings b JOIN items i USING (item_id) JOIN models m USING (model_id)
    JOIN branches r ON r.branch_id = b.branch_id WHERE b.booking_id = ? ORDER BY b.booking_id
"""


def found(db: EpisodeDatabase, table: str, column: str, value: str, what: str, how: str) -> dict[str, Any]:
    """The row of a key.

    Raises:
        ToolError: There is none; `how` says where the agent finds a right one.
    """
    return _known(db.row(f"SELECT * FROM {table} WHERE {column} = ? ORDER BY 1", value), what, value, how)


def member(db: EpisodeDatabase, member_id: str) -> Member:
    """A member."""
    row = _known(db.row(_MEMBER, member_id), "member", member_id, "find_member_by_email gives the id")
    held = db.rows(
        "SELECT machine_class, valid_from, valid_until FROM certificates WHERE member_id = ? ORDER BY machine_class",
        member_id,
    )
    return Member(
        **row | {"id_verified": bool(row["id_verified"]), "blocked": bool(row["blocked"])},
        certificates=[Certificate(**each) for each in held],
    )


def model(db: EpisodeDatabase, model_id: str) -> Model:
    """A model."""
    row = found(db, "models", "model_id", model_id, "model", "search_models gives the ids")
    accessories = db.rows(
        "SELECT accessory_id, accessory, price_cents FROM accessories WHERE model_id = ? ORDER BY accessory_id",
        model_id,
    )
    stock = db.rows(
        "SELECT branch_id, branch, count(*) AS items FROM items JOIN branches USING (branch_id) WHERE model_id = ?"
        " GROUP BY branch_id, branch ORDER BY branch_id",
        model_id,
    )
    return Model(
        **row, accessories=[Accessory(**each) for each in accessories], branches=[Stock(**each) for each in stock]
    )


def booking(db: EpisodeDatabase, booking_id: str) -> Booking:
    """A booking."""
    how = "list_bookings gives the ids of a member's bookings"
    row = _known(db.row(_BOOKING, booking_id), "booking", booking_id, how)
    next_booked = db.scalar(
        "SELECT min(coalesce(t.leaves_on, b.first_day)) FROM bookings b LEFT JOIN transfers t USING (booking_id)"
        " WHERE b.item_id = ? AND b.booking_id <> ? AND b.status = 'reserved' AND b.first_day > ?",
        row["item_id"],
        booking_id,
        row["last_day"],
    )
    accessories = db.rows(
        "SELECT accessory_id, accessory, price_cents FROM booking_accessories JOIN accessories USING (accessory_id)"
        " WHERE booking_id = ? ORDER BY accessory_id",
        booking_id,
    )
    moved = db.row(
        "SELECT from_branch_id, to_branch_id, leaves_on, back_on FROM transfers WHERE booking_id = ?", booking_id
    )
    return Booking(
        **row | {"waiver": bool(row["waiver"])},
        overdue=row["status"] == "out" and row["last_day"] < db.now[:10],
        item_next_booked_on=next_booked,
        accessories=[Accessory(**each) for each in accessories],
        transfer=Transfer(**moved) if moved else None,
    )


def fee(db: EpisodeDatabase, fee_id: str) -> Fee:
    """A fee."""
    return Fee(**found(db, "fees", "fee_id", fee_id, "fee", "list_fees gives the ids of a member's fees"))


def _known(row: dict[str, Any] | None, what: str, value: str, how: str) -> dict[str, Any]:
    if row is None:
        raise ToolError(f"there is no {what} {value[:60]!r}; {how}")
    return row


def voucher(db: EpisodeDatabase, voucher_code: str) -> Voucher:
    """A voucher."""
    how = "ask the member for the code; it is in capitals"
    return Voucher(**found(db, "vouchers", "voucher_code", voucher_code, "voucher", how))
