"""A limit on the turns that this wrapper sees, with a typed end."""

from __future__ import annotations

from typing import Any

from gymnasium import Env

from agent_envs.core import Result
from agent_envs.limits import at_least_one
from agent_envs.messages import Action, Context
from agent_envs.outcome import Outcome, StopReason
from agent_envs.stack import Wrapper


class TurnLimit(Wrapper):
    """Ends the episode with `StopReason.TURN_LIMIT` after so many turns, unless it ends by itself.

    What Gymnasium's ``TimeLimit`` does, with an outcome. Turns that wrappers outside of this one ask for are not seen.
    Source of the use: GLM-4.5 (arXiv 2508.06471) plots accuracy against the turns that are allowed, 8 to 128.

    Args:
        env: What is wrapped.
        limit_turns: Turns of an episode.

    Raises:
        ValueError: A limit below 1.
    """

    memory: int = 0

    def __init__(self, env: Env[Context, Action], limit_turns: int) -> None:
        super().__init__(env)
        at_least_one("limit_turns", limit_turns)
        self.settings = self.limit_turns = limit_turns

    def reset(self, **kwargs: Any) -> tuple[Context, dict[str, Any]]:
        """Begin an episode."""
        self.memory = 0
        return super().reset(**kwargs)

    def step(self, action: Action) -> Result:
        """Take a turn, and count it."""
        result = self.env.step(action)
        self.memory += 1
        if result[2] or result[3] or self.memory < self.limit_turns:
            return result
        self.core.finish(Outcome(reason=StopReason.TURN_LIMIT, detail=f"no end in {self.limit_turns} turns"))
        return self.result(result)
