"""Schemas made plain: references followed, `allOf` merged, types filled in; what is left is a small language.

A plain schema is empty (anything goes), has ``anyOf`` and nothing beside it but a description, or has one ``type``
with the keywords in `KEPT` that belong to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .merging import any_of, merged, options
from .spec import Schema

LARGEST_PORTABLE = 2**53
"""Whole numbers beyond it differ between readers of JSON (RFC 8259 §6); bounds beyond it bound nothing."""
TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")
_COPIED = (
    *("description", "default", "readOnly", "format", "minLength", "maxLength", "minItems", "maxItems"),
    *("uniqueItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "pattern"),
)
_OF_OBJECTS = ("properties", "required", "additionalProperties")
_OF_ARRAYS = ("items", "minItems", "maxItems", "uniqueItems")
_OF_STRINGS = ("minLength", "maxLength", "pattern", "format")
_OF_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
KEPT = {
    "object": _OF_OBJECTS,
    "array": _OF_ARRAYS,
    "string": _OF_STRINGS,
    "integer": _OF_NUMBERS,
    "number": _OF_NUMBERS,
    "boolean": (),
    "null": (),
}
_ALWAYS = ("description", "default", "readOnly", "enum")


class Unusable(ValueError):
    """A schema that says nothing that can be kept to; the message says why."""


class Plain:
    """Makes the schemas of one document plain.

    A reference within references is followed `depth` deep; below stands a schema that takes anything. So a circular
    schema is unrolled and ends, and schemas are shared, not copied.

    Args:
        document: Where references lead.
        depth: How many references within each other are followed.
    """

    def __init__(self, document: Mapping[str, Any], depth: int) -> None:
        self._document, self._depth = document, depth
        self._known: dict[tuple[str, int], Schema] = {}

    def __call__(self, schema: Any) -> Schema:
        """The schema, plain.

        Raises:
            Unusable: It is no schema, or a reference in it leads nowhere.
        """
        return self._made(schema, 0)

    def _made(self, schema: Any, level: int) -> Schema:
        if schema is True:
            return {}
        if not isinstance(schema, Mapping):
            raise Unusable(f"{schema!r:.100} stands where a schema belongs")
        if "$ref" in schema:
            return self._followed(schema["$ref"], level)
        base = self._own(schema, level)
        for part in _listed(schema, "allOf"):
            base = merged(base, self._made(part, level))
        for word in ("anyOf", "oneOf"):
            if forms := _listed(schema, word):
                base = any_of(merged(base, self._made(form, level)) for form in forms)
        if schema.get("nullable") is True:
            base = any_of((base, {"type": "null"}))
        return base

    def _followed(self, reference: Any, level: int) -> Schema:
        if level >= self._depth:
            return {}
        found = self._known.get((str(reference), level))
        if found is None:
            found = self._made(pointed(self._document, reference), level + 1)
            self._known[str(reference), level] = found
        return found

    def _own(self, schema: Mapping[str, Any], level: int) -> Schema:
        """What it says itself, without its combinations."""
        told: Schema = {name: schema[name] for name in _COPIED if schema.get(name) is not None}
        _tidy(told)
        if "const" in schema:
            told["enum"] = [schema["const"]]
        elif isinstance(schema.get("enum"), list) and schema["enum"]:
            told["enum"] = schema["enum"]
        properties = schema.get("properties")
        if isinstance(properties, Mapping):
            told["properties"] = {
                str(name): self._made(one, level) for name, one in properties.items() if one is not False
            }
        if isinstance(schema.get("required"), list):  # OpenAPI 2 and lax writers have a flag there
            told["required"] = list(dict.fromkeys(map(str, schema["required"])))
        more = schema.get("additionalProperties")
        if more is False:
            told["additionalProperties"] = False
        elif isinstance(more, Mapping):
            told["additionalProperties"] = self._made(more, level)
        if isinstance(schema.get("items"), Mapping):
            told["items"] = self._made(schema["items"], level)
        types = _types(schema, told)
        if len(types) > 1:
            return any_of(_of_type(told, kind) for kind in types)
        return _of_type(told, types[0]) if types else told


def pointed(document: Any, reference: Any) -> Any:
    """What a reference leads to.

    Raises:
        Unusable: It leads out of the document, or nowhere.
    """
    if not isinstance(reference, str) or not reference.startswith("#"):
        raise Unusable(f"the reference {reference!r:.100} leads out of the document")
    found = document
    for step in filter(None, reference[1:].split("/")):
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        elif isinstance(found, Mapping) and name in found:
            found = found[name]
        else:
            raise Unusable(f"the reference {reference!r:.100} leads nowhere")
    return found


def as_object(schema: Schema) -> Schema:
    """A schema of arguments as one object: of options, all properties, and required what all of them require.

    Raises:
        Unusable: It takes something else than objects.
    """
    if not schema:
        return {"type": "object", "properties": {}}
    forms = [one for one in options(schema) if one.get("type") != "null"]
    if any(one.get("type", "object") != "object" for one in forms):
        raise Unusable(f"its arguments are no object but {schema.get('type', 'one of several types')}")
    properties: Schema = {}
    for option in forms:
        for name, one in option.get("properties", {}).items():
            properties.setdefault(name, one)
    required = [name for name in properties if forms and all(name in form.get("required", ()) for form in forms)]
    return {"type": "object", "properties": properties} | ({"required": required} if required else {})


def _listed(schema: Mapping[str, Any], word: str) -> list[Any]:
    found = schema.get(word)
    return found if isinstance(found, list) else []


def _tidy(told: Schema) -> None:
    """Bounds as JSON Schema 2020-12 has them, and no pattern that cannot be read."""
    for bound, strict in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if told.get(strict) is True and bound in told:  # OpenAPI 3.0 has a flag here
            told[strict] = told.pop(bound)
        for name in (bound, strict):
            value = told.get(name, 0)
            if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > LARGEST_PORTABLE:
                del told[name]
    for name in ("minLength", "maxLength", "minItems", "maxItems"):
        if name in told and (type(told[name]) is not int or not 0 <= told[name] <= LARGEST_PORTABLE):
            del told[name]
    if "pattern" in told:
        try:
            re.compile(told["pattern"])
        except (re.error, TypeError, RecursionError, OverflowError):
            del told["pattern"]


def _types(schema: Mapping[str, Any], told: Schema) -> list[str]:
    """Its types: as it says, or as its keywords and values do."""
    said = schema.get("type")
    types = [kind for kind in (said if isinstance(said, list) else [said]) if kind in TYPES]
    if types:
        return types
    if "enum" in told:
        return list(dict.fromkeys(_kind(value) for value in told["enum"]))
    for kind in ("object", "array", "string", "number"):
        if any(word in told for word in KEPT[kind]):
            return [kind]
    return []


def _kind(value: Any) -> str:
    for kind, python in (("null", type(None)), ("boolean", bool), ("integer", int), ("number", float)):
        if isinstance(value, python):
            return kind
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _of_type(told: Schema, kind: str) -> Schema:
    kept = {name: value for name, value in told.items() if name in KEPT[kind] or name in _ALWAYS}
    if "enum" in kept:
        kept["enum"] = [value for value in kept["enum"] if fits_type(value, kind)]
        if not kept["enum"]:
            del kept["enum"]  # the type and the values disagree: the type counts
    return {"type": kind} | kept


def fits_type(value: Any, kind: str) -> bool:
    """Whether a value is of a type of JSON Schema."""
    found = _kind(value)
    whole = kind == "integer" and found == "number" and float(value).is_integer()
    return found == kind or whole or (kind == "number" and found == "integer")
