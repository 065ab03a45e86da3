"""Putting what is known into the form that a schema asks for, and making the rest."""

from __future__ import annotations

from typing import Any

from agent_envs.snapshots.domains.rows import Row

from .effects import KEYS
from .fitting import fits
from .merging import options
from .spec import Schema
from .values import drawn


def shaped(schema: Schema, value: Any, row: Row, name: str, depth: int = 0) -> Any:
    """A value in the form of a schema: what fits stays, what is lacking is drawn, what is not asked for falls away.

    Args:
        schema: A plain schema.
        value: What is known.
        row: Where chance comes from.
        name: What the value is called.
        depth: How many objects stand around it.

    Raises:
        Unmade: What is lacking cannot be made.
    """
    if "anyOf" in schema:
        fitting = (form for form in options(schema) if fits(form, value))
        alike = (form for form in options(schema) if isinstance(value, dict) and form.get("type") == "object")
        form = next(fitting, None) or next(alike, None)
        return drawn(schema, row, name, depth=depth) if form is None else shaped(form, value, row, name, depth)
    if schema.get("type") == "object" and isinstance(value, dict):
        return _object(schema, value, row, name, depth)
    if schema.get("type") == "array" and isinstance(value, list):
        items = schema.get("items", {})
        kept = value[: schema.get("maxItems")]
        made = [shaped(items, one, row, f"{name}.{number}", depth + 1) for number, one in enumerate(kept)]
        return made if fits(schema, made) else drawn(schema, row, name, depth=depth)
    return value if fits(schema, value) else drawn(schema, row, name, depth=depth)


def _object(schema: Schema, value: dict[str, Any], row: Row, name: str, depth: int) -> dict[str, Any]:
    properties, required = schema.get("properties", {}), schema.get("required", ())
    more = schema.get("additionalProperties", {})
    if not properties and more is not False:
        made = {field: shaped(more, one, row, f"{name}.{field}", depth + 1) for field, one in value.items()}
    else:
        made = {
            field: shaped(one, value[field], row, f"{name}.{field}", depth + 1)
            for field, one in properties.items()
            if field in value
        }
    for field in required:
        if field not in made:
            one = properties.get(field, more if isinstance(more, dict) else {})
            made[field] = drawn(one, row, f"{name}.{field}", depth=depth + 1)
    return made


def taken(schema: Schema, value: Any, row: Row, name: str) -> Any:
    """An argument as a field holds it: itself, or where the field is an object, one with it as its name or id.

    An API takes ``"labels": ["bug"]`` and shows ``"labels": [{"name": "bug", …}]``.

    Raises:
        LookupError: The field cannot hold it.
    """
    if fits(schema, value):
        return value
    for form in options(schema):
        if form.get("type") == "array" and isinstance(value, list):
            items = form.get("items", {})
            return [taken(items, one, row, f"{name}.{number}") for number, one in enumerate(value)]
        properties = form.get("properties", {})
        for key in ("name", "login", *KEYS):
            if key in properties and fits(properties[key], value) and not isinstance(value, dict):
                return {**drawn(form, row, name, depth=1), key: value}
    raise LookupError(f"{name} cannot hold {value!r:.60}")
