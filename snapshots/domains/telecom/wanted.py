"""What the wants of the operator's customers share: the customer, their lines, and money as they read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Self, TypeAlias

from agent_envs.snapshots.domains.compose import drawn
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from .device import causes, phone

MONTHS = {"2025-12": "December", "2026-01": "January", "2026-02": "February"}
KINDS = {"calls_abroad": "calls abroad", "service_numbers": "service numbers", "parking": "parking"}
_LINES = """
    SELECT l.*, p.name AS plan, p.monthly_cents, p.data_mb, d.device_id, d.country
    FROM lines l JOIN plans p USING (plan_id) JOIN devices d USING (line_id)
"""


class Customer(NamedTuple):
    """Somebody who calls the help desk; number and line are of the phone that they have in their hand."""

    customer_id: str
    name: str
    email: str
    date_of_birth: str
    pays_by: str
    number: str
    line_id: str
    lines: int

    @classmethod
    def of(cls, db: EpisodeDatabase, customer_id: str) -> Self:
        """The customer of a key; the phone in their hand is the first one that gives them trouble."""
        rows = db.rows(
            "SELECT c.customer_id, c.name, email, date_of_birth, pays_by, number, line_id, device_id FROM customers c"
            " JOIN lines USING (customer_id) JOIN devices USING (line_id) WHERE c.customer_id = ? ORDER BY line_id",
            customer_id,
        )
        phones = {row.pop("device_id"): row for row in rows}
        troubled = (
            row for key, row in phones.items() if causes(of := phone(db, key), "pictures") or causes(of, "speed")
        )
        return cls(**next(troubled, rows[0]), lines=len(rows))

    def speaks_of(self, line: dict[str, Any]) -> str:
        """How they name a line: by its number, if they have several."""
        return f"my line {line['number']}" if self.lines > 1 else "my line"


Want: TypeAlias = Callable[[Customer, EpisodeDatabase], Draft | None]


def lines_of(db: EpisodeDatabase, customer: Customer, condition: str = "TRUE") -> list[dict[str, Any]]:
    """The lines of a customer of which a condition holds, in their order."""
    return db.rows(f"{_LINES} WHERE l.customer_id = ? AND ({condition}) ORDER BY l.line_id", customer.customer_id)


def line_of(db: EpisodeDatabase, customer: Customer, want: str, condition: str = "TRUE") -> dict[str, Any] | None:
    """One of these lines, another one for each want; None if there is none."""
    lines = lines_of(db, customer, condition)
    return lines[drawn(customer.customer_id, want) % len(lines)] if lines else None


def touched(db: EpisodeDatabase, line_id: str) -> bool:
    """Whether an earlier want of the dialogue changed a line or a phone: nobody asks for a thing and its contrary."""
    changes = db.diff()
    return any(change.key == (line_id,) or change.table.startswith("device") for change in changes)


def money(cents: int) -> str:
    """Cents as a customer reads them."""
    return f"{cents // 100}.{cents % 100:02d}"
