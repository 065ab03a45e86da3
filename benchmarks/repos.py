"""Speed and memory of repository tasks: commands, reset and fork of a large tree, grading, fifty episodes at once."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from figures import RESULTS, print_results, timed
from sandbox import held_kb, plant

from agent_envs import patches
from agent_envs.envs.issue_task import IssueTask
from agent_envs.envs.repo_task import RepoTask
from agent_envs.messages import ToolCall, assistant
from agent_envs.sandbox import Snapshot
from agent_envs.sandbox.local import LocalSandbox
from agent_envs.snapshots.repositories.bugs.baseline import baseline
from agent_envs.snapshots.repositories.bugs.candidates import candidates, code_files
from agent_envs.snapshots.repositories.bugs.mutants import mutants
from agent_envs.snapshots.repositories.bugs.screening import Bug, Screen
from agent_envs.snapshots.repositories.fresh import run_changed
from agent_envs.snapshots.repositories.repository_set import ABOUT, TASKS, TREES, About, RepositorySet
from agent_envs.snapshots.repositories.submission import Submission
from agent_envs.snapshots.repositories.trees import Tree
from agent_envs.snapshots.repositories.world import open_world
from agent_envs.tasks import TaskSet

AT_ONCE = 50
SCREENED = 12
TRUE = assistant(calls=(ToolCall.of("bash", command="true"),))


def main() -> None:
    """Measure everything and print one table and one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    repeats = parser.parse_args().repeats
    world: dict[str, Any] = open_world(tasks="all")
    commands(world, repeats)
    with tempfile.TemporaryDirectory() as folder:
        large(Path(folder), repeats)
    grading(world["repositories"], repeats)
    screening(world["repositories"])
    crowd(world)
    print_results("repos")


def commands(world: dict[str, Any], repeats: int) -> None:
    """Steps of an episode next to a bare subprocess."""
    env = RepoTask(**world)
    env.reset(seed=0)
    bare = ["/bin/bash", "--norc", "--noprofile", "-c", "true"]
    timed("a bare subprocess", repeats, lambda: subprocess.run(bare, check=True, capture_output=True))
    timed("reset of an episode whose sandbox is not asked for", repeats, lambda: env.reset(seed=0))
    timed("reset and a first command", repeats, lambda: (env.reset(seed=0), env.step(TRUE)))
    env.reset(seed=0)
    timed("a step with bash", min(repeats, 90), lambda: env.step(TRUE))
    view = assistant(calls=(ToolCall.of("edit", command="view", path="README.md"),))
    env.reset(seed=0)
    timed("a step with edit, viewing", min(repeats, 90), lambda: env.step(view))
    env.close()


def large(folder: Path, repeats: int) -> None:
    """Reset and fork of a tree of 5,000 files."""
    plant(folder / TREES / "large")
    (folder / TREES / "large" / "package").mkdir()
    (folder / TREES / "large" / "package" / "__init__.py").write_text("x = 1\n")
    test = {"tests/test_x.py": b"def test_x():\n    from package import x\n\n    assert x == 2\n"}
    task = IssueTask(
        id="large-0",
        instruction="x is to be 2.",
        repository="large",
        kind="given",
        patch=patches.made({"package/__init__.py": b"x = 1\n"}, {"package/__init__.py": b"x = 2\n"}),
        test_patch=patches.made({}, test),
        fail_to_pass=("tests/test_x.py::test_x",),
        pass_to_pass=(),
    )
    TaskSet("large", [task]).save(folder / TASKS)
    (folder / ABOUT).write_bytes(msgspec.json.encode(About("large", f"benchmark {time.time_ns()}")))
    repositories = RepositorySet(folder)
    timed("5,000 files: making the tree of the task, once", 1, lambda: repositories.base(task))
    timed("5,000 files: digest of that tree, once a process", 1, lambda: repositories.tree_digest(task))
    env = RepoTask(repositories, repositories.tasks)
    timed("5,000 files: reset and a first command", repeats, lambda: (env.reset(seed=0), env.step(TRUE)))
    env.reset(seed=0)
    env.step(TRUE)
    timed("5,000 files: fork of the episode, and closing it", repeats, lambda: env.fork().close())
    timed("5,000 files: digest of the state", repeats, env.state_digest)
    status = assistant(calls=(ToolCall.of("bash", command="git status --short"),))
    timed("5,000 files: git status", 3, lambda: env.step(status))
    env.close()


