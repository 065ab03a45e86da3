"""When callers can come: the earliest time that fits them, and what they object to in a proposal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from agent_envs.envs.domain_task import Bound
from agent_envs.snapshots.domains.compose import drawn

_LIMITS: tuple[tuple[Literal["not_before", "not_after"], str], ...] = (
    ("not_before", "10:00"),
    ("not_after", "12:00"),
    ("not_before", "13:00"),
    ("not_after", "14:00"),
)


class Wish(NamedTuple):
    """The time that somebody takes: the earliest of those that are free and fit them."""

    starts_at: str
    bounds: tuple[Bound, ...] = ()

    @property
    def day(self) -> str:
        """The day."""
        return self.starts_at[:10]

    @property
    def clock(self) -> str:
        """The time of day."""
        return self.starts_at[11:]

    @property
    def facts(self) -> dict[str, str]:
        """What they say when they are asked for a time of day."""
        return {"time_of_day": self.bounds[0].because.removeprefix("I can only come ")[:-1]} if self.bounds else {}


def wish(free: Sequence[str], name: str, *, besides: str = "") -> Wish | None:
    """What somebody takes of the times that are free, which are in their order; one in three takes any.

    Args:
        free: The times.
        name: What draws follow from.
        besides: A time of day that fits them as well, because they came to it before.
    """
    if not free:
        return None
    limits = [limit for limit in _LIMITS if not besides or _fits(besides, *limit)]
    number = drawn(name, "limit")
    for kind, clock in limits[number % len(limits) :] + limits[: number % len(limits)] if number % 3 and limits else ():
        fitting = [start for start in free if _fits(start[11:], kind, clock)]
        if fitting and fitting[0] != free[0]:
            word = "before" if kind == "not_after" else "after"
            because = f"I can only come at {clock} or {'earlier' if word == 'before' else 'later'}."
            return Wish(fitting[0], (Bound(kind, clock, because),))
    return Wish(free[0])


def _fits(clock: str, kind: str, limit: str) -> bool:
    return clock <= limit if kind == "not_after" else clock >= limit
