"""Patches of JSON: the operations add, replace and remove of RFC 6902, each checked before it counts."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

LIMIT_OPERATIONS = 64


class PatchError(ValueError):
    """A patch that cannot be applied; the message says which operation, and why."""


class Operation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One operation.

    Args:
        op: What is done.
        path: Where: a JSON pointer (RFC 6901); ``-`` is behind the last item of an array.
        value: What is put there; not for ``remove``.
    """

    op: Literal["add", "replace", "remove"]
    path: str
    value: Any = msgspec.UNSET


def patched(document: Any, operations: Sequence[Operation]) -> Any:
    """A document after operations, in their order; the one that was given stays as it is.

    Raises:
        PatchError: One of them cannot be applied.
    """
    if len(operations) > LIMIT_OPERATIONS:
        raise PatchError(f"the patch has {len(operations)} operations, and {LIMIT_OPERATIONS} are allowed")
    made = copy.deepcopy(document)
    for number, one in enumerate(operations):
        try:
            _apply(made, one)
        except PatchError as error:
            raise PatchError(f"operation {number} ({one.op} {one.path[:100]!r}): {error}") from None
    return made


def changes(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """The values that differ between two documents, a line each."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            here = f"{path}/{name}"
            if name not in after:
                yield f"{here} is gone"
            elif name not in before:
                yield f"{here} is {_json(after[name])}"
            else:
                yield from changes(before[name], after[name], here)
    elif _json(before) != _json(after):
        yield f"{path} is {_json(after)}"


def _apply(document: Any, one: Operation) -> None:
    if one.op != "remove" and one.value is msgspec.UNSET:
        raise PatchError("it has no value")
    if not one.path.startswith("/"):
        raise PatchError("its path begins with no /: the state as a whole stays")
    *above, last = (part.replace("~1", "/").replace("~0", "~") for part in one.path[1:].split("/"))
    held = document
    for part in above:
        held = held[_place(held, part)]
    if isinstance(held, list) and one.op == "add":
        held.insert(len(held) if last == "-" else _place([*held, None], last), one.value)
    elif isinstance(held, dict) and one.op == "add":
        held[last] = one.value
    elif one.op == "replace":
        held[_place(held, last)] = one.value
    else:
        del held[_place(held, last)]


def _place(held: Any, part: str) -> Any:
    """The key or index of a part of a path in what is there."""
    if isinstance(held, dict) and part in held:
        return part
    if isinstance(held, list) and part.isdecimal() and len(part) < 10 and int(part) < len(held):
        return int(part)
    raise PatchError(f"there is no {part[:60]!r}")


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
