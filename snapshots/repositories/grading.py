"""Grading: what tests say of a tree into which nothing of the agent was taken but its changes of the project's code."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

import msgspec

from agent_envs.sandbox import Sandbox, Snapshot, start

from .canaries import Canaries, canaries
from .running import LIMITS, TestRun, run_tests
from .submission import Submission
from .suspicion import added
from .task_python import TaskPython
from .trees import Tree

TIMEOUT_FACTOR = 10.0


class Ground(NamedTuple):
    """Where tests are run.

    Args:
        python: The Python that they see.
        backend: Name of the sandboxes' backend; empty for the best that isolates.
        trusted: Whether a backend may be used that does not isolate.
        least_timeout_s: How long tests may take at least, however fast they were when the task was made.
    """

    python: TaskPython
    backend: str = ""
    trusted: bool = False
    least_timeout_s: float = 30.0

    def sandbox(self, snapshot: Snapshot, paths: tuple[str, ...]) -> Sandbox:
        """A sandbox for tests.

        Raises:
            Fault: It cannot be started.
        """
        view = self.python.view(paths, grading=True)
        return start(snapshot, backend=self.backend, trusted=self.trusted, limits=LIMITS, view=view)


class Verdict(msgspec.Struct, frozen=True):
    """What hidden tests say.

    Args:
        fail_to_pass: Share of the tests that are to pass now, and do.
        pass_to_pass: Share of the tests that passed before, and still do; 1 where there are none.
        resolved: Whether all of both pass, and can be believed.
        detail: For people: what does not pass, and what of the changes did not count.
    """

    fail_to_pass: float
    pass_to_pass: float
    resolved: bool
    detail: str = ""


def run_changed(
    ground: Ground,
    snapshot: Snapshot,
    paths: tuple[str, ...],
    changes: Iterable[Mapping[str, bytes | None]],
    files: Iterable[str],
    *,
    wanted: Iterable[str] | None = None,
    describe: bool = False,
    timeout_s: float,
) -> TestRun:
    """Run tests of a fresh tree with changes.

    Args:
        ground: Where.
        snapshot: What the tree begins with.
        paths: Folders of the tree from which the project is imported.
        changes: What files hold instead, one after the other; None where a file is to be removed.
        files: The files of tests.
        wanted: Ids of the tests; None for all in the files.
        describe: Whether to tell what the tests failed with.
        timeout_s: How long all of it may take.

    Raises:
        Fault: The sandbox cannot be started, or is lost.
    """
    sandbox = ground.sandbox(snapshot, paths)
    try:
        for change in changes:
            removed = [path for path, content in change.items() if content is None]
            if removed:
                sandbox.run(f"rm -f -- {' '.join(map(shlex.quote, removed))}")
            for path, content in change.items():
                if content is not None:
                    sandbox.write(path, content)
        return run_tests(sandbox, paths, files, wanted=wanted, describe=describe, timeout_s=timeout_s)
    finally:
        sandbox.close()


class HiddenTests(NamedTuple):
    """The tests that decide over a task.

    Args:
        files: What the files of hidden tests hold; None where one is removed.
        fail_to_pass: Tests that must pass now.
        pass_to_pass: Tests that must still pass.
        seconds: How long all of them took when the task was made.
    """

    files: Mapping[str, bytes | None]
    fail_to_pass: tuple[str, ...]
    pass_to_pass: tuple[str, ...]
    seconds: float


def grade(
    ground: Ground,
    snapshot: Snapshot,
    base: Tree,
    work: Submission,
    hidden: HiddenTests,
    gold: Mapping[str, bytes | None],
) -> Verdict:
    """What hidden tests say of an agent's changes.

    Args:
        ground: Where they are run.
        snapshot: What the agent's tree began with.
        base: The files of it.
        work: The agent's changes.
        hidden: The tests.
        gold: The solution's changes: what these use is not suspicious.

    Raises:
        Fault: The sandbox cannot be started, or is lost.
    """
    suspicious = _suspicious(work, base, gold)
    if suspicious:
        return Verdict(
            0.0, 0.0, False, _told((f"the changes use {', '.join(suspicious)}: tests cannot judge them",), work)
        )
    tests = (*hidden.fail_to_pass, *hidden.pass_to_pass)
    files = sorted({test.partition("::")[0] for test in tests})
    timeout_s = ground.least_timeout_s + TIMEOUT_FACTOR * hidden.seconds
    ours = canaries(str(PurePosixPath(hidden.fail_to_pass[0].partition("::")[0]).parent).removeprefix("."))
    run = run_changed(
        ground,
        snapshot,
        base.layout.paths,
        (work.files, hidden.files, {ours.path: ours.content}),
        (*files, ours.path),
        wanted=(*tests, *ours.outcomes),
        timeout_s=timeout_s,
    )
    if run.timed_out:
        return Verdict(0.0, 0.0, False, _told((f"the tests took more than {timeout_s:.0f} s",), work))
    return _verdict(run, ours, work, hidden)


def grade_tests(
    ground: Ground, snapshot: Snapshot, base: Tree, tests: Mapping[str, bytes], gold: Mapping[str, bytes | None]
) -> Verdict:
    """Whether tests tell the tree as it is from the solution.

    Some of them must fail as it is, and still where the solution's files are changed without a meaning: a test that
    looks at the text of the code, and not at what it does, is told by that. All must pass with the solution.

    Args:
        ground: Where they are run.
        snapshot: What the tree begins with.
        base: The files of it.
        tests: What files of tests hold.
        gold: The solution's changes.

    Raises:
        Fault: The sandbox cannot be started, or is lost.
    """
    held = ((path, base.read(path)) for path in gold if path.endswith(".py"))
    meaningless = {path: content + b"\n# changed\n" for path, content in held if content is not None}
    changes: tuple[Mapping[str, bytes | None], ...] = ({}, meaningless, gold)
    runs = [
        run_changed(ground, snapshot, base.layout.paths, (change, tests), tests, timeout_s=ground.least_timeout_s)
        for change in changes
    ]
    right = [run.whole and bool(run.tests) and not run.unread and all(map(run.passed, run.tests)) for run in runs]
    fails = [run.whole and not right for run, right in zip(runs, right, strict=True)]
    lines = ["no test fails in the tree as it is"] * (not fails[0]) + ["not all tests pass with the solution"] * (
        not right[2]
    )
    if fails[0] and not fails[1]:
        lines.append("they pass where the code was changed without a meaning")
    good = fails[0] and fails[1] and right[2]
    return Verdict(float(fails[0] and fails[1]), float(right[2]), good, "; ".join(lines))


def _verdict(run: TestRun, ours: Canaries, work: Submission, hidden: HiddenTests) -> Verdict:
    if not run.whole or not ours.sing(run):
        return Verdict(0.0, 0.0, False, _told(("the tests did not come to their end in due form",), work))
    to_pass = [test for test in hidden.fail_to_pass if not run.passed(test)]
    to_keep = [test for test in hidden.pass_to_pass if not run.passed(test)]
    lines = [f"{name} does not pass" for name in (*to_pass, *to_keep)]
    if len(lines) > 5:
        lines[5:] = [f"{len(lines) - 5} more do not pass"]
    return Verdict(
        1 - len(to_pass) / len(hidden.fail_to_pass),
        1 - len(to_keep) / len(hidden.pass_to_pass) if hidden.pass_to_pass else 1.0,
        not to_pass and not to_keep,
        _told(lines, work),
    )


def _suspicious(work: Submission, base: Tree, gold: Mapping[str, bytes | None]) -> list[str]:
    def of(changes: Mapping[str, bytes | None]) -> set[str]:
        python = ((path, after) for path, after in changes.items() if after is not None and path.endswith(".py"))
        return {name for path, after in python for name in added(base.read(path), after)}

    return sorted(of(work.files) - of(gold))


def _told(lines: Iterable[str], work: Submission) -> str:
    left_out = [f"{path} did not count: {reason}" for path, reason in list(work.left_out.items())[:5]]
    return "; ".join((*lines, *left_out))
