"""Who rents: levels, certificates and what else decides whether a member may book, as functions of the member's row."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from agent_envs.snapshots.domains.rows import Row

NOW = datetime(2026, 5, 8, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
OPENED = date(2025, 10, 1)
"""No booking begins before, and all members had joined by then."""
LEVELS = {"basic": 57, "plus": 22, "gold": 21}
_CERTIFIED = {"cutting": 0.45, "plant": 0.3}
_LIMITS = {25000: 3, 30000: 4, 50000: 4, 80000: 2}


class Certificate(NamedTuple):
    """From when until when a member may use machines of a class."""

    valid_from: date
    valid_until: date


def level(member: Row) -> str:
    """The level of a membership."""
    return member.choice("level", LEVELS)


def is_blocked(member: Row) -> bool:
    """Whether the shop lends nothing more to a member."""
    return member.chance("blocked", 0.05)


def is_verified(member: Row) -> bool:
    """Whether a branch has seen a member's identity card."""
    return member.chance("verified", 0.93)


def deposit_limit_cents(member: Row) -> int:
    """How much a member's deposits may come to in all."""
    return member.choice("limit", _LIMITS)


def certificate(member: Row, machine_class: str) -> Certificate | None:
    """A member's certificate for a class of machines; it holds three years, and some are over."""
    if not member.chance(f"{machine_class} certificate", _CERTIFIED[machine_class]):
        return None
    first = member.date(f"{machine_class} from", date(2022, 9, 1), date(2026, 3, 1))
    return Certificate(first, first + timedelta(days=3 * 365))


def joined_on(member: Row) -> date:
    """When a member joined; before any booking that is kept was made."""
    return member.date("joined", date(2019, 1, 7), OPENED - timedelta(days=45))


def last_fee_waiver_on(member: Row) -> date | None:
    """When a late fee of a member was waived last: gold members' only, and before the bookings that are kept."""
    if level(member) != "gold" or not member.chance("fee waived", 0.5):
        return None
    return member.date("waived on", max(joined_on(member), date(2024, 10, 1)), OPENED)


def may_use(member: Row, machine_class: str, first_day: date, last_day: date) -> bool:
    """Whether a member may book a machine of a class for these days."""
    if not is_verified(member):
        return False
    if machine_class == "open":
        return True
    held = certificate(member, machine_class)
    return held is not None and held.valid_from <= first_day and last_day <= held.valid_until
