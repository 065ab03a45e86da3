"""Speed and memory of WikiSearch: what an episode costs, next to bare tantivy and libzim in the same run."""

from __future__ import annotations

import argparse
import gc
import json
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import gymnasium
import msgspec
import tantivy
from libzim.reader import Archive as Zim

import agent_envs
from agent_envs.envs.encyclopedia import Hit, Page
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.messages import Action, ToolCall, assistant
from agent_envs.snapshots.cache import cache_path
from agent_envs.snapshots.wikipedia.archive import Archive
from agent_envs.snapshots.wikipedia.encyclopedia import Wikipedia
from agent_envs.snapshots.wikipedia.index import build_index, index_digest

ENV_ID = "agent_envs/WikiSearch-v0"
RESULTS: dict[str, Any] = {}


def main() -> None:
    """Measure everything and print one table and one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", default="atlas", help="atlas, or the path of a ZIM file")
    parser.add_argument("--repeats", type=int, default=2000)
    arguments = parser.parse_args()
    env = gymnasium.make(
        ENV_ID, archive=arguments.archive, tasks="all", limit_turns=10**6, limit_calls=10**6, limit_tokens=10**9
    )
    inner: WikiSearch = env.unwrapped  # type: ignore[assignment]
    book: Wikipedia = inner.world.book
    searches, visits = calls_of(inner)
    n = arguments.repeats

    bare_parts(book, searches, visits, n)
    steps(env, inner, searches, visits, n)
    episodes(env, searches, visits, n // 10)
    turns(inner, searches, visits)
    memory(inner, book, searches, visits)
    build_rate(book)
    for name, value in RESULTS.items():
        shown = "   ".join(f"{key} {v:,.1f}" for key, v in value.items()) if isinstance(value, dict) else value
        print(f"{name:40} {shown}")
    print(json.dumps({"benchmark": "wiki", "archive": arguments.archive, **RESULTS}))


def calls_of(inner: WikiSearch) -> tuple[list[str], list[tuple[str, str]]]:
    """The queries and the visits of the solutions of 500 tasks."""
    steps_ = [step for task in inner.tasks[:500] for step in task.steps]
    searches = list(dict.fromkeys(step.text for step in steps_ if step.tool == "search"))
    visits = list(dict.fromkeys((step.path, step.text) for step in steps_ if step.tool == "visit"))
    return searches, visits


def timed(name: str, acts: list[Callable[[], object]]) -> None:
    """Run each act once, and keep the median and the 99th percentile, in µs."""
    gc.collect()
    gc.disable()
    times = []
    for act in acts:
        begun = time.perf_counter_ns()
        act()
        times.append((time.perf_counter_ns() - begun) / 1e3)
    gc.enable()
    RESULTS[name] = {"p50_us": median(times), "p99_us": quantiles(times, n=100)[98]}


def bare_parts(book: Wikipedia, searches: list[str], visits: list[tuple[str, str]], n: int) -> None:
    """The parts without us: a tantivy query with its documents, a libzim read; and our search and read around them."""
    index = tantivy.Index.open(str(cache_path("wikipedia-index", book.archive.name, index_digest(book.archive))))
    searcher, schema = index.searcher(), index.schema

    def query(text: str) -> object:
        words = [
            (tantivy.Occur.Should, tantivy.Query.term_query(schema, "text", word, "freq"))
            for word in text.lower().split()
        ]
        return [searcher.doc(at) for _, at in searcher.search(tantivy.Query.boolean_query(words), 10, count=False).hits]

    zim = Zim(book.archive.path)

    def raw(path: str) -> bytes:
        return bytes(zim.get_entry_by_path(path).get_item().content)

    queries, pages = cycle(searches), cycle(visits)
    timed("bare tantivy query, 10 documents", [partial(query, next(queries)) for _ in range(n)])
    timed("search (with snippets)", [partial(book.search, next(queries), 10) for _ in range(n)])
    timed(
        "bare libzim read",
        [partial(raw, next(pages)[0]) for _ in range(n)],
    )
    timed("read (parsed, some from memory)", [partial(book.read, next(pages)[0]) for _ in range(n)])


class Recorded:
    """An encyclopedia that answers from a dictionary: what is left of a step is the environment."""

    digest = "recorded"

    def __init__(self, book: Wikipedia, searches: list[str], visits: list[tuple[str, str]]) -> None:
        self.hits: dict[str, list[Hit]] = {text: book.search(text, 10) for text in searches}
        self.pages: dict[str, Page] = {path: msgspec.structs.replace(book.read(path)) for path, _ in visits}

    def search(self, query: str, k: int) -> list[Hit]:
        """The recorded hits."""
        return self.hits[query]

    def read(self, path: str) -> Page:
        """The recorded page."""
        return self.pages[path]


def search_turn(text: str) -> Action:
    """A turn that searches, as a model writes it."""
    call = json.dumps({"name": "search", "arguments": {"query": [text]}})
    return f"<think>\nI look it up.\n</think>\n\n<tool_call>\n{call}\n</tool_call>"


def visit_turn(path: str, goal: str) -> Action:
    """A turn that visits."""
    return assistant(calls=(ToolCall.of("visit", url=path, goal=goal),))


def steps(
    env: gymnasium.Env[Any, Any], inner: WikiSearch, searches: list[str], visits: list[tuple[str, str]], n: int
) -> None:
    """Whole steps, and what is left of them when search and read cost nothing."""
    queries, pages = cycle(searches), cycle(visits)
    env.reset(seed=0)
    timed("step: search", [partial(env.step, search_turn(next(queries))) for _ in range(n)])
    env.reset(seed=0)
    timed("step: visit", [partial(env.step, visit_turn(*next(pages))) for _ in range(n)])
    few = visits[:200]
    recorded = WikiSearch(
        Recorded(inner.world.book, searches, few), inner.tasks, limit_turns=10**6, limit_calls=10**6, limit_tokens=10**9
    )
    recorded.reset(seed=0)
    timed("environment's part of a search step", [partial(recorded.step, search_turn(next(queries))) for _ in range(n)])
    recorded.reset(seed=0)
    timed("environment's part of a first visit", [partial(recorded.step, visit_turn(*visit)) for visit in few])
    pages = cycle(few)
    timed("environment's part of a later visit", [partial(recorded.step, visit_turn(*next(pages))) for _ in range(n)])


def episodes(env: gymnasium.Env[Any, Any], searches: list[str], visits: list[tuple[str, str]], n: int) -> None:
    """Reset, fork, and a whole episode of 5 searches, 3 visits and an answer."""
    queries, pages = cycle(searches), cycle(visits)

    def episode(seed: int) -> None:
        env.reset(seed=seed)
        play(env, queries, pages)
        env.step("<answer>none</answer>")

    timed("reset", [partial(env.reset, seed=seed) for seed in range(n)])
    timed("episode: 5 searches, 3 visits, answer", [partial(episode, seed) for seed in range(n)])
    env.reset(seed=0)
    play(env, queries, pages)
    timed("fork, mid-episode", [partial(agent_envs.fork, env) for _ in range(n)])
    timed("state_digest, mid-episode", [partial(agent_envs.state_digest, env) for _ in range(n)])


def play(env: gymnasium.Env[Any, Any], queries: Any, pages: Any) -> None:
    """5 searches and 3 visits."""
    for _ in range(5):
        env.step(search_turn(next(queries)))
    for _ in range(3):
        env.step(visit_turn(*next(pages)))


def turns(inner: WikiSearch, searches: list[str], visits: list[tuple[str, str]]) -> None:
    """The environment's part of the same search at turn 1, 50 and 200 of an episode, over many episodes."""
    book = Recorded(inner.world.book, searches[:1], [])
    env = WikiSearch(book, inner.tasks, limit_turns=10**6, limit_calls=10**6, limit_tokens=10**9)
    times: dict[int, list[float]] = {1: [], 50: [], 200: []}
    action = search_turn(searches[0])
    gc.collect()
    gc.disable()
    for episode in range(200):
        env.reset(seed=episode)
        for turn in range(1, 201):
            begun = time.perf_counter_ns()
            env.step(action)
            if turn in times:
                times[turn].append((time.perf_counter_ns() - begun) / 1e3)
    gc.enable()
    RESULTS["environment's part by turn"] = {f"turn_{turn}_us": median(spent) for turn, spent in times.items()}
    RESULTS["turn 200 / turn 1"] = round(median(times[200]) / median(times[1]), 3)


