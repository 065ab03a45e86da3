"""What a dialogue is worth: the product of its parts, each told in words when it is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

from agent_envs.answers import normalised
from agent_envs.mentions import mentions_of
from agent_envs.messages import ToolCall

from .domain_task import DomainTask, PartName
from .tool_loop import Grade

if TYPE_CHECKING:
    from .tool_domain import Domain, DomainState

ColumnPolicy = Literal["exact", "ignore", "text"]
"""How a column counts: to the letter, not at all, or but for case, accents, punctuation and spaces."""
MAX_TOLD = 5


class Change(Protocol):
    """One row that is not as the snapshot has it; as text it reads well."""

    @property
    def table(self) -> str:
        """Its table."""

    @property
    def key(self) -> tuple[Any, ...]:
        """Its primary key."""

    @property
    def before(self) -> Mapping[str, Any] | None:
        """What the snapshot has; None for a new row."""

    @property
    def after(self) -> Mapping[str, Any] | None:
        """What it is now; None for a deleted row."""


def graded(task: DomainTask, domain: Domain, state: DomainState, changes: Sequence[Change]) -> Grade:
    """The reward of a dialogue that has ended.

    Args:
        task: The task.
        domain: The domain, on whose fresh database the right calls are replayed.
        state: The state at the end.
        changes: What the episode changed in the database.
    """
    losses: dict[PartName, str] = {}
    heard = [mentions_of(text) for text in state.said]
    for part in task.parts:
        match part:
            case "state":
                losses[part] = _state_loss(changes, _right_changes(domain, task), domain.columns)
            case "communicated":
                untold = [value for value in task.told if not any(text.hold(value) for text in heard)]
                losses[part] = f"the user was not told {', '.join(map(repr, untold))}" if untold else ""
            case "called":
                same = [_plain(call) for call in state.called] == [_plain(call) for call in task.calls]
                losses[part] = "" if same else f"called {_shown(state.called)}, not {_shown(task.calls)}"
            case "policy":
                leaked = ", ".join(repr(value) for value in task.secret if any(text.hold(value) for text in heard))
                early = ", ".join(state.unagreed)
                losses[part] = f"{early} wrote before the user agreed" if early else ""
                losses[part] = losses[part] or (f"the user was told {leaked}, which is not theirs" if leaked else "")
    parts: dict[str, float] = {part: float(not loss) for part, loss in losses.items()}
    success = all(parts.values())
    return Grade(parts, float(success), success, "; ".join(filter(None, losses.values())))


@lru_cache(maxsize=4096)
def _right_changes(domain: Domain, task: DomainTask) -> tuple[Change, ...]:
    """What the right calls change in a fresh database."""
    database = domain.database()
    for move in task.moves:
        tools = domain.tools if move.by == "agent" else domain.user_tools
        with database.call(writes=tools[move.call.name].writes):
            tools.call(database, move.call)
    changes = tuple(database.diff())
    database.close()
    return changes


def _state_loss(changes: Sequence[Change], right: Sequence[Change], columns: Mapping[str, ColumnPolicy]) -> str:
    ours, theirs = ({(change.table, change.key): change for change in each} for each in (changes, right))
    wrong = [f"missing: {change}" for key, change in theirs.items() if key not in ours]
    wrong += [f"not wanted: {change}" for key, change in ours.items() if key not in theirs]
    both = [(change, theirs[key]) for key, change in ours.items() if key in theirs]
    wrong += [f"{one}, not {other}" for one, other in both if _counted(one, columns) != _counted(other, columns)]
    return "; ".join(wrong[:MAX_TOLD])


def _counted(change: Change, columns: Mapping[str, ColumnPolicy]) -> tuple[object, ...]:
    """What of a change counts."""

    def counted(row: Mapping[str, Any] | None) -> object:
        if row is None:
            return None
        values = ((column, value, columns.get(f"{change.table}.{column}", "exact")) for column, value in row.items())
        return {
            column: normalised(value) if policy == "text" and isinstance(value, str) else value
            for column, value, policy in values
            if policy != "ignore"
        }

    return counted(change.before), counted(change.after)


def _plain(call: ToolCall) -> tuple[str, Any]:
    return call.name, msgspec.json.decode(call.arguments)


def _shown(calls: Sequence[ToolCall]) -> str:
    return ", ".join(f"{call.name}{call.arguments}" for call in calls) or "nothing"
