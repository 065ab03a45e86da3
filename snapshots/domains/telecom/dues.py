"""How the rows of what lines used, booked and cost are made."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from agent_envs.snapshots.domains.recipe import Cells
from agent_envs.snapshots.domains.rows import Row

from .account import BOOKINGS, LINES, MONTHS, NOW, Account
from .catalog import ADD_ONS
from .rules import next_month

_HOUR = timedelta(hours=1)


def bookings(row: Row) -> list[Cells]:
    """Add-ons that were booked this month and are still good."""
    return [
        {
            "booking_id": row.key("K", line.index * BOOKINGS + index, LINES * BOOKINGS),
            "line_id": line.key,
            "add_on_id": row.at("add_ons", booking.add_on).key("A"),
            "booked_at": booking.booked_at,
            "valid_until": booking.valid_until,
        }
        for line in Account(row).lines
        for index, booking in enumerate(line.bookings)
    ]


def charges(row: Row) -> list[Cells]:
    """What the next bill will hold for what was booked."""
    return [
        {
            "charge_id": row.key("H", line.index * BOOKINGS + index, LINES * BOOKINGS),
            "line_id": line.key,
            "kind": "add_on",
            "amount_cents": ADD_ONS[booking.add_on].price_cents,
            "made_at": booking.booked_at,
        }
        for line in Account(row).lines
        for index, booking in enumerate(line.bookings)
    ]


def usage(row: Row) -> list[Cells]:
    """What lines used, month by month; few use much of what they have."""
    return [
        {
            "line_id": line.key,
            "month": month,
            "data_mb": line.used_mb(month),
            "minutes": line.row.integer(f"minutes {month}", 0, line.plan.minutes, skew=3),
            "texts": line.row.integer(f"texts {month}", 0, 250, skew=4),
        }
        for line in Account(row).lines
        for month in (*MONTHS[1:], NOW.strftime("%Y-%m"))
    ]


def bills(row: Row) -> list[Cells]:
    """The bills of a customer, one a month."""
    account = Account(row)
    made: list[Cells] = []
    for index, month in enumerate(MONTHS):
        issued = _issued(month)
        made.append(
            {
                "bill_id": row.key("B", index, len(MONTHS)),
                "customer_id": row.key("C"),
                "month": month,
                "issued_on": issued,
                "due_on": issued + timedelta(days=14),
                "amount_cents": sum(item.amount_cents for item in account.items(month)),
                "status": account.status(month),
            }
        )
    return made


def bill_items(row: Row) -> list[Cells]:
    """What the bills of a customer hold."""
    account = Account(row)
    return [
        {
            "bill_id": row.key("B", index, len(MONTHS)),
            "item": number,
            "line_id": account.lines[item.line].key,
            "kind": item.kind,
            "amount_cents": item.amount_cents,
        }
        for index, month in enumerate(MONTHS)
        for number, item in enumerate(account.items(month), 1)
    ]


def payments(row: Row) -> list[Cells]:
    """What a customer paid: every bill in whole, soon after it was issued."""
    account = Account(row)
    made: list[Cells] = []
    for index, month in enumerate(MONTHS):
        if account.status(month) == "paid":
            issued = _issued(month)
            at = datetime(issued.year, issued.month, issued.day, 7, tzinfo=UTC) + _HOUR * row.integer(
                f"paid {month}", 1, 210
            )
            made.append(
                {
                    "payment_id": row.key("T", index, len(MONTHS)),
                    "bill_id": row.key("B", index, len(MONTHS)),
                    "amount_cents": sum(item.amount_cents for item in account.items(month)),
                    "paid_at": at,
                }
            )
    return made


def _issued(month: str) -> date:
    return next_month(date.fromisoformat(f"{month}-01"))
