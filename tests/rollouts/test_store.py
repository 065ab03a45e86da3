from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import gymnasium
import msgspec
import pytest

from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.messages import Message
from agent_envs.outcome import Fault
from agent_envs.rollouts.collect import OtherRun, collect
from agent_envs.rollouts.policies import Policy, Sampled, oracle, scripted
from agent_envs.rollouts.store import Run, read
from agent_envs.rollouts.trajectory import Segment, Trajectory, Turn

MakeTiny = Callable[..., WikiSearch]
FORMS = ["jsonl", "parquet"]
TESTS = Path(__file__).parents[1]

# A run in a process of its own. At the seed that is named last it tells so, and waits until its parent is gone.
RUN = """
import os, resource, sys
from conftest import TinyBook, tiny_tasks
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.rollouts.collect import collect
from agent_envs.rollouts.policies import oracle

def make_env():
    return WikiSearch(TinyBook(), tiny_tasks())

def make_policy(env, seed):
    if seed == waits_at:
        print("under way", file=sys.stderr, flush=True)
        os.read(0, 1)
    return oracle(env, seed)

if __name__ == "__main__":
    out, workers, backend, waits_at, limit_bytes = sys.argv[1], int(sys.argv[2]), sys.argv[3], *map(int, sys.argv[4:])
    if limit_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
    for _ in collect(make_env, make_policy, range(20), workers=workers, backend=backend, out=out):
        pass
"""


def started(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, *map(str, words)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )


def never(env: gymnasium.Env[Any, Any], seed: int) -> NoReturn:
    raise AssertionError(f"seed {seed} is played again")


def only_from(first: int, env: gymnasium.Env[Any, Any], seed: int) -> Policy:
    return oracle(env, seed) if seed >= first else never(env, seed)


def journal(out: Path) -> Path:
    return out if out.suffix == ".jsonl" else out.with_name(f"{out.name}.jsonl")


def made(run: Path, make: MakeTiny, seeds: range = range(20)) -> Path:
    for _ in collect(make, oracle, seeds, out=run):
        pass
    return run


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("workers", "backend"), [(1, "threads"), (2, "processes")])
def test_a_run_that_is_killed_and_resumed_is_one_that_was_not(
    workers: int, backend: str, form: str, make_tiny: MakeTiny, tmp_path: Path
) -> None:
    out = tmp_path / f"run.{form}"
    process = started(out, workers, backend, 9, 0)
    assert process.stderr is not None
    assert process.stderr.readline() == "under way\n"
    process.kill()
    process.communicate(timeout=60)  # which ends when its workers have ended too
    held = len(list(read(out)))
    assert held <= 9
    assert (form == "parquet") is not out.exists()
    resumed = list(collect(make_tiny, partial(only_from, held), range(20), out=out))
    assert out.read_bytes() == made(tmp_path / f"whole.{form}", make_tiny).read_bytes()
    assert resumed == list(read(out))
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"run.{form}", f"whole.{form}"]


@pytest.mark.parametrize("form", FORMS)
def test_a_full_disk_is_told_and_what_was_recorded_stays(form: str, make_tiny: MakeTiny, tmp_path: Path) -> None:
    out = tmp_path / f"run.{form}"
    _, told = started(out, 1, "threads", 99, 30_000).communicate(timeout=60)
    assert "File too large: the episodes before seed" in told
    assert "make room and do the same again" in told
    held = list(read(out))
    assert 0 < len(held) < 20
    assert journal(out).read_bytes().endswith(b"\n")
    list(collect(make_tiny, partial(only_from, len(held)), range(20), out=out))
    assert out.read_bytes() == made(tmp_path / f"whole.{form}", make_tiny).read_bytes()


def test_a_parquet_file_that_cannot_be_written_is_written_later(make_tiny: MakeTiny, tmp_path: Path) -> None:
    out = tmp_path / "run.parquet"
    in_the_way = tmp_path / "run.parquet.part"
    in_the_way.mkdir()
    with pytest.raises(OSError, match=r"run\.parquet\.part"):
        made(out, make_tiny)
    in_the_way.rmdir()
    list(collect(make_tiny, never, range(20), out=out))
    assert out.read_bytes() == made(tmp_path / "whole.parquet", make_tiny).read_bytes()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kept_bytes", [1, 8, 500, -1])
def test_a_torn_last_line_is_played_again(kept_bytes: int, form: str, make_tiny: MakeTiny, tmp_path: Path) -> None:
    whole = made(tmp_path / f"whole.{form}", make_tiny)
    lines = made(tmp_path / "lines.jsonl", make_tiny).read_bytes().splitlines(keepends=True)
    out = tmp_path / f"run.{form}"
    journal(out).write_bytes(b"".join(lines[:6]) + lines[6][:kept_bytes])
    assert [episode.seed for episode in read(out)] == list(range(6))
    list(collect(make_tiny, partial(only_from, 6), range(20), out=out))
    assert out.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("form", FORMS)
def test_a_finished_run_is_not_played_again(form: str, make_tiny: MakeTiny, tmp_path: Path) -> None:
    out = made(tmp_path / f"run.{form}", make_tiny)
    before = out.read_bytes(), out.stat().st_mtime_ns
    again = list(collect(make_tiny, never, range(20), workers=2, backend="processes", out=out))
    assert len(again) == 20
    assert (out.read_bytes(), out.stat().st_mtime_ns) == before


