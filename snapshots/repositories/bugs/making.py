"""Tasks made of a repository whose tests pass: bugs put into it, alone and in pairs, and features taken out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from math import ceil
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
from .proving import proved
from .screening import Bug, Screen

LEAST_ROUND, MOST_ROUND = 8, 32
PAIRS_IN_TEN, FEATURES_IN_TEN = 2, 1
LIMIT_ROUNDS_WITHOUT = 4

Kind = Literal["made", "removed"]


class Yield(NamedTuple):
    """What became of candidates.

    Args:
        tried: How many were covered by reliable tests and tried, by operator.
        valid: How many of them are bugs, by operator; what was proved and does not hold is none.
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
        self.ground, self.name, self.tree, self.base = ground, name, tree, base
        self.seed, self.workers = seed, workers
        self.sources = code_files(tree)
        self.screen = Screen(ground, tree, base, workers)
        self.came_of = Yield(Counter(), Counter(), Counter())
        self._known: set[tuple[frozenset[str], frozenset[str]]] = set()
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
        alone = self._changed(candidates(self.tree, mutants, self.seed))
        singles = self._made(alone, count - pairs - features, "made", split)
        self._alone = {bug.changes[0]: bug for bug, _ in singles}
        double = self._made(self._pairs([bug for bug, _ in singles]), pairs, "made", split)
        without = self._changed(candidates(self.tree, without_features, self.seed))
        removed = self._made(without, features, "removed", split)
        tasks: list[IssueTask] = []
        for _, task in (*singles, *double, *removed):
            tasks.append(_numbered(task, self.name, len(tasks)))
            self.came_of.tasks.update(task.operators)
        return tasks

    def _changed(self, changes: Iterable[Change]) -> Iterator[Bug]:
        """Single changes that reliable tests run."""
        return (Bug((one,), ()) for one in changes if self.screen.covering((one,)))

    def _made(self, changed: Iterator[Bug], count: int, kind: Kind, split: Split) -> list[tuple[Bug, IssueTask]]:
        """Bugs among changes with the tasks that they make, round by round; it gives up where many rounds make none.

        What takes long comes last: changes are tried in forks, and of those that fail tests and can be told, as many
        as there are still to be made are proved.

        Args:
            changed: The changes, one or two at once.
            count: How many tasks.
            kind: Of which kind.
            split: Which part of a set they belong to.
        """
        made: list[tuple[Bug, IssueTask]] = []
        without = 0
        while len(made) < count and without < LIMIT_ROUNDS_WITHOUT:
            tried = list(islice(changed, min(MOST_ROUND, max(LEAST_ROUND, 2 * (count - len(made))))))
            if not tried:
                break
            bugs = [bug for bug in self.screen.bugs(tried, self.sources) if bug]
            for counted, of in ((self.came_of.tried, tried), (self.came_of.valid, bugs)):
                counted.update(bug.changes[0].operator for bug in of if len(bug.changes) == 1)
            told = (task for bug in bugs if (task := self._told(bug, kind, split)))
            before = len(made)
            while len(made) < count and (proofs := self._proofs(list(islice(told, count - len(made))))):
                made += [one for one, held in proofs if held]
                wrong = [bug.changes[0].operator for (bug, _), held in proofs if not held and len(bug.changes) == 1]
                self.came_of.valid.subtract(wrong)
            without = 0 if len(made) > before else without + 1
        return made

    def _told(self, bug: Bug, kind: Kind, split: Split) -> tuple[Bug, IssueTask] | None:
        """A bug with its task; None where it makes none, or the same as one before in other words."""
        key = (frozenset(map(_place, bug.changes)), bug.tests)
        task = None if key in self._known else self._task(bug, kind, split)
        if task is None:
            return None
        self._known.add(key)
        return bug, task

    def _proofs(self, told: Sequence[tuple[Bug, IssueTask]]) -> list[tuple[tuple[Bug, IssueTask], bool]]:
        """Bugs with their tasks, in order, and whether the grader says that they hold."""

        def holds(one: tuple[Bug, IssueTask]) -> bool:
            return proved(self.ground, self.tree, one[1], self.screen.watched(one[0]))

        with ThreadPoolExecutor(self.workers) as pool:
            return list(zip(told, pool.map(holds, told), strict=True))

    def _pairs(self, singles: Sequence[Bug]) -> Iterator[Bug]:
        """Two bugs of different functions at once."""
        half = len(singles) // 2
        for one, other in zip(singles[:half], reversed(singles[half:]), strict=False):
            if not _overlap(one.changes[0], other.changes[0]):
                yield Bug((*one.changes, *other.changes), ())

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

    def _task(self, bug: Bug, kind: Kind, split: Split) -> IssueTask | None:
        """The task that a bug makes; None where half of it makes none, or its tests cannot be hidden or shown."""
        if len(bug.changes) > 1 and not all(bug.tests & self._alone[change].tests for change in bug.changes):
            return None
        try:
            hidden = {} if kind == "removed" else self._hidden(bug)
        except CannotHide:
            return None
        mended = {path: self.sources[path].encode() for path in bug.files(self.sources)}
        broken = {path: text.encode() for path, text in bug.files(self.sources).items()}
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
            test_s=float(ceil(self.base.seconds)),  # of two machines, or two runs, mostly the same
        )

    def _text(self, kind: str, bug: Bug, tests: Mapping[str, str]) -> str:
        """The issue; that of a pair tells of both bugs. Empty where no failure can be shown."""
        project = self.name.rpartition("-")[0] or self.name
        if kind == "removed":
            change = bug.changes[0]
            return feature_text(project, change.path, change.function, self.sources[change.path], bug.tests)
        halves = [bug.failures]
        if len(bug.changes) > 1:  # what they fail with together
            of = [self._alone[change].tests for change in bug.changes]
            halves = [tuple(one for one in bug.failures if one.id in its) for its in of]
        texts = [issue_text(project, half, tests) for half in halves]
        return "\n\n".join(texts) if all(texts) else ""

    def _test_files(self, bug: Bug) -> list[str]:
        return sorted({test.partition("::")[0] for test in bug.tests})


def _place(one: Change) -> str:
    """The function that a change is in."""
    return f"{one.path} {one.function}"


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
