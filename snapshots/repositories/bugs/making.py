"""Tasks made of a repository whose tests pass: bugs put into it, alone and in pairs, and features taken out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Literal, NamedTuple

import msgspec

from agent_envs import patches
from agent_envs.envs.issue_task import IssueTask
from agent_envs.tasks import Split

from ..fresh import Ground
from ..hiding import CannotHide, without_tests
from ..issue_text import feature_text, issue_text
from ..trees import Tree
from .baseline import Baseline
from .candidates import Change, candidates, code_files
from .mutants import mutants, without_features
from .screening import Bug, Screen

LEAST_ROUND, MOST_ROUND = 4, 32
PAIRS_IN_TEN, FEATURES_IN_TEN = 2, 1
LIMIT_ROUNDS_WITHOUT = 4


class Yield(NamedTuple):
    """What became of candidates.

    Args:
        tried: How many were covered by reliable tests and tried, by operator.
        valid: How many of them are bugs, by operator.
        tasks: How many of these became tasks.
    """

    tried: Counter[str]
    valid: Counter[str]
    tasks: Counter[str]


class Maker:
    """Makes tasks on one repository.

    Args:
        ground: Where tests are run.
        name: Name of the repository.
        tree: The repository.
        base: What its tests say before any change.
        seed: Chooses among all the changes there are.
        workers: How many sandboxes are used at once; the tasks do not depend on it.
    """

    def __init__(self, ground: Ground, name: str, tree: Tree, base: Baseline, seed: int, workers: int) -> None:
        self.name, self.tree, self.base, self.seed = name, tree, base, seed
        self.sources = code_files(tree)
        self.screen = Screen(ground, tree, base, workers)
        self.came_of = Yield(Counter(), Counter(), Counter())
        self._known: set[tuple[str, frozenset[str]]] = set()
        self._alone: dict[Change, Bug] = {}

    def tasks(self, count: int, split: Split) -> list[IssueTask]:
        """So many tasks, or as many as there are: single bugs first, then pairs of them, then features taken out.

        Args:
            count: How many.
            split: Which part of a set they belong to.

        Raises:
            Fault: A sandbox cannot be started, or is lost.
        """
        pairs, features = count * PAIRS_IN_TEN // 10, count * FEATURES_IN_TEN // 10
        singles = self._found(candidates(self.tree, mutants, self.seed), count - pairs - features, hides=True)
        double = list(islice(self._pairs(singles), pairs))
        removed = self._found(candidates(self.tree, without_features, self.seed), features, hides=False)
        made = [
            self._task(bug, "removed" if bug in removed else "made", split) for bug in (*singles, *double, *removed)
        ]
        tasks: list[IssueTask] = []
        for task in filter(None, made):
            tasks.append(_numbered(task, self.name, len(tasks)))
            self.came_of.tasks.update(task.operators)
        return tasks

    def _found(self, changes: Iterator[Change], count: int, *, hides: bool) -> list[Bug]:
        """Bugs among changes, round by round; it gives up where many rounds hold none.

        Args:
            changes: The changes.
            count: How many bugs.
            hides: Whether the failing tests are to be taken out of their files.
        """
        found: list[Bug] = []
        without = 0
        covered = (Bug((one,), ()) for one in changes if self.screen.covering((one,)))
        while len(found) < count and without < LIMIT_ROUNDS_WITHOUT:
            tried = list(islice(covered, min(MOST_ROUND, max(LEAST_ROUND, 2 * (count - len(found))))))
            if not tried:
                break
            self.came_of.tried.update(bug.changes[0].operator for bug in tried)
            without += 1
            for bug in filter(None, self.screen.bugs(tried, self.sources)):
                change = bug.changes[0]
                self.came_of.valid[change.operator] += 1
                key = (f"{change.path} {change.function}", bug.tests)
                if key not in self._known and (
                    not hides or self._can_be_hidden(bug)
                ):  # else the same bug in other words
                    self._known.add(key)
                    found.append(bug)
                    without = 0
        return found[:count]

    def _pairs(self, singles: Sequence[Bug]) -> Iterator[Bug]:
        """Two bugs of different functions at once, where mending one leaves tests of the other failing."""
        half = len(singles) // 2
        pairs = [
            Bug((*one.changes, *other.changes), ())
            for one, other in zip(singles[:half], reversed(singles[half:]), strict=False)
            if not _overlap(one.changes[0], other.changes[0])
        ]
        self._alone = {bug.changes[0]: bug for bug in singles}
        for at in range(0, len(pairs), LEAST_ROUND):
            for bug in filter(None, self.screen.bugs(pairs[at : at + LEAST_ROUND], self.sources)):
                if all(bug.tests & self._alone[change].tests for change in bug.changes) and self._can_be_hidden(bug):
                    yield bug

    def _can_be_hidden(self, bug: Bug) -> bool:
        try:
            self._hidden(bug)
        except CannotHide:
            return False
        return True

    def _hidden(self, bug: Bug) -> dict[str, tuple[bytes, bytes]]:
        """The files of its failing tests, as they are and without these."""
        found = {}
        for path in sorted({test.partition("::")[0] for test in bug.tests}):
            content = self.tree.read(path)
            assert content is not None, f"a test of {path}, which is not there"
            tests = [test for test in bug.tests if test.partition("::")[0] == path]
            try:
                found[path] = (content, without_tests(content.decode(), tests).encode())
            except UnicodeDecodeError:
                raise CannotHide(f"{path} is no UTF-8 text") from None
        return found

    def _task(self, bug: Bug, kind: Literal["made", "removed"], split: Split) -> IssueTask | None:
        """The task that a bug makes; None where a file cannot be told as a patch, or the text has no example."""
        mended = {path: self.sources[path].encode() for path in bug.files(self.sources)}
        broken = {path: text.encode() for path, text in bug.files(self.sources).items()}
        hidden = {} if kind == "removed" else self._hidden(bug)
        tests = {path: content.decode() for path in self._test_files(bug) if (content := self.tree.read(path))}
        text = self._text(kind, bug, tests)
        if not text:
            return None
        after: Mapping[str, bytes | None] = {**broken, **{path: without for path, (_, without) in hidden.items()}}
        before = {**mended, **{path: whole for path, (whole, _) in hidden.items()}}
        return IssueTask(
            id="",
            instruction=text,
            split=split,
            difficulty=_difficulty(bug, text),
            repository=self.name,
            kind=kind,
            setup=patches.made(before, after),
            patch=patches.made(broken, mended),
            test_patch=patches.made(
                {path: without for path, (_, without) in hidden.items()},
                {path: whole for path, (whole, _) in hidden.items()},
            ),
            fail_to_pass=tuple(sorted(bug.tests)),
            pass_to_pass=tuple(test for test in self.base.passed if test not in bug.tests),
            operators=tuple(change.operator for change in bug.changes),
            test_s=round(self.base.seconds, 1),
        )

    def _text(self, kind: str, bug: Bug, tests: Mapping[str, str]) -> str:
        """The issue; that of a pair tells of both bugs. Empty where no failure can be shown."""
        project = self.name.rpartition("-")[0] or self.name
        if kind == "removed":
            change = bug.changes[0]
            return feature_text(project, change.path, change.function, self.sources[change.path], bug.tests)
        halves = [self._alone[change] for change in bug.changes] if len(bug.changes) > 1 else [bug]
        texts = [issue_text(project, one.failures, tests) for one in halves]
        return "\n\n".join(texts) if all(texts) else ""

    def _test_files(self, bug: Bug) -> list[str]:
        return sorted({test.partition("::")[0] for test in bug.tests})


def _numbered(task: IssueTask, name: str, number: int) -> IssueTask:
    return msgspec.structs.replace(task, id=f"{name}-{number:05}")


def _overlap(one: Change, other: Change) -> bool:
    """Whether two changes are of one function, or of one that holds the other."""
    apart = one.end_line < other.line or other.end_line < one.line
    return one.path == other.path and (one.function == other.function or not apart)


def _difficulty(bug: Bug, text: str) -> int:
    """How many places must be found, one more where the text does not name the function, or much is to be written."""
    points = 0
    for change in bug.changes:
        points += 1 + (change.function.rpartition(".")[2] not in text) + (len(change.text.splitlines()) > 4)
    return points
