"""The ReAct loop that ends in an answer: think, call a tool, read, answer; the base of the web environments."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Generic, TypeVar

import msgspec

from agent_envs.core import Transition
from agent_envs.dialects import Dialect, Parsed, dialect_named
from agent_envs.limits import FORCED_ANSWER, RESERVE_TOKENS, Limits, with_prompt
from agent_envs.messages import Message
from agent_envs.outcome import StopReason
from agent_envs.tasks import Task, TaskSet
from agent_envs.tokens import TokenCounter
from agent_envs.tools import Toolbox

from .tool_loop import Grade, LoopState, ToolLoop


class AnswerState(LoopState, frozen=True, kw_only=True):
    """The state of a loop that ends in an answer.

    Args:
        forced: The limit whose forced answer is awaited.
    """

    forced: StopReason | None = None


T = TypeVar("T", bound=Task)


class AnswerLoop(ToolLoop[T, AnswerState], Generic[T]):
    """An environment in which the agent calls tools until it answers.

    An answer ends the episode, whatever else its turn holds; a turn without a call or an answer is a mistake.

    Args:
        tasks: What can be played; the instruction is the question.
        tools: What can be called.
        world: What the tools work on.
        system: The system message, before the tools.
        dialect: A name in `agent_envs.dialects.DIALECTS`, or a dialect.
        limits: What an episode may cost.
        forced_answer: At a limit, ask for an answer and grant one last turn for it; otherwise end at once.
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
        forced_answer: bool,
        count_tokens: TokenCounter,
    ) -> None:
        if not isinstance(forced_answer, bool):
            raise ValueError(f"forced_answer={forced_answer!r}: give true or false")
        self.forced_answer = forced_answer
        spelled = dialect_named(dialect)
        super().__init__(
            tasks,
            tools,
            world,
            system=system,
            dialect=spelled,
            limits=limits,
            count_tokens=count_tokens,
            extra_schemas=spelled.answer_tools,
        )

    @abstractmethod
    def grade(self, task: T, answer: str) -> Grade:
        """What an answer that holds something is worth."""

    def open(self, task: T, seed: int) -> tuple[AnswerState, dict[str, Any]]:
        """The system message and the question."""
        return AnswerState(seed=seed, **self.opening(task, task.instruction)), self.fresh_schemas()

    def ended_by(self, state: AnswerState, parsed: Parsed) -> Transition[AnswerState] | None:
        """An answer ends the episode, and so does a forced turn without one."""
        new, answer = (parsed.written,), parsed.turn.answer
        if answer is None:
            grade = Grade({}, 0.0, False, "no answer in the last turn")
            return self.end(state, new, state.forced, grade) if state.forced else None
        if not answer.strip():
            return self.end(state, new, StopReason.NO_ANSWER, Grade({}, 0.0, False, "the answer is blank"))
        grade = self.grade(self.tasks.named(state.task_id), answer)
        return self.end(state, new, state.forced or StopReason.ANSWERED, grade, answered=True)

    def hear(self, state: AnswerState, parsed: Parsed) -> Transition[AnswerState]:
        """A turn that neither calls nor answers is told so."""
        text = f"Error: this turn calls no tool and gives no answer. The tools are {self.tool_names}."
        return self.proceed(state, (parsed.written, self.dialect.reply(text, None)))

    def at_limit(self, before: AnswerState, grown: AnswerState, reached: StopReason) -> Transition[AnswerState]:
        """Ask for an answer if that is wanted and there is room for it; end otherwise."""
        if self.forced_answer:
            forced = self._force(before, grown, reached)
            if forced.tokens <= self.limits.tokens + RESERVE_TOKENS:
                return Transition(forced)
        return super().at_limit(before, grown, reached)

    def _force(self, before: AnswerState, grown: AnswerState, reached: StopReason) -> AnswerState:
        """Ask for the answer: in place of the last results where they are too long, behind them otherwise."""
        limit = reached.value.removesuffix("_limit")
        prompt = FORCED_ANSWER.format(limit=f"{limit}s: {getattr(self.limits, limit + 's')}")
        if reached is StopReason.TOKEN_LIMIT:
            new = with_prompt(grown.new, prompt)
        else:
            new = (*grown.new, Message("user", prompt))
        tokens = before.tokens + self.count(new)
        return msgspec.structs.replace(grown, context=before.context + new, new=new, tokens=tokens, forced=reached)
