"""What a list shows: the rows that its arguments ask for, and of these one page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .arguments import named
from .effects import snake
from .entities import Entity
from .fitting import fits
from .spec import ToolSpec
from .state import Fields

_SEARCHES = frozenset("q query search keyword keywords term".split())
_SIZES = frozenset("per_page page_size limit max_results count size first top".split())
_OFFSETS = frozenset("offset skip start".split())


def filtered(
    entity: Entity, tool: ToolSpec, rows: Sequence[Fields], arguments: Fields, apart: Sequence[str]
) -> tuple[list[Fields], int]:
    """The rows of a list, and how many there are on all its pages.

    An argument called as a field keeps the rows that have its value there, if the field can have it; in a field that
    holds several values, those that have it among them. ``q``, ``query``, ``search``, … keep the rows that have it in a
    text. ``page``, ``per_page``, ``limit``, ``offset``, … choose a page. Others keep all.

    Args:
        entity: What is listed.
        tool: The tool that lists.
        rows: All rows at the place.
        arguments: The call's arguments.
        apart: Arguments that say where, and keep nothing.
    """
    properties = entity.row["properties"]
    for name, value in arguments.items():
        if name in apart:
            continue
        if name in properties and _can_have(properties[name], value):
            rows = [row for row in rows if _has(row.get(name), value)]
        elif snake(name) in _SEARCHES and isinstance(value, str):
            rows = [row for row in rows if _says(row, value.casefold())]
    size, first = len(rows), 0
    for name, schema in tool.input["properties"].items():
        value = arguments.get(name, schema.get("default"))
        if type(value) is int and value >= 0 and name not in properties:
            if snake(name) in _SIZES:
                size = value
            elif snake(name) in _OFFSETS:
                first = value
    page = next((arguments[name] for name in arguments if snake(name) in ("page", "page_number")), None)
    if type(page) is int and page > 1 and "page" not in properties:
        first = (page - 1) * size
    return list(rows[first : first + size]), len(rows)


def _can_have(schema: dict[str, Any], value: Any) -> bool:
    return fits(schema, value) or fits(schema.get("items", {"type": "null"}), value)


def _has(held: Any, value: Any) -> bool:
    if isinstance(held, list) and not isinstance(value, list):
        return value in held
    return held == value or (isinstance(held, int) and not isinstance(held, bool) and str(held) == named(value))


def _says(row: Fields, text: str) -> bool:
    return any(isinstance(value, str) and text in value.casefold() for value in row.values())
