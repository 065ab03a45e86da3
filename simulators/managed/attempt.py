"""What names a try of a call: its content, and the number of the attempt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_encode = json.JSONEncoder(sort_keys=True).encode
_number: ContextVar[int] = ContextVar("attempt", default=1)


@contextmanager
def attempt(number: int) -> Iterator[None]:
    """Let whoever is called in here know how often the call has been tried: 1 at first, as everywhere else."""
    before = _number.set(number)
    try:
        yield
    finally:
        _number.reset(before)


def attempt_number() -> int:
    """The number of the attempt that is under way."""
    return _number.get()


def content(*parts: object) -> bytes:
    """The same bytes for the same content, in every process; numbers of any size and any text are content.

    Raises:
        TypeError: A part is no plain data: texts, numbers, lists, dictionaries.
    """
    return _encode(parts).encode()
