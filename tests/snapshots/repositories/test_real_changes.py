"""Tasks from changes that people made, and changes that make none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agent_envs import patches
from agent_envs.envs.issue_task import IssueTask
from agent_envs.snapshots.repositories.fresh import Ground
from agent_envs.snapshots.repositories.real_changes import NoTask, RealChange, task_of
from agent_envs.snapshots.repositories.task_python import task_python
from agent_envs.snapshots.repositories.trees import Tree

OLD = {
    "small/__init__.py": "",
    "small/sums.py": "def total(amounts):\n    return sum(amounts[1:])\n",
    "tests/test_sums.py": "from small.sums import total\n\n\ndef test_nothing():\n    assert total([]) == 0\n",
}
MENDED = "def total(amounts):\n    return sum(amounts)\n"
TEST = OLD["tests/test_sums.py"] + "\n\ndef test_all():\n    assert total([1, 2]) == 3\n"
NEW_TEST = "from small.sums import mean\n\n\ndef test_mean():\n    assert mean([1, 3]) == 2\n"
Changed = dict[str, str | None]
Make = Callable[[Changed, Changed], IssueTask]


def encoded(files: Changed) -> dict[str, bytes | None]:
    return {path: None if text is None else text.encode() for path, text in files.items()}


@pytest.fixture
def made(tmp_path: Path) -> Make:
    for path, text in OLD.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)

    def make(sources: Changed, tests: Changed) -> IssueTask:
        change = RealChange("small-1", "small", "small-0", "mined", Tree(tmp_path), encoded(sources), encoded(tests))
        return task_of(Ground(task_python()), change, "train")

    return make


def test_a_fix_with_its_test_is_a_task(made: Make) -> None:
    task = made({"small/sums.py": MENDED}, {"tests/test_sums.py": TEST})
    assert task.fail_to_pass == ("tests/test_sums.py::test_all",)
    assert task.pass_to_pass == ("tests/test_sums.py::test_nothing",)
    assert task.instruction.startswith("small: all\n")
    assert "total([1, 2])" in task.instruction
    assert patches.touched(task.patch) == ("small/sums.py",)
    assert patches.touched(task.test_patch) == ("tests/test_sums.py",)


def test_a_feature_whose_tests_cannot_be_imported_before_is_a_task(made: Make) -> None:
    mean = OLD["small/sums.py"] + "\n\ndef mean(amounts):\n    return sum(amounts) / len(amounts)\n"
    task = made({"small/sums.py": mean}, {"tests/test_mean.py": NEW_TEST})
    assert task.fail_to_pass == ("tests/test_mean.py::test_mean",)
    assert "cannot import name 'mean'" in task.instruction
    assert "test_mean" in task.instruction


@pytest.mark.parametrize(
    ("sources", "tests", "why"),
    [
        ({"small/sums.py": OLD["small/sums.py"] + "\n\nX = 1\n"}, {"tests/test_sums.py": TEST}, "no test fails before"),
        (
            {"small/sums.py": "def total(amounts):\n    return sum(amounts) or None\n"},
            {"tests/test_sums.py": TEST},
            "passes before, and not after",
        ),
        (
            {"small/sums.py": MENDED},
            {"tests/test_sums.py": TEST.replace("total([]) == 0", "total([1]) == 1")},
            "no test passes both",
        ),
        (
            {"small/sums.py": "import os\nos._exit(0)\n"},
            {"tests/test_sums.py": TEST},
            "no test fails before and passes after",
        ),
    ],
)
def test_what_makes_no_task_says_why(sources: Changed, tests: Changed, why: str, made: Make) -> None:
    with pytest.raises(NoTask, match=why):
        made(sources, tests)


def test_a_failing_test_that_was_there_before_is_shown_as_well(made: Make, tmp_path: Path) -> None:
    (tmp_path / "tests" / "test_old.py").write_text(TEST)
    task = made({"small/sums.py": MENDED}, {"tests/test_sums.py": OLD["tests/test_sums.py"] + "\n"})
    assert task.fail_to_pass == ("tests/test_old.py::test_all",)
    assert "total([1, 2])" in task.instruction


def test_a_repository_without_code_or_with_code_that_no_patch_can_hold_makes_no_task(
    made: Make, tmp_path: Path
) -> None:
    (tmp_path / "small" / "sums.py").write_bytes(OLD["small/sums.py"].encode() + b"# coding \xe4\n")
    with pytest.raises(NoTask, match="no UTF-8"):
        made({"small/sums.py": MENDED}, {"tests/test_sums.py": TEST, "tests/test_mean.py": None})
    for path in ("small/sums.py", "small/__init__.py"):
        (tmp_path / path).unlink()
    with pytest.raises(NoTask, match="before it there is no Python module outside of tests"):
        made({"small/sums.py": MENDED}, {"tests/test_sums.py": TEST})
