"""What the rental shop's tools share: days, free items, prices, charges and refunds."""

from __future__ import annotations

from datetime import date, timedelta

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError

from . import views
from .goods import Rates
from .money import Price, booking_price
from .rules import BOOK_AHEAD, LIMIT_DAYS

_DAY = timedelta(days=1)
# Items of a model that nothing holds between two days; what is overdue comes back nobody knows when.
_FREE = """
    FROM items i WHERE i.model_id = ?1 AND (i.maintenance_until IS NULL OR i.maintenance_until < ?2) AND NOT EXISTS (
        SELECT 1 FROM bookings b LEFT JOIN transfers t USING (booking_id)
        WHERE b.item_id = i.item_id AND b.status IN ('reserved', 'out') AND b.booking_id <> ?5
        AND coalesce(t.leaves_on, b.first_day) <= ?3
        AND (coalesce(t.back_on, b.last_day) >= ?2 OR (b.status = 'out' AND b.last_day < ?4)))
"""


def new_id(db: EpisodeDatabase, table: str, column: str, prefix: str) -> str:
    """The key after the table's last one: all keys of a table have one length and one prefix."""
    last = db.scalar(f"SELECT max({column}) FROM {table}") or f"{prefix}999999"
    return f"{prefix}{int(last.removeprefix(prefix)) + 1}"


def today(db: EpisodeDatabase) -> date:
    """The day of the episode."""
    return db.clock.date()


def day_count(first_day: date | str, last_day: date | str) -> int:
    """How many days there are from a day to another one, both included."""
    first, last = (date.fromisoformat(str(day)) for day in (first_day, last_day))
    return (last - first).days + 1


def bookable(db: EpisodeDatabase, first_day: date, last_day: date) -> int:
    """How many days a booking takes that may be made today.

    Raises:
        ToolError: It may not be made; says why.
    """
    days = day_count(first_day, last_day)
    if not 1 <= days <= LIMIT_DAYS:
        raise ToolError(f"{first_day} to {last_day} is {days} days; a booking takes from 1 to {LIMIT_DAYS} days")
    if not _DAY <= first_day - today(db) <= BOOK_AHEAD:
        latest = today(db) + BOOK_AHEAD
        raise ToolError(f"a booking begins from {today(db) + _DAY} to {latest}, not on {first_day}; choose other days")
    return days


def free_items(
    db: EpisodeDatabase, model_id: str, branch_id: str, first_day: date, last_day: date, but_for: str = ""
) -> list[str]:
    """The items of a model in a branch that are free on all days, whatever the booking `but_for` holds."""
    days = (first_day.isoformat(), last_day.isoformat(), db.now[:10])
    rows = db.rows(
        f"SELECT i.item_id {_FREE} AND i.branch_id = ?6 ORDER BY i.item_id", model_id, *days, but_for, branch_id
    )
    return [row["item_id"] for row in rows]


def free_counts(db: EpisodeDatabase, model_id: str, first_day: date, last_day: date) -> dict[str, int]:
    """How many items of a model are free on all days, by branch, of those that have one free."""
    days = (first_day.isoformat(), last_day.isoformat(), db.now[:10])
    counted = f"SELECT i.branch_id, count(*) AS free {_FREE} GROUP BY i.branch_id ORDER BY i.branch_id"
    return {row["branch_id"]: row["free"] for row in db.rows(counted, model_id, *days, "")}


def changeable(db: EpisodeDatabase, booking_id: str) -> views.Booking:
    """A booking that can still be changed or cancelled.

    Raises:
        ToolError: It cannot.
    """
    booking = views.booking(db, booking_id)
    if booking.status != "reserved":
        raise ToolError(f"booking {booking_id} is {booking.status}; only a reserved one can be changed or cancelled")
    if booking.first_day <= db.now[:10]:
        raise ToolError(f"booking {booking_id} begins today; it can be changed or cancelled until the day before")
    return booking


def check_fees(db: EpisodeDatabase, member_id: str) -> None:
    """Check that a member owes nothing.

    Raises:
        ToolError: They do.
    """
    owed = views.member(db, member_id).unpaid_fees_cents
    if owed:
        raise ToolError(f"member {member_id} owes fees of {owed} cents; they must be paid first, see list_fees")


def usable_voucher(db: EpisodeDatabase, member_id: str, voucher_code: str) -> views.Voucher:
    """A voucher that the member can use today.

    Raises:
        ToolError: They cannot; says why.
    """
    voucher = views.voucher(db, voucher_code)
    if voucher.member_id != member_id:
        raise ToolError(f"voucher {voucher_code} is not member {member_id}'s own; it cannot be used")
    if voucher.booking_id is not None:
        raise ToolError(f"voucher {voucher_code} was used for booking {voucher.booking_id}")
    if voucher.expires_on < db.now[:10]:
        raise ToolError(f"voucher {voucher_code} expired on {voucher.expires_on}; today is {today(db)}")
    return voucher


def rates(model: views.Model) -> Rates:
    """The rates of a model."""
    return Rates(model.day_cents, model.week_cents, model.deposit_cents)


def price_now(db: EpisodeDatabase, booking: views.Booking, days: int | None = None) -> Price:
    """What a booking costs as it stands now, or if it took so many days."""
    value = db.scalar("SELECT value_cents FROM vouchers WHERE booking_id = ?", booking.booking_id)
    of = db.row("SELECT day_cents, week_cents, deposit_cents FROM models WHERE model_id = ?", booking.model_id)
    assert of is not None
    return booking_price(
        Rates(**of),
        days or day_count(booking.first_day, booking.last_day),
        db.scalar("SELECT level FROM members WHERE member_id = ?", booking.member_id),
        has_waiver=booking.waiver,
        accessories_cents=sum(accessory.price_cents for accessory in booking.accessories),
        is_transferred=booking.transfer is not None,
        voucher_cents=value or 0,
    )


def pay(db: EpisodeDatabase, booking_id: str, amount_cents: int, fee_id: str | None = None) -> None:
    """Charge an amount to the member's card, or refund what is negative; nothing is no payment."""
    if amount_cents:
        db.write(
            "INSERT INTO payments (payment_id, booking_id, fee_id, kind, amount_cents, made_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            new_id(db, "payments", "payment_id", "T"),
            booking_id,
            fee_id,
            "charge" if amount_cents > 0 else "refund",
            abs(amount_cents),
            db.now,
        )


def settle(db: EpisodeDatabase, booking_id: str) -> views.Booking:
    """Work out a booking's price after a change, and charge or refund the difference."""
    booking = views.booking(db, booking_id)
    price = price_now(db, booking)
    columns = ", ".join(f"{column} = ?" for column in price._fields)
    db.write(f"UPDATE bookings SET {columns} WHERE booking_id = ?", *price, booking_id)
    pay(db, booking_id, price.total_cents - booking.total_cents)
    return views.booking(db, booking_id)