def memory(inner: WikiSearch, book: Wikipedia, searches: list[str], visits: list[tuple[str, str]]) -> None:
    """Bytes that each concurrent episode holds after 5 searches and 3 visits, the shared world left aside."""
    for path, goal in visits[:60]:
        book.read(path).passages.best(goal, 800, len)
    for count in (1, 100, 1000):
        queries, pages = cycle(searches), cycle(visits[:60])
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        held = []
        for seed in range(count):
            env = gymnasium.make(ENV_ID, archive=str(book.archive.path), tasks=inner.tasks)
            env.reset(seed=seed)
            play(env, queries, pages)
            held.append(env)
        gc.collect()
        RESULTS[f"KB per episode, {count} at once"] = round(
            (tracemalloc.get_traced_memory()[0] - before) / count / 1024, 1
        )
        tracemalloc.stop()


def build_rate(book: Wikipedia) -> None:
    """Articles per second that the index takes."""
    with tempfile.TemporaryDirectory() as folder:
        done: list[int] = []
        begun = time.perf_counter()
        build_index(Archive(book.archive.path), Path(folder) / "index", lambda at, total: done.append(at))
        spent = time.perf_counter() - begun
    RESULTS["index build"] = {"articles": float(done[-1]), "seconds": spent, "articles_per_s": done[-1] / spent}


if __name__ == "__main__":
    main()
