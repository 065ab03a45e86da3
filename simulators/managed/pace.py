"""A rate: whoever wants to go waits for their turn, and turns are evenly spaced."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """Turns at a steady rate, given in the order in which they are asked for.

    Limiters that count within a window let a whole window's calls go at once; here no two turns are closer than the
    rate says, and each waiting thread sleeps once.

    Args:
        rate_per_s: Turns a second.
        now_s: The clock.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self,
        rate_per_s: float,
        now_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._gap_s = 1 / rate_per_s
        self._now_s, self._sleep = now_s, sleep
        self._next_s = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for the next turn."""
        with self._lock:
            now_s = self._now_s()
            turn_s = max(now_s, self._next_s)
            self._next_s = turn_s + self._gap_s
        if turn_s > now_s:
            self._sleep(turn_s - now_s)
