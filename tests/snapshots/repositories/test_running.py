from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agent_envs.sandbox import Snapshot
from agent_envs.snapshots.repositories import running
from agent_envs.snapshots.repositories.fresh import Ground
from agent_envs.snapshots.repositories.task_python import task_python

OUTCOMES = """
import unittest
import pytest


@pytest.fixture
def bad():
    raise KeyError("no such thing")


@pytest.fixture
def bad_after():
    yield
    raise KeyError("no such thing")


def test_passed(): print("noise", flush=True)
def test_failed(): assert 1 == 2
def test_error_before(bad): pass
def test_error_after(bad_after): pass
def test_fails_and_error_after(bad_after): assert 0
def test_skipped(): pytest.skip("why")
@pytest.mark.xfail
def test_xfailed(): assert 0
@pytest.mark.xfail
def test_xpassed(): pass
@pytest.mark.xfail(strict=True)
def test_strict(): pass
@pytest.mark.parametrize("x", ["a b", "ä", "[1]", "x::y", "\\n"])
def test_id(x): pass
def test_leaves(): raise SystemExit(0)
def test_part_fails(subtests):
    with subtests.test("one"):
        assert 0
    with subtests.test("two"):
        pass
class TestCase(unittest.TestCase):
    def test_part_fails(self):
        for x in range(3):
            with self.subTest(x=x):
                self.assertNotEqual(x, 1)
    @unittest.expectedFailure
    def test_expected(self): self.fail()
    def test_passes(self): pass
"""
EXPECTED = {
    "test_passed": "passed",
    "test_failed": "failed",
    "test_error_before": "error",
    "test_error_after": "error",
    "test_fails_and_error_after": "failed",
    "test_skipped": "skipped",
    "test_xfailed": "xfailed",
    "test_xpassed": "xpassed",
    "test_strict": "failed",
    "test_id[a b]": "passed",
    "test_id[\\xe4]": "passed",
    "test_id[[1]]": "passed",
    "test_id[x::y]": "passed",
    "test_id[\\n]": "passed",
    "test_leaves": "failed",
    "test_part_fails": "failed",
    "TestCase::test_part_fails": "failed",
    "TestCase::test_expected": "xfailed",
    "TestCase::test_passes": "passed",
}
Ran = Callable[..., running.TestRun]


@pytest.fixture
def ran(tmp_path: Path) -> Ran:
    """Runs files of tests in a fresh sandbox."""

    def run(files: dict[str, str], *, wanted: list[str] | None = None, timeout_s: float = 60.0) -> running.TestRun:
        folder = tmp_path / "tree"
        for path, text in {"mod.py": "x = 1\n", **files}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        sandbox = Ground(task_python()).sandbox(Snapshot(folder), ("",))
        try:
            tests = [path for path in files if path.rpartition("/")[2].startswith("test_")]
            return running.run_tests(sandbox, ("",), tests, wanted=wanted, describe=True, timeout_s=timeout_s)
        finally:
            sandbox.close()

    return run


def test_every_outcome_has_its_name(ran: Ran) -> None:
    run = ran({"tests/test_a.py": OUTCOMES})
    assert run.whole and not run.timed_out and not run.unread
    outcomes = {test: one.outcome for test, one in run.tests.items()}
    assert outcomes == {f"tests/test_a.py::{name}": outcome for name, outcome in EXPECTED.items()}
    assert {test.partition("::")[2] for test in run.tests if run.passed(test)} == {
        name for name, outcome in EXPECTED.items() if outcome == "passed"
    }
    raised = run.tests["tests/test_a.py::test_failed"].raised
    assert raised is not None and (raised.type, raised.message, raised.in_test) == (
        "AssertionError",
        "assert 1 == 2",
        True,
    )
    assert OUTCOMES.splitlines()[raised.line - 1].startswith("def test_failed")


def test_only_wanted_tests_are_run_and_what_was_not_run_did_not_pass(ran: Ran) -> None:
    source = "import pytest\n@pytest.mark.parametrize('x', ['a b', 'ä'])\ndef test_a(x): pass\ndef test_b(): 1 / 0\n"
    run = ran({"test_a.py": source}, wanted=["test_a.py::test_a[a b]", "test_a.py::test_c"])
    assert list(run.tests) == ["test_a.py::test_a[a b]"]
    assert not run.passed("test_a.py::test_c") and not run.passed("test_a.py::test_b")


def test_a_name_beyond_ascii_is_an_id_like_any_other(ran: Ran) -> None:
    run = ran({"tests/test_ä.py": "def test_größe(): pass\n"})
    assert run.passed("tests/test_ä.py::test_größe")


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_run(ran: Ran) -> None:
    run = ran({"test_a.py": "def test_a(:\n", "test_b.py": "import nothing\n", "test_c.py": "def test_c(): pass\n"})
    assert run.whole
    assert set(run.unread) == {"test_a.py", "test_b.py"}
    assert "SyntaxError" in run.unread["test_a.py"]
    assert "No module named 'nothing'" in run.unread["test_b.py"]
    assert run.passed("test_c.py::test_c")


def test_a_run_that_hangs_is_ended(ran: Ran) -> None:
    run = ran({"test_a.py": "def test_a(): pass\ndef test_b():\n    while True: pass\n"}, timeout_s=1.5)
    assert run == running.TestRun({}, {}, whole=False, timed_out=True)


def test_a_run_that_ends_itself_tells_what_it_had_told_before(ran: Ran) -> None:
    run = ran({"test_a.py": "import os\ndef test_a(): pass\ndef test_b(): os._exit(0)\ndef test_c(): pass\n"})
    assert list(run.tests) == ["test_a.py::test_a"]
    assert not run.passed("test_a.py::test_b") and not run.passed("test_a.py::test_c")


@pytest.mark.parametrize("kill", ["os.kill(os.getppid(), 9)", "os.kill(-1, 9)"])
def test_a_run_that_kills_those_above_it_is_not_whole(kill: str, ran: Ran) -> None:
    run = ran({"test_a.py": f"import os\ndef test_a(): pass\ndef test_b(): {kill}\n"})
    assert run == running.TestRun({}, {}, whole=False)


def test_a_process_that_is_left_behind_does_not_hold_the_run_up(ran: Ran) -> None:
    source = "import subprocess\ndef test_a(): subprocess.Popen(['sleep', '1000'], close_fds=False)\n"
    run = ran({"test_a.py": source}, timeout_s=30.0)
    assert run.whole and run.passed("test_a.py::test_a")


def test_settings_and_plugins_of_the_tree_do_not_count(ran: Ran) -> None:
    files = {"pytest.ini": "[pytest]\naddopts = -k nothing -p missing\n", "test_a.py": "def test_a(): pass\n"}
    assert ran(files).passed("test_a.py::test_a")


def test_the_conftest_of_the_tests_is_read(ran: Ran) -> None:
    conftest = "import pytest\n@pytest.fixture\ndef one(): return 1\n"
    run = ran({"tests/conftest.py": conftest, "tests/test_a.py": "def test_a(one): assert one == 1\n"})
    assert run.passed("tests/test_a.py::test_a")
