"""What the tests of wrappers share: a dialogue with a user who says given lines, whatever the agent does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import msgspec
import pytest

from agent_envs.core import Env, State, Transition
from agent_envs.dialects import dialect_named
from agent_envs.messages import Action, Message, assistant
from agent_envs.outcome import Outcome, StopReason
from agent_envs.spaces import ContextSpace, TurnSpace
from agent_envs.tasks import Task, TaskSet


class Talk(Env[Task, State]):
    """The user says one line after the other; the episode ends behind the last, and pays 1 for "done" said there."""

    name: ClassVar[str] = "Talk-v0"

    def __init__(self, lines: Sequence[str], *, system: str = "Be brief.", dialect: str = "hermes") -> None:
        super().__init__(TaskSet("talk", [Task(id="talk", instruction=lines[0])]))
        self.lines, self.system = tuple(lines), system
        self.dialect = dialect_named(dialect)
        self.observation_space, self.action_space = ContextSpace(), TurnSpace(self.dialect, ())

    def open(self, task: Task, seed: int) -> tuple[State, dict[str, Any]]:
        context = (Message("system", self.system), Message("user", self.lines[0]))
        return State(task_id=task.id, seed=seed, context=context, new=context), {"tools": []}

    def respond(self, state: State, action: Action) -> Transition[State]:
        parsed = self.dialect.parse(action)
        turns = state.turns + 1
        done = turns == len(self.lines)
        new = (parsed.written,) if done else (parsed.written, Message("user", self.lines[turns]))
        paid = float(done and parsed.turn.content == "done")
        outcome = Outcome(reason=StopReason.USER_STOP, reward=paid, success=bool(paid)) if done else None
        reached = msgspec.structs.replace(state, context=state.context + new, new=new, turns=turns, outcome=outcome)
        return Transition(reached, paid)

    def solution(self) -> tuple[Action, ...]:
        return (*(assistant("yes") for _ in self.lines[1:]), assistant("done"))

    def world_digest(self) -> str:
        return f"{self.lines} {self.system} {self.dialect.name}"


@pytest.fixture
def make_talk() -> Callable[..., Talk]:
    """Makes the dialogue."""
    return Talk
