"""Who asks the desk and for what, as functions of a colleague's row."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property

from agent_envs.snapshots.domains.pools import POOLS
from agent_envs.snapshots.domains.recipe import Cells
from agent_envs.snapshots.domains.rows import Row

from .facts import DEPARTMENTS, FIRST_NO, NOW, REGIONS
from .metrics import METRICS

ROLES = {"store_manager": 9, "regional_manager": 5, "buyer": 4, "director": 2}
KINDS = {"store_manager": "store", "regional_manager": "region", "buyer": "department"}
MOST_REQUESTS = 6


class Colleague:
    """Somebody who may ask the desk.

    Args:
        row: Their row of the table ``colleagues``.
    """

    def __init__(self, row: Row) -> None:
        self.row = row

    @cached_property
    def name(self) -> str:
        """Their full name."""
        first = self.row.pick("first name", POOLS[self.row.choice("names", {"female_names": 1, "male_names": 1})])
        return f"{first} {self.row.pick('last name', POOLS['last_names'])}"

    @cached_property
    def email(self) -> str:
        """Their address at work."""
        return f"{self.name.replace(' ', '.').replace(chr(39), '').lower()}{self.row.number}@example.com"

    @cached_property
    def role(self) -> str:
        """What they are."""
        return self.row.choice("role", ROLES)

    @cached_property
    def scope(self) -> str:
        """The store, region or department that is theirs; all, for a director."""
        return "all" if self.role == "director" else self._drawn(self.row, "scope", KINDS[self.role])

    @cached_property
    def areas(self) -> list[str]:
        """What they may know of; all may know of sales."""
        shares = {"returns": 0.6, "customers": 0.4, "margins": 0.35}
        return ["sales", *(area for area, share in shares.items() if self.row.chance(area, share))]

    def covers(self, row: Row, field: str) -> tuple[str, str]:
        """A kind and a scope of which they may know."""
        if self.role != "director":
            return KINDS[self.role], self.scope
        kind = row.pick(f"{field} kind", tuple(KINDS.values()))
        return kind, self._drawn(row, field, kind)

    def _drawn(self, row: Row, field: str, kind: str) -> str:
        if kind == "store":
            return str(row.integer(field, FIRST_NO, FIRST_NO + row.counts["stores"] - 1))
        return row.pick(field, REGIONS if kind == "region" else DEPARTMENTS)


def asked(row: Row) -> list[Cells]:
    """A colleague's requests, the newest last; some ask for what is not theirs to know."""
    colleague = Colleague(row.at("colleagues", row.number))
    made: list[Cells] = []
    count = row.integer("requests", 3, MOST_REQUESTS)
    for index in range(count):
        part = row.part(index)
        metric = METRICS[part.integer("metric", 0, len(METRICS) - 1)]
        kind, scope = colleague.covers(part, "scope")
        if part.chance("elsewhere", 0.12) and colleague.role in ("store_manager", "regional_manager"):
            scope = next(other for other in _others(part, kind) if other != scope)
        first = _month(part.integer("month", 1, 20, skew=2))
        before = _month(part.integer("month", 1, 20, skew=2) + part.integer("earlier", 1, 3))
        minus = part.chance("minus", 0.25) and metric.unit in ("cents", "count")
        status = "open" if index >= count - 3 else "withdrawn"  # what was answered is filed elsewhere
        made.append(
            {
                "request_id": row.key("Q", index, MOST_REQUESTS),
                "colleague_id": row.key("K"),
                "metric_id": metric.metric_id,
                "scope_kind": kind,
                "scope": scope,
                "first_day": first,
                "last_day": _last_of(first),
                "minus_first_day": before if minus else None,
                "minus_last_day": _last_of(before) if minus else None,
                "asked_at": NOW - timedelta(days=30 * (count - index), hours=-part.integer("hour", 1, 600)),
                "status": status,
                "figure": None,
            }
        )
    return made


def _others(part: Row, kind: str) -> list[str]:
    stores = [str(part.integer(f"other {place}", FIRST_NO, FIRST_NO + part.counts["stores"] - 1)) for place in range(9)]
    return [*stores, "1", "2"] if kind == "store" else list(REGIONS)


def _month(back: int) -> date:
    """The first day of the month so many before that of now."""
    months = NOW.year * 12 + NOW.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def _last_of(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
