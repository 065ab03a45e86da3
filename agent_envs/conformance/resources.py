"""Checks on what an environment holds: threads, file descriptors, memory, and that it can be closed twice."""

from __future__ import annotations

import gc
import resource
import threading
import tracemalloc
from pathlib import Path

from agent_envs.rollouts.policies import oracle
from agent_envs.rollouts.rollout import rollout

from .violation import MakeEnv, demand

WARM_UP_EPISODES = 30
EPISODES = 60
LIMIT_GROWTH_BYTES = 4 * 1024**2
LIMIT_EPISODE_BYTES = 8 * 1024


def nothing_leaks(make: MakeEnv, seeds: tuple[int, ...]) -> None:
    """Many episodes, in environments of their own and in one, leave no thread, file or memory behind."""
    kept = make()

    def live(number: int) -> None:
        env = make()
        rollout(env, oracle, seeds[number % len(seeds)])
        env.close()
        env.close()
        rollout(kept, oracle, seeds[number % len(seeds)])

    for number in range(WARM_UP_EPISODES):
        live(number)
    gc.collect()
    tracemalloc.start()
    held = [_held()]
    for _ in range(2):
        for number in range(EPISODES // 2):
            live(number)
        gc.collect()
        held.append(_held())
    tracemalloc.stop()
    before, middle, after = held
    threads, files, resident, _ = (here - there for here, there in zip(after, before, strict=True))
    # What leaks grows in both halves. What grows in one of them is a table of the interpreter's, such as that of names.
    allocated = 2 * min(middle[3] - before[3], after[3] - middle[3])
    demand(threads <= 0, f"{EPISODES} environments leave {threads} threads behind")
    demand(files <= 0, f"{EPISODES} environments leave {files} open files")
    each = allocated / EPISODES
    demand(each <= LIMIT_EPISODE_BYTES, f"each environment leaves {each / 1024:.1f} KiB of Python's memory behind")
    demand(resident <= LIMIT_GROWTH_BYTES, f"{EPISODES} environments leave {resident / 1024**2:.1f} MiB behind")


def _held() -> tuple[int, int, int, int]:
    """Threads, open files, resident bytes (these two only where the system tells) and bytes that Python allocated."""
    process = Path("/proc/self")
    files = len(list((process / "fd").iterdir())) if process.exists() else 0
    resident = int((process / "statm").read_text().split()[1]) * resource.getpagesize() if process.exists() else 0
    return threading.active_count(), files, resident, tracemalloc.get_traced_memory()[0]
