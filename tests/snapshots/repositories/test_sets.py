"""Sets from repositories of one's own, from histories and from files of instances."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from agent_envs.envs.issue_task import IssueTask
from agent_envs.snapshots.repositories.building import Made
from agent_envs.snapshots.repositories.git import GitError
from agent_envs.snapshots.repositories.given import build_instances
from agent_envs.snapshots.repositories.repository_set import RepositorySet
from agent_envs.snapshots.repositories.self_play import self_play
from agent_envs.snapshots.repositories.sets import build_local
from agent_envs.snapshots.repositories.submission import Submission
from agent_envs.snapshots.repositories.tiny.generate import generate

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
OLD = {
    "ledger/__init__.py": "",
    "ledger/sums.py": "def total(amounts):\n    return sum(amounts[1:])\n",
    "tests/test_sums.py": "from ledger.sums import total\n\n\ndef test_nothing():\n    assert total([]) == 0\n",
}
NEW = {
    "ledger/sums.py": "def total(amounts):\n    return sum(amounts)\n",
    "tests/test_sums.py": OLD["tests/test_sums.py"] + "\n\ndef test_all_count():\n    assert total([1, 2]) == 3\n",
}


def write(folder: Path, files: dict[str, bytes] | dict[str, str]) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def git(folder: Path, *arguments: str) -> str:
    who = {f"GIT_{role}_{what}": "someone@example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=folder, env={**os.environ, **who}, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A git repository of two commits, the second of which mends a bug and adds a test."""
    folder = write(tmp_path / "clones" / "ledger", OLD)
    git(folder, "init", "-q")
    for files, subject in (({}, "Begin"), (NEW, "Count all amounts")):
        write(folder, files)
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", subject)
    return folder


def proved(repositories: RepositorySet, task: IssueTask) -> tuple[bool, bool]:
    """Whether the solution resolves a task, and whether nothing does."""
    solution = {path: after for path, (_, after) in repositories.solution(task).items()}
    return (
        repositories.grade_work(task, Submission(solution, {})).resolved,
        repositories.grade_work(task, Submission({}, {})).resolved,
    )


def test_bugs_are_made_on_a_folder_the_same_whatever_the_number_of_workers(tmp_path: Path) -> None:
    folder = write(tmp_path / "tools", generate(5))
    sets = [build_local([folder], tmp_path / f"set{workers}", count=5, workers=workers) for workers in (1, 2)]
    files = [
        {str(path.relative_to(one)): path.read_bytes() for path in one.rglob("*") if path.is_file()} for one in sets
    ]
    assert {name: content for name, content in files[0].items() if name != "about.json"} == {
        name: content for name, content in files[1].items() if name != "about.json"
    }
    repositories = RepositorySet(sets[0])
    assert len(repositories.tasks) == 5
    assert [proved(repositories, task) for task in repositories.tasks] == [(True, False)] * 5


def test_a_repository_whose_tests_fail_is_named_and_gives_nothing(tmp_path: Path) -> None:
    bad = write(tmp_path / "bad", {"bad.py": "x = 1\n", "test_bad.py": "def test_x():\n    assert False\n"})
    good = write(tmp_path / "good", generate(2))
    told: list[Made] = []
    folder = build_local([bad, good], tmp_path / "set", count=2, report=told.append)
    assert [(made.name, bool(made.tasks)) for made in told] == [("bad", False), ("good", True)]
    assert "passes before any change" in told[0].unfit
    assert {task.repository for task in RepositorySet(folder).tasks} == {"good"}


def test_a_set_is_never_written_over(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError, match="is there already"):
        build_local([tmp_path], tmp_path)


def test_two_repositories_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two of the repositories have one name: x, x"):
        build_local([tmp_path / "a" / "x", tmp_path / "b" / "x"], tmp_path / "set")


@needs_git
def test_a_commit_that_mends_a_bug_and_adds_a_test_is_a_task(clone: Path, tmp_path: Path) -> None:
    folder = build_local([clone], tmp_path / "set", count=0, mine=10)
    repositories = RepositorySet(folder)
    (task,) = repositories.tasks
    assert task.kind == "mined"
    assert task.fail_to_pass == ("tests/test_sums.py::test_all_count",)
    assert task.pass_to_pass == ("tests/test_sums.py::test_nothing",)
    assert "total([1, 2])" in task.instruction
    assert "sum(amounts" not in task.instruction
    assert proved(repositories, task) == (True, False)


