"""One policy through one episode."""

from __future__ import annotations

import hashlib
from typing import Any

import gymnasium
import msgspec

from agent_envs.core import Env
from agent_envs.messages import Context, checked_action
from agent_envs.outcome import Fault
from agent_envs.stack import Wrapper, layers
from agent_envs.tasks import Task

from .policies import MakePolicy, Sampled
from .trajectory import FaultRecord, Segment, Trajectory, Turn

MAX_STEPS = 10_000


def rollout(env: gymnasium.Env[Any, Any], make_policy: MakePolicy, seed: int, task: str | None = None) -> Trajectory:
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
        TypeError: The policy gave something that is no turn.
    """
    record = Trajectory(env=_name(env), wrappers=_wrappers(env), task=task or "", seed=seed, segments=())
    try:
        context, info = env.reset(seed=seed, options={"task": task} if task else None)
        record = _begun(record, env, info["task"])
        policy = make_policy(env, seed)
    except Fault as fault:
        return msgspec.structs.replace(record, fault=FaultRecord(fault.origin, str(fault)))
    segments: list[tuple[Context, list[Turn]]] = [(context, [])]
    number, steps, done, failed = info["segment"], 0, False, None
    while not done:
        if steps == MAX_STEPS:
            raise RuntimeError(f"the episode of seed {seed} has no end after {MAX_STEPS:,} steps; give it a TurnLimit")
        try:
            said = policy(context, info)
            turn = said if isinstance(said, Sampled) else Sampled(said)
            action = checked_action(turn.action)  # as text that can be written down
            context, reward, terminated, truncated, info = env.step(action)
        except Fault as fault:
            failed = FaultRecord(fault.origin, str(fault))
            break
        steps += 1
        segments[-1][1].append(Turn(action, info["new"], float(reward), turn.trained, turn.token_ids, turn.logprobs))
        if info["segment"] != number:
            segments.append((context, []))
            number = info["segment"]
        done = terminated or truncated
    return msgspec.structs.replace(
        record,
        segments=tuple(Segment(opening, tuple(turns)) for opening, turns in segments),
        outcome=None if failed else info.get("outcome"),
        fault=failed,
    )


def _begun(record: Trajectory, env: gymnasium.Env[Any, Any], task: str) -> Trajectory:
    """The record with the task that the reset chose, and digests of it and of its world."""
    inner = env.unwrapped
    if not isinstance(inner, Env):
        return msgspec.structs.replace(record, task=task)
    digest = task_digest(inner.task)
    return msgspec.structs.replace(record, task=task, task_digest=digest, world=inner.world_digest())


def task_digest(task: Task) -> str:
    """Digest of a task, its hidden truth too."""
    return hashlib.blake2b(msgspec.msgpack.encode(task), digest_size=16).hexdigest()


def _name(env: gymnasium.Env[Any, Any]) -> str:
    return env.spec.id if env.spec else type(env.unwrapped).__name__


def _wrappers(env: gymnasium.Env[Any, Any]) -> tuple[str, ...]:
    return tuple(f"{type(layer).__name__} {layer.settings!r}" for layer in layers(env) if isinstance(layer, Wrapper))
