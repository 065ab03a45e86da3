"""A budget of tool calls by task, with a price for exceeding it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from gymnasium import Env

from agent_envs.dialects import Parsed
from agent_envs.messages import Action, Context
from agent_envs.outcome import StopReason

from .budget import Budget, PerTask


class CallBudget(Budget):
    """Counts the tool calls of turns in due form, the last of which may be the budget's last.

    Args:
        env: What is wrapped.
        limit_calls: Tool calls of an episode, the same for every task or by a function from the task.
        penalty: What the turn over the budget costs, from 0.
    """

    unit = "calls"
    reason = StopReason.CALL_LIMIT
    not_over: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"ThinkingBudget": "calls that it cuts away would be counted; put it outside"}
    )

    def __init__(self, env: Env[Context, Action], limit_calls: PerTask, penalty: float = 0.0) -> None:
        super().__init__(env, limit_calls, penalty)

    def spent(self, parsed: Parsed) -> int:
        """The calls that are executed."""
        return 0 if parsed.errors else len(parsed.turn.calls)
