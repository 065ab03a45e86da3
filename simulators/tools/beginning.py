"""What a simulated world begins with: rows by seed, made where somebody looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent_envs.snapshots.domains.rows import Row

from .effects import snake
from .entities import Entity
from .fitting import fits
from .spec import Schema
from .state import Fields, Place, written
from .values import Unmade, drawn

FREE_SCOPES = 2
"""How many different values there are of what no entity tells, such as the owners of repositories."""
_NAMES = frozenset("name slug login title path email repo username handle file key".split())


class Beginning:
    """The rows of a world before any call.

    Args:
        entities: By home.
        seed: Names the world.
        rows: How many there are of what lives in nothing; of what lives in something up to so many in each.
        edge: The share of values that are unusual.
    """

    def __init__(self, entities: Mapping[str, Entity], seed: int, rows: int, edge: float) -> None:
        self.entities, self.seed, self.rows, self.edge = entities, seed, rows, edge
        self._by_name = {one.name: one for one in entities.values() if not one.scope}
        self._known: dict[Place, dict[str, str]] = {}

    def scopes(self, entity: Entity) -> tuple[tuple[str, ...], ...]:
        """Every scope in which some of an entity live, in the beginning."""
        if parent := self.entities.get(entity.parent):
            return tuple((*scope, key) for scope in self.scopes(parent) for key in self.at(Place(parent.home, scope)))
        free = []
        for number in range(FREE_SCOPES if entity.scope else 1):
            pairs = zip(entity.scope, entity.scope_schemas, strict=True)
            free.append(tuple(str(_free(schema, name, number, self.seed)) for name, schema in pairs))
        return tuple(dict.fromkeys(free))

    def at(self, place: Place) -> dict[str, str]:
        """The rows at a place, as JSON, by key; none where nothing lives."""
        found = self._known.get(place)
        if found is None:
            found = self._made(place)
            if found:  # places that calls make are not kept: there is no end of them
                self._known[place] = found
        return found

    def _made(self, place: Place) -> dict[str, str]:
        entity = self.entities[place.home]
        if place.scope not in self.scopes(entity):
            return {}
        chance = Row(self.seed, table_of(place), 0, {})
        count = self.rows if not entity.scope else chance.integer("count", min(2, self.rows), self.rows)
        if self.edge and chance.chance("none", self.edge):
            count = 0
        made: dict[str, str] = {}
        for number in range(min(count, len(entity.key_schema.get("enum", range(count))))):
            key = numbered_key(entity, place, number, self.seed)
            row = Row(self.seed, table_of(place), number + 1, {})
            made.setdefault(str(key), written(self.fields(entity, place, key, row)))
        return made

    def fields(self, entity: Entity, place: Place, key: str | int, row: Row) -> Fields:
        """All fields of one thing: its key, where it lives, whom it refers to, and the rest as drawn."""
        fields: Fields = drawn(entity.row, row, entity.name, edge=self.edge)
        for field, schema in entity.row["properties"].items():
            if field in fields and (referred := self.referred(entity, field)):
                keys = list(self.at(Place(referred.home)))
                if keys and fits(schema, as_key(schema, picked := row.pick(f"{field} of", keys))):
                    fields[field] = as_key(schema, picked)
        return fields | self.placed(entity, place) | {entity.key: key}

    def placed(self, entity: Entity, place: Place) -> Fields:
        """The fields that say where a thing lives."""
        properties = entity.row["properties"]
        return {
            field: as_key(properties[field], value)
            for field, value in zip(entity.scope, place.scope, strict=True)
            if field in properties and fits(properties[field], as_key(properties[field], value))
        }

    def referred(self, entity: Entity, field: str) -> Entity | None:
        """The entity that a field refers to: called as it, with its key or ``id`` behind."""
        name, _, last = snake(field).rpartition("_")
        found = self._by_name.get(name)
        return found if found and found is not entity and last in ("id", found.key) else None


def as_key(schema: Schema, value: str) -> str | int:
    """A key as a field of this schema holds it."""
    return int(value) if schema.get("type") == "integer" and value.lstrip("-").isdecimal() else value


def table_of(place: Place) -> str:
    """The name under which what lives at a place draws."""
    return " ".join((place.home, *place.scope))


def numbered_key(entity: Entity, place: Place, number: int, seed: int) -> Any:
    """The key of the thing of this number at a place.

    Raises:
        Unmade: Its schema leaves none.
    """
    return _numbered(
        entity.key_schema, entity.key, entity.name, number, Row(seed, f"key {table_of(place)}", number, {})
    )


def _free(schema: Schema, name: str, number: int, seed: int) -> Any:
    """A value of what no entity tells: the same wherever it is called the same."""
    some = number % len(schema["enum"]) if "enum" in schema else number
    return _numbered(schema, name, name, some, Row(seed, f"free {name}", some, {}))


def _numbered(schema: Schema, field: str, name: str, number: int, row: Row) -> Any:
    if "enum" in schema:
        if number >= len(schema["enum"]):
            raise Unmade(f"the {field} of every {name} is one of {len(schema['enum'])}, and all are in use")
        return schema["enum"][number]
    if schema.get("type") == "integer":
        return int(schema.get("minimum", 1)) + number
    last = snake(field).rpartition("_")[2]
    if "pattern" in schema or schema.get("format") in ("uuid", "email"):
        return drawn(schema, row, f"{name}.{field}")
    if last in _NAMES:
        words = str(drawn({"type": "string"}, row, f"{name}.{'path' if last in ('name', 'title') else last}"))
        wanted = f"{words}-{number + 1}" if "@" not in words else words.replace("@", f"{number + 1}@")
    else:
        wanted = f"{name[0].upper()}{101 + number}"
    return wanted if fits(schema, wanted) else drawn(schema, row, f"{name}.{field}")
