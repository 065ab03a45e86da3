"""What tells two calls apart: for the message of a call that is not in a recording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

import msgspec

from .protocol import Call
from .recording import Recorded

_LIMIT_TOLD = 4
_SHOWN_CHARS = 24


def nearest(call: Call, recorded: Iterable[Recorded]) -> Call | None:
    """The recorded call that differs from it in the fewest fields and messages; None if there is none."""
    return min((other.call for other in recorded), key=lambda other: _distance(call, other), default=None)


def differences(here: Call, there: Call) -> list[str]:
    """Where a call differs from a recorded one, the first few places: field, message, character."""
    told = list(_different("", msgspec.to_builtins(here), msgspec.to_builtins(there)))
    more = [f"{len(told) - _LIMIT_TOLD} more"] if len(told) > _LIMIT_TOLD else []
    return told[:_LIMIT_TOLD] + more


def _distance(here: Call, there: Call) -> int:
    fields = ("model", "tools", "sampling", "seed", "index")
    pairs = [(getattr(here, field), getattr(there, field)) for field in fields]
    return sum(one != other for one, other in (*pairs, *zip_longest(here.messages, there.messages)))


def _different(where: str, here: Any, there: Any) -> Iterator[str]:
    if isinstance(here, dict) and isinstance(there, dict):
        for name in {**here, **there}:
            inner = f"{where}.{name}" if where else name
            yield from _different(inner, here.get(name), there.get(name))
    elif isinstance(here, tuple | list) and isinstance(there, tuple | list):
        for number, (one, other) in enumerate(zip(here, there, strict=False)):
            yield from _different(f"{where}[{number}]", one, other)
        if len(here) != len(there):
            yield f"{where}: {len(here)} here, {len(there)} there"
    elif isinstance(here, str) and isinstance(there, str) and here != there:
        pairs = enumerate(zip(here, there, strict=False))
        at = next((place for place, (one, other) in pairs if one != other), min(len(here), len(there)))
        start = max(0, at - _SHOWN_CHARS)
        one, other = (text[start : at + _SHOWN_CHARS] for text in (here, there))
        yield f"{where} at character {at}: {one!r} here, {other!r} there"
    elif here != there or type(here) is not type(there):
        yield f"{where}: {_shown(here)} here, {_shown(there)} there"


def _shown(value: Any) -> str:
    return "nothing" if value is None else f"{value!r:.80}"
