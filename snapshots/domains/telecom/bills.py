"""What the agent's tools return of bills, and how a bill is read from the database."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from agent_envs.snapshots.domains.episode import EpisodeDatabase

from .views import found

Status: TypeAlias = Literal["open", "overdue", "paid"]


class BillItem(msgspec.Struct, frozen=True):
    """One item of a bill."""

    item: int
    line_id: str
    number: str
    kind: Literal["plan", "calls_abroad", "service_numbers", "parking"]
    amount_cents: int


class BillEntry(msgspec.Struct, frozen=True):
    """A bill in a list."""

    bill_id: str
    month: str
    due_on: str
    amount_cents: int
    status: Status


class Bill(msgspec.Struct, frozen=True):
    """A bill with its items."""

    bill_id: str
    customer_id: str
    month: str
    issued_on: str
    due_on: str
    amount_cents: int
    status: Status
    paid_at: str | None
    items: list[BillItem]


def bill(db: EpisodeDatabase, bill_id: str) -> Bill:
    """A bill."""
    row = found(db, "bills", "bill_id", bill_id, "bill", "list_bills gives the ids of a customer's bills")
    items = db.rows(
        "SELECT item, line_id, number, kind, amount_cents FROM bill_items JOIN lines USING (line_id)"
        " WHERE bill_id = ? ORDER BY item",
        bill_id,
    )
    paid_at = db.scalar("SELECT paid_at FROM payments WHERE bill_id = ?", bill_id)
    return Bill(**row, paid_at=paid_at, items=[BillItem(**item) for item in items])
