"""Which changes are bugs: some reliable tests fail with them, most still pass, and nothing hangs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import msgspec

from agent_envs.sandbox import Snapshot

from ..fresh import Ground
from ..issue_text import Failure
from ..running import Raised
from ..trees import Tree
from .baseline import Baseline, asked
from .candidates import Change

CHUNK = 4
LEAST_TIMEOUT_S, TIMEOUT_FACTOR = 2.0, 3.0
FULL_S = 1.0
"""A suite that takes up to this long is run in full to prove a bug; of a longer one, the tests that run its lines."""
MOST_BROKEN = 0.5


class Bug(NamedTuple):
    """Changes with which tests fail.

    Args:
        changes: One change, or two of different functions.
        failures: The tests that fail.
    """

    changes: tuple[Change, ...]
    failures: tuple[Failure, ...]

    @property
    def tests(self) -> frozenset[str]:
        """Ids of the tests that fail."""
        return frozenset(failure.id for failure in self.failures)

    def files(self, sources: Mapping[str, str]) -> dict[str, str]:
        """What the files of the project hold with it."""
        held: dict[str, str] = {}
        for change in sorted(
            self.changes, key=lambda one: one.line, reverse=True
        ):  # the lines before stay where they are
            held[change.path] = change.made(held.get(change.path, sources[change.path]))
        return held


class _Job(msgspec.Struct):
    files: dict[str, str]
    wanted: tuple[str, ...]
    tests: list[str]
    timeout_s: float
    most_failures: int


class _Line(msgspec.Struct):
    id: str = ""
    outcome: str = ""
    raised: Raised | None = None


class _Tried(msgspec.Struct):
    timed_out: bool
    lines: list[_Line]


class Screen:
    """Tries changes of one repository.

    Args:
        ground: Where tests are run.
        tree: The repository.
        base: What its tests say before any change.
        workers: How many sandboxes are used at once; what is found does not depend on it.
    """

    def __init__(self, ground: Ground, tree: Tree, base: Baseline, workers: int) -> None:
        self.ground, self.tree, self.base, self.workers = ground, tree, base, workers
        self._snapshot = Snapshot(tree.path)
        self._most_broken = int(MOST_BROKEN * len(base.passed))

    def covering(self, changes: Iterable[Change]) -> tuple[str, ...]:
        """The reliable tests that run the lines of changes."""
        found = {test for one in changes for test in self.base.tests_of(one.path, one.line, one.end_line)}
        return tuple(test for test in self.base.passed if test in found)

    def watched(self, bug: Bug) -> frozenset[str]:
        """The tests that say in a fresh tree and process whether a bug is one."""
        return frozenset(self.base.passed if self.base.seconds <= FULL_S else self.covering(bug.changes))

    def bugs(self, tried: Sequence[Bug], sources: Mapping[str, str]) -> list[Bug | None]:
        """What of some changes seem to be bugs, with the tests that fail; None for the others, in the same order.

        Args:
            tried: The changes; the failures of each are not yet known.
            sources: The project's code.

        Raises:
            Fault: A sandbox cannot be started, or is lost.
        """
        chunks = [tried[at : at + CHUNK] for at in range(0, len(tried), CHUNK)]
        with ThreadPoolExecutor(self.workers) as pool:
            return [bug for found in pool.map(lambda chunk: self._screened(chunk, sources), chunks) for bug in found]

    def _screened(self, chunk: Sequence[Bug], sources: Mapping[str, str]) -> list[Bug | None]:
        """Fork by fork in one sandbox, the tests that run the changed lines alone."""
        jobs: list[_Job] = []
        at = []
        for number, one in enumerate(chunk):
            wanted = self.covering(one.changes)
            if wanted:
                seconds = sum(self.base.passed[test] for test in wanted)
                files = one.files(sources)
                tests = sorted({test.partition("::")[0] for test in wanted})
                timeout_s = LEAST_TIMEOUT_S + TIMEOUT_FACTOR * seconds
                jobs.append(_Job(files, wanted, tests, timeout_s, self._most_broken + 1))
                at.append(number)
        result: list[Bug | None] = [None] * len(chunk)
        if not jobs:
            return result
        sandbox = self.ground.sandbox(self._snapshot, self.tree.layout.paths)
        try:
            asked_for = {"paths": self.tree.layout.paths, "changes": jobs}
            limit_s = 30 + sum(one.timeout_s for one in jobs)
            said = asked(sandbox, "screen", asked_for, timeout_s=limit_s)
        finally:
            sandbox.close()
        for number, job, line in zip(
            at, jobs, said, strict=False
        ):  # where a change ends the program, the rest is not told
            tried = msgspec.json.decode(line, type=_Tried)
            result[number] = self._judged(chunk[number], tried, job.wanted)
        return result

    def _judged(self, one: Bug, tried: _Tried, wanted: Sequence[str]) -> Bug | None:
        if tried.timed_out:
            return None
        ended = {line.id: line for line in tried.lines}
        failures = []
        for test in wanted:
            line = ended.get(test)
            if line is None or line.outcome != "passed":
                raised = line.raised if line is not None and line.raised is not None else Raised("", "", 0, False)
                failures.append(Failure(test, raised))
        right = 0 < len(failures) <= self._most_broken
        return Bug(one.changes, tuple(failures)) if right else None