def grading(repositories: RepositorySet, repeats: int) -> None:
    """Grading of one task, next to pytest by itself on the same tree."""
    task = repositories.tasks[0]
    base = repositories.base(task)
    solved = {path: after for path, (_, after) in repositories.solution(task).items()}
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        "/dev/null",
        "-p",
        "no:cacheprovider",
        *base.tree.layout.tests,
    ]
    timed(
        "grading: pytest alone, outside of a sandbox",
        repeats,
        lambda: subprocess.run(command, cwd=base.tree.path, capture_output=True, env=alone),
    )
    files = sorted({test.partition("::")[0] for test in (*task.fail_to_pass, *task.pass_to_pass)})
    timed(
        "grading: the suite in a fresh sandbox",
        repeats,
        lambda: run_changed(repositories.ground, base.snapshot, base.tree.layout.paths, (solved,), files, timeout_s=60),
    )
    numbers = count()

    def first() -> None:
        repositories._known.clear()
        another()

    def another() -> None:
        changed = {path: content and content + b"# %d\n" % next(numbers) for path, content in solved.items()}
        assert repositories.grade_work(task, Submission(changed, {})).resolved

    timed("grading: the first verdict on a task, which tries its counter-tests", repeats, first)
    timed("grading: another verdict", repeats, another)
    timed("grading: a verdict that is known", repeats, lambda: repositories.grade_work(task, Submission(solved, {})))


def screening(repositories: RepositorySet) -> None:
    """A changed tree tried in a fork of a process that has loaded pytest, next to a fresh sandbox."""
    tree = Tree(repositories.folder / TREES / repositories.tasks[0].repository)
    base = baseline(repositories.ground, tree)
    screen = Screen(repositories.ground, tree, base, workers=1)
    sources = code_files(tree)
    tried = [Bug((one,), ()) for one in candidates(tree, mutants, 0) if screen.covering((one,))][:SCREENED]
    begun = time.perf_counter()
    found = [bug for at in range(0, SCREENED, 4) for bug in screen._screened(tried[at : at + 4], sources)]
    RESULTS["trying a change: warm, the tests that run its lines, ms"] = (time.perf_counter() - begun) / SCREENED * 1e3
    broken = [bug.files(sources) for bug in found if bug is not None]
    begun = time.perf_counter()
    for files in broken:
        change = {path: text.encode() for path, text in files.items()}
        where = (repositories.ground, Snapshot(tree.path), tree.layout.paths)
        run_changed(*where, (change,), base.files, wanted=base.passed, timeout_s=60.0)
    RESULTS["trying a change: cold, the whole suite, ms"] = (time.perf_counter() - begun) / len(broken) * 1e3


def crowd(world: dict[str, Any]) -> None:
    """Fifty episodes at once: a first command in each from eight threads, the solutions, and what each holds."""
    envs = [RepoTask(**world) for _ in range(AT_ONCE)]

    def begin(number: int) -> None:
        envs[number].reset(seed=number)
        envs[number].step(TRUE)

    def solve(number: int) -> bool:
        *_, info = [envs[number].step(turn) for turn in envs[number].solution()][-1]
        return bool(info["outcome"].success)

    world["repositories"]._known.clear()
    with ThreadPoolExecutor(8) as pool:
        for name, act in (("resetting, and a first command", begin), ("solving, and grading", solve)):
            begun = time.perf_counter()
            done = list(pool.map(act, range(AT_ONCE)))
            RESULTS[f"{AT_ONCE} episodes at once: {name}, ms"] = (time.perf_counter() - begun) * 1e3
    assert all(done), "a solution is not one"
    held = [held_kb(env.world.sandbox._process.pid) for env in envs if isinstance(env.world.sandbox, LocalSandbox)]
    RESULTS[f"{AT_ONCE} episodes at once: memory of each sandbox, KB (PSS)"] = median(held)
    for env in envs:
        env.close()


if __name__ == "__main__":
    main()
