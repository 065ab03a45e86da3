"""Tasks from changes that people made: the old code under the new tests, with what these say before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from agent_envs import patches
from agent_envs.envs.issue_task import IssueTask
from agent_envs.sandbox import Snapshot
from agent_envs.tasks import Split

from .bugs.baseline import TIMEOUT_S, test_files
from .example import cleaned
from .fresh import Ground, run_changed
from .issue_text import Failure, issue_text
from .repository_set import objection
from .running import Raised, TestRun
from .trees import Tree

RUNS = 2
SHOWN = 4


class RealChange(NamedTuple):
    """A change of a repository.

    Args:
        id: What the task is to be called.
        project: Name of the project.
        repository: Name of the repository as it was before.
        kind: Where the change is from.
        old: The repository as it was before.
        sources: What files of the project's code hold after it; None where one is removed.
        tests: What files of tests hold after it; None where one is removed.
    """

    id: str
    project: str
    repository: str
    kind: Literal["mined", "release"]
    old: Tree
    sources: Mapping[str, bytes | None]
    tests: Mapping[str, bytes | None]


class NoTask(ValueError):
    """A change that makes no task; the message says why."""


def task_of(ground: Ground, change: RealChange, split: Split) -> IssueTask:
    """The task that a change makes.

    Args:
        ground: Where tests are run.
        change: The change.
        split: Which part of a set it belongs to.

    Raises:
        NoTask: No test fails before and passes after it, or it makes something worse, or it cannot be told as a patch.
        Fault: A sandbox cannot be started, or is lost.
    """
    try:
        paths = change.old.layout.paths
    except ValueError as error:
        raise NoTask(f"before it there is {error}") from None
    removed = {path for path, content in change.tests.items() if content is None}
    files = test_files(sorted({*change.old.files, *change.tests} - removed))
    snapshot = Snapshot(change.old.path)

    def run(*changes: Mapping[str, bytes | None], describe: bool = False) -> TestRun:
        done = run_changed(ground, snapshot, paths, changes, files, describe=describe, timeout_s=TIMEOUT_S)
        if not done.whole:
            raise NoTask("the tests take too long" if done.timed_out else "the tests end their own run")
        return done

    before = run(change.tests, describe=True)
    after = [run(change.tests, change.sources) for _ in range(RUNS)]
    passing = sorted(test for test in after[0].tests if all(one.passed(test) for one in after))
    fail_to_pass = tuple(test for test in passing if not before.passed(test))
    pass_to_pass = tuple(test for test in passing if before.passed(test))
    if not fail_to_pass:
        raise NoTask("no test fails before and passes after it")
    worse = [test for test in before.tests if before.passed(test) and not all(one.passed(test) for one in after)]
    if worse:
        raise NoTask(f"{worse[0]} passes before, and not after it")
    if not pass_to_pass:
        raise NoTask("no test passes both before and after it")
    task = _task(change, split, before, fail_to_pass, pass_to_pass, max(_seconds(one) for one in (before, *after)))
    if reason := objection(ground, change.old, task):
        raise NoTask(reason)
    return task


def _task(
    change: RealChange,
    split: Split,
    before: TestRun,
    fail_to_pass: tuple[str, ...],
    pass_to_pass: tuple[str, ...],
    seconds: float,
) -> IssueTask:
    def diff(after: Mapping[str, bytes | None]) -> str:
        held = {path: content for path in after if (content := change.old.read(path)) is not None}
        try:
            return patches.made(held, after)
        except patches.PatchError as error:
            raise NoTask(str(error)) from None

    failures = [Failure(test, before.tests[test].raised or _UNKNOWN) for test in fail_to_pass if test in before.tests]
    failures += [Failure(test, _UNKNOWN) for test in fail_to_pass if test not in before.tests]
    failing = {failure.id.partition("::")[0] for failure in failures}
    held = {path: change.tests.get(path) or change.old.read(path) or b"" for path in failing}
    tests = {path: content.decode(errors="replace") for path, content in held.items()}
    text = issue_text(change.project, failures, tests, SHOWN) or _unread_text(change.project, before, fail_to_pass)
    patch = diff(change.sources)
    return IssueTask(
        id=change.id,
        instruction=text,
        split=split,
        difficulty=max(1, patch.count("\n@@ ")),
        repository=change.repository,
        kind=change.kind,
        patch=patch,
        test_patch=diff(change.tests),
        fail_to_pass=fail_to_pass,
        pass_to_pass=pass_to_pass,
        test_s=round(seconds, 1),
    )


_UNKNOWN = Raised("", "", 0, False)


def _unread_text(project: str, before: TestRun, tests: tuple[str, ...]) -> str:
    """The issue where tests cannot even be read, for they import what is not there yet."""
    reasons = [
        cleaned(message.strip().splitlines()[-1].removeprefix("E ").strip())
        for message in before.unread.values()
        if message
    ]
    if not reasons:
        raise NoTask("no failing test can be shown")
    names = sorted({test.partition("[")[0].rpartition("::")[2] for test in tests})
    return (
        f"{project}: {reasons[0]}\n\nCode that uses the new interface cannot be imported:\n\n```\n"
        + "\n".join(dict.fromkeys(reasons))
        + f"\n```\n\nWhat is to work is named in the tests: {', '.join(names[:30])}."
    )


def _seconds(run: TestRun) -> float:
    return sum(one.seconds for one in run.tests.values())
