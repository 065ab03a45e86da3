"""Repositories that give no task: each is refused with a message that says why, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_envs.snapshots.repositories.bugs import baseline as baselines
from agent_envs.snapshots.repositories.bugs.baseline import UnfitRepository, baseline
from agent_envs.snapshots.repositories.building import Made, Source, build_set
from agent_envs.snapshots.repositories.fresh import Ground
from agent_envs.snapshots.repositories.task_python import task_python
from agent_envs.snapshots.repositories.trees import Tree

CODE = {"ledger.py": "def double(x):\n    return 2 * x\n"}
STEADY = "from ledger import double\n\n\ndef test_steady():\n    assert double(2) == 4\n"


def tree_of(folder: Path, files: dict[str, str]) -> Tree:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return Tree(folder)


UNFIT = {
    "no tests": (CODE, "bad has no files of tests (test_*.py or *_test.py)"),
    "no Python": ({"README.md": "Hello"}, "bad holds no Python module outside of tests"),
    "tests and no code": ({"tests/test_a.py": "def test_a(): pass\n"}, "bad holds no Python module outside of tests"),
    "nothing at all": ({}, "bad holds no Python module outside of tests"),
    "tests that all fail": (
        {**CODE, "test_a.py": "def test_a():\n    assert 0\n"},
        "no test of bad passes before any change: they fail, or differ from run to run",
    ),
    "code that is no Python": (
        {"ledger.py": "def double(x:\n", "test_a.py": STEADY},
        "no test of bad passes before any change: E   SyntaxError",
    ),
    "tests that are no Python": ({**CODE, "test_a.py": "def test_a(:\n"}, "no test of bad passes before any change: "),
    "tests whose needs are not there": (
        {**CODE, "test_a.py": "import numpy_of_another_name\n"},
        "ModuleNotFoundError: No module named 'numpy_of_another_name'",
    ),
    "tests that kill what runs them": (
        {**CODE, "test_a.py": f"{STEADY}\n\ndef test_kill():\n    import os\n    os.kill(os.getppid(), 9)\n"},
        "the tests of bad end their own run before any change",
    ),
    "tests of another name in each run": (
        {
            **CODE,
            "test_a.py": "import os, pytest\n@pytest.mark.parametrize('x', [os.urandom(8).hex()])\ndef test(x): 1\n",
        },
        "they fail, or differ from run to run",
    ),
    "tests that need the network": (
        {**CODE, "test_a.py": "import socket\ndef test(): socket.create_connection(('1.1.1.1', 53), timeout=5)\n"},
        "they fail, or differ from run to run",
    ),
}


@pytest.mark.parametrize(("files", "message"), UNFIT.values(), ids=UNFIT)
def test_a_repository_that_cannot_judge_is_refused(files: dict[str, str], message: str, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    with pytest.raises(UnfitRepository) as caught:
        baseline(Ground(task_python()), tree_of(tmp_path / "bad", files))
    assert message in str(caught.value)
    assert Tree(tmp_path / "bad").files == dict.fromkeys(sorted(files), "100644")


def test_tests_that_hang_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "TIMEOUT_S", 2.0)
    tree = tree_of(tmp_path / "bad", {**CODE, "test_a.py": f"{STEADY}\n\ndef test_b():\n    while True: pass\n"})
    with pytest.raises(UnfitRepository, match="the tests of bad take more than 2 s before any change"):
        baseline(Ground(task_python()), tree)


def test_only_tests_that_pass_each_time_are_reliable(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    more = f"""
import os, pathlib, socket, time, pytest

def test_writes_there(): pathlib.Path({str(outside / "file")!r}).write_text("x")
def test_writes_to_the_system(): pathlib.Path("/etc/file").write_text("x")
def test_needs_the_network(): socket.getaddrinfo("example.com", 80)
@pytest.mark.parametrize("x", [os.urandom(8).hex()])
def test_has_another_name(x): pass
@pytest.mark.skip
def test_skipped(): pass
@pytest.mark.xfail
def test_expected(): assert 0
def test_in_the_tree(): pathlib.Path("new").write_text("x")
"""
    tree = tree_of(tmp_path / "odd", {**CODE, "test_a.py": STEADY, "test_b.py": more, "test_c.py": "def test_c(:\n"})
    with (tmp_path / "odd" / "large.bin").open("wb") as large:
        large.truncate(100 << 20)
    found = baseline(Ground(task_python()), tree)
    assert list(found.passed) == ["test_a.py::test_steady", "test_b.py::test_in_the_tree"]
    assert found.tests_of("ledger.py", 2, 2) == ("test_a.py::test_steady",)
    assert not list(outside.iterdir()) and not (tmp_path / "odd" / "new").exists()


def test_a_set_without_a_task_is_not_there(tmp_path: Path) -> None:
    told: list[Made] = []
    sources = [Source("bad", tree_of(tmp_path / "bad", CODE), "train")]
    sources += [Source("none", tree_of(tmp_path / "none", {"README": "x"}), "train")]
    with pytest.raises(ValueError, match="task"):
        build_set(tmp_path / "sets" / "set", "set", sources, count=1, report=told.append)
    assert [(one.name, one.tasks, one.reliable) for one in told] == [("bad", [], 0), ("none", [], 0)]
    assert "no files of tests" in told[0].unfit and "no Python module" in told[1].unfit
    assert [path for path in (tmp_path / "sets").iterdir() if not path.name.endswith(".lock")] == []
