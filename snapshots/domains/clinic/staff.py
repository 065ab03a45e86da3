"""Practitioners as functions of their rows: what they do, when they are there, when they are away."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from agent_envs.snapshots.domains.rows import Row

from .offers import SPECIALITIES

NOW = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)
PER_SITE = 4
_HOURS = (8, 10, 13, 15)
"""When sessions begin; each takes two hours, so that no two of them overlap in part."""
SESSION_HOURS = 2


class Session(NamedTuple):
    """A practitioner's two hours of a week; Monday is weekday 1."""

    weekday: int
    opens: int


class Absence(NamedTuple):
    """Days on which a practitioner sees nobody, both included."""

    first_day: date
    last_day: date


def speciality(practitioner: Row) -> str:
    """What a practitioner does; the four of a site do four things."""
    return SPECIALITIES[practitioner.number % len(SPECIALITIES)]


def sessions(practitioner: Row) -> tuple[Session, Session]:
    """A session early in the week and one late."""
    return _sessions(practitioner.seed, practitioner.number)


def absence(practitioner: Row) -> Absence | None:
    """One in five is away for long, from these days on; one in five for a week or so."""
    match practitioner.number % 5:
        case 1:
            first = NOW.date() + timedelta(days=practitioner.integer("from", 5, 18))
            return Absence(first, first + timedelta(days=practitioner.integer("days", 4, 8)))
        case 3:
            first = NOW.date() + timedelta(days=practitioner.integer("from", 1, 3))
            return Absence(first, first + timedelta(days=practitioner.integer("days", 45, 90)))
    return None


@lru_cache(maxsize=8192)
def _sessions(seed: int, number: int) -> tuple[Session, Session]:
    row = Row(seed, "practitioners", number, {})
    early = Session(row.integer("early day", 1, 2), row.pick("early hour", _HOURS))
    return early, Session(row.choice("late day", {3: 2, 4: 2, 5: 1}), row.pick("late hour", _HOURS))
