"""What hidden tests are run as: with canaries and counter-tests among them, and out of the reach of what they judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import PurePosixPath
from typing import NamedTuple

import msgspec

from agent_envs.sandbox import Snapshot

from .canaries import Canaries, canaries, random_names
from .counter_tests import CounterTest, counter_tests, with_copies
from .fresh import Ground, run_changed
from .layout import is_test
from .running import TestRun
from .trees import Tree

TIMEOUT_FACTOR = 10.0
Changes = Mapping[str, bytes | None]


class HiddenTests(NamedTuple):
    """The tests that decide over a task.

    Args:
        files: What the files of hidden tests hold; None where one is removed.
        fail_to_pass: Tests that must pass now.
        pass_to_pass: Tests that must still pass.
        seconds: How long all of them took when the task was made.
    """

    files: Changes
    fail_to_pass: tuple[str, ...]
    pass_to_pass: tuple[str, ...]
    seconds: float

    def held(self, base: Tree) -> dict[str, bytes]:
        """The files of the tests that are to pass now, with what they hold, whether it is changed or not."""
        paths = sorted({test.partition("::")[0] for test in self.fail_to_pass})
        found = {path: self.files[path] if path in self.files else base.read(path) for path in paths}
        return {path: content for path, content in found.items() if content is not None}


class Counters(msgspec.Struct, frozen=True):
    """Counter-tests of which it was seen what comes of them with the solution.

    Args:
        tests: Each with the parameters, as ids have them, with which the test passes and the counter-test fails.
    """

    tests: tuple[tuple[CounterTest, tuple[str, ...]], ...] = ()
    timed_out: bool = False


class Played(NamedTuple):
    """A run of the hidden tests.

    Args:
        run: What came of it.
        canaries: The canaries among them.
        named: For each counter-test with each of its parameters the ids of its texts, and what must come of them.
    """

    run: TestRun
    canaries: Canaries
    named: dict[tuple[CounterTest, str], dict[str, str]]

    @property
    def believed(self) -> bool:
        """Whether the run came to its end, and the canaries to theirs."""
        return self.run.whole and self.canaries.sing(self.run)

    def came(self, one: CounterTest, parameters: str) -> bool:
        """Whether of a counter-test and its test came what must come."""
        expected = self.named[one, parameters]
        return self.run.outcomes(expected) == expected

    def failed(self, tests: Iterable[str]) -> list[str]:
        """Tests that do not pass, but for those whose names others have."""
        taken = {
            one.id(one.name)
            for (one, parameters), expected in self.named.items()
            if expected.get(one.id(one.name, parameters)) == "failed"
        }
        return [test for test in tests if test.partition("[")[0] not in taken and not self.run.passed(test)]


class Stage(NamedTuple):
    """Where hidden tests are run.

    Args:
        ground: Where sandboxes are from.
        snapshot: What the agent's tree begins with.
        base: The files of it.
        hidden: The tests.
    """

    ground: Ground
    snapshot: Snapshot
    base: Tree
    hidden: HiddenTests

    def play(self, changes: Changes, against: Counters = Counters(), *, own: int = 0) -> Played:  # noqa: B008
        """Run the hidden tests with all that stands among them, in a fresh sandbox, under new names each time.

        Args:
            changes: What files of the project hold.
            against: The counter-tests.
            own: Which text of each has the name of the test: that of the test, or of one of its copies.

        Raises:
            OSError: A change cannot be written.
            Fault: The sandbox cannot be started, or is lost.
        """
        drawn = iter(random_names(sum(len(one.texts) - 1 for one, _ in against.tests)))
        called = [
            [one.name if number == own else next(drawn) for number in range(len(one.texts))] for one, _ in against.tests
        ]
        named = {
            (one, parameters): {
                one.id(name, parameters): "failed" if number else "passed" for number, name in enumerate(names)
            }
            for (one, of), names in zip(against.tests, called, strict=True)
            for parameters in of
        }
        files = self._files([(one, names) for (one, _), names in zip(against.tests, called, strict=True)])
        path = self.hidden.fail_to_pass[0].partition("::")[0]
        folder = str(PurePosixPath(path).parent).removeprefix(".")
        birds = canaries(folder, (files.get(path) or b"").decode(errors="replace"))
        wanted = {*self.hidden.fail_to_pass, *self.hidden.pass_to_pass, *birds.outcomes, *chain(*named.values())}
        return Played(self._run(changes, {**files, birds.path: birds.content}, wanted), birds, named)

    def counters(self, gold: Changes) -> Counters:
        """The counter-tests: those that fail with the solution while the tests pass, whichever has the other's name.

        Raises:
            OSError: A change cannot be written.
            Fault: The sandbox cannot be started, or is lost.
        """
        found = counter_tests(self.hidden.held(self.base), self.hidden.fail_to_pass)
        if not found:
            return Counters()
        tests = [(one, tuple(one.parameters(self.hidden.fail_to_pass))) for one in found]
        alone = self._replace(hidden=self.hidden._replace(pass_to_pass=()))
        plays = [alone.play(gold, Counters(tuple(tests)), own=own) for own in (0, 1)]
        told = [(one, tuple(each for each in of if all(play.came(one, each) for play in plays))) for one, of in tests]
        return Counters(tuple((one, of) for one, of in told if of), timed_out=any(play.run.timed_out for play in plays))

    def _files(self, placed: Sequence[tuple[CounterTest, Sequence[str]]]) -> dict[str, bytes | None]:
        """What the files of tests hold, the counter-tests in them."""
        held = self.hidden.held(self.base)
        files: dict[str, bytes | None] = {**held, **self.hidden.files}
        for path, content in held.items():
            here = [(one, names) for one, names in placed if one.path == path]
            if here:
                files[path] = with_copies(content, here)
        return files

    def _run(self, changes: Changes, files: Changes, wanted: set[str]) -> TestRun:
        """Run tests of a fresh tree; what Python files of tests hold is nowhere to be read there."""
        hidden = {path: content for path, content in files.items() if content is not None and _can_be_hidden(path)}
        shown = {path: content for path, content in files.items() if path not in hidden}
        shown |= {path: b"" for path in hidden if path not in self.base.files}
        return run_changed(
            self.ground,
            self.snapshot,
            self.base.layout.paths,
            (changes, shown),
            {test.partition("::")[0] for test in wanted},
            wanted=wanted,
            frozen=[path for path in (*self.base.files, *files) if is_test(path)],
            hidden=hidden,
            timeout_s=self.ground.least_timeout_s + TIMEOUT_FACTOR * self.hidden.seconds,
        )


def _can_be_hidden(path: str) -> bool:
    return path.endswith(".py") and is_test(path)
