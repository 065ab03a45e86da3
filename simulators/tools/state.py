"""The state of a simulated world: what it began with, and what calls have changed in it."""

from __future__ import annotations

import hashlib
from typing import Any, TypeAlias

import msgspec

Fields: TypeAlias = dict[str, Any]
"""The fields of one thing."""


class Place(msgspec.Struct, frozen=True, order=True):
    """Where things live: the home of their kind, and the values that say where."""

    home: str
    scope: tuple[str, ...] = ()


class Change(msgspec.Struct, frozen=True, order=True):
    """One thing that is not as it was in the beginning.

    Args:
        place: Where it lives.
        key: What names it.
        now: Its fields as JSON; empty if it is gone.
    """

    place: Place
    key: str
    now: str


class SimState(msgspec.Struct, frozen=True):
    """All that changes; equal if what it holds is.

    Args:
        changes: What is not as it was, in the order of places and keys.
        made: How many things were ever made at a place, for those where some were.
        emptied: Things that were deleted with all that lived in them; the last value of the scope names the thing.
    """

    changes: tuple[Change, ...] = ()
    made: tuple[tuple[Place, int], ...] = ()
    emptied: tuple[Place, ...] = ()

    def at(self, place: Place) -> dict[str, str]:
        """What changed at a place, by key."""
        return {change.key: change.now for change in self.changes if change.place == place}

    def count(self, place: Place) -> int:
        """How many things were made at a place."""
        return next((number for where, number in self.made if where == place), 0)

    def with_change(self, change: Change, began: str, *, made: bool = False) -> SimState:
        """The state after a change.

        Args:
            change: What is so now.
            began: What was so in the beginning, as `Change.now` has it.
            made: Whether a thing was made.
        """
        others = [one for one in self.changes if (one.place, one.key) != (change.place, change.key)]
        changes = others if change.now == began else sorted([*others, change])
        counts = self.made
        if made:
            rest = [(where, number) for where, number in counts if where != change.place]
            counts = tuple(sorted([*rest, (change.place, self.count(change.place) + 1)]))
        return msgspec.structs.replace(self, changes=tuple(changes), made=counts)

    def without_all_in(self, thing: Place, *, began: bool) -> SimState:
        """The state after a thing was deleted with all that lives in it.

        Args:
            thing: The thing.
            began: Whether it was there in the beginning, so that something may have lived in it then.
        """
        changes = tuple(change for change in self.changes if not _lives_in(change.place, thing))
        emptied = tuple(sorted({*self.emptied, thing})) if began else self.emptied
        return msgspec.structs.replace(self, changes=changes, emptied=emptied)

    def began_empty(self, place: Place) -> bool:
        """Whether what was at a place in the beginning went with something that it lived in."""
        return any(_lives_in(place, thing) for thing in self.emptied)

    @property
    def digest(self) -> str:
        """Digest of what has changed: as long as what calls have changed, however large the world is."""
        return hashlib.blake2b(msgspec.msgpack.encode(self), digest_size=16).hexdigest()


def written(fields: Fields) -> str:
    """Fields as JSON, equal if the fields are."""
    return msgspec.json.encode(fields, order="sorted").decode()


def read(text: str) -> Fields:
    """What `written` wrote."""
    return msgspec.json.decode(text, type=Fields)


def _lives_in(place: Place, thing: Place) -> bool:
    """Whether a place is within a thing, at any depth."""
    within = place.home.startswith(f"{thing.home}/{{}}/")
    return within and place.scope[: len(thing.scope)] == thing.scope
