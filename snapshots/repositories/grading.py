"""Grading: what tests say of a tree into which nothing of the agent was taken but its changes of the project's code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

import msgspec

from agent_envs.outcome import Fault
from agent_envs.sandbox import Snapshot

from .canaries import Canaries, canaries, random_names
from .counter_tests import CounterTest, counter_tests, with_counter_tests
from .fresh import Ground, run_changed
from .layout import is_test
from .running import TestRun
from .submission import Submission
from .suspicion import added
from .trees import Tree

TIMEOUT_FACTOR = 10.0


class Verdict(msgspec.Struct, frozen=True):
    """What hidden tests say.

    Args:
        fail_to_pass: Share of the tests that are to pass now, and do.
        pass_to_pass: Share of the tests that passed before, and still do; 1 where there are none.
        resolved: Whether all of both pass, and can be believed.
        detail: For people: what does not pass, and what of the changes did not count.
        timed_out: Whether the tests took too long.
    """

    fail_to_pass: float
    pass_to_pass: float
    resolved: bool
    detail: str = ""
    timed_out: bool = False


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

    def held(self, base: Tree) -> dict[str, bytes]:
        """The files of the tests that are to pass now, with what they hold, whether it is changed or not."""
        paths = sorted({test.partition("::")[0] for test in self.fail_to_pass})
        found = {path: self.files[path] if path in self.files else base.read(path) for path in paths}
        return {path: content for path, content in found.items() if content is not None}


class Counters(msgspec.Struct, frozen=True):
    """Counter-tests that fail with the solution.

    Args:
        tests: The tests, and for each the parameters with which it fails, as its ids have them.
    """

    tests: tuple[tuple[CounterTest, tuple[str, ...]], ...]
    timed_out: bool = False


class _Stage(NamedTuple):
    """All that is run in one go.

    Args:
        files: What files of tests hold, the counter-tests in them.
        canaries: The file of canaries.
        counters: The ids of counter-tests, each with what must come of it.
    """

    files: dict[str, bytes | None]
    canaries: Canaries
    counters: dict[str, str]


def counters(
    ground: Ground, snapshot: Snapshot, base: Tree, hidden: HiddenTests, gold: Mapping[str, bytes | None]
) -> Counters:
    """The counter-tests of a task: those of which it was seen that they fail with the solution.

    Args:
        ground: Where they are run.
        snapshot: What the agent's tree begins with.
        base: The files of it.
        hidden: The tests.
        gold: The solution's changes.

    Raises:
        Fault: The sandbox cannot be started, or is lost.
    """
    found = counter_tests(hidden.held(base), hidden.fail_to_pass)
    stage, names = _staged(base, hidden, [(one, ()) for one in found])
    run = _run(ground, snapshot, base, gold, hidden, stage, known=False)
    kept = []
    for one, called in zip(found, names, strict=True):
        ids = [test for test in run.tests if test == one.id(called) or test.startswith(f"{one.id(called)}[")]
        if ids and all(run.tests[test].outcome == "failed" for test in ids):
            kept.append((one, tuple(test.removeprefix(one.id(called)) for test in ids)))
    return Counters(tuple(kept), timed_out=not run.whole)


def grade(
    ground: Ground,
    snapshot: Snapshot,
    base: Tree,
    work: Submission,
    hidden: HiddenTests,
    gold: Mapping[str, bytes | None],
    against: Counters = Counters(()),  # noqa: B008 - it is frozen
) -> Verdict:
    """What hidden tests say of an agent's changes.

    Args:
        ground: Where they are run.
        snapshot: What the agent's tree began with.
        base: The files of it.
        work: The agent's changes.
        hidden: The tests.
        gold: The solution's changes: what these use is not suspicious.
        against: The counter-tests, as `counters` gives them.

    Raises:
        Fault: The sandbox cannot be started, or is lost, and not by what the agent changed.
    """
    found = suspicious(work, base, gold)
    if found:
        told = f"the changes hold {', '.join(found)}: tests cannot judge them"
        return Verdict(0.0, 0.0, False, _told((told,), work))
    stage, _ = _staged(base, hidden, against.tests)
    try:
        run = _run(ground, snapshot, base, work.files, hidden, stage)
    except (Fault, OSError):
        if not _run(ground, snapshot, base, {}, hidden, stage).whole:  # then it is not what the agent changed
            raise
        return Verdict(0.0, 0.0, False, _told(("the sandbox of the tests does not survive the changes",), work))
    if run.timed_out:
        return Verdict(0.0, 0.0, False, _told(("the tests took too long",), work), timed_out=True)
    return _verdict(run, stage, work, hidden)


def _staged(
    base: Tree, hidden: HiddenTests, against: Iterable[tuple[CounterTest, tuple[str, ...]]]
) -> tuple[_Stage, list[str]]:
    """The files of tests with canaries and counter-tests, under new names each time."""
    placed = list(against)
    names = random_names(len(placed))
    files: dict[str, bytes | None] = dict(hidden.files)
    held = hidden.held(base)
    for path, content in held.items():
        here = [(one, called) for (one, _), called in zip(placed, names, strict=True) if one.path == path]
        if here:
            files[path] = with_counter_tests(content, here)
    expected = {
        one.id(called, parameters): "failed"
        for (one, of), called in zip(placed, names, strict=True)
        for parameters in of
    }
    path = hidden.fail_to_pass[0].partition("::")[0]
    folder = str(PurePosixPath(path).parent).removeprefix(".")
    return _Stage(files, canaries(folder, held.get(path, b"").decode(errors="replace")), expected), names


def _run(
    ground: Ground,
    snapshot: Snapshot,
    base: Tree,
    changes: Mapping[str, bytes | None],
    hidden: HiddenTests,
    stage: _Stage,
    *,
    known: bool = True,
) -> TestRun:
    """Run the hidden tests with all that stands among them; others of their files too where ids are not known yet."""
    tests = {*hidden.fail_to_pass, *hidden.pass_to_pass, *stage.canaries.outcomes}
    files = {test.partition("::")[0] for test in tests}
    return run_changed(
        ground,
        snapshot,
        base.layout.paths,
        (changes, stage.files, {stage.canaries.path: stage.canaries.content}),
        files,
        wanted={*tests, *stage.counters} if known else None,
        frozen=[path for path in (*base.files, *stage.files, stage.canaries.path) if is_test(path)],
        timeout_s=ground.least_timeout_s + TIMEOUT_FACTOR * hidden.seconds,
    )


def _verdict(run: TestRun, stage: _Stage, work: Submission, hidden: HiddenTests) -> Verdict:
    to_pass = [test for test in hidden.fail_to_pass if not run.passed(test)]
    to_keep = [test for test in hidden.pass_to_pass if not run.passed(test)]
    lines = [f"{name} does not pass" for name in (*to_pass, *to_keep)]
    if len(lines) > 5:
        lines[5:] = [f"{len(lines) - 5} more do not pass"]
    believed = run.whole and stage.canaries.sing(run)
    if not believed or (not lines and run.outcomes(stage.counters) != stage.counters):
        return Verdict(0.0, 0.0, False, _told(("the tests did not come to their end in due form",), work))
    return Verdict(
        1 - len(to_pass) / len(hidden.fail_to_pass),
        1 - len(to_keep) / len(hidden.pass_to_pass) if hidden.pass_to_pass else 1.0,
        not lines,
        _told(lines, work),
    )


def suspicious(work: Submission, base: Tree, gold: Mapping[str, bytes | None]) -> list[str]:
    """What changes hold that a fix has no need of, and that the solution does not hold."""

    def of(changes: Mapping[str, bytes | None]) -> set[str]:
        after = {path: new for path, new in changes.items() if new is not None and path.endswith(".py")}
        before = {path: old for path in changes if path.endswith(".py") and (old := base.read(path)) is not None}
        return set(added(before, after))

    return sorted(of(work.files) - of(gold))


def _told(lines: Iterable[str], work: Submission) -> str:
    left_out = [f"{path} did not count: {reason}" for path, reason in list(work.left_out.items())[:5]]
    return "; ".join((*lines, *left_out))
