"""Checks on what an environment holds: threads, file descriptors, memory, and that it can be closed twice."""

from __future__ import annotations

import gc
import resource
import threading
from pathlib import Path

from agent_envs.rollouts.policies import oracle
from agent_envs.rollouts.rollout import rollout

from .violation import MakeEnv, demand

WARM_UP_EPISODES = 30
EPISODES = 60
LIMIT_GROWTH_BYTES = 4 * 1024**2


def nothing_leaks(make: MakeEnv, seeds: tuple[int, ...]) -> None:
    """After many environments made, played and closed twice, no thread, descriptor or memory more than before."""
    for number in range(WARM_UP_EPISODES):
        _live(make, seeds[number % len(seeds)])
    gc.collect()
    threads, descriptors, memory = _held()
    for number in range(EPISODES):
        _live(make, seeds[number % len(seeds)])
    gc.collect()
    threads_after, descriptors_after, memory_after = _held()
    demand(threads_after <= threads, f"{EPISODES} episodes leave {threads_after - threads} threads behind")
    demand(descriptors_after <= descriptors, f"{EPISODES} episodes leave {descriptors_after - descriptors} open files")
    grown = memory_after - memory
    demand(grown <= LIMIT_GROWTH_BYTES, f"{EPISODES} episodes played before leave {grown / 1024**2:.1f} MiB behind")


def _live(make: MakeEnv, seed: int) -> None:
    env = make()
    rollout(env, oracle, seed)
    env.close()
    env.close()


def _held() -> tuple[int, int, int]:
    """Threads, open files, resident bytes; the latter two only as far as the system tells."""
    process = Path("/proc/self")
    if not process.exists():
        return threading.active_count(), 0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    resident_pages = int((process / "statm").read_text().split()[1])
    return threading.active_count(), len(list((process / "fd").iterdir())), resident_pages * resource.getpagesize()
