from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from agent_envs.sandbox import Snapshot
from agent_envs.snapshots.repositories.fresh import Ground, run_changed
from agent_envs.snapshots.repositories.issue_text import Failure, feature_text, issue_text
from agent_envs.snapshots.repositories.running import Raised
from agent_envs.snapshots.repositories.task_python import task_python

from .purse import MONEY, TEST


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Failure]:
    """What really comes of these tests, by name."""
    folder = tmp_path_factory.mktemp("ledger")
    for path, text in {"ledger/__init__.py": "", "ledger/money.py": MONEY, "tests/test_money.py": TEST}.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    ground, files = Ground(task_python()), ["tests/test_money.py"]
    run = run_changed(ground, Snapshot(folder), ("",), (), files, describe=True, timeout_s=60)
    found = {test: one.raised for test, one in run.tests.items() if one.outcome == "failed"}
    assert len(found) == len(run.tests) == 13
    return {test.rpartition("::")[2]: Failure(test, raised) for test, raised in found.items() if raised is not None}


def told(*failures: Failure, shown: int = 2) -> str:
    return issue_text("ledger", failures, {"tests/test_money.py": TEST}, shown)


def code(text: str) -> str:
    return "\n".join(re.findall(r"```python\n(.*?)\n```", text, re.DOTALL))


def test_the_statements_that_lead_to_the_failure_are_shown_and_no_others(failures: dict[str, Failure]) -> None:
    text = told(failures["test_steps"])
    assert code(text) == ("from ledger.money import Purse\npurse = Purse()\npurse.put(3)\nassert purse.cents == 3")
    assert text.startswith("ledger: steps\n\n")
    assert "assert 6 == 3" in text


SHOWN = {
    "test_parameters[1-1]": "from ledger.money import _twice\ncents = 1\nwanted = 1\nassert _twice(cents) == wanted",
    "test_raises": "import pytest\nfrom ledger.money import Purse\nwith pytest.raises(KeyError):\n    Purse().put(1)",
    "test_exception": (
        "from ledger.money import Purse\nCENTS = [3,\n         4]\npurse = Purse()\npurse.spend(CENTS[0])"
    ),
    "test_fixture": (
        "from ledger.money import Purse\npurse = Purse(5)\npurse.put(1)\nfull = purse\nassert full.cents == 6"
    ),
    "test_helper_fails": (
        "from ledger.money import Purse\ndef check(purse, expected):\n    held = purse.cents\n"
        "    assert held == expected\ncheck(Purse(7), 8)"
    ),
    "test_helper_is_called": (
        "from ledger.money import Purse\ndef put_all(purse, all_cents):\n    for cents in all_cents:\n"
        "        purse.put(cents)\npurse = Purse()\nput_all(purse, [1, 2])\nassert purse.cents == 3"
    ),
    "test_loop": (
        "from ledger.money import Purse\npurse = Purse()\nfor cents in (1, 2):\n    purse.put(cents)\n"
        "assert not purse.cents"
    ),
    "test_text": "from ledger.money import _twice\ntext = '\\none\\n  two\\n'\nassert len(text) == _twice(1)",
    "test_unittest_style": (
        "import unittest\nfrom ledger.money import Purse\n\nclass TestExample(unittest.TestCase):\n"
        "    def setUp(self):\n        self.purse = Purse(1)\n    def test_example(self):\n"
        "        self.purse.put(2)\n        self.assertEqual(self.purse.cents, 3)"
    ),
}


@pytest.mark.parametrize(("name", "lines"), SHOWN.items(), ids=SHOWN)
def test_every_style_of_test_is_cut_to_what_matters(name: str, lines: str, failures: dict[str, Failure]) -> None:
    assert code(told(failures[name])) == lines


RUNNABLE = [name for name in SHOWN if name != "test_unittest_style"]


@pytest.mark.parametrize("name", RUNNABLE)
def test_what_is_shown_fails_by_itself(name: str, failures: dict[str, Failure], tmp_path: Path) -> None:
    shown = code(told(failures[name]))
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "money.py").write_text(MONEY)
    command = [sys.executable, "-B", "-c", shown]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    (reason,) = re.findall(r"^(?:AssertionError|ValueError: cannot spend 3|Failed: DID NOT RAISE)", done.stderr, re.M)
    assert done.returncode == 1 and reason


def test_what_comes_out_is_told(failures: dict[str, Failure]) -> None:
    assert "Nothing is raised there, and" in told(failures["test_raises"])
    assert "What I get is an exception:\n\n```\nValueError: cannot spend 3 of" in told(failures["test_exception"])
    assert "5 != 3" in told(failures["test_unittest_style"])
    assert "This fails." in told(failures["test_values"])


def test_places_in_the_sandbox_and_in_memory_are_left_out(failures: dict[str, Failure]) -> None:
    text = told(failures["test_exception"])
    assert "of <ledger.money.Purse object> in …" in text
    assert "0x" not in text


def test_no_text_names_a_file_a_line_or_a_frame_of_the_project(failures: dict[str, Failure]) -> None:
    text = told(*failures.values(), shown=20)
    assert not re.search(r"money\.py|/tree|line \d|Traceback|2 \* cents|self\.cents \+=", text)


def test_what_would_take_many_lines_is_not_shown(failures: dict[str, Failure]) -> None:
    assert told(failures["test_long"]) == ""
    assert "test_long" not in told(*failures.values(), shown=20)


def test_the_shortest_examples_are_shown_and_the_others_counted(failures: dict[str, Failure]) -> None:
    text = told(*failures.values())
    assert text.count("```python") == 2
    assert text.count("This fails as well:") == 1
    assert "10 other cases of the same kind do not work either." in text
    assert "1 other case of the same kind does not work" in told(*list(failures.values())[:2], shown=1)


def test_the_order_of_failures_does_not_matter(failures: dict[str, Failure]) -> None:
    assert told(*failures.values()) == told(*reversed(failures.values()))


@pytest.mark.parametrize("line", [0, 1, 10_000])
def test_what_cannot_be_shown_makes_no_issue(line: int) -> None:
    assert told(Failure("tests/test_money.py::test_steps", Raised("E", "", line, False))) == ""
    assert told(Failure("tests/other.py::test_steps", Raised("E", "", 3, False))) == ""


def test_a_feature_is_told_by_what_it_says_of_itself() -> None:
    source = 'class A:\n    def f(self, x: int = 1) -> int:\n        """Doubles."""\n        return 2 * x\n'
    text = feature_text("ledger", "ledger/a.py", "A.f", source, ["tests/test_a.py::test_f[1]"])
    assert text.startswith("ledger: implement `A.f`\n\n`A.f` in `ledger/a.py` is not implemented")
    assert 'def f(self, x: int=1) -> int:\n    """Doubles."""\n    ...' in text
    assert text.endswith("The tests in tests/test_a.py say what it must do.")
    assert "2 * x" not in text
    assert feature_text("ledger", "ledger/a.py", "A.g", source, ["tests/test_a.py::test_f"]) == ""
