from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest

import agent_envs  # noqa: F401 - registers the catalogue
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.rollouts.policies import noop, oracle
from agent_envs.rollouts.rollout import rollout
from agent_envs.snapshots.cache import inventory
from agent_envs.snapshots.wikipedia.archive import ArchiveError
from agent_envs.snapshots.wikipedia.encyclopedia import Wikipedia
from agent_envs.snapshots.wikipedia.world import SPLITS, open_world

ENV_ID = "agent_envs/WikiSearch-v0"


@pytest.fixture(autouse=True)
def own_cache() -> None:
    """These tests play in the worlds as users get them, from the user's cache: the atlas is built once for all."""


REAL = {"wikipedia_en_ray_charles_maxi_2019-08.zim": 500, "wikipedia_en_100_mini_2022-10.zim": 500}


def test_the_atlas_gives_at_least_two_thousand_tasks_that_share_no_answer_across_splits() -> None:
    everything = open_world(tasks="all")["tasks"]
    assert len({task.instruction for task in everything}) == len(everything) >= 2000
    answers: dict[str, set[str]] = {}
    for task in everything:
        for name in (task.answer.value, *task.answer.aliases):
            answers.setdefault(f"{name.casefold()} {task.answer.unit}", set()).add(task.split)
    assert [name for name, splits in answers.items() if len(splits) > 1] == []
    assert {task.split for task in everything} == set(SPLITS) - {"all"}


@pytest.mark.parametrize(("name", "least"), REAL.items())
@pytest.mark.parametrize("index", ["tantivy", "zim"])
def test_a_real_archive_gives_tasks_that_the_oracle_solves(real_data: Path, name: str, least: int, index: str) -> None:
    env = gymnasium.make(ENV_ID, archive=real_data / name, tasks="all", index=index)
    inner = env.unwrapped
    assert isinstance(inner, WikiSearch)
    assert len(inner.tasks) >= (least if index == "tantivy" else 100)
    for seed in range(50):
        assert rollout(env, oracle, seed).reward == 1.0
    assert rollout(env, noop, 0).reward == 0.0


def test_a_file_of_tasks_can_be_given(tmp_path: Path) -> None:
    world = open_world(tasks="test")
    world["tasks"].save(tmp_path / "mine.jsonl")
    given = open_world(tasks=tmp_path / "mine.jsonl")["tasks"]
    assert given.digest == world["tasks"].digest
    assert open_world(tasks=given)["tasks"] is given


def test_an_unknown_split_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="'dev' is no file and none of all, train, validation, test"):
        open_world(tasks="dev")


def test_an_unknown_parameter_is_refused_with_those_there_are() -> None:
    with pytest.raises(TypeError, match="takes no colour; it takes archive, tasks, index, dialect"):
        gymnasium.make(ENV_ID, colour="red")


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.zim").write_text("not a ZIM")
    for path in (tmp_path, tmp_path / "text.zim", tmp_path / "missing.zim"):
        with pytest.raises(ArchiveError, match=str(path)):
            gymnasium.make(ENV_ID, archive=path)


def test_a_damaged_archive_is_refused_or_read(real_data: Path) -> None:
    paths = sorted((real_data / "invalid").glob("*.zim"))
    assert len(paths) == 12
    for path in paths:
        try:
            env = gymnasium.make(ENV_ID, archive=path)
        except ValueError as error:
            assert str(error)
        else:
            assert rollout(env, oracle, 0).reward in (1.0, None)


def test_two_processes_that_build_at_once_get_the_same(real_data: Path, tmp_path: Path) -> None:
    archive = real_data / "wikipedia_en_ray_charles_maxi_2019-08.zim"
    code = (
        "from agent_envs.snapshots.wikipedia.world import open_world;"
        f"print(open_world(archive={str(archive)!r})['tasks'].digest)"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env={**os.environ, "AGENT_ENVS_CACHE": str(tmp_path), "PYTHONHASHSEED": str(number)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    one, other = (process.communicate()[0] for process in processes)
    assert one == other != ""
    assert [path.name for path in tmp_path.rglob("*.partial*")] == []


def test_a_build_of_the_index_that_is_killed_leaves_nothing_that_is_taken_for_whole(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "copy.zim"  # no other test of this process has it open
    archive.write_bytes((real_data / "wikipedia_en_ray_charles_maxi_2019-08.zim").read_bytes())
    monkeypatch.setenv("AGENT_ENVS_CACHE", str(tmp_path))
    code = (
        "import os, signal\n"
        "from agent_envs.snapshots.wikipedia.archive import Archive\n"
        "from agent_envs.snapshots.wikipedia.index import open_index\n"
        "kill = lambda done, total: os.kill(os.getpid(), signal.SIGKILL) if done == 60 else None\n"
        f"open_index(Archive({str(archive)!r}), kill)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert inventory() == []
    assert "Ray Charles" in {hit.title for hit in Wikipedia(archive).search("Ray Charles", 5)}
    assert [path.name for path in tmp_path.rglob("*.partial*")] == []


def test_a_damaged_cache_says_what_to_delete_and_is_then_built_again(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_ENVS_CACHE", str(tmp_path))
    archive = real_data / "wikipedia_en_100_mini_2022-10.zim"
    code = f"from agent_envs.snapshots.wikipedia.world import open_world; open_world(archive={str(archive)!r})"

    def open_anew() -> str:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        return done.stderr.strip().rpartition("\n")[2]

    assert open_anew() == ""
    for kind in ("wikipedia-index", "wikipedia-tasks"):
        (item,) = (item for item in inventory() if item.kind == kind)
        for file in [item.path] if item.path.is_file() else sorted(item.path.iterdir()):
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        told = open_anew()
        assert f"CacheDamaged: {item.path} is damaged" in told
        assert told.endswith("delete it, and it is built again")
        shutil.rmtree(item.path) if item.path.is_dir() else item.path.unlink()
        assert open_anew() == ""
