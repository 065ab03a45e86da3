"""A budget of tokens that the agent writes, by task, with a price for exceeding it."""

from __future__ import annotations

from gymnasium import Env

from agent_envs.dialects import Parsed
from agent_envs.messages import Action, Context, Message
from agent_envs.outcome import StopReason
from agent_envs.tokens import TokenCounter, bytes_over_4, checked, count_message, name_of

from .budget import Budget, PerTask


class TokenBudget(Budget):
    """Counts the tokens of all that the agent writes: thoughts, text, calls, answer.

    Args:
        env: What is wrapped.
        limit_tokens: Tokens of an episode, the same for every task or by a function from the task.
        penalty: What the turn over the budget costs, from 0.
        count_tokens: How tokens are counted.
    """

    unit = "tokens"
    reason = StopReason.TOKEN_LIMIT

    def __init__(
        self,
        env: Env[Context, Action],
        limit_tokens: PerTask,
        penalty: float = 0.0,
        count_tokens: TokenCounter = bytes_over_4,
    ) -> None:
        super().__init__(env, limit_tokens, penalty)
        self.count_tokens = checked(count_tokens)
        self.settings = (*self.settings, name_of(count_tokens))
        self._frame_tokens = count_message(Message("assistant"), self.count_tokens)

    def spent(self, parsed: Parsed) -> int:
        """Tokens of the turn as it is written, without the frame around it."""
        return count_message(parsed.written, self.count_tokens) - self._frame_tokens
