"""Policies that need no model: the oracle that knows the solution, one that does nothing, one that acts at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, Protocol, TypeAlias

import gymnasium

from agent_envs.core import Env
from agent_envs.messages import Action, Context


class Policy(Protocol):
    """Plays one episode: it is made for it at its reset, and gives a turn for every context."""

    def __call__(self, context: Context, info: dict[str, Any], /) -> Action:
        """The turn for a context."""


MakePolicy: TypeAlias = Callable[[gymnasium.Env[Any, Any], int], Policy]
"""Makes the policy of an episode from the environment, just reset, and the seed."""


def oracle(env: gymnasium.Env[Any, Any], seed: int) -> Policy:
    """Plays the task's solution; silent behind its end."""
    inner = env.unwrapped
    if not isinstance(inner, Env):
        raise TypeError(f"{type(inner).__name__} has no solution to play: it is no agent_envs.core.Env")
    turns: Iterator[Action] = iter(inner.solution())
    return lambda context, info: next(turns, "")


def noop(env: gymnasium.Env[Any, Any], seed: int) -> Policy:
    """Says nothing, turn after turn."""
    return lambda context, info: ""


def random(env: gymnasium.Env[Any, Any], seed: int) -> Policy:
    """Draws turns from the action space: calls that fit the schemas, now and then an answer."""
    env.action_space.seed(seed)
    return lambda context, info: env.action_space.sample()


PolicyName = Literal["oracle", "noop", "random"]

POLICIES: dict[PolicyName, MakePolicy] = {"oracle": oracle, "noop": noop, "random": random}
