"""Stacks of wrappers: the base of ours, and what reaches through any: `fork`, `state_digest`, `reward_range`."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, ClassVar, Self, TypeVar, cast

import gymnasium
import msgspec

from agent_envs.core import Env, Result
from agent_envs.messages import Action, Context, continued


class Wrapper(gymnasium.Wrapper[Context, Action, Context, Action]):
    """Base of every wrapper: a subclass overrides only what it changes and keeps what it remembers in `memory`.

    `memory` is one frozen value that is set in `reset` and replaced, never changed, so that a fork may share it.

    Args:
        env: What is wrapped.

    Raises:
        TypeError: Innermost is no environment of language-model agents.
        ValueError: A wrapper within makes no sense below this one.
    """

    memory: Any = None
    settings: Any = ()
    """Its parameters, as far as the future depends on them: part of the digest."""
    not_over: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Names of wrappers that make no sense below this one, each with the reason."""

    def __init__(self, env: gymnasium.Env[Context, Action]) -> None:
        super().__init__(env)
        if not isinstance(env.unwrapped, Env):
            raise TypeError(
                f"{type(self).__name__} wraps environments of agent_envs, not {type(env.unwrapped).__name__}"
            )
        for layer in layers(env):
            for kind in type(layer).__mro__:
                if reason := self.not_over.get(kind.__name__) or _HIDES.get(kind):
                    outer, inner = type(self).__name__, type(layer).__name__
                    raise ValueError(f"{outer} over {inner} makes no sense: {reason}")

    @property
    def core(self) -> Env[Any, Any]:
        """The environment itself, whose state holds the context."""
        return cast(Env[Any, Any], self.unwrapped)

    @property
    def reward_range(self) -> tuple[float, float]:
        """Least and greatest sum of an episode's rewards."""
        return reward_range(self.env)

    def result(self, inner: Result, reward: float | None = None) -> Result:
        """What a step returns after a wrapper changed the state: its result, brought up to date.

        Args:
            inner: What the step of the wrapped environment returned.
            reward: What is paid instead of its reward.
        """
        _, paid, terminated, truncated, info = inner
        now = self.core.result(float(paid) if reward is None else reward)
        if self.core.state.outcome is not None:
            _, _, terminated, truncated, _ = now
        return now[0], now[1], terminated, truncated, {**info, **now[4]}

    def add(self, new: Context) -> None:
        """Put the messages of a turn that the wrapped environment does not see behind the context."""
        core = self.core
        core.amend(continued(core.state.context[-1:], new), drop=1, new=new)

    @contextmanager
    def undone_by_errors(self) -> Iterator[None]:
        """What is done within is undone if it raises: for wrappers whose own part of a step can fail behind it."""
        before, memory = fork(self.env), self.memory
        try:
            yield
        except BaseException:
            self.env.close()
            self.env, self.memory = before, memory
            raise
        before.close()

    def oracle_turn(self, turn: Callable[[], Action]) -> Action:
        """What a policy that knows the solution says here; `turn` gives its next turn for the wrapped environment."""
        return turn()

    def fork(self) -> Self:
        """An independent copy of the wrapper and of all that it wraps, in the same state."""
        twin = copy.copy(self)
        twin.env = fork(self.env)
        return twin

    def state_digest(self) -> str:
        """Digest of the inner state, of `settings` and of `memory`."""
        parts = (type(self).__name__, state_digest(self.env), self.settings, self.memory)
        return hashlib.blake2b(msgspec.msgpack.encode(parts), digest_size=16).hexdigest()


E = TypeVar("E", bound=gymnasium.Env[Any, Any])


_HIDES: Mapping[type, str] = {
    gymnasium.ObservationWrapper: "what it changes in the observation would not be seen; put it outside",
    gymnasium.wrappers.Autoreset: "it begins episodes of which nobody outside knows; put it outside",
}


def fork(env: E) -> E:
    """An independent copy of an environment in the same state, through any stack of wrappers.

    Gymnasium's own wrappers, and others that know nothing of forks, are copied deeply around the fork of what they
    wrap; spaces and specs are shared.

    Raises:
        TypeError: The innermost environment cannot fork.
    """
    if isinstance(env, Env | Wrapper):
        return cast(E, env.fork())
    if not isinstance(env, gymnasium.Wrapper):
        raise TypeError(
            f"{type(env).__name__} cannot fork: it is no agent_envs.core.Env; give it a wrapper or a base that can"
        )
    twin: gymnasium.Env[Any, Any] = fork(env.env)
    shared = (env._action_space, env._observation_space, env._cached_spec, env._metadata)
    memo: dict[int, Any] = {id(value): value for value in shared}
    memo |= {id(one): other for one, other in zip(layers(env.env), layers(twin), strict=True)}
    return copy.deepcopy(env, memo)


def layers(env: gymnasium.Env[Any, Any]) -> list[gymnasium.Env[Any, Any]]:
    """An environment and all that it wraps, from the outside in."""
    return [env, *layers(env.env)] if isinstance(env, gymnasium.Wrapper) else [env]


def reward_range(env: gymnasium.Env[Any, Any]) -> tuple[float, float]:
    """Least and greatest sum of an episode's rewards, through any stack of wrappers; others change nothing."""
    known = next((layer for layer in layers(env) if isinstance(layer, Env | Wrapper)), None)
    return known.reward_range if known else (0.0, 1.0)


def state_digest(env: gymnasium.Env[Any, Any]) -> str:
    """Digest of an environment's state, through any stack of wrappers; wrappers that are not ours add nothing to it.

    Raises:
        TypeError: The innermost environment has no digest.
    """
    if isinstance(env, Env | Wrapper):
        return env.state_digest()
    if isinstance(env, gymnasium.Wrapper):
        return state_digest(env.env)
    raise TypeError(f"{type(env).__name__} has no state digest: it is no agent_envs.core.Env")
