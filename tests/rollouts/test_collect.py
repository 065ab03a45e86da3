from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium
import pytest

from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.messages import Action, Context
from agent_envs.outcome import Fault
from agent_envs.rollouts.collect import LOOK_AHEAD, Backend, EpisodeFailed, collect
from agent_envs.rollouts.policies import Policy, oracle
from agent_envs.rollouts.rollout import rollout
from agent_envs.rollouts.store import read
from agent_envs.rollouts.workers import WorkerError

MakeTiny = Callable[..., WikiSearch]
CREWS: list[tuple[int, Backend]] = [
    (1, "threads"),
    (2, "threads"),
    (8, "threads"),
    (1, "processes"),
    (2, "processes"),
    (8, "processes"),
]
CALL = '<tool_call>{"name": "search", "arguments": {"query": ["Vienna"]}}</tool_call>'


class Unlucky:
    """An oracle, but for one seed."""

    def __init__(self, seed: int, then: Callable[[], Any]) -> None:
        self.seed, self.then = seed, then

    def __call__(self, env: gymnasium.Env[Any, Any], seed: int) -> Policy:
        return (lambda context, info: self.then()) if seed == self.seed else oracle(env, seed)


def nothing() -> Any:
    return None


def broken() -> Action:
    raise ZeroDivisionError("no such luck")


def down() -> Action:
    raise Fault("the endpoint is down", origin="infra")


def killed() -> Action:
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


def endless() -> Action:
    return CALL


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first run of this module writes."""
    return tmp_path_factory.mktemp("runs")


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
@pytest.mark.parametrize(("workers", "backend"), CREWS)
def test_a_run_is_the_same_to_the_byte_whoever_plays_it(
    workers: int, backend: Backend, form: str, make_tiny: MakeTiny, written: Path, tmp_path: Path
) -> None:
    alone = written / f"alone.{form}"
    if not alone.exists():
        list(collect(make_tiny, oracle, range(40), out=alone))
    out = tmp_path / f"run.{form}"
    played = list(collect(make_tiny, oracle, range(40), workers=workers, backend=backend, out=out))
    assert played == [rollout(make_tiny(), oracle, seed) for seed in range(40)]
    assert out.read_bytes() == alone.read_bytes()
    assert list(read(out)) == played


def test_an_episode_that_is_over_early_waits_for_those_before_it(make_tiny: MakeTiny) -> None:
    later = threading.Event()

    def make_policy(env: gymnasium.Env[Any, Any], seed: int) -> Policy:
        if seed == 0:
            assert later.wait(60)
        if seed == 3:
            later.set()
        return oracle(env, seed)

    played = collect(make_tiny, make_policy, range(6), workers=2)
    assert [episode.seed for episode in played] == list(range(6))


def test_no_more_is_played_ahead_than_the_workers_need(make_tiny: MakeTiny) -> None:
    drawn = []

    def seeds() -> Iterator[int]:
        for seed in range(10**9):
            drawn.append(seed)
            yield seed

    played = collect(make_tiny, oracle, seeds(), workers=2)
    assert drawn == []
    assert [next(played).seed for _ in range(5)] == [0, 1, 2, 3, 4]
    assert len(drawn) <= LOOK_AHEAD * 2 + 4
    played.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("backend", ["threads", "processes"])
@pytest.mark.parametrize(
    ("then", "told"), [(broken, "ZeroDivisionError: no such luck"), (nothing, "TypeError: an action is text or")]
)
def test_a_policy_that_fails_ends_the_run_and_names_the_seed(
    then: Callable[[], Any], told: str, backend: Backend, make_tiny: MakeTiny, tmp_path: Path
) -> None:
    out = tmp_path / "run.jsonl"
    with pytest.raises(EpisodeFailed, match=f"the episode of seed 5 failed: {told}") as failed:
        list(collect(make_tiny, Unlucky(5, then), range(9), workers=2, backend=backend, out=out))
    assert isinstance(failed.value.__cause__, WorkerError if backend == "processes" else (ZeroDivisionError, TypeError))
    assert [episode.seed for episode in read(out)] == [0, 1, 2, 3, 4]
    resumed = list(collect(make_tiny, oracle, range(9), out=out))
    assert resumed == list(collect(make_tiny, oracle, range(9)))


def test_the_traceback_of_another_process_is_told(make_tiny: MakeTiny) -> None:
    with pytest.raises(EpisodeFailed) as failed:
        list(collect(make_tiny, Unlucky(0, broken), range(1), backend="processes"))
    assert "in broken" in "".join(traceback.format_exception(failed.value))


def test_a_policy_that_never_stops_ends_the_run(make_tiny: MakeTiny) -> None:
    make = partial(make_tiny, limit_turns=10**6, limit_calls=10**6, limit_tokens=10**9)
    played = collect(make, Unlucky(1, endless), range(3))
    assert next(played).seed == 0
    with pytest.raises(EpisodeFailed, match=r"seed 1 failed: RuntimeError: .* has no end after 10,000 steps"):
        next(played)


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_a_failure_of_the_world_is_recorded_and_the_run_goes_on(backend: Backend, make_tiny: MakeTiny) -> None:
    played = list(collect(make_tiny, Unlucky(1, down), range(3), backend=backend))
    assert [episode.reward for episode in played] == [1.0, None, 1.0]
    assert played[1].fault is not None
    assert (played[1].fault.origin, played[1].fault.message) == ("infra", "the endpoint is down")


def test_a_worker_that_is_killed_ends_the_run(make_tiny: MakeTiny) -> None:
    with pytest.raises(EpisodeFailed, match="seed 2 failed: the worker's process died with exit code -9"):
        list(collect(make_tiny, Unlucky(2, killed), range(4), backend="processes"))


def test_an_environment_that_cannot_be_made_is_told() -> None:
    with pytest.raises(EpisodeFailed, match=r"seed 0 failed: NameNotFound: .*Nowhere"):
        list(collect(partial(gymnasium.make, "Nowhere-v0"), oracle, range(2), backend="processes"))


class Talking(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Prints as it goes, and counts who made and closed it."""

    made: list[int] = []  # noqa: RUF012
    closed: list[int] = []  # noqa: RUF012

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        super().__init__(env)
        self.made.append(threading.get_ident())

    def step(self, action: Action) -> tuple[Context, Any, bool, bool, dict[str, Any]]:
        print("a step is taken", flush=True)
        return super().step(action)

    def close(self) -> None:
        self.closed.append(1)
        print("closed", file=sys.stderr)
        super().close()


