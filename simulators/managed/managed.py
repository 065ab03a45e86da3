"""A tool backend that may fail, looked after: cache, pace, time-out, retries, failover, and a `Fault` at last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from typing import Any, Generic, NamedTuple, TypeGuard, TypeVar

import stamina

from agent_envs.outcome import Fault

from .attempt import attempt, content
from .crew import Crew
from .memory import MISSING, Memory
from .pace import Pace
from .per_process import PerProcess

B = TypeVar("B")
T = TypeVar("T")
LONGEST_WAIT_S = 30.0


class Garbage(Exception):
    """What a backend answered is no answer."""


@dataclass(eq=False)
class Managed(Generic[B]):
    """A backend whose failures nobody sees who uses it: an answer comes, the same as ever, or a `Fault`.

    A subclass gives it the backend's own methods, one line each: see `ManagedEncyclopedia`. Every call goes the same
    way: the cache; else the backend, tried several times; else its fallback, tried as often; else the substitute, if
    there is one; else a `Fault`, which is never a reward. What the backend raises that is no failure of the world,
    such as a mistake of the agent, passes through at once. Calls may be repeated, so they only read.

    To be shared by threads, environments and their forks. Each process has a cache, threads and a pace of its own:
    they are left out of a pickle and made anew after a fork.

    Args:
        backend: Whoever answers.
        fallback: Whoever answers the same, where the backend fails.
        substitute: Whoever answers something else rather than nothing, where both fail; it is asked plainly, and its
            answers are not cached. Then what the agent sees depends on what fails.
        rate_per_s: Calls a second to each of the two, evenly spaced; None for no limit.
        cache_answers: How many answers are remembered, those used last; 0 for none.
        timeout_s: How long a try may take. It is then left behind in its thread. None waits as long as it takes, and
            needs no thread.
        retries: How often a call that fails is tried again.
        wait_s: How long it waits for the first retry; each next wait is twice as long, up to 30 s.
        concurrency: Calls that may be under way at once to each of the two, those left behind included; with a
            `timeout_s` only.
        failures: Exceptions of the backend that are the world's, besides `Fault` and `OSError`: ``httpx.HTTPError``.

    Raises:
        ValueError: A number makes no sense.
    """

    backend: B
    _: KW_ONLY
    fallback: B | None = None
    substitute: B | None = None
    rate_per_s: float | None = None
    cache_answers: int = 1024
    timeout_s: float | None = 30.0
    retries: int = 3
    wait_s: float = 0.5
    concurrency: int = 64
    failures: tuple[type[Exception], ...] = ()
    _live: PerProcess[Live] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("rate_per_s", "timeout_s", "concurrency"):
            if (value := getattr(self, name)) is not None and not value > 0:
                raise ValueError(f"{name}={value!r}: give a number above 0")
        for name in ("cache_answers", "retries", "wait_s"):
            if not (value := getattr(self, name)) >= 0:
                raise ValueError(f"{name}={value!r}: give a number from 0 on")
        backends = (self.backend,) if self.fallback is None else (self.backend, self.fallback)
        self._live = PerProcess(partial(_live, backends, self.rate_per_s, self.cache_answers, self.concurrency))

    def call(self, valid: Callable[[object], TypeGuard[T]], method: str, *arguments: object) -> T:
        """What a method of the backend answers.

        Args:
            valid: Whether something is an answer at all; what is not counts as a failure.
            method: Its name.
            *arguments: Plain data.

        Raises:
            Fault: There is no answer, and it is not the agent's doing; the message says what to do.
            Exception: Whatever the backend raises that is no failure.
        """
        live, key = self._live.here(), content(method, arguments)
        known = live.memory.find(key)
        if known is not MISSING:
            answer: T = known
            return answer
        told = []
        for line in live.lines:
            try:
                return live.memory.keep(key, self._tried(line, valid, method, arguments))
            except self._worldly as failure:
                told.append(_told(line.backend, failure))
        if self.substitute is not None:
            try:
                return _asked(self.substitute, valid, method, arguments)
            except self._worldly as failure:
                told.append(_told(self.substitute, failure))
        shown = f"{method}({', '.join(map(repr, arguments))})"[:200]
        raise Fault(
            f"{shown} has no answer after {self.retries} retries: {'; '.join(told)}. See whether that is up, raise "
            "retries or timeout_s, or give a fallback",
            origin="infra",
        )

    @property
    def _worldly(self) -> tuple[type[Exception], ...]:
        """What is the world's failure, and worth another try."""
        return (Fault, OSError, Garbage, *self.failures)

    def _tried(
        self, line: Line, valid: Callable[[object], TypeGuard[T]], method: str, arguments: tuple[object, ...]
    ) -> T:
        """The first answer of several tries; raises what the last one has raised."""

        def act() -> T:
            return _asked(line.backend, valid, method, arguments)

        for trial in stamina.retry_context(
            self._worldly,
            self.retries + 1,
            timeout=None,
            wait_initial=self.wait_s,
            wait_max=LONGEST_WAIT_S,
            wait_jitter=0,  # it would be drawn from the process's random state
        ):
            with trial, attempt(trial.num):
                if line.pace is not None:
                    line.pace.wait()
                return act() if self.timeout_s is None else line.crew.call(act, self.timeout_s)
        raise AssertionError("the last attempt returns or raises")


class Line(NamedTuple):
    """The way to a backend, in one process."""

    backend: Any
    pace: Pace | None
    crew: Crew


class Live(NamedTuple):
    """What a process needs to make calls."""

    memory: Memory
    lines: tuple[Line, ...]


def _live(backends: tuple[object, ...], rate_per_s: float | None, cache_answers: int, concurrency: int) -> Live:
    lines = (Line(backend, None if rate_per_s is None else Pace(rate_per_s), Crew(concurrency)) for backend in backends)
    return Live(Memory(cache_answers), tuple(lines))


def _asked(backend: object, valid: Callable[[object], TypeGuard[T]], method: str, arguments: tuple[object, ...]) -> T:
    """What a backend answers to one call."""
    answer: object = getattr(backend, method)(*arguments)
    if not valid(answer):
        raise Garbage(f"it answers {answer!r:.100}, which is no answer to {method}")
    return answer


def _told(backend: object, failure: Exception) -> str:
    return f"{type(backend).__name__}: {type(failure).__name__}: {failure}"[:300]
