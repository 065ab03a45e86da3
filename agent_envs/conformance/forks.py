"""Checks on several episodes of one process: forks, replays, neighbours, global chance."""

from __future__ import annotations

import random
from typing import Any

import gymnasium
import numpy as np

from agent_envs.messages import Action
from agent_envs.rollouts.policies import oracle
from agent_envs.rollouts.policies import random as random_policy
from agent_envs.rollouts.rollout import rollout
from agent_envs.stack import fork, state_digest

from .violation import MakeEnv, demand, first_difference

MAX_FORKED_STEPS = 20


def forks_are_independent(make: MakeEnv, seeds: tuple[int, ...]) -> None:
    """At every step: a fork is equal, goes its own way, changes nothing here, and goes our way if it acts as we do."""
    for seed in seeds:
        for policy in (oracle, random_policy):
            env = make()
            actions = [step.action for step in rollout(env, policy, seed).turns][:MAX_FORKED_STEPS]
            _follow(make, seed, actions)


def _follow(make: MakeEnv, seed: int, actions: list[Action]) -> None:
    env, replay = make(), make()
    env.reset(seed=seed)
    replay.reset(seed=seed)
    twins: list[gymnasium.Env[Any, Any]] = []
    results: list[Any] = []
    for number, action in enumerate(actions, 1):
        here = f"seed {seed}, before step {number}"
        state = state_digest(env)
        demand(state_digest(replay) == state, f"{here}: replaying the same turns leads to another state")
        twin = fork(env)
        demand(state_digest(twin) == state, f"{here}: a fork is not in the state of its original")
        _go_ones_own_ways(env, seed, number, actions[number - 1 :])
        demand(state_digest(env) == state, f"{here}: a step of a fork changed the original")
        demand(state_digest(twin) == state, f"{here}: a step of one fork changed another")
        alone = _alone(make, seed, actions[: number - 1]).step(actions[-1])
        demand(
            fork(env).step(actions[-1]) == alone, f"{here}: what other forks did changes what the last turn leads to"
        )
        twins.append(twin)
        result, again = env.step(action), replay.step(action)
        results.append(result)
        demand(state_digest(env) != state, f"{here}: a step leaves the state digest as it was")
        different = f"at step {number} of seed {seed} a replay, of which no forks were made, gives another result"
        demand(result == again, different)
    state = state_digest(env)
    for number, twin in enumerate(twins):
        played = [twin.step(action) for action in actions[number:]]
        demand(
            played == results[number:], f"seed {seed}: the fork before step {number + 1}, played on, goes differently"
        )
        demand(
            state_digest(twin) == state, f"seed {seed}: the fork before step {number + 1}, played on, differs in state"
        )


def _go_ones_own_ways(env: gymnasium.Env[Any, Any], seed: int, number: int, rest: list[Action]) -> None:
    """Forks that act at random, play the rest of the episode, and begin another."""
    for turns in (None, rest):
        stranger = fork(env)
        stranger.action_space.seed(number)
        for turn in turns or [stranger.action_space.sample()]:
            stranger.step(turn)
        stranger.reset(seed=seed + 1)
        stranger.close()


def _alone(make: MakeEnv, seed: int, actions: list[Action]) -> gymnasium.Env[Any, Any]:
    """An environment of which no forks were made, after these turns."""
    env = make()
    env.reset(seed=seed)
    for action in actions:
        env.step(action)
    return env


def neighbours_change_nothing(make: MakeEnv, seeds: tuple[int, ...]) -> None:
    """An episode is the same alone, after others, among others, and whatever the caller does to global chance."""
    used = make()
    for seed in seeds:
        rollout(used, oracle, seed + 1)
    for seed in seeds:
        for policy in (oracle, random_policy):
            alone = rollout(make(), policy, seed)
            neighbour = make()
            neighbour.reset(seed=seed + 1)
            random.seed(seed + 17)
            np.random.seed(seed + 17)  # noqa: NPY002 - the caller's
            before = random.getstate(), str(np.random.get_state())  # noqa: NPY002
            crowded = rollout(_Interleaved(make(), neighbour), policy, seed)
            after = random.getstate(), str(np.random.get_state())  # noqa: NPY002
            difference = first_difference(alone, crowded)
            demand(difference is None, f"seed {seed}: beside another episode {difference}")
            difference = first_difference(alone, rollout(used, policy, seed))
            demand(difference is None, f"seed {seed}: in an environment that has played other episodes {difference}")
            demand(before == after, f"seed {seed}: the episode draws from the process's global random state")


class _Interleaved(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Lets another episode take the same turn before each of ours."""

    def __init__(self, env: gymnasium.Env[Any, Any], neighbour: gymnasium.Env[Any, Any]) -> None:
        super().__init__(env)
        self.neighbour = neighbour

    def step(self, action: Any) -> Any:
        if self.neighbour.step(action)[2:4] != (False, False):
            self.neighbour.reset()
        return super().step(action)
