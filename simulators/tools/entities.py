"""The entities that a toolset is about: their fields, what names one of them, where they live, who may set what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from .effects import KEYS, erased, snake
from .merging import merged
from .slots import single, slots
from .spec import Effect, Schema, Toolset, ToolSpec, Verb


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of thing.

    Args:
        name: In the singular.
        home: Names its collection.
        key: The field that names one.
        key_schema: What that field may be.
        scope: Names of what says where it lives, from the outside in.
        scope_schemas: What these may be.
        parent: Home of the entity that it lives in; empty where it lives in none.
        row: Schema of all its fields.
        settable: Fields that a call can set at its creation.
        changeable: Fields that a call can change.
        tools: Name of the tool for each verb; of several the first.
    """

    name: str
    home: str
    key: str
    key_schema: Schema
    scope: tuple[str, ...]
    scope_schemas: tuple[Schema, ...]
    parent: str
    row: Schema
    settable: tuple[str, ...]
    changeable: tuple[str, ...]
    tools: Mapping[Verb, str]

    @property
    def plural(self) -> str:
        """Its name for several, in words."""
        words = self.name.replace("_", " ")
        if words.endswith("y") and words[-2:-1] not in "aeiou":
            return f"{words[:-1]}ies"
        return f"{words}es" if words.endswith(("s", "x", "ch", "sh")) else f"{words}s"


def inferred(toolset: Toolset) -> tuple[dict[str, Entity], Toolset]:
    """The entities by home, and the tools; those whose entity comes to nothing do nothing to one, and say why."""
    by_home: dict[str, list[ToolSpec]] = {}
    for tool in toolset.tools:
        if tool.effect:
            by_home.setdefault(tool.effect.home, []).append(tool)
    entities: dict[str, Entity] = {}
    unclear: dict[str, str] = {}
    for home, tools in by_home.items():
        made = _entity(home, tools)
        if isinstance(made, str):
            unclear[home] = made
        else:
            entities[home] = made
    linked = {home: msgspec.structs.replace(one, parent=_parent(one, entities)) for home, one in entities.items()}

    def said(tool: ToolSpec) -> ToolSpec:
        if tool.effect is None or tool.effect.home not in unclear:
            return tool
        return msgspec.structs.replace(tool, effect=None, unclear=unclear[tool.effect.home])

    return linked, msgspec.structs.replace(toolset, tools=tuple(map(said, toolset.tools)))


def _entity(home: str, tools: Sequence[ToolSpec]) -> Entity | str:
    effects = [(tool, tool.effect) for tool in tools if tool.effect]
    tool, first = effects[0]
    name = first.entity
    by_verb: dict[Verb, ToolSpec] = {}
    for one, effect in effects:
        by_verb.setdefault(effect.verb, one)
    shown = _shown_fields(name, effects)
    given = {verb: _given_fields(by_verb[verb]) if verb in by_verb else {} for verb in ("create", "update")}
    fields = shown or {**given["update"], **given["create"]}
    keyed = next(((one, effect.key) for one, effect in effects if effect.key), None)
    key = _key_field(name, shown, keyed) if shown else keyed[1] if keyed else "id"
    named = _argument(*keyed) if keyed else {"type": "string"}
    key_schema = merged(fields.get(key, named), named) if keyed else fields.get(key, named)
    if not fields:
        return f"nothing tells the fields of a {name}, so what is made could not be shown again"
    if not key:
        return f"no field of a {name} is its {keyed[1] if keyed else 'id'}, so what is made could not be found again"
    known = {key: key_schema, **fields}
    free = [field for field, schema in known.items() if not schema.get("readOnly")]
    required = _required(name, effects, key) if shown else list(known)
    return Entity(
        name=name,
        home=home,
        key=key,
        key_schema=key_schema,
        scope=first.scope,
        scope_schemas=tuple(_argument(tool, one) for one in first.scope),
        parent="",
        row={"type": "object", "properties": known, "required": required},
        settable=tuple(field for field in given["create"] if field in free),
        changeable=tuple(field for field in given["update"] if field in free and field != key),
        tools={verb: one.name for verb, one in by_verb.items()},
    )


def _shown_fields(name: str, effects: Sequence[tuple[ToolSpec, Effect]]) -> Schema:
    """The fields that replies show; what one reply says of a field, another does not change."""
    fields: Schema = {}
    for verb in ("get", "update", "create", "list"):
        for tool, effect in effects:
            if effect.verb == verb:
                found = slots(tool.output) if verb == "list" else single(tool, name)
                for field, schema in (found.schema.get("properties", {}) if found else {}).items():
                    fields.setdefault(field, schema)
    return fields


def _required(name: str, effects: Iterable[tuple[ToolSpec, Effect]], key: str) -> list[str]:
    required = [key]
    for tool, effect in effects:
        found = slots(tool.output) if effect.verb == "list" else single(tool, name)
        required += found.schema.get("required", ()) if found else ()
    return list(dict.fromkeys(required))


def _given_fields(tool: ToolSpec) -> Schema:
    apart = (*tool.effect.scope, tool.effect.key) if tool.effect else ()
    return {name: schema for name, schema in tool.input.get("properties", {}).items() if name not in apart}


def _argument(tool: ToolSpec, name: str) -> Schema:
    found: Schema = tool.input["properties"].get(name, {})
    return {word: one for word, one in found.items() if word not in ("description", "default")} or {"type": "string"}


def _key_field(name: str, fields: Schema, keyed: tuple[ToolSpec, str] | None) -> str:
    """The field that an argument names: the one called so, without the entity's name before it, or a usual one."""
    argument = keyed[1] if keyed else "id"
    kind = _argument(*keyed).get("type") if keyed else None
    by_snake = {snake(field): field for field in reversed(fields)}
    short = snake(argument).removeprefix(f"{name}_").removeprefix(f"{name.rpartition('_')[2]}_")
    for candidate in (snake(argument), short, f"{name}_id", *KEYS):
        field = by_snake.get(candidate, "")
        told = fields.get(field, {}).get("type")
        if told in ("string", "integer") and kind in (None, told):
            return field
    return ""


def _parent(entity: Entity, entities: Mapping[str, Entity]) -> str:
    """The entity whose path stands before this one's and takes all its parameters."""
    above, marker, _ = erased(entity.home).rpartition("/{}")
    found = entities.get(above)
    if not marker or found is None or len(found.scope) + 1 != len(entity.scope):
        return ""
    inner = entity.scope_schemas[-1]
    told = "enum" not in inner and inner.get("type") in (None, found.key_schema.get("type"))
    return above if told else ""
