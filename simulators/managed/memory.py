"""What was answered lately, by the content of the call."""

from __future__ import annotations

import threading
from typing import Any, Final, TypeVar

import cachetools

T = TypeVar("T")
MISSING: Final = object()


class Memory:
    """The answers that were used last, for any number of threads.

    Args:
        answers: How many are kept; 0 for none.
    """

    def __init__(self, answers: int) -> None:
        self._kept: cachetools.LRUCache[bytes, Any] = cachetools.LRUCache(answers)
        self._lock = threading.Lock()

    def find(self, key: bytes) -> Any:
        """The answer, or `MISSING`."""
        with self._lock:
            return self._kept.get(key, MISSING)

    def keep(self, key: bytes, answer: T) -> T:
        """Of several answers to one call the first, so that everybody gets the same."""
        if not self._kept.maxsize:
            return answer
        with self._lock:
            kept: T = self._kept.setdefault(key, answer)
            return kept