@pytest.mark.parametrize("form", FORMS)
def test_a_finished_run_can_be_prolonged(form: str, make_tiny: MakeTiny, tmp_path: Path) -> None:
    out = made(tmp_path / f"run.{form}", make_tiny, range(8))
    list(collect(make_tiny, partial(only_from, 8), range(20), out=out))
    assert out.read_bytes() == made(tmp_path / f"whole.{form}", make_tiny).read_bytes()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("keywords", "seeds", "told"),
    [
        ({}, range(1, 20), "holds seed 0 as episode 0; seed 1 is asked for"),
        ({}, range(3), "holds seed 3 as episode 3; no more is asked for"),
        ({"limit_turns": 7}, range(20), r"world of its first episode is .*turns=100.*turns=7"),
    ],
)
def test_another_run_is_not_mixed_into_a_file(
    keywords: dict[str, Any], seeds: range, told: str, form: str, make_tiny: MakeTiny, tmp_path: Path
) -> None:
    out = made(tmp_path / f"run.{form}", make_tiny, range(8))
    before = out.read_bytes()
    with pytest.raises(OtherRun, match=told):
        list(collect(partial(make_tiny, **keywords), oracle, seeds, out=out))
    assert out.read_bytes() == before


@pytest.mark.parametrize(("field", "value"), [("env", "Other-v0"), ("wrappers", ("TurnLimit",)), ("world", "x")])
def test_a_run_of_another_environment_is_told(field: str, value: Any, make_tiny: MakeTiny, tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    with Run(out) as run:
        run.add(msgspec.structs.replace(next(collect(make_tiny, oracle, [0])), **{field: value}))
    with pytest.raises(OtherRun, match=f"{field} of its first episode is .* give another file"):
        list(collect(make_tiny, oracle, range(3), out=out))


def test_what_is_no_run_is_left_alone(make_tiny: MakeTiny, tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    for content in ("worth keeping", '{"a": 1}\n', '{"env":"torn in the middle\n{"env":"x'):
        out.write_text(content)
        with pytest.raises(ValueError, match=r"run.jsonl:1 is no recorded episode"):
            list(collect(make_tiny, oracle, range(3), out=out))
        assert out.read_text() == content
    parquet = tmp_path / "run.parquet"
    parquet.write_text("worth keeping")
    with pytest.raises(ValueError, match=r"no run: .*run\.parquet"):
        list(collect(make_tiny, oracle, range(3), out=parquet))
    assert parquet.read_text() == "worth keeping"


def down(context: Any, info: Any) -> NoReturn:
    raise Fault('it says "no"\x00\n', origin="judge")


def odd() -> list[Trajectory]:
    """Episodes that hold what is hard to keep."""
    text = 'é\u2028 "quoted" \\ \x00 <|im_end|> \U0001f600 </think>\r\n'
    action = Message("assistant", text, thinking=text, answer=None)
    turn = Turn(action, (action, Message("user", text)), 0.1, False, (1, 2**40), (-0.25, -1e-300))
    segment = Segment((Message("system", text),), (turn, turn, turn))
    base = Trajectory(env="Odd-v0", task=text, seed=2**63 - 1, segments=(segment, segment))
    long = msgspec.structs.replace(base, segments=(Segment((Message("user", "x" * 20_000_000),)),))
    return [base, msgspec.structs.replace(base, segments=()), long]


@pytest.mark.parametrize("form", FORMS)
def test_episodes_are_read_back_as_they_were(form: str, make_tiny: MakeTiny, tmp_path: Path) -> None:
    out = tmp_path / f"run.{form}"
    told = scripted([Sampled("\ud800 half a character", (1, 2), (-0.5, -0.1)), Sampled(Message("assistant", "hm"))])
    episodes = [
        *odd(),
        *collect(make_tiny, lambda env, seed: down, range(2)),
        *collect(partial(make_tiny, limit_turns=4), told, range(2)),
    ]
    with Run(out) as run:
        for episode in episodes:
            run.add(episode)
        run.finish()
    assert list(read(out)) == episodes


@pytest.mark.parametrize("value", [float("nan"), float("-inf")])
def test_what_could_not_be_read_back_is_not_written(value: float, make_tiny: MakeTiny, tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    with pytest.raises(ValueError, match="the episode of seed 0 holds what JSON cannot"):
        list(collect(make_tiny, scripted([Sampled("hm", (1,), (value,))] * 9), range(3), out=out))
    assert not out.exists()


def test_a_run_in_parquet_is_a_table(make_tiny: MakeTiny, tmp_path: Path) -> None:
    import duckdb

    out = tmp_path / "run.parquet"
    episodes = list(collect(make_tiny, lambda env, seed: oracle(env, seed) if seed else down, range(4), out=out))
    columns = "env, wrappers, world, task, task_digest, seed, reward, reason, success, fault, turns, segments"
    rows = duckdb.execute(f"SELECT {columns} FROM '{out}'").fetchall()
    assert rows == [
        (
            episode.env,
            list(episode.wrappers),
            episode.world,
            episode.task,
            episode.task_digest,
            episode.seed,
            episode.reward,
            episode.outcome and episode.outcome.reason.value,
            bool(episode.outcome and episode.outcome.success),
            episode.fault and episode.fault.origin,
            len(episode.turns),
            len(episode.segments),
        )
        for episode in episodes
    ]
    asked = duckdb.execute(f"SELECT record->>'$.segments[0].context[1].content' FROM '{out}' WHERE seed = 1").fetchall()
    assert asked == [(episodes[1].opening[1].content,)]


def test_without_duckdb_parquet_is_refused_before_anything_is_played(
    make_tiny: MakeTiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ImportError, match="pip install duckdb"):
        collect(make_tiny, never, range(3), out=tmp_path / "run.parquet")


def test_a_run_that_is_not_there_is_told(tmp_path: Path) -> None:
    for form in FORMS:
        with pytest.raises(FileNotFoundError):
            list(read(tmp_path / f"run.{form}"))
