"""The loop of tools: the agent calls, the environment executes and replies, until something ends it or a limit does."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from agent_envs.core import Env, State, Transition
from agent_envs.dialects import Dialect, Parsed
from agent_envs.limits import Limits
from agent_envs.messages import Action, Context, Message, ToolCall
from agent_envs.outcome import Outcome, StopReason
from agent_envs.spaces import ContextSpace, TurnSpace
from agent_envs.tasks import Task, TaskSet
from agent_envs.tokens import TokenCounter, bytes_over_4, count_message
from agent_envs.tools import Toolbox, ToolError


class LoopState(State, frozen=True, kw_only=True):
    """The state of a loop.

    Args:
        calls: How many tool calls were executed.
        tokens: Tokens of the context.
    """

    calls: int = 0
    tokens: int = 0


class Grade(NamedTuple):
    """What an episode is worth: the reward by parts, their combination, and words about it."""

    parts: dict[str, float]
    reward: float
    success: bool
    detail: str = ""


T = TypeVar("T", bound=Task)
L = TypeVar("L", bound=LoopState)


class ToolLoop(Env[T, L], Generic[T, L]):
    """An environment in which the agent calls tools.

    A turn that breaks its dialect's form or calls a tool wrongly is told so, and costs a turn.

    Args:
        tasks: What can be played.
        tools: What can be called; each gets this environment's `world` first.
        world: What the tools work on.
        system: The system message, before the tools.
        dialect: How turns are spelled: a name in `agent_envs.dialects.DIALECTS`, or a dialect.
        limits: What an episode may cost.
        count_tokens: How tokens are counted.
        extra_schemas: Schemas of tools that the environment understands itself.
    """

    def __init__(
        self,
        tasks: TaskSet[T],
        tools: Toolbox[Any],
        world: Any,
        *,
        system: str,
        dialect: Dialect,
        limits: Limits,
        count_tokens: TokenCounter = bytes_over_4,
        extra_schemas: Sequence[dict[str, Any]] = (),
    ) -> None:
        super().__init__(tasks)
        self.tools, self.world, self.dialect = tools, world, dialect
        self.limits, self.count_tokens = limits, count_tokens
        self.schemas = (*tools.schemas, *extra_schemas)
        self.observation_space = ContextSpace()
        self.action_space = TurnSpace(self.dialect, self.schemas)
        self._schemas_json = msgspec.json.encode(self.schemas)
        self._system = self.dialect.instruct(system, self.schemas) if self.schemas else Message("system", system)
        beside = self.dialect.tools_beside_text
        self._tokens_beside = count_tokens(self._schemas_json.decode()) if beside else 0
        self._system_tokens = self._tokens_beside + count_message(self._system, count_tokens)

    @abstractmethod
    def ended_by(self, state: L, parsed: Parsed) -> Transition[L] | None:
        """The end that a turn brings, whatever else it holds; None if it brings none."""

    @abstractmethod
    def hear(self, state: L, parsed: Parsed) -> Transition[L]:
        """What a turn in due form that calls no tool leads to."""

    def opening(self, task: T, first: str) -> dict[str, Any]:
        """The fields of a state in which an episode begins: the system message and what is said first."""
        question = Message("user", first)
        context = (self._system, question)
        tokens = self._system_tokens + count_message(question, self.count_tokens)
        return {"task_id": task.id, "context": context, "new": context, "tokens": tokens}

    def fresh_schemas(self) -> dict[str, Any]:
        """The tools for ``info``, made anew: what callers do to them stays theirs."""
        return {"tools": msgspec.json.decode(self._schemas_json)}

    @property
    def tool_names(self) -> str:
        """The names of all tools, for messages to the agent."""
        return ", ".join(schema["function"]["name"] for schema in self.schemas)

    def respond(self, state: L, action: Action) -> Transition[L]:
        """Execute a turn, or end the episode with it."""
        parsed = _named_calls(self.dialect.parse(action, self.schemas), state.turns)
        ended = self.ended_by(state, parsed)
        if ended is not None:
            return ended
        if parsed.errors:
            text = "Error: " + " ".join(f"{error.message}." for error in parsed.errors)
            replies = [self.dialect.reply(text, call) for call in parsed.written.calls or (None,)]
            return self.proceed(state, (parsed.written, *replies))
        if not parsed.turn.calls:
            return self.hear(state, parsed)
        state, replies = self._execute(state, parsed)
        return self.proceed(state, (parsed.written, *replies))

    def run(self, state: L, call: ToolCall) -> tuple[L, str]:
        """Execute one call.

        Returns:
            The state after it, and what the agent reads.

        Raises:
            ToolError: The call is a mistake of the agent.
        """
        return state, self.tools.call(self.world, call)

    def proceed(self, state: L, new: Context) -> Transition[L]:
        """Go on with new messages, the turn and the replies to it, or find that a limit is reached."""
        grown = self.grown(state, new)
        reached = self._limit_reached(grown)
        return Transition(grown) if reached is None else self.at_limit(state, grown, reached)

    def at_limit(self, before: L, grown: L, reached: StopReason) -> Transition[L]:
        """What a limit leads to: the end.

        Args:
            before: The state before the turn.
            grown: The state after it, which is over the limit.
            reached: The limit.
        """
        return Transition(msgspec.structs.replace(grown, outcome=Outcome(reason=reached)))

    def end(self, state: L, new: Context, reason: StopReason, grade: Grade, *, answered: bool = False) -> Transition[L]:
        """End the episode with these last messages."""
        outcome = Outcome(
            reason=reason,
            reward=grade.reward,
            parts=grade.parts,
            success=grade.success,
            answered=answered,
            detail=grade.detail,
        )
        return Transition(msgspec.structs.replace(self.grown(state, new), outcome=outcome), grade.reward)

    def grown(self, state: L, new: Context) -> L:
        """The state after one more turn with these messages."""
        return msgspec.structs.replace(
            state,
            context=state.context + new,
            new=new,
            turns=state.turns + 1,
            tokens=state.tokens + self.count(new),
        )

    def amend(self, tail: Context, *, drop: int, new: Context) -> None:
        """Change the end of the context, and what is held against the limit."""
        context = self.state.context
        grown = self.count(tail) - self.count(context[len(context) - drop :])
        super().amend(tail, drop=drop, new=new)
        self._state = msgspec.structs.replace(self.state, tokens=self.state.tokens + grown)

    def replace_context(self, context: Context, *, new: Context) -> None:
        """Let the agent see another context; its size is what is held against the limit from now on."""
        super().replace_context(context, new=new)
        self._state = msgspec.structs.replace(self.state, tokens=self._tokens_beside + self.count(context))

    def count(self, messages: Sequence[Message]) -> int:
        """Tokens of messages."""
        return sum(count_message(message, self.count_tokens) for message in messages)

    def _execute(self, state: L, parsed: Parsed) -> tuple[L, list[Message]]:
        """Execute the calls of a turn; returns the state after them and the replies."""
        replies = []
        for call in parsed.turn.calls:
            if state.calls >= self.limits.calls:
                text = f"Error: not executed: the limit of {self.limits.calls} calls is reached."
            else:
                try:
                    state, text = self.run(state, call)
                except ToolError as error:
                    text = f"Error: {error}"
                state = msgspec.structs.replace(state, calls=state.calls + 1)
            if parsed.left_out:
                text += f"\n(One call a turn is executed: {parsed.left_out} more left out.)"
            replies.append(self.dialect.reply(text, call))
        return state, replies

    def _limit_reached(self, state: L) -> StopReason | None:
        if state.tokens > self.limits.tokens:
            return StopReason.TOKEN_LIMIT
        if state.calls >= self.limits.calls:
            return StopReason.CALL_LIMIT
        return StopReason.TURN_LIMIT if state.turns >= self.limits.turns else None


def _named_calls(parsed: Parsed, turns: int) -> Parsed:
    """The turn with an id for every structured call that came without one, so that results can name theirs."""
    if all(call.id for call in parsed.written.calls):
        return parsed

    def name(message: Message) -> Message:
        named = (
            call if call.id else ToolCall(call.name, call.arguments, f"call_{turns}_{number}")
            for number, call in enumerate(message.calls)
        )
        return msgspec.structs.replace(message, calls=tuple(named))

    return parsed._replace(turn=name(parsed.turn), written=name(parsed.written))
