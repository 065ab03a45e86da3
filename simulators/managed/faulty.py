"""A tool backend that fails on purpose, the same way each time."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from .attempt import attempt_number, content
from .per_process import PerProcess

B = TypeVar("B")
Kind: TypeAlias = Literal["error", "timeout", "garbage"]

GARBAGE: tuple[object, ...] = (None, 0, "<html><title>502 Bad Gateway</title></html>", [None], {})
"""What comes in place of an answer."""


class Faulty(Generic[B]):
    """A backend of which some calls fail: an error, a time-out, or garbage in place of the answer.

    Which ones depends on the seed, the method, its arguments and the number of the attempt, and on nothing else: not on
    threads, processes, or what was called before. `Managed` says which attempt it is, and so may anybody else
    (``with attempt(2):``); who does not makes the first one each time.

    A subclass gives it the backend's own methods, one line each: see `FaultyEncyclopedia`.

    Args:
        backend: Whoever answers the other calls.
        error_rate: Share of the attempts that raise a `ConnectionError`.
        timeout_rate: Share of them that raise a `TimeoutError`.
        garbage_rate: Share of them that are answered with one of `GARBAGE`.
        seed: Chooses them.
        hang_s: How long it takes until a time-out is raised. Whoever waits less has to leave the call behind.

    Raises:
        ValueError: The rates are no shares of a whole.
    """

    def __init__(
        self,
        backend: B,
        *,
        error_rate: float = 0.0,
        timeout_rate: float = 0.0,
        garbage_rate: float = 0.0,
        seed: int = 0,
        hang_s: float = 0.0,
    ) -> None:
        self._rates: dict[Kind, float] = {"error": error_rate, "timeout": timeout_rate, "garbage": garbage_rate}
        if min(self._rates.values()) < 0 or sum(self._rates.values()) > 1:
            raise ValueError(f"rates {self._rates}: give shares from 0 to 1, together at most 1")
        self.backend, self._seed, self._hang_s = backend, seed, hang_s
        self._tally = PerProcess(Tally)

    def call(self, method: str, *arguments: object) -> Any:
        """What a method of the backend answers, or what comes instead.

        Args:
            method: Its name.
            *arguments: Plain data.

        Raises:
            ConnectionError: On purpose.
            TimeoutError: On purpose.
            Exception: Whatever the backend raises.
        """
        number = attempt_number()
        chance = hashlib.blake2b(content(self._seed, method, arguments, number), digest_size=16).digest()
        kind = self._kind(int.from_bytes(chance[:8]) / 2**64)
        if kind is None:
            return getattr(self.backend, method)(*arguments)
        self._tally.here().add(kind)
        if kind == "error":
            raise ConnectionError(f"on purpose, at attempt {number}")
        if kind == "timeout":
            time.sleep(self._hang_s)
            raise TimeoutError(f"on purpose, at attempt {number}")
        return GARBAGE[chance[8] % len(GARBAGE)]

    @property
    def injected(self) -> dict[str, int]:
        """How many calls of this process failed on purpose, by kind."""
        return self._tally.here().counts()

    def _kind(self, chance: float) -> Kind | None:
        """What happens to a call; its chance is from 0 to 1."""
        for kind, rate in self._rates.items():
            if chance < rate:
                return kind
            chance -= rate
        return None


class Tally:
    """Counts, for any number of threads."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, kind: str) -> None:
        """Count one more."""
        with self._lock:
            self._counts[kind] += 1

    def counts(self) -> dict[str, int]:
        """All that were counted, by kind."""
        with self._lock:
            return dict(sorted(self._counts.items()))
