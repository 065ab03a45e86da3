"""Playing a run: one episode a seed, by one worker or many, in the order of the seeds."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

import gymnasium

from agent_envs.messages import Action, Context
from agent_envs.outcome import Fault

from .policies import MakePolicy
from .rollout import rollout
from .store import Run
from .trajectory import Trajectory
from .workers import Elsewhere, Here, MakeEnv, Worker, WorkerError, pickled

Backend: TypeAlias = Literal["threads", "processes"]

LOOK_AHEAD = 4
"""Episodes a worker that are under way or wait for an earlier one."""


class EpisodeFailed(RuntimeError):
    """A policy or an environment raised where only a `Fault` may be: the message names the seed, the cause follows."""


class OtherRun(ValueError):
    """A file holds another run than the one that is to be continued in it."""


def collect(
    make_env: MakeEnv,
    make_policy: MakePolicy,
    seeds: Iterable[int],
    *,
    workers: int = 1,
    backend: Backend = "threads",
    out: Path | str | None = None,
) -> Iterator[Trajectory]:
    """Play one episode a seed; nothing is played before the first is asked for.

    The episodes come, and are written, in the order of the seeds, whatever the number and kind of workers. One that
    ended in a `Fault` is among them. With `out`, those that the file already holds come from it and are not played.

    Args:
        make_env: Makes an environment; each worker calls it once, and the environment is closed at the end.
        make_policy: Makes the policy of an episode.
        seeds: One an episode.
        workers: How many episodes are played at once.
        backend: Threads, for policies that wait for an endpoint; processes, for worlds that compute. What another
            process cannot import is sent to it by value.
        out: Where each episode is written as soon as it and those before it are over: ``*.jsonl`` or ``*.parquet``.

    Returns:
        The episodes; with `out`, none is kept in memory.

    Raises:
        EpisodeFailed: While iterating: something other than a `Fault` was raised. What was written stays.
        OtherRun: While iterating: `out` holds an episode of another environment, other wrappers or another seed.
        OSError: While iterating: `out` cannot be written. What was written stays.
        ValueError: No such number or kind of workers, or no such form of file.
    """
    if type(workers) is not int or workers < 1:
        raise ValueError(f"workers={workers!r}: give a whole number, at least 1")
    if backend not in ("threads", "processes"):
        raise ValueError(f"backend={backend!r}: give 'threads' or 'processes'")
    make_worker: Callable[[], Worker] = partial(Here, make_env, make_policy)
    if backend == "processes":
        make_worker = partial(Elsewhere, pickled((make_env, make_policy), make_env, make_policy))
    if out is None:
        return _played(make_worker, seeds, workers)
    return _kept(Run(Path(out)), make_env, iter(seeds), lambda rest: _played(make_worker, rest, workers))


def _played(make_worker: Callable[[], Worker], seeds: Iterable[int], workers: int) -> Iterator[Trajectory]:
    """The episodes of the seeds, in their order."""
    here = threading.local()
    crew: list[Worker] = []

    def play(seed: int) -> Trajectory:
        if not hasattr(here, "worker"):
            here.worker = make_worker()
            crew.append(here.worker)
        played: Trajectory = here.worker.play(seed)
        return played

    pool = ThreadPoolExecutor(workers)
    pending: deque[tuple[int, Future[Trajectory]]] = deque()
    try:
        for seed in seeds:
            pending.append((seed, pool.submit(play, seed)))
            if len(pending) == LOOK_AHEAD * workers:
                yield _result(*pending.popleft())
        while pending:
            yield _result(*pending.popleft())
    finally:
        pool.shutdown(cancel_futures=True)
        for worker in crew:
            worker.close()


def _result(seed: int, played: Future[Trajectory]) -> Trajectory:
    try:
        return played.result()
    except Exception as error:
        told = error if isinstance(error, WorkerError) else f"{type(error).__name__}: {error}"
        raise EpisodeFailed(f"the episode of seed {seed} failed: {told}") from error


def _kept(
    run: Run, make_env: MakeEnv, seeds: Iterator[int], play: Callable[[Iterator[int]], Iterator[Trajectory]]
) -> Iterator[Trajectory]:
    """The episodes that a run already holds, then those that are played and written into it."""
    with run:
        first: Trajectory | None = None
        for number, recorded in enumerate(run.recorded()):
            if first is None:
                first = recorded
                _check_same_world(run, first, make_env)
            if recorded.seed != (seed := next(seeds, None)):
                asked = "no more is asked for" if seed is None else f"seed {seed} is asked for"
                raise OtherRun(f"{run.path} holds seed {recorded.seed} as episode {number}; {asked}; {_ELSEWHERE}")
            yield recorded
        for played in play(seeds):
            first = first or played
            run.add(played)
            yield played
        run.finish()


def _check_same_world(run: Run, first: Trajectory, make_env: MakeEnv) -> None:
    """Hold the first recorded episode against the beginning of the same episode now."""
    env = make_env()
    try:
        now = _beginning(env, first.seed)
    finally:
        env.close()
    names = ["env", "wrappers"]
    if first.segments and now.segments:  # without a fault at reset
        names += ["task", "task_digest", "world", "opening"]
    for name in names:
        here, there = getattr(now, name), getattr(first, name)
        if here != there:
            raise OtherRun(
                f"{run.path} holds another run: {name} of its first episode is {there!r:.200}, and {here!r:.200} "
                f"in the environment given; {_ELSEWHERE}"
            )


def _beginning(env: gymnasium.Env[Any, Any], seed: int) -> Trajectory:
    """The record of an episode that nobody plays: what stands at its beginning."""

    def leave(context: Context, info: dict[str, Any]) -> Action:
        raise Fault("only the beginning is looked at", origin="env")

    return rollout(env, lambda env, seed: leave, seed)


_ELSEWHERE = "nothing was changed: give another file, or move this one"