@needs_git
@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_instances_run_unchanged_from_a_file(clone: Path, tmp_path: Path, form: str) -> None:
    instance = {
        "instance_id": "someone__ledger-1",
        "repo": "someone/ledger",
        "base_commit": git(clone, "rev-parse", "HEAD~1"),
        "problem_statement": "Not all amounts count.",
        "hints_text": "",
        "patch": git(clone, "diff", "HEAD~1", "HEAD", "--", "ledger") + "\n",
        "test_patch": git(clone, "diff", "HEAD~1", "HEAD", "--", "tests") + "\n",
        "FAIL_TO_PASS": json.dumps(["tests/test_sums.py::test_all_count"]),
        "PASS_TO_PASS": json.dumps(["tests/test_sums.py::test_nothing"]),
    }
    strange = {**instance, "instance_id": "someone__ledger-2", "FAIL_TO_PASS": ["test_all (sums.Tests)"]}
    elsewhere = {**instance, "instance_id": "someone__ledger-3", "repo": "someone/else"}
    misfit = {**instance, "instance_id": "someone__ledger-4", "base_commit": git(clone, "rev-parse", "HEAD")}
    prose = {**instance, "instance_id": "someone__ledger-5", "patch": "Just count them all."}
    never = {**instance, "instance_id": "someone__ledger-6", "FAIL_TO_PASS": ["tests/test_sums.py::test_never"]}
    passing = {**instance, "instance_id": "someone__ledger-7", "FAIL_TO_PASS": instance["PASS_TO_PASS"]}
    unborn = {**instance, "instance_id": "someone__ledger-8", "base_commit": "0" * 40}
    foreign = {**instance, "instance_id": "someone__ledger-9", "patch": instance["patch"].replace("\n", "\r\n")}
    path = tmp_path / f"instances.{form}"
    given = [unborn, strange, elsewhere, misfit, prose, never, passing, foreign, instance]
    path.write_text(json.dumps(given) if form == "json" else "\n".join(map(json.dumps, given)))
    told: dict[str, str] = {}
    taken: list[str] = []
    folder = build_instances(path, clone.parent, tmp_path / "set", rejected=told.__setitem__, taken=taken.append)
    repositories = RepositorySet(folder)
    (task,) = repositories.tasks
    assert (task.id, task.instruction) == ("someone__ledger-1", "Not all amounts count.")
    assert taken == [task.id]
    assert [tree.name for tree in (folder / "trees").iterdir()] == [task.repository]
    assert task.test_s >= 1
    assert proved(repositories, task) == (True, False)
    assert "not named as pytest names them" in told["someone__ledger-2"]
    assert "no repository of someone/else" in told["someone__ledger-3"]
    assert "ledger/sums.py" in told["someone__ledger-4"]
    assert "'Just count them all.': give a unified diff" in told["someone__ledger-5"]
    assert told["someone__ledger-6"] == "with its solution tests/test_sums.py::test_never does not pass"
    assert told["someone__ledger-7"] == "its tests pass without the solution"
    assert "no such commit that can be read" in told["someone__ledger-8"]
    assert "it ends in CR LF" in told["someone__ledger-9"]


@pytest.mark.parametrize(("name", "text"), [("none.jsonl", "\n"), ("none.json", "[]")])
def test_a_file_without_instances_is_named(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=f"there is no instance in .*{name}"):
        build_instances(tmp_path / name, tmp_path, tmp_path / "set")


@needs_git
def test_a_folder_of_clones_that_is_no_repository_ends_it(tmp_path: Path) -> None:
    (tmp_path / "clones" / "b").mkdir(parents=True)
    names = ("instance_id", "repo", "base_commit", "problem_statement", "patch", "test_patch")
    instance = {**dict.fromkeys(names, "a/b"), "FAIL_TO_PASS": ["t.py::t"], "PASS_TO_PASS": []}
    (tmp_path / "one.json").write_text(json.dumps([instance]))
    with pytest.raises(GitError, match=r"cannot read .*clones/b"):
        build_instances(tmp_path / "one.json", tmp_path / "clones", tmp_path / "set")


@needs_git
def test_a_submodule_is_told(clone: Path, tmp_path: Path) -> None:
    git(clone, "update-index", "--add", "--cacheinfo", f"160000,{git(clone, 'rev-parse', 'HEAD')},vendor/lib")
    git(clone, "commit", "-qm", "Lean on another")
    told: dict[str, Mapping[str, str]] = {}
    build_local([clone], tmp_path / "set", count=0, mine=10, left_out=told.__setitem__)
    assert told == {"ledger": {"vendor/lib": "a submodule, whose files are in another repository"}}


@pytest.mark.parametrize(("name", "why"), [("nowhere", "there is no file and no folder"), ("empty", "is empty")])
def test_what_holds_no_project_is_named(name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises((ValueError, OSError), match=f"{name}.*{why}|{why}.*{name}"):
        build_local([tmp_path / name], tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_where_no_task_comes_there_is_no_set(tmp_path: Path) -> None:
    bare = write(tmp_path / "bare", {"readme.txt": "nothing\n"})
    with pytest.raises(ValueError, match="no task came of it"):
        build_local([bare], tmp_path / "set")


def test_patches_are_scored_by_tests(ledger: RepositorySet) -> None:
    task = ledger.tasks[0]
    base = ledger.base(task)
    gold = {path: after for path, after in base.gold.items() if after is not None}
    broken = {path: content.replace(b"* 100", b"* 10") for path, content in gold.items()}
    test = {path: after for path, after in base.hidden.files.items() if after is not None}
    empty = {"tests/test_more.py": b"def test_nothing():\n    pass\n"}
    played = [
        self_play(ledger, task, [gold, {}, broken, gold], [test, empty, test], workers=workers) for workers in (1, 3)
    ]
    assert played[0] == played[1]
    assert played[0].kept == (0, 2)  # what fails nowhere tells nothing
    best, nothing, other, again = played[0].scores
    assert best == again == 2.0
    assert nothing == 1.0
    assert 1.0 < other < 2.0


@needs_git
def test_tasks_on_several_repositories_have_trees_of_their_own(clone: Path, tmp_path: Path) -> None:
    more = OLD["tests/test_sums.py"].replace("nothing", "none")
    for number in range(2):
        write(clone, {"ledger/sums.py": OLD["ledger/sums.py"], "tests/test_sums.py": more + f"\n# {number}\n"})
        git(clone, "commit", "-qam", f"Break {number}")
        write(clone, {"ledger/sums.py": NEW["ledger/sums.py"]})
        write(
            clone,
            {
                "tests/test_sums.py": more
                + f"\n\ndef test_all_{number}():\n    assert total([1, {number}]) == {number + 1}\n"
            },
        )
        git(clone, "commit", "-qam", f"Mend {number}")
    repositories = RepositorySet(build_local([clone], tmp_path / "set", count=0, mine=10))
    assert len({repositories.tree_digest(task) for task in repositories.tasks}) == len(repositories.tasks) == 3
    assert [proved(repositories, task) for task in repositories.tasks] == [(True, False)] * 3
