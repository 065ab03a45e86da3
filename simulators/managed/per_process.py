"""What lives in one process: made when it is first needed there, left behind by a fork and by a pickle."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Generic, TypeVar

L = TypeVar("L")


class PerProcess(Generic[L]):
    """Holds threads, locks and caches for whoever is to be shared, forked and pickled.

    A fork copies a lock as it stands and no thread at all, so the new process makes its own.

    Args:
        make: Makes it; it is cheap, for of two that threads make at once one is thrown away.
    """

    def __init__(self, make: Callable[[], L]) -> None:
        self._make = make
        self._made: dict[int, L] = {}

    def here(self) -> L:
        """The one of this process."""
        process_id = os.getpid()
        made = self._made.get(process_id)
        return self._made.setdefault(process_id, self._make()) if made is None else made

    def __reduce__(self) -> tuple[object, ...]:
        return PerProcess, (self._make,)
