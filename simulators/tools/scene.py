"""A place in a simulated world at some time: what lives there, what it is called, and how it is found."""

from __future__ import annotations

from typing import Any, NamedTuple

from agent_envs.messages import ToolCall
from agent_envs.snapshots.domains.rows import Row

from .beginning import as_key
from .entities import Entity
from .simulator import Simulator
from .slots import slots
from .spec import Schema, ToolSpec, Verb
from .state import Fields, Place, SimState, read

LABELS = ("title", "name", "subject", "full_name", "email", "login", "slug", "label")
"""Fields by which people call a thing, the likeliest first."""


class Unfit(LookupError):
    """There is no such request on this thing."""


class Scene(NamedTuple):
    """A place in a world at some time, and chance.

    Args:
        world: The simulator.
        state: The state.
        entity: What lives at the place.
        place: The place.
        row: Chance.
    """

    world: Simulator
    state: SimState
    entity: Entity
    place: Place
    row: Row

    @property
    def things(self) -> list[Fields]:
        """What lives there now."""
        return [read(text) for text in self.world.desk.rows(self.state, self.place).values()]

    def tool(self, verb: Verb) -> ToolSpec:
        """The tool that does this to the entity.

        Raises:
            Unfit: There is none.
        """
        if verb not in self.entity.tools:
            raise Unfit(f"nothing can {verb} a {self.entity.name}")
        return self.world.tool(self.entity.tools[verb])

    def call(self, verb: Verb, key: Any = None, **arguments: Any) -> ToolCall:
        """A call of the tool that does this to the entity."""
        tool = self.tool(verb)
        effect = tool.effect
        assert effect is not None
        scoped = {
            name: as_key(tool.input["properties"][name], value)
            for name, value in zip(effect.scope, self.place.scope, strict=True)
        }
        keyed = {effect.key: as_key(tool.input["properties"][effect.key], str(key))} if effect.key else {}
        given = {**scoped, **keyed, **arguments}
        return ToolCall.of(tool.name, **self._chosen(tool, given), **given)

    def _chosen(self, tool: ToolSpec, given: Fields) -> Fields:
        """What a list must be told though it is no field: the first of its choices, such as ``status="all"``.

        Raises:
            Unfit: It must be told something else.
        """
        chosen: Fields = {}
        for name in tool.input.get("required", ()) if tool.name == self.entity.tools.get("list") else ():
            if name not in given:
                schema = tool.input["properties"][name]
                if name in self.entity.row["properties"] or not schema.get("enum"):
                    raise Unfit(f"nothing says which {name} is to be listed")
                chosen[name] = schema["enum"][0]
        return chosen

    def where(self) -> tuple[str, tuple[ToolCall, ...]]:
        """Where it is, in words, and the calls that find the place: by what its parent is called, if that is unique."""
        if not self.place.scope:
            return "", ()
        parent = self.world.entities.get(self.entity.parent)
        if parent and "list" in parent.tools:
            above = self._replace(entity=parent, place=Place(parent.home, self.place.scope[:-1]))
            label = above.label()
            for thing in above.things:
                if str(thing[parent.key]) == self.place.scope[-1] and label and thing.get(label):
                    further, calls = above.where()
                    listed = above.call("list")
                    return f" in the {words(parent.name)} {thing[label]!r}{further}", (*calls, listed)
        pairs = zip(self.entity.scope, self.place.scope, strict=True)
        return "".join(f" in the {words(name.removesuffix('_id'))} {value!r}" for name, value in pairs), ()

    def label(self) -> str:
        """The field by which the things here are called: shown in lists, and different for each."""
        shown = self.listed()
        things = self.things
        for field in LABELS:
            values = [thing.get(field) for thing in things]
            texts = [value for value in values if isinstance(value, str) and value.strip()]
            if field in shown and len(set(texts)) == len(values):
                return field
        return ""

    def listed(self) -> Schema:
        """The fields that the list shows."""
        if "list" not in self.entity.tools:
            return {}
        tool = self.world.tool(self.entity.tools["list"])
        found = slots(tool.output)
        fields: Schema = (self.entity.row if found is None else found.schema).get("properties", {})
        return fields

    def one(self) -> tuple[Fields, str, tuple[ToolCall, ...]]:
        """One of the things, what it is called, and the calls that find it."""
        things, label = self.things, self.label()
        if not things or not label:
            raise Unfit(f"no {self.entity.name} here can be told by what it is called")
        where, calls = self.where()
        thing = self.row.pick("thing", things)
        named = f"{words(self.entity.name)} with the {words(label)} {thing[label]!r}{where}"
        return thing, named, (*calls, self.call("list"))


def words(name: str) -> str:
    """A name in words."""
    return name.replace("_", " ")
