"""What calls have changed in a simulated world, in lines that two ways to the same end have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from .beginning import Beginning
from .state import Change, Place, SimState, read


def difference(beginning: Beginning, state: SimState) -> tuple[str, ...]:
    """The lines, sorted.

    A thing that was made is its fields that calls can set; the key that the world gave it does not tell, nor what the
    world adds. A thing that was changed is its changed fields, and one that is gone its key.

    Args:
        beginning: The world before any call.
        state: The world now.
    """
    lines = [line for change in state.changes for line in _lines(beginning, state, change)]
    gone = (
        f"emptied {_where(beginning, Place(thing.home, thing.scope[:-1]), thing.scope[-1])}" for thing in state.emptied
    )
    return tuple(sorted([*lines, *gone]))


def _lines(beginning: Beginning, state: SimState, change: Change) -> Iterator[str]:
    entity = beginning.entities[change.place.home]
    where = _where(beginning, change.place, change.key)
    began = "" if state.began_empty(change.place) else beginning.at(change.place).get(change.key, "")
    if not change.now:
        yield f"deleted {where}"
    elif not began:
        fields = read(change.now)
        told = {name: fields[name] for name in entity.settable if name in fields}
        yield f"created {_where(beginning, change.place, '')}: {_json(told)}"
    else:
        before, after = read(began), read(change.now)
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                yield f"changed {where}: {name} is {_json(after.get(name))}"


def _where(beginning: Beginning, place: Place, key: str) -> str:
    entity = beginning.entities[place.home]
    return " ".join(filter(None, (entity.name, "/".join((*place.scope, key)))))


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
