"""What the visits of a course cost, and what became of each invoice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from .history import Course, Visit
from .rules import DUE_DAYS, LATE_CENTS, MISSED_CENTS
from .staff import NOW


class Invoice(NamedTuple):
    """What is to be paid for a visit, or for not coming to it."""

    place: int
    reason: str
    amount_cents: int
    issued_on: date
    status: str
    settled_on: date | None

    @property
    def due_on(self) -> date:
        """The last day for paying it."""
        return self.issued_on + timedelta(days=DUE_DAYS)

    @property
    def paid_at(self) -> datetime | None:
        """When it was paid, if it was."""
        if self.status != "paid" or self.settled_on is None:
            return None
        return datetime.combine(self.settled_on, time(8, 15 + self.place), UTC)


def invoices(course: Course) -> Iterator[Invoice]:
    """The invoices of a course, by the number of the visit."""
    waives = course.age % 4 == 1 and course.turn == 0  # at most one course of a patient in so many months
    for index, visit in enumerate(course.visits):
        charged = _charged(visit)
        if charged is None:
            continue
        reason, amount, issued = charged
        part = course.row.part(index)
        settled = issued + timedelta(days=part.integer("days to settle", 0, DUE_DAYS, skew=2))
        if reason != "visit" and waives:
            yield Invoice(index, reason, amount, issued, "waived", min(settled, NOW.date()))
            waives = False
        elif settled >= NOW.date() or part.chance("unpaid", _unpaid(reason, issued)):
            yield Invoice(index, reason, amount, issued, "open", None)
        else:
            yield Invoice(index, reason, amount, issued, "paid", settled)


def _charged(visit: Visit) -> tuple[str, int, date] | None:
    """Why a visit is charged, how much and when; not at all if it was cancelled in time or is to come."""
    if visit.status == "attended":
        return "visit", visit.of.fee_cents, visit.starts_at.date()
    if visit.status == "missed":
        return "missed", MISSED_CENTS, visit.starts_at.date()
    if visit.was_late and visit.cancelled_at is not None:
        return "late_cancellation", LATE_CENTS, visit.cancelled_at.date()
    return None


def _unpaid(reason: str, issued: date) -> float:
    """The share of invoices that nobody has paid: of fees for not coming more, of old ones less."""
    recent = (NOW.date() - issued).days <= DUE_DAYS
    if reason == "visit":
        return 0.3 if recent else 0.004
    return 0.7 if recent else 0.12
