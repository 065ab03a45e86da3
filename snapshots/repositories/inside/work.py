"""Runs pytest on some files and says what came of each test, as lines of JSON on a descriptor of its own."""

# ruff: noqa: PTH100, PTH109, PTH113, PTH118, PTH123
from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any

import pytest
from _pytest._io.saferepr import saferepr

from .seals import sealed

LIMIT_MESSAGE, LIMIT_VALUE, LIMIT_VALUES = 2000, 300, 20


class Reporter:
    """Says how each test ended, when it has ended.

    Args:
        fd: Where it says so.
        key: Seals what it says.
        wanted: Ids of the tests to run; None for all that are found.
        describe: Whether to say of a failure what was raised, and where in the test.
    """

    def __init__(self, fd: int, key: bytes, wanted: list[str] | None, describe: bool) -> None:
        self._fd, self._key, self._said, self._describe = fd, key, 0, describe
        self._wanted = None if wanted is None else frozenset(wanted)
        self._ended: dict[str, list[Any]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item], config: pytest.Config) -> None:
        """Leave out what is not wanted."""
        if self._wanted is not None:
            items[:] = [item for item in items if item.nodeid in self._wanted]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Say of a file that it cannot be read."""
        if report.failed:
            self.say({"file": report.nodeid, "message": str(report.longrepr)[-LIMIT_MESSAGE:]})

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Keep what was raised while it is still there."""
        report = yield
        if self._describe and call.excinfo is not None and not report.passed:
            report.raised = raised(item, call.excinfo)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what came of one phase of a test, and say it after the last."""
        outcome = report.outcome
        if hasattr(report, "wasxfail"):
            outcome = "xfailed" if report.skipped else "xpassed"  # type: ignore[assignment]
        elif report.failed and report.when != "call":
            outcome = "error"  # type: ignore[assignment]
        so_far = self._ended.setdefault(report.nodeid, ["passed", 0.0, None])
        if so_far[0] == "passed":
            so_far[0], so_far[2] = outcome, getattr(report, "raised", None)
        so_far[1] += report.duration
        if report.when == "teardown":
            outcome, seconds, found = self._ended.pop(report.nodeid)
            self.say({"id": report.nodeid, "outcome": outcome, "seconds": round(seconds, 4), "raised": found})

    def say(self, line: dict[str, Any], *, dumps: Any = json.dumps, seal: Any = sealed, write: Any = os.write) -> None:
        """Write a line; by these functions, whatever their names stand for later."""
        text = seal(dumps(line).encode(), self._said, self._key) + b"\n"
        self._said += 1
        while text:
            text = text[write(self._fd, text) :]


def raised(item: pytest.Item, found: pytest.ExceptionInfo[BaseException]) -> dict[str, Any]:
    """What was raised in a test: type, message, the test's line, whether that line raised it, and its values."""
    path = str(item.path)
    frames = [entry for entry in found.traceback if str(entry.path) == path]
    inner = found.traceback[-1]
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return {
        "type": found.typename,
        "message": str(found.value)[:LIMIT_MESSAGE],
        "line": frames[-1].lineno + 1 if frames else 0,
        "in_test": str(inner.path) == path,
        "given": _spelled(parameters),
        "values": _spelled(frames[-1].locals if frames else {}),
    }


def _spelled(values: dict[str, Any]) -> dict[str, str]:
    return {name: saferepr(value, LIMIT_VALUE) for name, value in sorted(values.items())[:LIMIT_VALUES]}


def arguments(root: str, files: list[str], *, describe: bool = False, most_failures: int = 0) -> list[str]:
    """What pytest is called with: nothing of the repository's configuration.

    Args:
        root: The root of the tree.
        files: The files of tests.
        describe: Whether it is to work out what assertions compared, which takes time.
        most_failures: After how many failures it is to end; 0 for never.
    """
    options = ["-c", "/dev/null", "--rootdir", root, "-q", "--continue-on-collection-errors", "--tb=native"]
    options += [f"--assert={'rewrite' if describe else 'plain'}", f"--maxfail={most_failures}"]
    return [*options, "-p", "no:cacheprovider", "-p", "no:faulthandler", *files]


def prepare(job: dict[str, Any]) -> None:
    """Let this process, and Pythons that tests start, find the project."""
    root = os.getcwd()
    paths = [os.path.join(root, path).rstrip("/") for path in job["paths"]]
    sys.path[:0] = paths
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def freeze(paths: list[str], hidden: Mapping[str, str]) -> None:
    """Let imports of some files take what these hold now, or what is hidden, whatever stands there by then.

    Args:
        paths: The files.
        hidden: What others of them hold, in base64: it stands nowhere.
    """
    held = {os.path.abspath(path): base64.b64decode(content) for path, content in hidden.items()}
    for path in map(os.path.abspath, paths):
        if path not in held and path.endswith(".py") and os.path.isfile(path):
            with open(path, "rb") as file:
                held[path] = file.read()
    read = SourceFileLoader.get_data

    def get_data(self: SourceFileLoader, path: str) -> bytes:
        found = held.get(os.path.abspath(path))
        return read(self, path) if found is None else found

    SourceFileLoader.get_data = get_data  # type: ignore[assignment,method-assign]


def leave() -> None:
    """Let nothing of ours be found by its name: neither modules, nor where they are, nor what began them."""
    sys.path.remove(sys.argv.pop())
    for name in [name for name in sys.modules if name == __package__ or name.startswith(f"{__package__}.")]:
        del sys.modules[name]
    sys.modules["__main__"] = ModuleType("__main__")


def main() -> None:
    """Do the job that is described on standard input."""
    job = json.load(sys.stdin)
    leave()
    prepare(job)
    freeze(job["frozen"], job["hidden"])
    reporter = Reporter(job["tell"], bytes.fromhex(job["key"]), job["wanted"], job["describe"])
    os._exit(int(pytest.main(arguments(os.getcwd(), job["files"], describe=job["describe"]), plugins=[reporter])))
