"""Requests to an API that has a specification and no implementation: what pays is the state left, and the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import msgspec

from agent_envs.answers import Answer
from agent_envs.dialects import Dialect
from agent_envs.limits import Limits
from agent_envs.messages import Action, ToolCall, assistant
from agent_envs.tasks import Task, TaskSet
from agent_envs.tokens import TokenCounter, bytes_over_4, name_of
from agent_envs.tools import Toolbox

from .answer_loop import AnswerLoop, AnswerState
from .tool_loop import Grade

MAX_REPEATS = 32
"""How often a right solution repeats a call that was executed in part."""
DONE = "done"
SYSTEM = (
    "You carry out requests with the tools of an API. Read what a call replies: it shows what is so now, and a change "
    "may have been made in part only. When everything is done, answer: with the value that was asked for and nothing "
    'else, or with "done" if none was.'
)


class Step(msgspec.Struct, frozen=True):
    """One call of a solution.

    Args:
        call: The call.
        leaves: What differs from the beginning behind it, as `ToolWorld.difference` says it.
    """

    call: ToolCall
    leaves: tuple[str, ...] = ()


class SimulatedTask(Task, frozen=True, kw_only=True):
    """A task of `SimulatedTools`.

    Args:
        steps: A solution.
        answer: What is asked for; None where the state alone counts.
    """

    steps: tuple[Step, ...]
    answer: Answer | None = None

    @property
    def gold(self) -> tuple[str, ...]:
        """What is to differ from the beginning in the end."""
        return self.steps[-1].leaves if self.steps else ()


class ToolWorld(Protocol):
    """Whoever executes calls: a function of states, which are values that msgspec can encode."""

    @property
    def digest(self) -> str:
        """Digest of all that decides what calls lead to, besides the state and the seed."""

    @property
    def schemas(self) -> Sequence[dict[str, Any]]:
        """The tools as the model sees them."""

    def begin(self) -> Any:
        """The state in which every episode begins."""

    def call(self, state: Any, call: ToolCall, seed: int, /) -> tuple[Any, str]:
        """The state after a call, and the reply.

        Raises:
            ToolError: The call is a mistake of the agent; nothing has changed.
            Fault: The world failed; nothing has changed.
        """

    def difference(self, state: Any) -> tuple[str, ...]:
        """What is not as it was in the beginning, in lines that depend on the end alone and not on the way to it."""


class SimulatedState(AnswerState, frozen=True, kw_only=True):
    """The state of an episode.

    Args:
        now: The state of the world.
    """

    now: Any


class SimulatedTools(AnswerLoop[SimulatedTask]):
    """Requests to an API that is simulated.

    The reward is the product of its parts: ``state``, the world differs from its beginning in exactly what the request
    asks for, and ``answer``, the value that it asks for, where it asks for one. An answer ends the episode.

    Args:
        simulated: Whoever executes calls.
        tasks: The requests.
        dialect: How turns are spelled: a name in `agent_envs.dialects.DIALECTS`, or a dialect.
        limit_turns: Turns of the agent; the forced answer comes on top.
        limit_calls: Tool calls that are executed.
        limit_tokens: Size of the context.
        forced_answer: At a limit, ask for an answer and grant one last turn for it.
        count_tokens: How tokens are counted.

    Raises:
        ValueError: A limit below 1, or an unknown dialect.
    """

    name: ClassVar[str] = "SimulatedTools-v0"

    def __init__(
        self,
        simulated: ToolWorld,
        tasks: TaskSet[SimulatedTask],
        *,
        dialect: str | Dialect = "hermes",
        limit_turns: int = Limits().turns,
        limit_calls: int = Limits().calls,
        limit_tokens: int = Limits().tokens,
        forced_answer: bool = True,
        count_tokens: TokenCounter = bytes_over_4,
    ) -> None:
        self.simulated = simulated
        super().__init__(
            tasks,
            _Shown(simulated.schemas),
            None,
            system=SYSTEM,
            dialect=dialect,
            limits=Limits(turns=limit_turns, calls=limit_calls, tokens=limit_tokens),
            forced_answer=forced_answer,
            count_tokens=count_tokens,
        )

    def open(self, task: SimulatedTask, seed: int) -> tuple[AnswerState, dict[str, Any]]:
        """The system message and the request, and the world in its beginning."""
        state = SimulatedState(seed=seed, now=self.simulated.begin(), **self.opening(task, task.instruction))
        return state, self.fresh_schemas()

    def run(self, state: AnswerState, call: ToolCall) -> tuple[AnswerState, str]:
        """Execute a call in the simulated world."""
        now, text = self.simulated.call(_now(state), call, state.seed)
        return msgspec.structs.replace(state, now=now), text

    def grade(self, task: SimulatedTask, answer: str) -> Grade:
        """The product of state and answer."""
        return graded(task, self.simulated.difference(_now(self.state)), answer)

    def solution(self) -> tuple[Action, ...]:
        """The task's calls, each until it has done all that it is to do, then the answer."""
        now, calls = self.simulated.begin(), list[ToolCall]()
        for step in self.task.steps:
            for _ in range(MAX_REPEATS):
                calls.append(step.call)
                now, _ = self.simulated.call(now, step.call, self.state.seed)
                if self.simulated.difference(now) == step.leaves:
                    break
        answer = self.task.answer.value if self.task.answer else DONE
        return (*(assistant(calls=(call,)) for call in calls), assistant(answer=answer))

    def world_digest(self) -> str:
        """The world, and what decides how much of it is shown."""
        shown = f"{self.dialect.name} {self.limits} {self.forced_answer} {name_of(self.count_tokens)}"
        return f"{self.simulated.digest} {shown}"


def graded(task: SimulatedTask, difference: tuple[str, ...], answer: str) -> Grade:
    """What an end is worth.

    Args:
        task: The task.
        difference: What differs from the beginning.
        answer: What was answered.
    """
    parts = {"state": float(difference == task.gold)}
    wrong = [f"lacks {line}" for line in task.gold if line not in difference]
    wrong += [f"has {line}" for line in difference if line not in task.gold]
    if task.answer is not None:
        parts["answer"] = float(task.answer.matches(answer))
        wrong += [] if parts["answer"] else [f"the answer is {task.answer.value!r}, not {answer[:200]!r}"]
    right = all(parts.values())
    return Grade(parts, float(right), right, "; ".join(wrong)[:2000])


class _Shown(Toolbox[Any]):
    """Tools that are shown here and executed by the world."""

    def __init__(self, schemas: Sequence[dict[str, Any]]) -> None:
        super().__init__(())
        self.schemas = tuple(schemas)


def _now(state: AnswerState) -> Any:
    assert isinstance(state, SimulatedState)
    return state.now
