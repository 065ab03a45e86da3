"""One call: the context of a dialogue up to a call, and a turn that must be exactly that call."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import msgspec

from agent_envs.core import Env, State, Transition
from agent_envs.dialects import Dialect, Parsed
from agent_envs.limits import Limits
from agent_envs.messages import Action, Message, ToolCall, assistant
from agent_envs.outcome import Outcome, StopReason
from agent_envs.tasks import Task, TaskSet
from agent_envs.tokens import TokenCounter, bytes_over_4

from .domain_task import DomainTask
from .tool_domain import Domain, ToolDomain, User


class CallTask(Task, frozen=True, kw_only=True):
    """A task of `FunctionCall`.

    Args:
        dialogue: Id of the dialogue.
        number: Which call of it, from 0.
        call: What the call is to be.
    """

    dialogue: str
    number: int
    call: ToolCall


def calls_of(dialogues: TaskSet[DomainTask]) -> TaskSet[CallTask]:
    """Every call of every dialogue as a task of its own, in their order; the split is the dialogue's."""
    return TaskSet(
        f"{dialogues.name}-calls",
        (
            CallTask(
                id=f"{dialogue.id}-{number}",
                instruction=dialogue.instruction,
                split=dialogue.split,
                dialogue=dialogue.id,
                number=number,
                call=call,
            )
            for dialogue in dialogues
            for number, call in enumerate(step for step in dialogue.plan if isinstance(step, ToolCall))
        ),
    )


class FunctionCall(Env[CallTask, State]):
    """The next call of a dialogue, in one turn.

    The context is that of an agent that has done everything right so far. The turn earns 1 if its form is right and it
    makes one call whose name and arguments are the right ones: none more, none less, each equal as JSON, in any order.
    Source: the step-wise reward of GLM-4.5 (arXiv 2508.06471, §3).

    Args:
        domain: The database, its tools and its policy.
        dialogues: Whose calls are played.
        user: Who plays the users.
        dialect: How turns are spelled: a name in `agent_envs.dialects.DIALECTS`, or a dialect.
        count_tokens: How tokens are counted.
    """

    name: ClassVar[str] = "FunctionCall-v0"

    def __init__(
        self,
        domain: Domain,
        dialogues: TaskSet[DomainTask],
        user: User,
        *,
        dialect: str | Dialect = "hermes",
        count_tokens: TokenCounter = bytes_over_4,
    ) -> None:
        super().__init__(calls_of(dialogues))
        limit_tokens = Limits().tokens * 8  # a dialogue that is right ends by itself
        self.player = ToolDomain(
            domain, dialogues, user, dialect=dialect, limit_tokens=limit_tokens, count_tokens=count_tokens
        )
        self.dialect = self.player.dialect
        self.observation_space = self.player.observation_space
        self.action_space = self.player.action_space

    def open(self, task: CallTask, seed: int) -> tuple[State, dict[str, Any]]:
        """The dialogue up to the call."""
        _, info = self.player.reset(seed=seed, options={"task": task.dialogue})
        calls_left = task.number
        for turn in self.player.follow():
            if isinstance(turn, Message) and turn.calls:
                if calls_left == 0:
                    break
                calls_left -= 1
            self.player.step(turn)
        context = self.player.state.context
        return State(task_id=task.id, seed=seed, context=context, new=context), {"tools": info["tools"]}

    def respond(self, state: State, action: Action) -> Transition[State]:
        """Compare the turn; any turn ends the episode."""
        parsed = self.player.dialect.parse(action, self.player.schemas)
        right = self.tasks.named(state.task_id).call
        reason, parts, detail = _compared(parsed, right)
        earned = float(all(parts.values()))
        outcome = Outcome(
            reason=reason,
            reward=earned,
            parts=parts,
            success=earned == 1.0,
            answered=reason is StopReason.SUBMITTED,
            detail=detail,
        )
        new = (parsed.written,)
        after = msgspec.structs.replace(
            state, context=state.context + new, new=new, turns=state.turns + 1, outcome=outcome
        )
        return Transition(after, earned)

    def solution(self) -> tuple[Action, ...]:
        """The call."""
        return (assistant(calls=(self.task.call,)),)

    def fork(self) -> Self:
        """An independent copy, with a dialogue of its own."""
        twin = super().fork()
        twin.player = self.player.fork()
        return twin

    def close(self) -> None:
        """Give the database's connection back."""
        self.player.close()

    def world_digest(self) -> str:
        """The domain and its database as it is now, the user and the dialect."""
        return self.player.world_digest()


def _compared(parsed: Parsed, right: ToolCall) -> tuple[StopReason, dict[str, float], str]:
    """How the turn ended, what it earned by parts, and what was wrong with it."""
    calls = parsed.turn.calls
    parts = {"format": 0.0, "name": 0.0, "arguments": 0.0}
    if parsed.errors:
        return StopReason.FORMAT_ERROR, parts, "; ".join(error.message for error in parsed.errors)
    if not calls:
        return StopReason.NO_ANSWER, parts, "the turn makes no call"
    if len(calls) + parsed.left_out > 1:
        return StopReason.SUBMITTED, parts, f"the turn makes {len(calls) + parsed.left_out} calls, not one"
    given, wanted = _arguments(calls[0]), _arguments(right)
    parts["format"] = float(given is not None)
    parts["name"] = float(calls[0].name == right.name)
    parts["arguments"] = float(given == wanted)
    detail = (
        "" if all(parts.values()) else f"{calls[0].name}{calls[0].arguments:.500}, not {right.name}{right.arguments}"
    )
    return StopReason.SUBMITTED, parts, detail


def _arguments(call: ToolCall) -> bytes | None:
    """The arguments in one spelling, so that equal ones are equal and 1 is not true; None where they are no object."""
    try:
        read = msgspec.json.decode(call.arguments, type=dict[str, Any])
        return msgspec.json.encode(read, order="sorted")
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
