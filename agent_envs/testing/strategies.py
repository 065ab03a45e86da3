"""Hypothesis strategies from the JSON schemas of tools: calls that fit, with ids that exist, and some that do not."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Schema: TypeAlias = Mapping[str, Any]
Live: TypeAlias = Mapping[str, Sequence[Any]]
"""Values that the database holds, by the name of their column."""

MALFORMED_ONE_IN = 8
"""Of so many calls, about one is malformed."""
_LIVE = 6
_EXTRA_CHARACTERS = 20
_EXTRA_ITEMS = 3
_INT64 = (-(2**63), 2**63 - 1)
_DEEP: Any = json.loads("[" * 100 + "]" * 100)
# The earlier, the simpler: what is shrunk moves to the front.
_HOSTILE: tuple[Any, ...] = (
    "", 0, None, True, [], {}, -1, 1e308, math.nan, math.inf, 2**63, 10**400, "\0", "\ud800", "\u202e\U0001f4a5",
    "' OR 1=1 --", "x'); DROP TABLE customers; --", _DEEP, "x" * 100_001, "x" * 1_000_000,
)  # fmt: skip
_NO_OBJECTS = ("", "null", "[]", "0", "{", '{"a": 1', '{"a" 1}', "\ud800", "NaN", "[" * 100_000)
_SCALARS = st.none() | st.booleans() | st.integers(*_INT64) | st.text(max_size=_EXTRA_CHARACTERS)


def arguments(schema: Schema, live: Live) -> SearchStrategy[str]:
    """The arguments of calls, as JSON text; one in `MALFORMED_ONE_IN` is malformed.

    Args:
        schema: The parameters of a tool, as `Tool.parameters` has them.
        live: Values that the database holds, by column; see `values`.

    Raises:
        TypeError: A schema of another kind than `agent_envs.tools` writes.
    """
    kinds = (well_formed(schema, live),) * (MALFORMED_ONE_IN - 1) + (malformed(schema, live),)
    return st.sampled_from(kinds).flatmap(lambda kind: kind)


def well_formed(schema: Schema, live: Live) -> SearchStrategy[str]:
    """Arguments that fit; otherwise as `arguments`."""
    return values(schema, live).map(json.dumps)


def malformed(schema: Schema, live: Live) -> SearchStrategy[str]:
    """Arguments of which one is missing, unknown or hostile, or that are no JSON object; otherwise as `arguments`.

    Hostile is another type, SQL, a huge integer, NaN, deep nesting, a lone surrogate, seldom a megabyte of text; some
    of these fit after all.
    """
    fitting: SearchStrategy[dict[str, Any]] = values(schema, live)
    hostile = st.sampled_from(_HOSTILE)
    changed = [st.builds(lambda fit, value: fit | {"unexpected": value}, fitting, hostile)]
    if names := sorted(schema["properties"]):
        one = st.sampled_from(names)
        changed.append(st.builds(lambda fit, name, value: fit | {name: value}, fitting, one, hostile))
    if required := schema.get("required"):
        one = st.sampled_from(required)
        changed.append(st.builds(lambda fit, name: {key: fit[key] for key in fit if key != name}, fitting, one))
    return st.builds(json.dumps, st.one_of(changed), ensure_ascii=st.booleans()) | st.sampled_from(_NO_OBJECTS)


def values(schema: Schema, live: Live | None = None, name: str = "") -> SearchStrategy[Any]:
    """What fits a schema.

    Args:
        schema: A JSON schema as `agent_envs.tools` writes it.
        live: Values that the database holds, by column. Where a parameter is called as a column, or by its plural,
            or ends in ``_`` and its name, about half of the draws are its first value and two of thirteen are fresh;
            the others are the rest of its first six.
        name: What the value is called.

    Raises:
        TypeError: A schema of another kind.
    """
    live = live or {}
    match schema:
        case {"enum": options}:
            return st.sampled_from(options)
        case {"const": value}:
            return st.just(value)
        case {"anyOf": options}:
            return st.one_of([values(option, live, name) for option in options])
        case {"type": "null"}:
            return st.none()
        case {"type": "boolean"}:
            return st.booleans()
        case {"type": "string"}:
            return _some_live(_texts(schema), [value for value in _named(live, name) if isinstance(value, str)])
        case {"type": "integer"}:
            return _some_live(_integers(schema), [value for value in _named(live, name) if isinstance(value, int)])
        case {"type": "number"}:
            numbers = [value for value in _named(live, name) if isinstance(value, int | float)]
            return _some_live(_floats(schema), numbers)
        case {"type": "array", "prefixItems": items}:
            return st.tuples(*(values(item, live, name) for item in items)).map(list)
        case {"type": "array"}:
            least = schema.get("minItems", 0)
            most = min(schema.get("maxItems", math.inf), least + _EXTRA_ITEMS)
            return st.lists(values(schema.get("items", {}), live, name), min_size=least, max_size=int(most))
        case {"type": "object", "properties": properties}:
            fields = {field: values(one, live, field) for field, one in properties.items()}
            required = {field: fields.pop(field) for field in schema.get("required", ())}
            return st.fixed_dictionaries(required, optional=fields)
        case {"type": "object"}:
            inner = schema.get("additionalProperties", {})
            return st.dictionaries(
                st.text(max_size=_EXTRA_CHARACTERS),
                values(inner if isinstance(inner, Mapping) else {}, live),
                max_size=_EXTRA_ITEMS,
            )
    if not {"type", "$ref", "allOf", "oneOf"} & set(schema):
        return _SCALARS  # anything goes
    raise TypeError(f"no strategy for the schema {dict(schema)!r:.300}; write it as agent_envs.tools does")


def _texts(schema: Schema) -> SearchStrategy[str]:
    least = schema.get("minLength", 0)
    most = min(schema.get("maxLength", math.inf), least + _EXTRA_CHARACTERS)
    alphabet = st.characters(codec="utf-8")
    match schema:
        case {"pattern": pattern}:
            limit = schema.get("maxLength", math.inf)
            return st.from_regex(pattern, alphabet=alphabet).filter(lambda text: least <= len(text) <= limit)
        case {"format": "date"}:
            return st.dates().map(lambda date: date.isoformat())
        case {"format": "time"}:
            return st.times().map(lambda time: time.isoformat())
        case {"format": "date-time"}:
            return st.datetimes().map(lambda time: time.isoformat())
    return st.text(alphabet, min_size=least, max_size=int(most))


def _integers(schema: Schema) -> SearchStrategy[int]:
    least = max(schema.get("minimum", _INT64[0]), schema.get("exclusiveMinimum", _INT64[0] - 1) + 1)
    most = min(schema.get("maximum", _INT64[1]), schema.get("exclusiveMaximum", _INT64[1] + 1) - 1)
    if (step := schema.get("multipleOf")) is not None:
        return st.integers(-(-least // step), most // step).map(lambda number: number * step)
    return st.integers(least, most)


def _floats(schema: Schema) -> SearchStrategy[float]:
    return st.floats(
        min_value=schema.get("exclusiveMinimum", schema.get("minimum")),
        max_value=schema.get("exclusiveMaximum", schema.get("maximum")),
        exclude_min="exclusiveMinimum" in schema,
        exclude_max="exclusiveMaximum" in schema,
        allow_nan=False,
        allow_infinity=False,
    )


def _named(live: Live, name: str) -> Sequence[Any]:
    """The values of the column that a parameter means, the longest name first."""
    for column in sorted(live, key=lambda column: (-len(column), column)):
        if any(name == meant or name.endswith(f"_{meant}") for meant in (column, f"{column}s")):
            return live[column][:_LIVE]
    return ()


def _some_live(fresh: SearchStrategy[Any], live: Sequence[Any]) -> SearchStrategy[Any]:
    if not live:
        return fresh
    known = [st.just(value) for value in live]  # chosen at once: what takes two choices is harder to shrink
    return st.sampled_from([known[0]] * 5 + known + [fresh] * 2).flatmap(lambda chosen: chosen)
