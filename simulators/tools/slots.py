"""Where in a reply the thing stands that it is about, or the things."""

from __future__ import annotations

from typing import NamedTuple

from .merging import options
from .spec import Schema, ToolSpec

_WRAPPERS = ("data", "result", "item", "items", "results")
_MOST_BESIDE = 2


class Slot(NamedTuple):
    """Where in a reply the thing stands, or the things: under a field, or, with ``""``, in its place."""

    field: str
    schema: Schema


def slot(schema: Schema | None, name: str, key: str) -> Slot | None:
    """Where the one thing of a reply stands: the reply itself, or its field called as the thing, ``data``, …."""
    for option in options(schema or {}):
        properties = option.get("properties", {})
        if key in properties:
            return Slot("", option)
        for field in (name, *_WRAPPERS):
            for inner in options(properties.get(field, {})):
                if key in inner.get("properties", {}):
                    return Slot(field, inner)
    return None


def slots(schema: Schema | None) -> Slot | None:
    """Where the things of a list stand: the reply itself, or its first field that is an array of objects."""
    for option in options(schema or {}):
        if option.get("type") == "array":
            return Slot("", _objects(option) or {})
        for field, inner in option.get("properties", {}).items():
            for form in options(inner):
                if form.get("type") == "array" and (item := _objects(form)):
                    return Slot(field, item)
    return None


def _objects(array: Schema) -> Schema | None:
    found = (one for one in options(array.get("items", {})) if one.get("type") == "object")
    return next(found, None)


def single(tool: ToolSpec, name: str) -> Slot | None:
    """Where the thing stands in a reply, while its key is not known yet."""
    for option in options(tool.output or {}):
        properties = option.get("properties", {})
        for field in (name, *_WRAPPERS):
            inner = next((one for one in options(properties.get(field, {})) if one.get("properties")), None)
            if inner is not None and len(properties) <= 1 + _MOST_BESIDE:
                return Slot(field, inner)
        if properties and not is_text(option):
            return Slot("", option)
    return None


def is_text(schema: Schema) -> bool:
    """Whether a reply is one text, whatever it is called."""
    properties = list(schema.get("properties", {}).values())
    return len(properties) == 1 and properties[0].get("type") == "string"