def talking(make_tiny: MakeTiny) -> Talking:
    return Talking(make_tiny())


def test_what_an_environment_prints_does_not_disturb_its_process(
    make_tiny: MakeTiny, capfd: pytest.CaptureFixture[str]
) -> None:
    played = collect(partial(talking, make_tiny), oracle, range(4), workers=2, backend="processes")
    assert [episode.reward for episode in played] == [1.0] * 4
    assert 1 <= capfd.readouterr().err.count("closed") <= 2


def test_every_worker_makes_one_environment_and_closes_it(make_tiny: MakeTiny) -> None:
    Talking.made.clear()
    Talking.closed.clear()
    list(collect(partial(talking, make_tiny), oracle, range(20), workers=3))
    assert 1 <= len(Talking.made) <= 3
    assert len(set(Talking.made)) == len(Talking.made) == len(Talking.closed)


@pytest.mark.parametrize(
    ("keywords", "told"),
    [
        ({"workers": 0}, "workers=0: give a whole number, at least 1"),
        ({"backend": "fork"}, "backend='fork': give 'threads' or 'processes'"),
        ({"out": "run.csv"}, r"run.csv: a run is stored in a file \*.jsonl or \*.parquet"),
    ],
)
def test_a_wrong_argument_is_told_at_once(keywords: dict[str, Any], told: str, make_tiny: MakeTiny) -> None:
    with pytest.raises(ValueError, match=told):
        collect(make_tiny, oracle, range(3), **keywords)
