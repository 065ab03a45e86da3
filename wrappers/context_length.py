"""A limit on the size of the context: end there, force an answer there, or keep the recent history only."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import msgspec
from gymnasium import Env

from agent_envs.core import Result
from agent_envs.limits import FORCED_ANSWER, RESERVE_TOKENS, at_least_one, with_prompt
from agent_envs.messages import Action, Context, checked_action
from agent_envs.outcome import Outcome, StopReason
from agent_envs.stack import Wrapper
from agent_envs.tokens import TokenCounter, bytes_over_4, checked, count_message, name_of

from .size import ContextSize, size_at_reset

Strategy = Literal["end", "answer", "recent"]
STRATEGIES: tuple[Strategy, ...] = ("end", "answer", "recent")


class Length(msgspec.Struct, frozen=True):
    """What is remembered: how long the context is, and whether a forced answer is awaited."""

    size: ContextSize
    forced: bool = False


class ContextLength(Wrapper):
    """Holds the context to so many tokens.

    ``end`` ends the episode with `StopReason.TOKEN_LIMIT`. ``answer`` puts a prompt for the final answer in place of
    the last message, and the next turn is the last. ``recent`` keeps what stands before the first turn (system,
    question, summary) and of the rest the latest turns with all that answers them, as many as `keep_tokens` hold; a
    turn is never parted from its results. A context that cannot be brought within its limit ends the episode.
    Source: ``answer`` is Tongyi DeepResearch's loop, ``recent`` the baseline of ReSum (arXiv 2509.13312), 22k of 32k.

    Args:
        env: What is wrapped.
        limit_tokens: Size of the context.
        strategy: What happens over it.
        keep_tokens: Under ``recent``, what is kept once the limit is exceeded; None for 22/32 of the limit.
        count_tokens: How tokens are counted.

    Raises:
        ValueError: A limit below 1, an unknown strategy, more to be kept than the limit, or a counter that is none.
    """

    memory: Length
    not_over: ClassVar[Mapping[str, str]] = MappingProxyType(
        dict.fromkeys(("ThinkingMode", "ThinkingBudget"), "the turn that it begins must stay the last; put it outside")
    )

    def __init__(
        self,
        env: Env[Context, Action],
        limit_tokens: int,
        strategy: Strategy = "end",
        *,
        keep_tokens: int | None = None,
        count_tokens: TokenCounter = bytes_over_4,
    ) -> None:
        super().__init__(env)
        at_least_one("limit_tokens", limit_tokens)
        if strategy not in STRATEGIES:
            raise ValueError(f"strategy={strategy!r}: give one of {', '.join(STRATEGIES)}")
        keep = max(1, limit_tokens * 22 // 32) if keep_tokens is None else keep_tokens
        at_least_one("keep_tokens", keep)
        if keep > limit_tokens:
            raise ValueError(f"keep_tokens={keep} is more than limit_tokens={limit_tokens}: nothing would be dropped")
        self.limit_tokens, self.strategy, self.keep_tokens = limit_tokens, strategy, keep
        self.settings = (limit_tokens, strategy, keep, name_of(count_tokens))
        self.count_tokens = checked(count_tokens)

    def reset(self, **kwargs: Any) -> tuple[Context, dict[str, Any]]:
        """Begin an episode."""
        context, info = self.env.reset(**kwargs)
        self.memory = Length(size_at_reset(self.core, info, self.count_tokens))
        return context, info

    def step(self, action: Action) -> Result:
        """Take a turn, and see to the context's length."""
        core = self.core
        if core.state.outcome is None and not self.memory.forced and self.memory.size.tokens > self.limit_tokens:
            return self._opening_too_long(action)
        result = self.env.step(action)
        if self.memory.forced:
            return self._after_forced(result)
        self._measure()
        if result[2] or result[3] or self.memory.size.tokens <= self.limit_tokens:
            return result
        fits = self.strategy != "end" and (self._force() if self.strategy == "answer" else self._keep_recent())
        if not fits:
            core.finish(Outcome(reason=StopReason.TOKEN_LIMIT, detail=self._told()))
        return self.result(result)

    def _measure(self) -> int:
        self.memory = Length(self.memory.size.grown(self.core.state, self.count_tokens), self.memory.forced)
        return self.memory.size.tokens

    def _told(self) -> str:
        return f"the context has {self.memory.size.tokens} tokens, and its limit is {self.limit_tokens}"

    def _opening_too_long(self, action: Action) -> Result:
        """The end of an episode whose first context is over the limit."""
        core = self.core
        self.add((core.dialect.parse(checked_action(action)).written,))
        core.finish(Outcome(reason=StopReason.TOKEN_LIMIT, detail=f"at its beginning {self._told()}"))
        return core.result(0.0)

    def _force(self) -> bool:
        """Ask for the answer in place of the last message; whether there is room for it."""
        core = self.core
        state = core.state
        new = with_prompt(state.new, FORCED_ANSWER.format(limit=f"tokens: {self.limit_tokens}"))
        core.amend(new, drop=len(state.new), new=new)
        size = ContextSize(0, self.memory.size.beside, -1, -1).grown(core.state, self.count_tokens)
        self.memory = Length(size, forced=True)
        return size.tokens <= self.limit_tokens + RESERVE_TOKENS

    def _after_forced(self, result: Result) -> Result:
        """The end after the forced turn, whatever it held."""
        outcome = self.core.state.outcome
        if outcome is None:
            self.core.finish(Outcome(reason=StopReason.TOKEN_LIMIT, detail="no answer in the last turn"))
        elif outcome.answered:
            self.core.finish(msgspec.structs.replace(outcome, reason=StopReason.TOKEN_LIMIT))
        return self.result(result)

    def _keep_recent(self) -> bool:
        """Drop the oldest turns with their results; whether the context is within the limit then."""
        core, context = self.core, self.core.state.context
        turns = [number for number, message in enumerate(context) if message.role == "assistant"]
        head, size = context[: turns[0]], self.memory.size
        tokens = size.beside + self._count(head)
        kept = len(context)
        for begin, end in zip(reversed(turns), (len(context), *reversed(turns)), strict=False):
            tokens += self._count(context[begin:end])
            if tokens > self.keep_tokens and kept < len(context):
                break
            kept = begin
        if kept > turns[0]:
            core.replace_context((*head, *context[kept:]), new=core.state.new)
        return self._measure() <= self.limit_tokens

    def _count(self, messages: Context) -> int:
        return sum(count_message(message, self.count_tokens) for message in messages)
