"""What budgets share: so much may be spent in an episode, and the turn that spends more ends it, at a price."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

from gymnasium import Env

from agent_envs.core import Result
from agent_envs.dialects import Parsed
from agent_envs.limits import at_least_one
from agent_envs.messages import Action, Context, checked_action
from agent_envs.outcome import Outcome, StopReason
from agent_envs.stack import Wrapper
from agent_envs.tasks import Task

PerTask: TypeAlias = int | Callable[[Any], int]
"""One budget for every task, or a function from the task to its own."""


class Budget(Wrapper):
    """Ends the episode at the first turn that would spend more than its task's budget, and charges for it.

    That turn is not executed. To spend all, and no more, costs nothing. Source: Kimi K2 (arXiv 2507.20534): a maximum
    by type of task; what is over it is truncated and penalised.

    Args:
        env: What is wrapped.
        budget: What may be spent, the same for every task or by a function from the task.
        penalty: What the turn over the budget pays, as a number from 0 that is taken off.

    Raises:
        ValueError: A budget below 1, or a penalty that is no finite number from 0.
    """

    memory: int = 0
    unit: ClassVar[str]
    reason: ClassVar[StopReason]

    def __init__(self, env: Env[Context, Action], budget: PerTask, penalty: float = 0.0) -> None:
        super().__init__(env)
        if not callable(budget):
            at_least_one(f"limit_{self.unit}", budget)
        if not isinstance(penalty, int | float) or not 0.0 <= penalty < math.inf:
            raise ValueError(f"penalty={penalty!r}: give a finite number from 0; it is taken off the reward")
        self.budget, self.penalty = budget, float(penalty)
        self.settings = (getattr(budget, "__qualname__", budget), self.penalty)

    @abstractmethod
    def spent(self, parsed: Parsed) -> int:
        """What a turn spends."""

    def budget_of(self, task: Task) -> int:
        """The budget of a task."""
        if not callable(self.budget):
            return self.budget
        budget = self.budget(task)
        at_least_one(f"limit_{self.unit} of the task {task.id!r}", budget)
        return budget

    @property
    def reward_range(self) -> tuple[float, float]:
        """The penalty widens it."""
        least, most = super().reward_range
        return least - self.penalty, most

    def reset(self, **kwargs: Any) -> tuple[Context, dict[str, Any]]:
        """Begin an episode."""
        self.memory = 0
        return super().reset(**kwargs)

    def step(self, action: Action) -> Result:
        """Take the turn if the budget allows it."""
        core = self.core
        if core.state.outcome is not None:
            return self.env.step(action)
        parsed = core.dialect.parse(checked_action(action))
        budget = self.budget_of(core.task)
        spent = self.memory + self.spent(parsed)
        if spent <= budget:
            result = self.env.step(action)
            self.memory = spent
            return result
        self.add((parsed.written,))
        detail = f"the turn makes it {spent} {self.unit}, and the budget is {budget}"
        parts = {"over_budget": -self.penalty}
        core.finish(Outcome(reason=self.reason, reward=-self.penalty, parts=parts, detail=detail))
        self.memory = spent
        return core.result(-self.penalty)
