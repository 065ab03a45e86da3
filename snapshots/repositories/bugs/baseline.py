"""What a repository's own tests say before anything is changed: which are reliable, and which lines each runs."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from agent_envs.sandbox import Sandbox, Snapshot

from ..fresh import Ground, run_changed
from ..running import TestRun
from ..task_python import task_python
from ..trees import Tree

RUNS = 3
TIMEOUT_S = 120.0
COVERAGE_FACTOR = 8.0
_TESTS = re.compile(r"(test_.*|.*_tests?|tests)\.py")


class UnfitRepository(ValueError):
    """A repository whose tests cannot judge anything; the message says why."""


class Baseline(msgspec.Struct, frozen=True):
    """What the tests say of a repository as it is.

    Args:
        files: The files of tests.
        passed: Tests that passed in every run, in order, and the seconds that each took.
        seconds: How long the whole suite took, at most.
        covering: By file and line of the project's code, the tests that ran it, as numbers in `named`; a line that is
            run when the project is imported has the test named ``""``.
        named: The tests by number.
    """

    files: tuple[str, ...]
    passed: dict[str, float]
    seconds: float
    covering: dict[str, dict[int, tuple[int, ...]]]
    named: tuple[str, ...]

    def tests_of(self, path: str, first: int, last: int) -> tuple[str, ...]:
        """Reliable tests that run lines of a file; all of them where importing it does."""
        lines = self.covering.get(path, {})
        found = {self.named[number] for line in range(first, last + 1) for number in lines.get(line, ())}
        return tuple(test for test in self.passed if "" in found or test in found)


class _Covered(msgspec.Struct):
    tests: tuple[str, ...]
    lines: dict[str, dict[int, tuple[int, ...]]]


def test_files(paths: Iterable[str]) -> tuple[str, ...]:
    """The files of tests among others: those that pytest takes up by their names, and ``tests.py``."""
    return tuple(path for path in paths if _TESTS.fullmatch(path.rpartition("/")[2]))


def baseline(ground: Ground, tree: Tree, needs: Sequence[str] = ()) -> Baseline:
    """Run a repository's tests as they are, some times over, and once more to see what they run.

    Args:
        ground: Where.
        tree: The repository.
        needs: Distributions that its tests import, beside pytest.

    Raises:
        UnfitRepository: It has no code or no tests, or they take too long, or none passes each time.
        Fault: A sandbox is lost, or cannot be started.
    """
    try:
        _ = tree.layout
    except ValueError as error:
        raise UnfitRepository(f"{tree.path.name} holds {error}") from None
    files = test_files(tree.files)
    if not files:
        raise UnfitRepository(f"{tree.path.name} has no files of tests (test_*.py or *_test.py)")
    snapshot = Snapshot(tree.path)
    runs = [_run(ground, snapshot, tree, files) for _ in range(RUNS)]
    passed = {
        test: max(run.tests[test].seconds for run in runs)
        for test in sorted(runs[0].tests)
        if all(run.passed(test) for run in runs)
    }
    if not passed:
        raise UnfitRepository(f"no test of {tree.path.name} passes before any change: {_why(runs[0])}")
    seconds = max(sum(one.seconds for one in run.tests.values()) for run in runs)
    covered = _covered(ground._replace(python=task_python(("coverage", *needs))), snapshot, tree, files, seconds)
    return Baseline(files, passed, seconds, covered.lines, covered.tests)


def _run(ground: Ground, snapshot: Snapshot, tree: Tree, files: tuple[str, ...]) -> TestRun:
    run = run_changed(ground, snapshot, tree.layout.paths, (), files, timeout_s=TIMEOUT_S)
    if not run.whole:
        why = f"take more than {TIMEOUT_S:.0f} s" if run.timed_out else "end their own run"
        raise UnfitRepository(f"the tests of {tree.path.name} {why} before any change")
    return run


def _why(run: TestRun) -> str:
    reasons = [message.strip().splitlines()[-1] for message in run.unread.values() if message.strip()]
    return "; ".join(dict.fromkeys(reasons)) or "they fail, or differ from run to run"


def _covered(ground: Ground, snapshot: Snapshot, tree: Tree, files: tuple[str, ...], seconds: float) -> _Covered:
    job = {"paths": tree.layout.paths, "sources": tree.layout.sources, "files": files}
    sandbox = ground.sandbox(snapshot, tree.layout.paths)
    try:
        said = asked(sandbox, "cover", job, timeout_s=TIMEOUT_S + COVERAGE_FACTOR * seconds)
    finally:
        sandbox.close()
    if len(said) != 1:
        raise UnfitRepository(f"the lines that the tests of {tree.path.name} run cannot be watched")
    return msgspec.json.decode(said[0], type=_Covered)


def asked(sandbox: Sandbox, program: str, job: dict[str, Any], *, timeout_s: float) -> list[str]:
    """What one of the programs that run beside tests says, line by line.

    Args:
        sandbox: Was started for grading.
        program: Its name.
        job: What it is to do.
        timeout_s: How long it may take.

    Raises:
        Fault: The sandbox is lost.
    """
    nonce, name = secrets.token_hex(16), f".{secrets.token_hex(8)}.json"
    sandbox.write(name, msgspec.json.encode({**job, "nonce": nonce}))
    done = sandbox.run(f"PYTHONPATH=$INSIDE/.. exec python -s -B -m inside.{program} {name}", timeout_s=timeout_s)
    return [line.removeprefix(f"{nonce} ") for line in done.output.splitlines() if line.startswith(f"{nonce} ")]
