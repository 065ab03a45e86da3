"""A budget of tokens for a thought: over it, the thought is cut and the agent is asked to go on without thinking."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from gymnasium import Env

from agent_envs.core import Result
from agent_envs.limits import at_least_one
from agent_envs.messages import Action, Context, Message, checked_action
from agent_envs.stack import Wrapper
from agent_envs.tokens import TokenCounter, bytes_over_4, checked, name_of

from .continuing import step_continued

EARLY_STOP = "Considering the limited time by the user, I have to give the solution based on the thinking directly now."


class ThinkingBudget(Wrapper):
    """Cuts the first thought of a turn at the budget; a turn that stays under it passes as it is.

    What stands behind the cut is thrown away. The context then ends in the assistant's message: the thought so far, the
    sentence that stops it, the end of the thought; the policy continues it, and the whole turn is taken. A policy must
    be able to write more tokens than the budget. Source: Qwen3 (arXiv 2505.09388) §4.7, the sentence too.

    Args:
        env: What is wrapped.
        limit_tokens: Tokens of a thought.
        count_tokens: How tokens are counted.

    Raises:
        ValueError: A limit below 1.
    """

    memory: bool = False  # whether a turn is to be continued
    not_over: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "ThinkingMode": "the turn that it begins would be begun twice; put it outside",
            "ThinkingBudget": "the outer one never sees a thought as long as the inner one cuts it; keep the smaller",
        }
    )

    def __init__(self, env: Env[Context, Action], limit_tokens: int, count_tokens: TokenCounter = bytes_over_4) -> None:
        super().__init__(env)
        at_least_one("limit_tokens", limit_tokens)
        self.limit_tokens, self.count_tokens = limit_tokens, checked(count_tokens)
        self.settings = (limit_tokens, name_of(count_tokens))

    def reset(self, **kwargs: Any) -> tuple[Context, dict[str, Any]]:
        """Begin an episode."""
        self.memory = False
        return super().reset(**kwargs)

    def step(self, action: Action) -> Result:
        """Take a turn, or cut its thought and ask for the rest."""
        core = self.core
        if self.memory:
            result = step_continued(self, action)
            self.memory = False
            return result
        new = () if core.state.outcome else self._cut(checked_action(action))
        if not new:
            return self.env.step(action)
        self.add(new)
        self.memory = True
        return core.result(0.0)

    def _cut(self, action: Action) -> Context:
        """The thought up to the budget, and what ends it; empty where it is within the budget."""
        dialect = self.core.dialect
        if dialect.tools_beside_text:
            thinking = dialect.parse(action).turn.thinking
            kept = self._within(thinking)
            thought, stopped = Message("assistant", thinking=thinking[:kept]), Message("assistant", thinking=EARLY_STOP)
            return (thought, stopped) if kept < len(thinking) else ()
        raw = action if isinstance(action, str) else dialect.render(action)
        begin, end = dialect.first_thought(raw) or (0, 0)
        kept = self._within(raw[begin:end])
        thought, stopped = (
            Message("assistant", raw[: begin + kept]),
            Message("assistant", EARLY_STOP + dialect.thought[1]),
        )
        return (thought, stopped) if kept < end - begin else ()

    def _within(self, thought: str) -> int:
        """How many characters of a thought stay within the budget."""
        if self.count_tokens(thought) <= self.limit_tokens:
            return len(thought)
        fits, exceeds = 0, len(thought)
        while exceeds - fits > 1:
            middle = (fits + exceeds) // 2
            if self.count_tokens(thought[:middle]) <= self.limit_tokens:
                fits = middle
            else:
                exceeds = middle
        return fits
