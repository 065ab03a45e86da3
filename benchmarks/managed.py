"""What managed tools cost and save: WikiSearch under injected faults on many threads, beside the bare run."""

from __future__ import annotations

import argparse
import gc
import json
import logging
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from statistics import median, quantiles
from typing import Any

import gymnasium

from agent_envs.envs.encyclopedia import Encyclopedia
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.rollouts.collect import collect
from agent_envs.rollouts.policies import oracle
from agent_envs.simulators.managed import FaultyEncyclopedia, ManagedEncyclopedia

RATES: dict[str, Any] = {"error_rate": 0.10, "timeout_rate": 0.05, "garbage_rate": 0.01}
MANAGED: dict[str, Any] = {"timeout_s": 1.0, "retries": 3, "wait_s": 0.05, "concurrency": 256}
HANG_S = 1.5
"""A time-out that is injected is a call that hangs for longer than it is waited for."""


def main() -> None:
    """Measure everything and print one table and one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", default="atlas", help="atlas, or the path of a ZIM file")
    parser.add_argument("--episodes", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5000)
    arguments = parser.parse_args()
    logging.getLogger("stamina").setLevel(logging.ERROR)  # it tells of every retry
    env: WikiSearch = gymnasium.make("agent_envs/WikiSearch-v0", archive=arguments.archive, tasks="all").unwrapped  # type: ignore[assignment]
    results: dict[str, dict[str, float]] = {}
    bare, _ = run(env, env.world.book, arguments.episodes, arguments.threads)  # the archive is warm from here on
    for name, look_after in WAYS.items():
        digests, results[name] = run(env, look_after(env.world.book), arguments.episodes, arguments.threads)
        results[name]["equal"] = sum(one == other for one, other in zip(digests, bare, strict=True))
    results.update(
        overhead(env.world.book, [step.text for task in env.tasks[:500] for step in task.steps], arguments.repeats)
    )
    for name, values in results.items():
        print(f"{name:42} " + "   ".join(f"{key} {value:,}" for key, value in values.items()))
    print(json.dumps({"benchmark": "managed", "threads": arguments.threads, **results}))


def faulty(book: Encyclopedia, seed: int) -> FaultyEncyclopedia:
    """A book of which 10 % of the calls raise, 5 % hang and 1 % answer garbage."""
    return FaultyEncyclopedia(book, **RATES, seed=seed, hang_s=HANG_S)


def managed(book: Encyclopedia, **settings: Any) -> ManagedEncyclopedia:
    """It and a mirror that is no better, looked after."""
    return ManagedEncyclopedia(faulty(book, 1), fallback=faulty(book, 2), **{**MANAGED, **settings})


WAYS: dict[str, Callable[[Encyclopedia], Encyclopedia]] = {
    "no faults, bare": lambda book: book,
    "no faults, managed": lambda book: ManagedEncyclopedia(book, fallback=book, **MANAGED),
    "no faults, managed, no cache": lambda book: ManagedEncyclopedia(book, fallback=book, **MANAGED, cache_answers=0),
    "faults, managed": managed,
    "faults, managed, no cache": partial(managed, cache_answers=0),
    "faults, no cache, no fallback": lambda book: ManagedEncyclopedia(faulty(book, 1), **MANAGED, cache_answers=0),
    "faults, nothing tried again": lambda book: ManagedEncyclopedia(faulty(book, 1), **{**MANAGED, "retries": 0}),
}


def run(env: WikiSearch, book: Encyclopedia, episodes: int, threads: int) -> tuple[list[str], dict[str, float]]:
    """Play the oracle; the digest of every trajectory, and how many were lost or scored 0."""
    gc.collect()
    begun = time.perf_counter()
    played = list(collect(lambda: WikiSearch(book, env.tasks), oracle, range(episodes), workers=threads))
    spent_s = time.perf_counter() - begun
    found: dict[str, float] = {
        "episodes": len(played),
        "episodes_per_s": round(len(played) / spent_s, 1),
        "lost": sum(episode.fault is not None for episode in played),
        "scored_0": sum(episode.reward == 0 for episode in played),
    }
    sides = [
        side for side in (book, getattr(book, "backend", None), getattr(book, "fallback", None)) if side is not None
    ]
    for kind in ("error", "timeout", "garbage"):
        found[kind] = sum(side.injected.get(kind, 0) for side in sides if isinstance(side, FaultyEncyclopedia))
    return [episode.digest() for episode in played], found


class Dictionary:
    """An encyclopedia that answers at once: what is left is what looking after it costs."""

    digest = "dictionary"

    def __init__(self, book: Encyclopedia, query: str) -> None:
        self._hits = book.search(query, 10)
        self._page = book.read(self._hits[0].path)

    def search(self, query: str, k: int) -> Any:
        """The same hits for every query."""
        return self._hits

    def read(self, path: str) -> Any:
        """The same page for every path."""
        return self._page


def overhead(book: Encyclopedia, queries: list[str], repeats: int) -> dict[str, dict[str, float]]:
    """One call of one thread: bare, in a thread with a time-out, without one, and remembered; in µs."""
    at_once, number = Dictionary(book, queries[0]), count()

    def new(encyclopedia: Encyclopedia) -> Callable[[], object]:
        return lambda: encyclopedia.search(f"query {next(number)}", 10)

    texts = iter(queries * (repeats // len(queries) + 1))
    remembering = ManagedEncyclopedia(at_once)
    return {
        "a search of the archive, bare": timed(lambda: book.search(next(texts), 10), repeats),
        "a call that costs nothing, bare": timed(new(at_once), repeats),
        "managed, timeout_s=None": timed(new(ManagedEncyclopedia(at_once, timeout_s=None)), repeats),
        "managed, with a time-out": timed(new(ManagedEncyclopedia(at_once)), repeats),
        "managed, with a rate": timed(new(ManagedEncyclopedia(at_once, timeout_s=None, rate_per_s=1e6)), repeats),
        "managed, remembered": timed(lambda: remembering.search("query", 10), repeats),
    }


def timed(act: Callable[[], object], repeats: int) -> dict[str, float]:
    """Median and 99th percentile, in µs."""
    gc.collect()
    gc.disable()
    times = []
    for _ in range(repeats):
        begun = time.perf_counter_ns()
        act()
        times.append((time.perf_counter_ns() - begun) / 1e3)
    gc.enable()
    return {"p50_us": round(median(times), 2), "p99_us": round(quantiles(times, n=100)[98], 2)}


if __name__ == "__main__":
    main()
