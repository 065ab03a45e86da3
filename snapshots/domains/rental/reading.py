"""The rental shop's tools that read: members, models, what is free, prices, bookings, fees and vouchers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError, tool

from . import views
from .desk import bookable, free_counts, rates, today, usable_voucher
from .money import booking_price
from .rules import BOOK_AHEAD, LIMIT_DAYS, rent_cents

_SHOWN = 20
Text = Annotated[str, Meta(min_length=1, max_length=100)]
FirstDay = Annotated[date, Meta(description="Day of pick-up, such as 2026-06-01.")]
LastDay = Annotated[date, Meta(description="Day by which it is back, such as 2026-06-03; it counts and is paid for.")]
NotBefore = Annotated[date, Meta(description="The earliest day of pick-up that will do.")]
Days = Annotated[int, Meta(ge=1, le=LIMIT_DAYS, description="How many days, the first and the last one included.")]


class Branch(msgspec.Struct, frozen=True):
    """A place where equipment is picked up and brought back."""

    branch_id: str
    branch: str
    street: str
    phone: str


class ModelLine(msgspec.Struct, frozen=True):
    """A model in a list."""

    model_id: str
    name: str
    category: views.Category
    machine_class: views.MachineClass
    day_cents: int


class FreeAt(msgspec.Struct, frozen=True):
    """How many items of a model a branch has free."""

    branch_id: str
    branch: str
    free: int


class FirstFree(msgspec.Struct, frozen=True):
    """The earliest days on which a branch has an item free; none if there are none among those that can be booked."""

    branch_id: str
    branch: str
    first_day: str | None
    last_day: str | None


class Rent(msgspec.Struct, frozen=True):
    """The rent by the list, without discount, waiver or accessories."""

    days: int
    rent_cents: int


class Quote(msgspec.Struct, frozen=True):
    """What a booking would cost a member, part by part."""

    days: int
    rent_cents: int
    discount_cents: int
    waiver_cents: int
    voucher_cents: int
    total_cents: int


class BookingLine(msgspec.Struct, frozen=True):
    """A booking in a list."""

    booking_id: str
    model: str
    branch: str
    status: views.Status
    first_day: str
    last_day: str
    total_cents: int


class BookingList(msgspec.Struct, frozen=True):
    """The bookings of a member with the latest first days, and how many there are in all."""

    total: int
    bookings: list[BookingLine]


@tool
def find_member_by_email(db: EpisodeDatabase, email: Text) -> views.Member:
    """Find a member by the whole e-mail address; read the level, the certificates, limits and unpaid fees."""
    found = db.scalar("SELECT member_id FROM members WHERE email = ?", email.lower())
    if found is None:
        raise ToolError(f"no member has the e-mail address {email!r}; ask again, or for member number and postcode")
    return views.member(db, found)


@tool
def find_member_by_number(db: EpisodeDatabase, member_id: Text, postcode: Text) -> views.Member:
    """Find a member by the member number and the postcode that goes with it; otherwise as find_member_by_email."""
    member = views.member(db, member_id)
    if member.postcode.replace(" ", "").lower() != postcode.replace(" ", "").lower():
        raise ToolError(f"the postcode {postcode!r} does not go with member {member_id}; ask for both again")
    return member


@tool
def list_branches(db: EpisodeDatabase) -> list[Branch]:
    """List the branches with their streets and phone numbers."""
    return [Branch(**row) for row in db.rows("SELECT * FROM branches ORDER BY branch_id")]


@tool
def search_models(db: EpisodeDatabase, words: Text, category: views.Category | None = None) -> list[ModelLine]:
    """Search models whose name holds all the words, at most twenty; fewer words find more."""
    wanted = words.lower().split()
    if not 1 <= len(wanted) <= 6:
        raise ToolError(f"{len(wanted)} words came; give one to six")
    holds = " AND ".join("instr(lower(name), ?) > 0" for _ in wanted)
    rows = db.rows(
        f"SELECT model_id, name, category, machine_class, day_cents FROM models WHERE {holds}"
        f" AND (? IS NULL OR category = ?) ORDER BY model_id LIMIT {_SHOWN}",
        *wanted,
        category,
        category,
    )
    return [ModelLine(**row) for row in rows]


@tool
def get_model(db: EpisodeDatabase, model_id: Text) -> views.Model:
    """Read a model: its class, day and week rate, deposit, accessories, and the branches that have it."""
    return views.model(db, model_id)


@tool
def check_free(db: EpisodeDatabase, model_id: Text, first_day: FirstDay, last_day: LastDay) -> list[FreeAt]:
    """Count for each branch that has a model how many items are free on all these days; says why no day can be booked.

    A booking takes an item at the branch where it is free; change_pickup_branch has it brought to another one.
    """
    bookable(db, first_day, last_day)
    free = free_counts(db, model_id, first_day, last_day)
    return [
        FreeAt(stock.branch_id, stock.branch, free.get(stock.branch_id, 0))
        for stock in views.model(db, model_id).branches
    ]


@tool
def find_first_free(db: EpisodeDatabase, model_id: Text, days: Days, not_before: NotBefore) -> list[FirstFree]:
    """Find for each branch that has a model the earliest days in a row on which an item of it is free there."""
    branches = views.model(db, model_id).branches
    first = max(not_before, today(db) + timedelta(days=1))
    found: dict[str, date] = {}
    while len(found) < len(branches) and first <= today(db) + BOOK_AHEAD:
        for branch_id in free_counts(db, model_id, first, first + timedelta(days=days - 1)):
            found.setdefault(branch_id, first)
        first += timedelta(days=1)
    free = {branch_id: (str(day), str(day + timedelta(days=days - 1))) for branch_id, day in found.items()}
    return [FirstFree(each.branch_id, each.branch, *free.get(each.branch_id, (None, None))) for each in branches]


@tool
def quote_rent(db: EpisodeDatabase, model_id: Text, days: Days) -> Rent:
    """Work out the rent of a model for so many days by the list, for anybody who asks."""
    model = views.model(db, model_id)
    return Rent(days, rent_cents(model.day_cents, model.week_cents, days))


@tool
def quote_booking(
    db: EpisodeDatabase,
    member_id: Text,
    model_id: Text,
    first_day: FirstDay,
    last_day: LastDay,
    waiver: bool,
    voucher_code: Text | None = None,
) -> Quote:
    """Work out what a booking would cost a member, with the damage waiver or without, without making it."""
    days = bookable(db, first_day, last_day)
    value = usable_voucher(db, member_id, voucher_code).value_cents if voucher_code is not None else 0
    price = booking_price(
        rates(views.model(db, model_id)),
        days,
        views.member(db, member_id).level,
        has_waiver=waiver,
        accessories_cents=0,
        is_transferred=False,
        voucher_cents=value,
    )
    parts = price._asdict()
    return Quote(days, **{name: parts[name] for name in Quote.__struct_fields__[1:]})


@tool
def list_bookings(db: EpisodeDatabase, member_id: Text, status: views.Status | None = None) -> BookingList:
    """List a member's bookings, of one status or of all: the latest twenty by first day, and how many there are."""
    views.member(db, member_id)
    where = "FROM bookings b JOIN items USING (item_id) JOIN models USING (model_id) JOIN branches r"
    where += " ON r.branch_id = b.branch_id WHERE b.member_id = ?1 AND (?2 IS NULL OR b.status = ?2)"
    rows = db.rows(
        f"SELECT booking_id, name AS model, branch, b.status, first_day, last_day, total_cents {where}"
        f" ORDER BY first_day DESC, booking_id DESC LIMIT {_SHOWN}",
        member_id,
        status,
    )
    total = db.scalar(f"SELECT count(*) {where}", member_id, status)
    return BookingList(total, [BookingLine(**row) for row in rows])


@tool
def get_booking(db: EpisodeDatabase, booking_id: Text) -> views.Booking:
    """Read a booking: model, branch, days, price, accessories, deposit, unpaid fees, and its item's next booking."""
    return views.booking(db, booking_id)


@tool
def list_fees(db: EpisodeDatabase, member_id: Text) -> list[views.Fee]:
    """List a member's fees for coming back late and for damage, the unpaid ones first; at most twenty."""
    views.member(db, member_id)
    rows = db.rows(
        "SELECT fee_id FROM fees WHERE member_id = ?"
        f" ORDER BY fee_status <> 'unpaid', raised_on DESC, fee_id LIMIT {_SHOWN}",
        member_id,
    )
    return [views.fee(db, row["fee_id"]) for row in rows]


@tool
def get_voucher(db: EpisodeDatabase, voucher_code: Text) -> views.Voucher:
    """Read a voucher: whose it is, what it takes off, until when, and the booking for which it was used."""
    return views.voucher(db, voucher_code)
