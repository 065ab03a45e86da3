"""Whether a value fits a plain schema, and where not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from .plain import fits_type
from .spec import Schema

LIMIT_SEARCHED_CHARS = 1000
"""A pattern is searched for in texts up to this length: patterns are code of strangers."""


def misfit(schema: Schema, value: Any, where: str = "") -> str:
    """What is wrong with a value, in words; empty where nothing is.

    Args:
        schema: A plain schema. Whole numbers may be written as ``1.0``.
        value: A value as JSON has them.
        where: How the value is called in the message.
    """
    if "anyOf" in schema:
        found = [misfit(option, value, where) for option in schema["anyOf"]]
        return "" if "" in found else min(found, key=len) if len(found) < 3 else f"{_at(where)} fits none of its forms"
    if "enum" in schema and not any(_same(value, one) for one in schema["enum"]):
        return f"{_at(where)} is {value!r:.60}, and can be {', '.join(repr(one) for one in schema['enum'][:12])}"
    kind = schema.get("type")
    if kind is None:
        return ""
    if not fits_type(value, kind):
        return f"{_at(where)} is {value!r:.60}, no {kind}"
    match kind:
        case "string":
            return _text(schema, value, where)
        case "integer" | "number":
            return _number(schema, value, where)
        case "array":
            return _array(schema, value, where)
        case "object":
            return _object(schema, value, where)
    return ""


def fits(schema: Schema, value: Any) -> bool:
    """Whether a value fits a plain schema."""
    return not misfit(schema, value)


def _text(schema: Schema, value: str, where: str) -> str:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if len(value) < least or (most is not None and len(value) > most):
        return f"{_at(where)} has {len(value)} characters, not {_range(least, most)}"
    searched = "pattern" in schema and len(value) <= LIMIT_SEARCHED_CHARS
    if searched and not re.search(schema["pattern"], value):
        return f"{_at(where)} is {value!r:.60}, which the pattern {schema['pattern']} does not allow"
    read = _FORMATS.get(schema.get("format", ""))
    if read is not None:
        try:
            read(value)
        except ValueError:
            return f"{_at(where)} is {value!r:.60}, no {schema['format']}"
    return ""


def _number(schema: Schema, value: float, where: str) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return f"{_at(where)} is no finite number"
    least, most = schema.get("minimum"), schema.get("maximum")
    over, under = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if (least is not None and value < least) or (most is not None and value > most):
        return f"{_at(where)} is {value}, not {_range(least, most)}"
    if over is not None and value <= over:
        return f"{_at(where)} is {value}, not above {over}"
    if under is not None and value >= under:
        return f"{_at(where)} is {value}, not below {under}"
    return ""


def _array(schema: Schema, value: list[Any], where: str) -> str:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if len(value) < least or (most is not None and len(value) > most):
        return f"{_at(where)} has {len(value)} items, not {_range(least, most)}"
    items = schema.get("items", {})
    for number, item in enumerate(value):
        if wrong := misfit(items, item, f"{where}[{number}]"):
            return wrong
    twice = schema.get("uniqueItems") is True and any(
        _same(one, other) for number, one in enumerate(value) for other in value[:number]
    )
    return f"{_at(where)} has one item twice" if twice else ""


def _object(schema: Schema, value: dict[str, Any], where: str) -> str:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            return f"{_at(where)} lacks {name}"
    more = schema.get("additionalProperties", {})
    for name, one in value.items():
        inner = properties.get(name, more)
        here = f"{where}.{name}" if where else name
        if inner is False:
            return f"{here} is not known; there are {', '.join(properties) or 'no arguments'}"
        if wrong := misfit(inner, one, here):
            return wrong
    return ""


def _same(one: Any, other: Any) -> bool:
    """Equality as JSON has it: 1 is 1.0, and not true."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _at(where: str) -> str:
    return where or "the value"


def _range(least: float | None, most: float | None) -> str:
    if most is None:
        return f"at least {least}"
    return f"at most {most}" if least is None else f"{least} to {most}"


def _date_time(text: str) -> datetime:
    if "T" not in text.upper():
        raise ValueError(text)
    return datetime.fromisoformat(text)


_FORMATS: dict[str, Callable[[str], object]] = {"date": date.fromisoformat, "date-time": _date_time, "uuid": UUID}
