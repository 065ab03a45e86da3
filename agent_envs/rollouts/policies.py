"""Policies that need no model: the oracle that knows the solution, a script, one that does nothing, one at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import gymnasium

from agent_envs.core import Env
from agent_envs.messages import Action, Context
from agent_envs.stack import Wrapper


class Sampled(NamedTuple):
    """A turn with what a policy knows of how it was made.

    Args:
        action: The turn.
        token_ids: The tokens that were sampled, the end of the turn among them if it was.
        logprobs: Their log-probabilities, one each.
        trained: Whether a trainer is to learn it.
    """

    action: Action
    token_ids: tuple[int, ...] = ()
    logprobs: tuple[float, ...] = ()
    trained: bool = True


class Policy(Protocol):
    """Plays one episode: it is made for it at its reset, and gives a turn for every context."""

    def __call__(self, context: Context, info: dict[str, Any], /) -> Action | Sampled:
        """The turn for a context; one that ends in an assistant's message is to be continued."""


MakePolicy: TypeAlias = Callable[[gymnasium.Env[Any, Any], int], Policy]
"""Makes the policy of an episode from the environment, just reset, and the seed."""


def oracle(env: gymnasium.Env[Any, Any], seed: int) -> Policy:
    """Plays the task's solution, in the form that the wrappers want; silent behind its end."""
    inner = env.unwrapped
    if not isinstance(inner, Env):
        raise TypeError(f"{type(inner).__name__} has no solution to play: it is no agent_envs.core.Env")
    return as_wrapped(env, iter(inner.solution()))


def scripted(turns: Sequence[Action | Sampled]) -> MakePolicy:
    """A policy that says these turns, whatever it sees; silent behind their end."""

    def make(env: gymnasium.Env[Any, Any], seed: int) -> Policy:
        rest = iter(turns)
        return lambda context, info: next(rest, "")

    return make


def noop(env: gymnasium.Env[Any, Any], seed: int) -> Policy:
    """Says nothing, turn after turn."""
    return lambda context, info: ""


def random(env: gymnasium.Env[Any, Any], seed: int) -> Policy:
    """Draws turns from the action space: calls that fit the schemas, now and then an answer."""
    env.action_space.seed(seed)
    return lambda context, info: env.action_space.sample()


def solution_but_last(env: gymnasium.Env[Any, Any], seed: int) -> Policy:
    """Plays the task's solution without its last turn, in the form that the wrappers want."""
    inner = env.unwrapped
    return as_wrapped(env, iter(inner.solution()[:-1] if isinstance(inner, Env) else ()))


def as_wrapped(env: gymnasium.Env[Any, Any], turns: Iterator[Action]) -> Policy:
    """A policy that says turns meant for the environment itself, in the form that each wrapper around it wants."""

    def turn(layer: gymnasium.Env[Any, Any]) -> Action:
        if isinstance(layer, Wrapper):
            return layer.oracle_turn(lambda: turn(layer.env))
        return turn(layer.env) if isinstance(layer, gymnasium.Wrapper) else next(turns, "")

    return lambda context, info: turn(env)


PolicyName = Literal["oracle", "noop", "random"]

POLICIES: dict[PolicyName, MakePolicy] = {"oracle": oracle, "noop": noop, "random": random}
