"""One policy through one episode, and the record of all that was seen, done and paid."""

from __future__ import annotations

import hashlib
from typing import Any

import gymnasium
import msgspec

from agent_envs.messages import Action, Context
from agent_envs.outcome import Fault, Origin, Outcome

from .policies import MakePolicy


class Step(msgspec.Struct, frozen=True):
    """One step of an episode.

    Args:
        action: The turn.
        new: The messages that it added to the context.
        segment: How often the context had been replaced by then.
        reward: What it paid.
        context: The whole context where it was replaced; None where it only grew.
    """

    action: Action
    new: Context
    segment: int
    reward: float
    context: Context | None = None


class FaultRecord(msgspec.Struct, frozen=True):
    """A failure of the world: whose, and what was said."""

    origin: Origin
    message: str


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """One episode.

    Args:
        env: Id of the environment.
        task: Id of the task; empty where the world failed before one was chosen.
        seed: Seed of the episode.
        opening: The first context.
        steps: All steps.
        outcome: How it ended; None after a fault or where a wrapper cut it short.
        fault: The failure of the world that ended it; such a rollout has no reward.
    """

    env: str
    task: str
    seed: int
    opening: Context
    steps: tuple[Step, ...]
    outcome: Outcome | None = None
    fault: FaultRecord | None = None

    @property
    def reward(self) -> float | None:
        """Sum of the rewards; None after a fault."""
        return None if self.fault else sum(step.reward for step in self.steps)

    def digest(self) -> str:
        """Digest of every observation, action, reward and of the outcome."""
        return hashlib.blake2b(encode(self), digest_size=16).hexdigest()


encode = msgspec.json.Encoder(order="deterministic").encode


MAX_STEPS = 10_000


def rollout(env: gymnasium.Env[Any, Any], make_policy: MakePolicy, seed: int, task: str | None = None) -> Rollout:
    """Play one episode to its end.

    Args:
        env: The environment.
        make_policy: Makes the policy of this episode.
        seed: Seed of the episode and of its policy.
        task: Id of the task; None lets the seed choose.

    Returns:
        The record. A `Fault` of the world ends it and is recorded; any other error is raised.

    Raises:
        RuntimeError: No end after 10,000 steps.
    """
    name = env.spec.id if env.spec else type(env.unwrapped).__name__
    try:
        context, info = env.reset(seed=seed, options={"task": task} if task else None)
    except Fault as fault:
        failed = FaultRecord(fault.origin, str(fault))
        return Rollout(env=name, task=task or "", seed=seed, opening=(), steps=(), fault=failed)
    record = Rollout(env=name, task=info["task"], seed=seed, opening=context, steps=())
    policy = make_policy(env, seed)
    steps: list[Step] = []
    segment = info["segment"]
    done = False
    while not done:
        if len(steps) == MAX_STEPS:
            raise RuntimeError(f"the episode of seed {seed} has no end after {MAX_STEPS:,} steps")
        action = policy(context, info)
        try:
            context, reward, terminated, truncated, info = env.step(action)
        except Fault as fault:
            failed = FaultRecord(fault.origin, str(fault))
            return msgspec.structs.replace(record, steps=tuple(steps), fault=failed)
        replaced = context if info["segment"] != segment else None
        segment = info["segment"]
        steps.append(Step(action, info["new"], segment, float(reward), replaced))
        done = terminated or truncated
    return msgspec.structs.replace(record, steps=tuple(steps), outcome=info.get("outcome"))
