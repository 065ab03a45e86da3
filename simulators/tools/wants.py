"""Requests on a simulated world: what somebody wants, and beside it the calls that do it and the value asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from agent_envs.answers import Answer
from agent_envs.messages import ToolCall

from .scene import Scene, Unfit, words
from .spec import Schema
from .state import Fields
from .values import drawn

LIMIT_DELETED = 4
_SCALARS = ("string", "integer", "number")


class Request(NamedTuple):
    """What is wanted: its words, the calls that do it, and the answer; None where none is asked for."""

    text: str
    calls: tuple[ToolCall, ...]
    answer: Answer | None = None


def create(scene: Scene) -> Request:
    """Make a thing with given values."""
    tool = scene.tool("create")
    assert tool.effect is not None
    required = [name for name in tool.input.get("required", ()) if name not in tool.effect.scope]
    free = [name for name in scene.entity.settable if name not in required and _plain(tool.input["properties"][name])]
    chosen = [*required, *(name for name in free if scene.row.chance(f"set {name}", 0.4))]
    if not chosen or not all(name in scene.entity.settable for name in chosen):
        raise Unfit("what must be given is no field")
    values = {name: _value(scene, tool.input["properties"][name], name) for name in chosen}
    where, calls = scene.where()
    told = _told(values)
    return Request(
        f"Create a new {words(scene.entity.name)}{where} with {told}.", (*calls, scene.call("create", **values))
    )


def change(scene: Scene) -> Request:
    """Change one field of a thing, or several."""
    thing, named, calls = scene.one()
    fields = [name for name in scene.entity.changeable if _plain(scene.entity.row["properties"][name])]
    first = scene.row.integer("first", 0, max(0, len(fields) - 1))
    chosen = (fields[first:] + fields[:first])[: scene.row.integer("fields", 1, 3)]
    tool = scene.tool("update")
    values = {name: _value(scene, tool.input["properties"][name], name) for name in chosen}
    values = {name: value for name, value in values.items() if value != thing.get(name)}
    if not values:
        raise Unfit("nothing can be changed")
    text = " and ".join(f"the {words(name)} to {_shown(value)}" for name, value in values.items())
    key = thing[scene.entity.key]
    return Request(f"Change the {named}: set {text}.", (*calls, scene.call("update", key, **values)))


def delete(scene: Scene) -> Request:
    """Delete all that have a value."""
    field, value, found = _group(scene)
    if len(found) > LIMIT_DELETED:
        raise Unfit("they are too many")
    where, calls = scene.where()
    deletions = tuple(scene.call("delete", thing[scene.entity.key]) for thing in found)
    text = f"Delete every {words(scene.entity.name)}{where} whose {words(field)} is {_shown(value)}."
    return Request(text, (*calls, scene.call("list"), *deletions))


def question(scene: Scene) -> Request:
    """Ask for a value of a thing."""
    thing, named, calls = scene.one()
    label = scene.label()
    fields = [
        name
        for name, schema in scene.entity.row["properties"].items()
        if _plain(schema) and "enum" not in schema and thing.get(name) not in (None, "") and name != label
    ]
    if not fields:
        raise Unfit("nothing can be asked of it")
    field = scene.row.pick("field", fields)
    seen = field in scene.listed()
    look = () if seen else (scene.call("get", thing[scene.entity.key]),)
    answer = _answer(scene.entity.row["properties"][field], thing[field])
    return Request(f"What is the {words(field)} of the {named}?", (*calls, *look), answer)


def count(scene: Scene) -> Request:
    """Ask how many have a value."""
    field, value, found = _group(scene)
    where, calls = scene.where()
    text = f"How many {scene.entity.plural}{where} have the {words(field)} {_shown(value)}?"
    return Request(text, (*calls, scene.call("list")), Answer(kind="number", value=str(len(found))))


KINDS: Mapping[str, Callable[[Scene], Request]] = {
    "create": create, "change": change, "delete": delete, "question": question, "count": count
}  # fmt: skip


def _group(scene: Scene) -> tuple[str, Any, list[Fields]]:
    """A field that lists show, one of its values, and the things that have it: some, and not all."""
    properties, things = scene.entity.row["properties"], scene.things
    groups = []
    for field in scene.listed():
        if field != scene.entity.key and ("enum" in properties[field] or properties[field].get("type") == "boolean"):
            for value in dict.fromkeys(thing[field] for thing in things if thing.get(field) is not None):
                having = [thing for thing in things if thing.get(field) == value]
                if len(having) < len(things):
                    groups.append((field, value, having))
    if not groups:
        raise Unfit("nothing tells some of them from others")
    return scene.row.pick("group", groups)


def _plain(schema: Schema) -> bool:
    return schema.get("type") in _SCALARS and not schema.get("readOnly") and "pattern" not in schema


def _value(scene: Scene, schema: Schema, name: str) -> Any:
    if not _plain(schema) and schema.get("type") != "boolean":
        raise Unfit(f"{name} is nothing that people say")
    return drawn(schema, scene.row, f"request.{name}")


def _answer(schema: Schema, value: Any) -> Answer:
    if isinstance(value, int | float):
        return Answer(kind="number", value=str(value))
    return Answer(kind="date" if schema.get("format") == "date" else "text", value=str(value))


def _told(values: Fields) -> str:
    told = [f"the {words(name)} {_shown(value)}" for name, value in values.items()]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, str) else str(value)
