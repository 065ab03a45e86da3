"""The ReAct loop: think, call a tool, read the result, until an answer or a limit; the base of the web environments."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from agent_envs.core import Env, State, Transition
from agent_envs.dialects import Dialect, Parsed, dialect_named
from agent_envs.messages import Action, Message, ToolCall
from agent_envs.outcome import Outcome, StopReason
from agent_envs.spaces import ContextSpace, TurnSpace
from agent_envs.tasks import Task, TaskSet
from agent_envs.tokens import TokenCounter, bytes_over_4, count_message
from agent_envs.tools import Toolbox, ToolError

FORCED_ANSWER = (
    "You have reached the limit ({limit}). No more calls are possible. "
    "Give your final answer now, from what you have read so far; this is your last turn."
)
LEFT_OUT = "(left out: the context is full)"
RESERVE_TOKENS = 1024
"""How far the context may stand over its limit for a forced answer; a turn that is longer ends the episode."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What an episode may cost. Source of the defaults: Tongyi DeepResearch's code and report.

    Args:
        turns: Turns of the agent; the forced answer comes on top.
        calls: Tool calls that are executed.
        tokens: Size of the context.
        forced_answer: At a limit, ask for an answer and grant one last turn for it; otherwise end at once.

    Raises:
        ValueError: A limit that is no whole number or below 1.
    """

    turns: int = 100
    calls: int = 128
    tokens: int = 128 * 1024
    forced_answer: bool = True

    def __post_init__(self) -> None:
        for name in ("turns", "calls", "tokens"):
            at_least_one(f"limit_{name}", getattr(self, name))
        if not isinstance(self.forced_answer, bool):
            raise ValueError(f"forced_answer={self.forced_answer!r}: give true or false")


def at_least_one(name: str, value: object) -> None:
    """Refuse a parameter that is to be a positive whole number and is none.

    Raises:
        ValueError: It is none.
    """
    if type(value) is not int or value < 1:
        raise ValueError(f"{name}={value!r}: give a whole number, at least 1")


class LoopState(State, frozen=True, kw_only=True):
    """The state of a loop.

    Args:
        calls: How many tool calls were executed.
        tokens: Tokens of the context.
        forced: The limit whose forced answer is awaited.
    """

    calls: int = 0
    tokens: int = 0
    forced: StopReason | None = None


class Grade(NamedTuple):
    """What an answer is worth: the reward by parts, their combination, and words about it."""

    parts: dict[str, float]
    reward: float
    success: bool
    detail: str = ""


T = TypeVar("T", bound=Task)


class ToolLoop(Env[T, LoopState], Generic[T]):
    """An environment in which the agent calls tools until it answers.

    A turn that breaks its dialect's form, calls no tool and answers nothing, or calls a tool wrongly is told so and
    costs a turn. An answer ends the episode, whatever else its turn holds.

    Args:
        tasks: What can be played.
        tools: What can be called; each gets this environment's `world` first.
        world: What the tools work on.
        system: The system message, before the tools.
        dialect: How turns are spelled: a name in `agent_envs.dialects.DIALECTS`, or a dialect.
        limits: What an episode may cost.
        count_tokens: How tokens are counted.
    """

    def __init__(
        self,
        tasks: TaskSet[T],
        tools: Toolbox[Any],
        world: Any,
        *,
        system: str,
        dialect: str | Dialect,
        limits: Limits,
        count_tokens: TokenCounter = bytes_over_4,
    ) -> None:
        super().__init__(tasks)
        self.tools, self.world = tools, world
        self.dialect = dialect_named(dialect)
        self.limits, self.count_tokens = limits, count_tokens
        self.schemas = (*tools.schemas, *self.dialect.extra_tools)
        self.observation_space = ContextSpace()
        self.action_space = TurnSpace(self.dialect, self.schemas)
        self._schemas_json = msgspec.json.encode(self.schemas)
        self._names = ", ".join(schema["function"]["name"] for schema in self.schemas)
        self._system = self.dialect.instruct(system, self.schemas)
        self._system_tokens = count_message(self._system, count_tokens)
        if self.dialect.tools_beside_text:
            self._system_tokens += count_tokens(self._schemas_json.decode())

    @abstractmethod
    def grade(self, task: T, answer: str) -> Grade:
        """What an answer that holds something is worth."""

    def open(self, task: T, seed: int) -> tuple[LoopState, dict[str, Any]]:
        """The system message and the task's instruction."""
        question = Message("user", task.instruction)
        context = (self._system, question)
        tokens = self._system_tokens + count_message(question, self.count_tokens)
        state = LoopState(task_id=task.id, seed=seed, context=context, new=context, tokens=tokens)
        tools = msgspec.json.decode(self._schemas_json)  # a fresh copy: what callers do to it stays theirs
        return state, {"tools": tools}

    def respond(self, state: LoopState, action: Action) -> Transition[LoopState]:
        """Execute a turn, or end the episode with it."""
        parsed = self.dialect.parse(action)
        parsed = _named_calls(parsed, state.turns)
        if parsed.turn.answer is not None:
            return self._answered(state, parsed)
        if state.forced:
            return self._end(state, parsed.written, state.forced, Grade({}, 0.0, False, "no answer in the last turn"))
        allowed = self.limits.calls - state.calls
        replies, executed = self._execute(parsed, allowed)
        new = (parsed.written, *replies)
        grown = msgspec.structs.replace(
            state,
            context=state.context + new,
            new=new,
            turns=state.turns + 1,
            calls=state.calls + executed,
            tokens=state.tokens + self._count(new),
        )
        reached = self._limit_reached(grown)
        if reached is None:
            return Transition(grown)
        forced = self._force(state, grown, reached) if self.limits.forced_answer else None
        if forced is not None and forced.tokens <= self.limits.tokens + RESERVE_TOKENS:
            return Transition(forced)
        outcome = Outcome(reason=reached, reward=0.0, parts={}, success=False, answered=False)
        return Transition(msgspec.structs.replace(grown, outcome=outcome))

    def _execute(self, parsed: Parsed, allowed: int) -> tuple[list[Message], int]:
        """The replies to a turn without an answer, and how many calls were executed."""
        turn, reply = parsed.turn, self.dialect.reply
        if parsed.errors:
            text = "Error: " + " ".join(f"{error.message}." for error in parsed.errors)
            return [reply(text, call) for call in parsed.written.calls or (None,)], 0
        if not turn.calls:
            return [reply(f"Error: this turn calls no tool and gives no answer. The tools are {self._names}.", None)], 0
        replies = []
        for number, call in enumerate(turn.calls):
            if number >= allowed:
                replies.append(reply(f"Error: not executed: the limit of {self.limits.calls} calls is reached.", call))
                continue
            try:
                text = self.tools.call(self.world, call)
            except ToolError as error:
                text = f"Error: {error}"
            if parsed.left_out:
                text += f"\n(One call a turn is executed: {parsed.left_out} more left out.)"
            replies.append(reply(text, call))
        return replies, min(len(turn.calls), allowed)

    def _limit_reached(self, state: LoopState) -> StopReason | None:
        if state.tokens > self.limits.tokens:
            return StopReason.TOKEN_LIMIT
        if state.calls >= self.limits.calls:
            return StopReason.CALL_LIMIT
        return StopReason.TURN_LIMIT if state.turns >= self.limits.turns else None

    def _force(self, before: LoopState, grown: LoopState, reached: StopReason) -> LoopState:
        """Ask for the answer: in place of the last results where they are too long, behind them otherwise."""
        limit = reached.value.removesuffix("_limit")
        prompt = FORCED_ANSWER.format(limit=f"{limit}s: {getattr(self.limits, limit + 's')}")
        if reached is not StopReason.TOKEN_LIMIT:
            added = (Message("user", prompt),)
            new = grown.new + added
            tokens = grown.tokens + self._count(added)
            return msgspec.structs.replace(grown, context=before.context + new, new=new, tokens=tokens, forced=reached)
        turn, *replies = grown.new
        *others, last = (msgspec.structs.replace(reply, content=LEFT_OUT) for reply in replies)
        new = (turn, *others, msgspec.structs.replace(last, content=prompt))
        tokens = before.tokens + self._count(new)
        return msgspec.structs.replace(grown, context=before.context + new, new=new, tokens=tokens, forced=reached)

    def _answered(self, state: LoopState, parsed: Parsed) -> Transition[LoopState]:
        answer = parsed.turn.answer or ""
        if not answer.strip():
            return self._end(state, parsed.written, StopReason.NO_ANSWER, Grade({}, 0.0, False, "the answer is blank"))
        grade = self.grade(self.tasks.named(state.task_id), answer)
        return self._end(state, parsed.written, state.forced or StopReason.ANSWERED, grade, answered=True)

    def _end(
        self, state: LoopState, written: Message, reason: StopReason, grade: Grade, *, answered: bool = False
    ) -> Transition[LoopState]:
        outcome = Outcome(
            reason=reason,
            reward=grade.reward,
            parts=grade.parts,
            success=grade.success,
            answered=answered,
            detail=grade.detail,
        )
        new = (written,)
        ended = msgspec.structs.replace(
            state,
            context=state.context + new,
            new=new,
            turns=state.turns + 1,
            tokens=state.tokens + self._count(new),
            outcome=outcome,
        )
        return Transition(ended, grade.reward)

    def _count(self, messages: Sequence[Message]) -> int:
        return sum(count_message(message, self.count_tokens) for message in messages)


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
