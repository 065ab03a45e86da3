"""Joining plain schemas: one of several, or what fits two at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, product

from .spec import Schema

LIMIT_OPTIONS = 16


def options(schema: Schema) -> Sequence[Schema]:
    """The alternatives of a plain schema; itself where it has none."""
    found: Sequence[Schema] = schema.get("anyOf") or (schema,)
    return found


def any_of(schemas: Iterable[Schema]) -> Schema:
    """One of these; nested options are drawn up, equal ones and those behind the first 16 fall away."""
    flat: list[Schema] = []
    for schema in schemas:
        flat += [one for one in schema.get("anyOf", [schema]) if not any(one is other for other in flat)]
    flat = [one for number, one in enumerate(flat) if len(one) > 1 or one not in flat[:number]]
    if len(flat) == 1:
        return flat[0]
    null = [one for one in flat[LIMIT_OPTIONS:] if one == {"type": "null"}]
    return {"anyOf": flat[: LIMIT_OPTIONS - len(null)] + null}


def merged(one: Schema, other: Schema) -> Schema:
    """What fits both, as far as it can be said; where two types exclude each other, the second counts."""
    if not one or not other:
        return one or other
    if "anyOf" in one or "anyOf" in other:
        pairs = product(options(one), options(other))
        return any_of(merged(*pair) for pair in islice(_agreeing(pairs), LIMIT_OPTIONS))
    if "type" in one and "type" in other and one["type"] != other["type"]:
        types = {one["type"], other["type"]}
        return {**one, **other, "type": "integer" if types == {"integer", "number"} else other["type"]}
    both = {**one, **other}
    if "properties" in one and "properties" in other:
        both["properties"] = dict(one["properties"])
        for name, schema in other["properties"].items():
            known = both["properties"].get(name)
            both["properties"][name] = schema if known is None else merged(known, schema)
    if "required" in one and "required" in other:
        both["required"] = list(dict.fromkeys((*one["required"], *other["required"])))
    if "enum" in one and "enum" in other:
        both["enum"] = [value for value in one["enum"] if value in other["enum"]] or other["enum"]
    if "items" in one and "items" in other:
        both["items"] = merged(one["items"], other["items"])
    for least in ("minimum", "exclusiveMinimum", "minLength", "minItems"):
        if least in one and least in other:
            both[least] = max(one[least], other[least])
    for most in ("maximum", "exclusiveMaximum", "maxLength", "maxItems"):
        if most in one and most in other:
            both[most] = min(one[most], other[most])
    return both


def _agreeing(pairs: Iterable[tuple[Schema, Schema]]) -> Iterable[tuple[Schema, Schema]]:
    """The pairs whose types agree; all of them if none does."""
    drawn = list(islice(pairs, LIMIT_OPTIONS**2))
    agree = [(a, b) for a, b in drawn if a.get("type", b.get("type")) == b.get("type", a.get("type"))]
    return agree or drawn
