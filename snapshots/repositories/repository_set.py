"""A set of repositories on disk with tasks on them: what an environment works on."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from agent_envs import patches
from agent_envs.envs.issue_task import IssueTask
from agent_envs.sandbox import Sandbox, Snapshot, check_backend, start
from agent_envs.snapshots.cache import build_once, cache_path, reading
from agent_envs.tasks import TaskSet

from .fresh import Ground, run_changed
from .grading import Verdict, grade
from .running import TestRun
from .staging import Counters, HiddenTests, Stage
from .submission import Submission, of_files, submission
from .task_python import task_python
from .tests_graded import grade_tests
from .trees import Tree

TREES, TASKS, ABOUT = "trees", "tasks.jsonl", "about.json"
_MOST_KNOWN = 4096
T = TypeVar("T", TestRun, Verdict, Counters)


class About(msgspec.Struct, frozen=True):
    """What is kept beside the trees and tasks of a set.

    Args:
        name: Its name.
        digest: Digest of what it was made from.
        needs: Distributions that its tests import, beside pytest.
    """

    name: str
    digest: str
    needs: tuple[str, ...] = ()


class Base(NamedTuple):
    """The tree that the agent gets for a task.

    Args:
        tree: Its files.
        snapshot: What sandboxes begin with.
        hidden: The tests that decide.
        gold: The solution's changes.
    """

    tree: Tree
    snapshot: Snapshot
    hidden: HiddenTests
    gold: Mapping[str, bytes | None]


class RepositorySet:
    """Repositories with their tasks; see `agent_envs.envs.workbench.Repositories`.

    Args:
        folder: Holds ``trees/<repository>/``, ``tasks.jsonl`` and ``about.json``.
        backend: Name of the sandboxes' backend; empty for the best that isolates.
        trusted: Whether a backend may be used that does not isolate.

    Raises:
        CacheDamaged: The folder cannot be read.
        ModuleNotFoundError: A distribution that the tests need is not installed.
        ValueError: There is no such backend, or it does not isolate and is not to be trusted.
    """

    def __init__(self, folder: Path, backend: str = "", trusted: bool = False) -> None:
        check_backend(backend, trusted=trusted)
        self.folder = folder
        with reading(folder):
            self.about = msgspec.json.decode((folder / ABOUT).read_bytes(), type=About)
            self.tasks = TaskSet.load(self.about.name, folder / TASKS, IssueTask)
        self.ground = Ground(task_python(self.about.needs), backend, trusted)
        self.digest = hashlib.blake2b(
            f"{self.about.digest} {self.ground.python.digest}".encode(), digest_size=16
        ).hexdigest()
        self._known: dict[str, Any] = {}
        self._lock = threading.Lock()
        self.base = lru_cache(maxsize=256)(self._base)

    def _base(self, task: IssueTask) -> Base:
        """The tree of a task, made at first use."""
        kept = Tree(self.folder / TREES / task.repository)
        made_from = hashlib.blake2b(f"{task.repository} {task.setup}".encode(), digest_size=16).hexdigest()
        place = cache_path("repository-bases", self.about.name, self.about.digest) / made_from
        build_once(place, lambda path: kept.build(path, patches.applied(task.setup, kept.read)))
        return base_at(place, task)

    def tree_digest(self, task: IssueTask) -> str:
        """Digest of the tree that the agent gets, as its sandbox gives it."""
        return self.base(task).snapshot.digest()

    def sandbox(self, task: IssueTask) -> Sandbox:
        """The tree that the agent gets.

        Raises:
            Fault: It cannot be started.
        """
        base = self.base(task)
        view = self.ground.python.view(base.tree.layout.paths)
        return start(base.snapshot, backend=self.ground.backend, trusted=self.ground.trusted, view=view)

    def grade(self, task: IssueTask, sandbox: Sandbox) -> Verdict:
        """What hidden tests say of what the agent did there.

        Raises:
            Fault: A sandbox is lost, or cannot be started.
        """
        return self.grade_work(task, submission(sandbox, self.base(task).tree))

    def grade_work(self, task: IssueTask, work: Submission) -> Verdict:
        """What hidden tests say of changes; the same changes are judged once.

        Raises:
            Fault: A sandbox is lost, or cannot be started.
        """
        base = self.base(task)
        return self._once(
            _key(task, "changes", sorted(work.files.items()), sorted(work.left_out)),
            lambda: grade(self.ground, base.snapshot, base.tree, work, base.hidden, base.gold, self.counters(task)),
        )

    def counters(self, task: IssueTask) -> Counters:
        """The counter-tests of a task.

        Raises:
            Fault: A sandbox is lost, or cannot be started.
        """
        base = self.base(task)
        return self._once(
            _key(task, "counters"),
            lambda: Stage(self.ground, base.snapshot, base.tree, base.hidden).counters(base.gold),
        )

    def run(self, task: IssueTask, changes: Mapping[str, bytes], tests: Mapping[str, bytes]) -> TestRun:
        """What tests say of the task's tree with changes of the project's code; the same is run once.

        Args:
            task: The task.
            changes: What files hold instead; what is no code of the project does not count.
            tests: What files of tests hold; these are run.

        Raises:
            Fault: A sandbox is lost, or cannot be started.
        """
        base = self.base(task)
        work = of_files(changes, base.tree)
        return self._once(
            _key(task, "run", sorted(work.files.items()), sorted(tests.items())),
            lambda: run_changed(
                self.ground,
                base.snapshot,
                base.tree.layout.paths,
                (work.files, tests),
                tests,
                timeout_s=self.ground.least_timeout_s,
            ),
        )

    def _once(self, key: str, work_out: Callable[[], T]) -> T:
        """What was worked out before under a key, or is now."""
        with self._lock:
            known: T | None = self._known.get(key)
        if known is None:
            known = work_out()
            if known.timed_out:  # on a quieter machine it might not
                return known
            with self._lock:
                if len(self._known) >= _MOST_KNOWN:
                    self._known.pop(next(iter(self._known)))
                self._known[key] = known
        return known

    def grade_changes(self, task: IssueTask, changes: Mapping[str, bytes]) -> Verdict:
        """What hidden tests say of changed files.

        Raises:
            Fault: A sandbox is lost, or cannot be started.
        """
        return self.grade_work(task, of_files(changes, self.base(task).tree))

    def grade_tests(self, task: IssueTask, tests: Mapping[str, bytes]) -> Verdict:
        """Whether tests fail before the solution and pass with it; the same tests are judged once.

        Raises:
            Fault: A sandbox is lost, or cannot be started.
        """
        base = self.base(task)
        return self._once(
            _key(task, "tests", sorted(tests.items())),
            lambda: grade_tests(self.ground, base.snapshot, base.tree, tests, base.hidden.files, base.gold),
        )

    def files(self, task: IssueTask) -> tuple[str, ...]:
        """The Python files of the tree that the agent gets, in order."""
        return tuple(path for path in self.base(task).tree.files if path.endswith(".py"))

    def read(self, task: IssueTask, path: str) -> bytes | None:
        """What a file of that tree holds; None where there is none."""
        return self.base(task).tree.read(path)

    def hidden_tests(self, task: IssueTask) -> Mapping[str, tuple[bytes | None, bytes | None]]:
        """What the files of hidden tests hold in that tree, and with the tests; None where there is no file."""
        base = self.base(task)
        return {path: (base.tree.read(path), after) for path, after in base.hidden.files.items()}

    def solution(self, task: IssueTask) -> Mapping[str, tuple[bytes | None, bytes | None]]:
        """What the files of the solution hold before and after it; None where there is no file."""
        base = self.base(task)
        return {path: (base.tree.read(path), after) for path, after in base.gold.items()}


def base_at(place: Path, task: IssueTask) -> Base:
    """What a task is played and judged with, whose tree stands at a place."""
    tree = Tree(place)
    hidden = HiddenTests(patches.applied(task.test_patch, tree.read), task.fail_to_pass, task.pass_to_pass, task.test_s)
    return Base(tree, Snapshot(place), hidden, patches.applied(task.patch, tree.read))


@contextmanager
def built(kept: Tree, task: IssueTask) -> Iterator[Base]:
    """What a task is played and judged with, whose tree is made for this once."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch, "tree")
        kept.build(place, patches.applied(task.setup, kept.read))
        yield base_at(place, task)


def objection(ground: Ground, kept: Tree, task: IssueTask) -> str:
    """Why a task cannot enter a set, by the verdict that episodes get: its solution must resolve it, and nothing not.

    Returns:
        The reason; empty where there is none.

    Raises:
        Fault: A sandbox is lost, or cannot be started.
    """
    with built(kept, task) as base:
        to_fail = base.hidden._replace(pass_to_pass=())
        nothing = grade(ground, base.snapshot, base.tree, Submission({}, {}), to_fail, base.gold)
        if nothing.resolved:
            return "its tests pass without the solution"
        solution = Submission(dict(base.gold), {})
        solved = grade(ground, base.snapshot, base.tree, solution, base.hidden, base.gold)
        return "" if solved.resolved else f"with its solution {solved.detail}"


def _key(task: IssueTask, *judged: object) -> str:
    return hashlib.blake2b(msgspec.msgpack.encode((task, judged)), digest_size=16).hexdigest()
