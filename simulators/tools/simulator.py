"""The simulator: executes calls of tools that have a specification and no implementation, without a model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from agent_envs.limits import at_least_one
from agent_envs.messages import ToolCall
from agent_envs.outcome import Fault
from agent_envs.snapshots.domains.rows import Row
from agent_envs.tools import ToolError

from .arguments import checked
from .beginning import Beginning
from .desk import Desk
from .difference import difference
from .entities import inferred
from .fitting import misfit
from .shaping import shaped
from .spec import Toolset, ToolSpec
from .state import SimState
from .values import Unmade

SIMULATOR_VERSION = 1
"""Raise it when the same calls lead to other replies."""


class Simulator:
    """A world made of a toolset: what is made can be found, what is deleted is gone, what is changed shows.

    It is a function: a call in a state leads to the next state and a reply. States are values, so whoever holds one has
    forked; and the same call in the same state always gives the same. Chance is that of the world's seed, for what it
    begins with, and of the episode's, for partial failures: a change of several fields of which only some are taken
    over. The reply shows what is so, and no change takes over nothing, so that who looks and asks again comes to their
    end.
    Source: the tool simulator of Kimi K2 (arXiv 2507.20534 §3.1.1), there a model.

    Args:
        toolset: The tools.
        seed: Names the world.
        rows: How many things of a kind there are in the beginning; of those that live in others, up to so many in each.
        partial: The share of changes of several fields that fail in part.
        edge: The share of values that are unusual: empty, extreme, in odd characters.

    Raises:
        ValueError: A share that is none, or no rows.
    """

    def __init__(
        self, toolset: Toolset, *, seed: int = 0, rows: int = 6, partial: float = 0.0, edge: float = 0.0
    ) -> None:
        at_least_one("rows", rows)
        for name, share in (("partial", partial), ("edge", edge)):
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0.0 <= share <= 1.0:
                raise ValueError(f"{name}={share!r}: give a share from 0 to 1")
        self.entities, self.toolset = inferred(toolset)
        self.seed, self.rows, self.partial, self.edge = seed, rows, partial, edge
        self.beginning = Beginning(self.entities, seed, rows, edge)
        self.desk = Desk(self.beginning)
        self._tools = {tool.name: tool for tool in self.toolset.tools}
        told = (SIMULATOR_VERSION, toolset.digest, seed, rows, partial, edge)
        self.digest = hashlib.blake2b(repr(told).encode(), digest_size=16).hexdigest()

    @property
    def schemas(self) -> Sequence[dict[str, Any]]:
        """The tools as the model sees them."""
        return tuple(tool.schema for tool in self.toolset.tools)

    def tool(self, name: str) -> ToolSpec:
        """The tool of a name.

        Raises:
            KeyError: There is none.
        """
        return self._tools[name]

    def certain(self) -> Simulator:
        """The same world without partial failures."""
        return Simulator(self.toolset, seed=self.seed, rows=self.rows, edge=self.edge)

    def begin(self) -> SimState:
        """The state in which every episode begins."""
        return SimState()

    def call(self, state: SimState, call: ToolCall, seed: int) -> tuple[SimState, str]:
        """Execute one call.

        Args:
            state: The state now.
            call: The call.
            seed: The episode's seed, for partial failures.

        Returns:
            The state after it, and the reply: JSON that fits the tool's output schema, where it has one.

        Raises:
            ToolError: The call is a mistake: the tool, an argument, or a thing that does not exist.
            Fault: No reply that fits the output schema can be made.
        """
        tool = self._tools.get(call.name)
        if tool is None:
            raise ToolError(f"there is no tool {call.name[:100]!r}; the tools are {', '.join(self._tools)}")
        arguments = checked(tool, call.arguments)
        key = msgspec.json.encode(arguments, order="sorted").decode()
        try:
            if tool.effect is None:
                after, reply = state, self._invented(tool, arguments, key)
            else:
                unsure = self.partial and Row(seed, "partial", 0, {}).chance(
                    f"{state.digest} {tool.name} {key}", self.partial
                )
                after, reply = self.desk.executed(state, tool, tool.effect, arguments, partial=bool(unsure))
        except Unmade as error:
            raise Fault(f"no reply of {tool.name} can be made: {error}", origin="env") from None
        if tool.output is not None and (wrong := misfit(tool.output, reply)):
            raise Fault(f"the reply of {tool.name} does not fit its output schema: {wrong}", origin="env")
        return after, reply if isinstance(reply, str) else msgspec.json.encode(reply).decode()

    def difference(self, state: SimState) -> tuple[str, ...]:
        """What is not as it was in the beginning, a line each, without what only the world decides, such as new ids."""
        return difference(self.beginning, state)

    def _invented(self, tool: ToolSpec, arguments: dict[str, Any], key: str) -> Any:
        """The reply of a tool that does nothing to an entity: the same for the same arguments."""
        if tool.output is None:
            return "Done."
        return shaped(tool.output, arguments, Row(self.seed, f"{tool.name} {key}", 0, {}), tool.name)
