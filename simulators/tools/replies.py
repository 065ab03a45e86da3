"""Replies: what a tool says of one thing, of several, or of one that is gone, in the form that it declares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from agent_envs.snapshots.domains.rows import Row

from .effects import snake
from .entities import Entity
from .merging import options
from .shaping import shaped
from .slots import is_text, slot, slots
from .spec import Schema, ToolSpec
from .state import Fields, Place, written

DONE = "Done."
"""What a tool says that is declared to reply nothing."""
_TOTALS = frozenset("total total_count count num_results size total_results".split())
_MORE = frozenset("has_more more incomplete_results truncated has_next_page".split())


class Replies:
    """Makes replies.

    Args:
        seed: Names the world; what a reply must have and no row knows is drawn by it.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def of_one(self, tool: ToolSpec, entity: Entity, place: Place, key: str, fields: Fields) -> Any:
        """What a tool says of one thing."""
        if tool.output is None:
            return DONE if tool.empty else fields
        if found := slot(tool.output, entity.name, entity.key):
            return self._one(tool.output, entity, place, key, {found.field: fields} if found.field else fields)
        return self._other(tool.output, entity, place, key, fields, written(fields))

    def of_list(self, tool: ToolSpec, entity: Entity, place: Place, rows: Sequence[Fields], total: int) -> Any:
        """What a tool says of several things.

        Args:
            tool: The tool.
            entity: What they are.
            place: Where they live.
            rows: Those of this page.
            total: How many there are on all pages.
        """
        if tool.output is None:
            return list(rows)
        found = slots(tool.output)
        if found is None:
            for named in _of_texts(tool.output, [str(row[entity.key]) for row in rows]):
                return self._one(tool.output, entity, place, "", named)
            listed = msgspec.json.encode(list(rows), order="sorted").decode()
            return self._other(tool.output, entity, place, "", {}, listed)
        shown = [self._one(found.schema, entity, place, str(row[entity.key]), row) for row in rows]
        if not found.field:
            return self._one(tool.output, entity, place, "", shown)
        known: Fields = {found.field: shown}
        for name, schema in _properties(tool.output).items():
            if snake(name) in _TOTALS and schema.get("type") in ("integer", "number"):
                known[name] = total
            elif snake(name) in _MORE and schema.get("type") == "boolean":
                known[name] = len(rows) < total
        return self._one(tool.output, entity, place, "", known)

    def of_deletion(self, tool: ToolSpec, entity: Entity, place: Place, key: str, fields: Fields) -> Any:
        """What a tool says of a thing that is gone."""
        if tool.output is None:
            return DONE
        return self._other(tool.output, entity, place, key, fields, f"Deleted {entity.name} {key}.")

    def _one(self, schema: Schema, entity: Entity, place: Place, key: str, value: Any) -> Any:
        row = Row(self.seed, " ".join(("reply", place.home, *place.scope, key)), 0, {})
        return shaped(schema, value, row, entity.name)

    def _other(self, schema: Schema, entity: Entity, place: Place, key: str, fields: Fields, text: str) -> Any:
        """A reply in which the thing has no place of its own: one that is a text says it in JSON."""
        for option in options(schema):
            if is_text(option):
                return {next(iter(option["properties"])): text}
        if any(option.get("type") == "string" for option in options(schema)):
            return text
        return self._one(schema, entity, place, key, fields)


def _properties(schema: Schema) -> Schema:
    found: Schema = next((one["properties"] for one in options(schema) if one.get("properties")), {})
    return found


def _of_texts(schema: Schema, keys: list[str]) -> Iterator[Any]:
    """The reply of a list that holds texts and not things: what names them."""
    for option in options(schema):
        for field, inner in (("", option), *option.get("properties", {}).items()):
            if inner.get("type") == "array" and inner.get("items", {}).get("type") == "string":
                yield {field: keys} if field else keys
