"""Checks across threads and processes: the same bytes whatever the schedule and the hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import cloudpickle
import msgspec

from agent_envs.rollouts.policies import oracle
from agent_envs.rollouts.policies import random as random_policy
from agent_envs.rollouts.rollout import rollout
from agent_envs.rollouts.trajectory import Trajectory
from agent_envs.rollouts.workers import pickled
from agent_envs.stack import state_digest

from .violation import MakeEnv, demand, first_difference

TIMEOUT_S = 600
THREADS = 4


class _Played(msgspec.Struct):
    rollout: Trajectory
    digest: str


def threads_change_nothing(make: MakeEnv, seeds: tuple[int, ...]) -> None:
    """Episodes played in several threads at once are those played one after the other."""
    alone = _play(make, seeds)
    with ThreadPoolExecutor(THREADS) as pool:
        for crowd in pool.map(lambda _: _play(make, seeds), range(THREADS)):
            _compare(alone, crowd, "in another thread")


def processes_agree(make: MakeEnv, seeds: tuple[int, ...]) -> None:
    """Two processes with different hash seeds play the same episodes, to the byte."""
    payload = pickled((make, seeds), make)
    one, other = (_child(payload, hash_seed) for hash_seed in ("1", "2"))
    _compare(one, other, "in a process with another hash seed")


def _child(payload: bytes, hash_seed: str) -> list[_Played]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", "from agent_envs.conformance.processes import serve; serve()"]
    done = subprocess.run(command, input=payload, capture_output=True, env=environment, timeout=TIMEOUT_S, check=False)
    demand(
        done.returncode == 0, f"a process that plays an episode fails: {done.stderr.decode(errors='replace')[-2000:]}"
    )
    return msgspec.msgpack.decode(done.stdout, type=list[_Played])


def serve() -> None:
    """What the other process runs: play the episodes that come pickled on standard input, write them to the output."""
    make, seeds = cloudpickle.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(msgspec.msgpack.encode(_play(make, seeds)))


def _play(make: MakeEnv, seeds: tuple[int, ...]) -> list[_Played]:
    env = make()
    played = []
    for seed in seeds:
        for policy in (oracle, random_policy):
            one = rollout(env, policy, seed)
            played.append(_Played(one, state_digest(env)))
    return played


def _compare(ours: list[_Played], theirs: list[_Played], where: str) -> None:
    for one, other in zip(ours, theirs, strict=True):
        difference = first_difference(one.rollout, other.rollout)
        demand(difference is None, f"seed {one.rollout.seed}: {where} {difference}")
        demand(one.digest == other.digest, f"seed {one.rollout.seed}: {where} the state digest differs at the end")
