"""The desk that executes what tools do to entities: create, get, list, update, delete, all on one state."""

from __future__ import annotations

from typing import Any

from agent_envs.outcome import Fault
from agent_envs.snapshots.domains.rows import Row
from agent_envs.tools import ToolError

from .arguments import named
from .beginning import Beginning, numbered_key, table_of
from .entities import Entity
from .filtering import filtered
from .replies import Replies
from .shaping import taken
from .spec import Effect, ToolSpec
from .state import Change, Fields, Place, SimState, read, written
from .values import drawn

LIMIT_SHOWN = 8
_TRIES = 100


class Desk:
    """Executes calls on a world.

    Args:
        beginning: The world before any call.
    """

    def __init__(self, beginning: Beginning) -> None:
        self.beginning = beginning
        self.replies = Replies(beginning.seed)

    def rows(self, state: SimState, place: Place) -> dict[str, str]:
        """What lives at a place now, as JSON, by key: what was there in the beginning first."""
        rows = {} if state.began_empty(place) else dict(self.beginning.at(place))
        for key, now in sorted(state.at(place).items(), key=lambda one: (len(one[0]), one[0])):
            if now:
                rows[key] = now
            else:
                rows.pop(key, None)
        return rows

    def executed(
        self, state: SimState, tool: ToolSpec, effect: Effect, arguments: Fields, *, partial: bool
    ) -> tuple[SimState, Any]:
        """Execute a call.

        Args:
            state: The state now.
            tool: What is called.
            effect: What it does.
            arguments: Its arguments, which fit.
            partial: Whether it fails in part, if it can.

        Returns:
            The state after it, and the reply.

        Raises:
            ToolError: Something does not exist, or exists already.
            Unmade: The reply cannot be made.
        """
        entity = self.beginning.entities[effect.home]
        place = Place(effect.home, tuple(named(arguments[name]) for name in effect.scope))
        self._demand_scope(state, entity, place)
        rows = self.rows(state, place)
        if effect.verb == "list":
            found, more = filtered(entity, tool, [read(row) for row in rows.values()], arguments, effect.scope)
            return state, self.replies.of_list(tool, entity, place, found, more)
        if effect.verb == "create":
            return self._created(state, tool, entity, place, arguments, rows)
        key = named(arguments[effect.key])
        if key not in rows:
            raise ToolError(f"there is no {_words(entity)} {key[:100]!r}{_in(entity, place)}; {_shown(rows)}")
        if effect.verb == "get":
            return state, self.replies.of_one(tool, entity, place, key, read(rows[key]))
        if effect.verb == "delete":
            began = self._began(state, place, key)
            after = state.with_change(Change(place, key, ""), began)
            if any(child.parent == entity.home for child in self.beginning.entities.values()):
                after = after.without_all_in(Place(place.home, (*place.scope, key)), began=bool(began))
            return after, self.replies.of_deletion(tool, entity, place, key, read(rows[key]))
        return self._updated(state, tool, entity, place, key, read(rows[key]), arguments, partial)

    def _created(
        self,
        state: SimState,
        tool: ToolSpec,
        entity: Entity,
        place: Place,
        arguments: Fields,
        rows: dict[str, str],
    ) -> tuple[SimState, Any]:
        key: str | int | None = None
        given = self._given(state, entity, entity.settable, arguments)
        if entity.key in given:
            key = given[entity.key]
            if named(key) in rows:
                raise ToolError(f"there is a {_words(entity)} {key!r} already{_in(entity, place)}; update it instead")
        number = len(self.beginning.at(place)) + state.count(place)
        key = self._free_key(state, entity, place, number) if key is None else key
        row = Row(self.beginning.seed, table_of(place), number + 1, {})
        fields = self.beginning.fields(entity, place, key, row)
        for field in entity.settable:
            if field in given or field == entity.key:
                continue
            fields.pop(field, None)
            schema = tool.input["properties"].get(field, {})
            if "default" in schema or field in entity.row["required"]:
                fields[field] = self._unset(entity, field, schema)
        fields |= given
        after = state.with_change(
            Change(place, named(key), written(fields)), self._began(state, place, named(key)), made=True
        )
        return after, self.replies.of_one(tool, entity, place, named(key), fields)

    def _updated(
        self,
        state: SimState,
        tool: ToolSpec,
        entity: Entity,
        place: Place,
        key: str,
        fields: Fields,
        arguments: Fields,
        partial: bool,
    ) -> tuple[SimState, Any]:
        given = self._given(state, entity, entity.changeable, arguments)
        new = [field for field, value in given.items() if field not in fields or fields[field] != value]
        if partial and len(new) > 1:
            new = new[: len(new) // 2]
        fields = fields | {field: given[field] for field in new}
        after = state.with_change(Change(place, key, written(fields)), self._began(state, place, key))
        return after, self.replies.of_one(tool, entity, place, key, fields)

    def _given(self, state: SimState, entity: Entity, names: tuple[str, ...], arguments: Fields) -> Fields:
        """The arguments as fields hold them; one that its field cannot hold has no effect."""
        given: Fields = {}
        for name in names:
            if name not in arguments:
                continue
            referred = self.beginning.referred(entity, name)
            if referred and arguments[name] is not None:
                others = self.rows(state, Place(referred.home))
                if named(arguments[name]) not in others:
                    raise ToolError(
                        f"there is no {_words(referred)} {named(arguments[name])[:100]!r}; {_shown(others)}"
                    )
            row = Row(self.beginning.seed, f"{entity.home} {written(arguments)}", 0, {})
            try:
                given[name] = taken(entity.row["properties"][name], arguments[name], row, f"{entity.name}.{name}")
            except LookupError:
                continue
        return given

    def _unset(self, entity: Entity, field: str, argument: dict[str, Any]) -> Any:
        """What a field holds that was not set: its default, or what the world always gives it."""
        schema = entity.row["properties"].get(field, {})
        row = Row(self.beginning.seed, f"{entity.home} unset", 0, {})
        try:
            return taken(schema, argument.get("default", []), row, field)
        except LookupError:
            return drawn(schema, row, f"{entity.name}.{field}")

    def _free_key(self, state: SimState, entity: Entity, place: Place, number: int) -> Any:
        used = {*self.beginning.at(place), *state.at(place)}
        for tried in range(number, number + _TRIES):
            if named(key := numbered_key(entity, place, tried, self.beginning.seed)) not in used:
                return key
        raise Fault(f"no {entity.key} is left for another {entity.name} {place}", origin="env")

    def _began(self, state: SimState, place: Place, key: str) -> str:
        return "" if state.began_empty(place) else self.beginning.at(place).get(key, "")

    def _demand_scope(self, state: SimState, entity: Entity, place: Place) -> None:
        """Refuse a place that does not exist."""
        if parent := self.beginning.entities.get(entity.parent):
            above = Place(parent.home, place.scope[:-1])
            self._demand_scope(state, parent, above)
            if place.scope[-1] not in (rows := self.rows(state, above)):
                told = f"there is no {_words(parent)} {place.scope[-1][:100]!r}{_in(parent, above)}"
                raise ToolError(f"{told}; {_shown(rows)}")
        elif place.scope not in (scopes := self.beginning.scopes(entity)):
            known = "; ".join(_pairs(entity, scope) for scope in scopes[:LIMIT_SHOWN])
            raise ToolError(f"there is no {_pairs(entity, place.scope)}; there is {known}")


def _words(entity: Entity) -> str:
    return entity.name.replace("_", " ")


def _in(entity: Entity, place: Place) -> str:
    return f" in {_pairs(entity, place.scope)}" if place.scope else ""


def _pairs(entity: Entity, scope: tuple[str, ...]) -> str:
    return ", ".join(f"{name} {value[:60]!r}" for name, value in zip(entity.scope, scope, strict=True))


def _shown(rows: dict[str, str]) -> str:
    if not rows:
        return "there is none"
    more = f" and {len(rows) - LIMIT_SHOWN} more" if len(rows) > LIMIT_SHOWN else ""
    return f"there are {', '.join(map(repr, list(rows)[:LIMIT_SHOWN]))}{more}"
