"""Running tests of a tree in a sandbox: what came of each, from a process that the tests cannot reach."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from agent_envs.outcome import Fault
from agent_envs.sandbox import Limits, Sandbox

LIMITS = Limits(output_bytes=1 << 27, disk_mb=256)
_NOT_STARTED = (126, 127)
_SUPERVISE = "import sys; sys.path.append('$INSIDE/..'); from inside.supervise import main; main()"


class Raised(msgspec.Struct, frozen=True):
    """What a test failed with.

    Args:
        type: Name of the exception's type.
        message: What it says.
        line: The line of the test's file at which it passed through; 0 where it did not.
        in_test: Whether that line raised it, and nothing that was called there.
        given: The parameters of the test, as Python spells them.
        values: The local variables of the test at that line, likewise.
    """

    type: str
    message: str
    line: int
    in_test: bool
    given: dict[str, str] = {}
    values: dict[str, str] = {}


class TestResult(msgspec.Struct, frozen=True):
    """What came of a test.

    Args:
        outcome: ``passed``, ``failed``, ``error``, ``skipped``, ``xfailed`` or ``xpassed``.
        seconds: How long it took.
        raised: What it failed with, if one asked for it.
    """

    outcome: str
    seconds: float = 0.0
    raised: Raised | None = None


class TestRun(msgspec.Struct, frozen=True):
    """What came of a run of tests.

    Args:
        tests: The result of each, by its id; a test that was run twice under one id counts by the worse.
        unread: Files that could not be collected, and why.
        whole: Whether the run came to its end, and could say so.
        timed_out: Whether it took too long.
    """

    tests: dict[str, TestResult]
    unread: dict[str, str]
    whole: bool
    timed_out: bool = False

    def passed(self, test: str) -> bool:
        """Whether a test was run and passed; whatever else came of it, it did not."""
        found = self.tests.get(test)
        return found is not None and found.outcome == "passed"

    def outcomes(self, tests: Iterable[str]) -> dict[str, str]:
        """What came of tests, as far as they were run."""
        return {test: self.tests[test].outcome for test in tests if test in self.tests}


class _Line(msgspec.Struct):
    id: str = ""
    outcome: str = ""
    seconds: float = 0.0
    raised: Raised | None = None
    file: str = ""
    message: str = ""


_read_all = msgspec.json.Decoder(list[_Line]).decode


def run_tests(
    sandbox: Sandbox,
    paths: Sequence[str],
    files: Iterable[str],
    *,
    wanted: Iterable[str] | None = None,
    describe: bool = False,
    frozen: Iterable[str] = (),
    hidden: Mapping[str, bytes] = MappingProxyType({}),
    timeout_s: float,
) -> TestRun:
    """Run tests of a sandbox's tree.

    Args:
        sandbox: Was started with a view that `TaskPython.view` gave for grading, and `LIMITS`.
        paths: Folders of the tree from which the project is imported.
        files: The files of tests.
        wanted: Ids of the tests; None for all in the files.
        describe: Whether to tell what the tests failed with.
        frozen: Files that must hold the same before and after the run, and of which what they hold before is what is
            imported; else the run is not whole.
        hidden: What is imported instead of what some of those hold; nothing in the sandbox can read it in a file.
        timeout_s: How long all of it may take.

    Raises:
        Fault: The sandbox is lost, or its Python does not start.
    """
    nonce, name = secrets.token_hex(16), f".{secrets.token_hex(8)}.json"
    job = {
        "nonce": nonce,
        "paths": list(paths),
        "files": sorted(set(files)),
        "wanted": None if wanted is None else sorted(wanted),
        "describe": describe,
        "frozen": sorted(set(frozen)),
        "hidden": dict(hidden),
    }
    sandbox.write(name, msgspec.json.encode(job))
    done = sandbox.run(f'exec python -I -S -B -c "{_SUPERVISE}" {name}', timeout_s=timeout_s)
    said = [line.removeprefix(f"{nonce} ") for line in done.output.splitlines() if line.startswith(f"{nonce} ")]
    if done.exit_code in _NOT_STARTED and not said:
        raise Fault(f"the Python of the tests does not start: {done.output.strip()[-500:]}", origin="infra")
    if len(said) != 1 or done.timed_out:
        return TestRun({}, {}, whole=False, timed_out=done.timed_out)
    try:
        return _as_run(_read_all(said[0]))
    except (msgspec.DecodeError, RecursionError, UnicodeError):  # whoever wrote this, it was not our program
        return TestRun({}, {}, whole=False)


def _as_run(lines: list[_Line]) -> TestRun:
    tests: dict[str, TestResult] = {}
    unread: dict[str, str] = {}
    for line in lines:
        if line.file:
            unread[line.file] = line.message
        elif line.id and (line.id not in tests or tests[line.id].outcome == "passed"):
            tests[line.id] = TestResult(line.outcome, line.seconds, line.raised)
    return TestRun(tests, unread, whole=True)
