from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import pytest

from agent_envs.sandbox import Snapshot
from agent_envs.snapshots.repositories import running
from agent_envs.snapshots.repositories.fresh import Ground, run_changed
from agent_envs.snapshots.repositories.issue_text import Failure, issue_text
from agent_envs.snapshots.repositories.running import Raised
from agent_envs.snapshots.repositories.task_python import task_python

from .till import BROKEN, COMMON, CONFTEST, MENDED, TEST

FILES = {"shop/__init__.py": "", "tests/conftest.py": CONFTEST, "tests/common.py": COMMON, "tests/test_till.py": TEST}
NAMES = re.findall(r"def (test_\w+)", TEST)


class Told(NamedTuple):
    """What really comes of the tests, and of what the texts show of them."""

    failures: dict[str, Failure]
    texts: dict[str, str]
    broken: running.TestRun
    mended: running.TestRun


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("shop")
    for path, text in FILES.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)

    def run(till: str, tests: Mapping[str, str]) -> running.TestRun:
        held = {path: text.encode() for path, text in {**tests, "shop/till.py": till}.items()}
        ground, files = Ground(task_python()), tests or ["tests/test_till.py"]
        return run_changed(ground, Snapshot(folder), ("",), (held,), files, describe=True, timeout_s=60)

    failures: dict[str, Failure] = {}
    for test, one in run(BROKEN, {}).tests.items():
        name = test.rpartition("::")[2].partition("[")[0]
        if one.raised is not None:
            failures.setdefault(name, Failure(test, one.raised))
    texts = {name: text_of(failure) for name, failure in failures.items()}
    shown = {place(name): code(text) for name, text in texts.items()}
    return Told(failures, texts, run(BROKEN, shown), run(MENDED, shown))


def text_of(*failures: Failure) -> str:
    return issue_text("shop", failures, FILES)


def place(name: str) -> str:
    return f"tests/test_shown_{name}.py"


def code(text: str) -> str:
    return "\n".join(re.findall(r"```python\n(.*?)\n```", text, re.DOTALL))


def test_all_of_them_fail(told: Told) -> None:
    assert set(told.failures) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shown_fails_as_it_says_and_passes_when_the_bug_is_mended(name: str, told: Told) -> None:
    raised = told.failures[name].raised
    said = [
        one.raised.message for test, one in told.broken.tests.items() if test.startswith(place(name)) and one.raised
    ]
    said += [message for file, message in told.broken.unread.items() if file == place(name)]
    assert said and raised.message.partition("\n")[0] in said[0]
    assert place(name) not in told.mended.unread
    assert not {one for test, one in told.mended.tests.items() if test.startswith(place(name)) and one.raised}


@pytest.mark.parametrize("name", NAMES)
def test_no_text_holds_the_name_of_its_test(name: str, told: Told) -> None:
    assert name not in told.texts[name]


SHOWN = {
    "test_fixture_is_cleared_away": (
        "from shop.till import Till\ntill = Till(1)\ntill.put(1)\nclosed = till\nassert closed.cents == 2"
    ),
    "test_fixture_of_pytest": (
        "from shop.till import Till\n\ndef test_example(capsys):\n    Till(1).put(1).show()\n"
        '    assert capsys.readouterr().out == "2\\n"'
    ),
    "test_helper_method": (
        "import unittest\nfrom shop.till import Till\n\nclass TestExample(unittest.TestCase):\n    START = 1\n"
        "    def setUp(self):\n        self.till = Till(self.START)\n    def after(self, *all_cents):\n"
        "        for cents in all_cents:\n            self.till.put(cents)\n        return self.till.cents\n"
        "    def test_example(self):\n        self.assertEqual(self.after(1, 2), 4)"
    ),
    "test_objects": "from shop.till import Till\ntill = Till(1)\ncents = 2\nassert till.put(1).cents == cents",
    "test_order_of_keys": (
        "from shop.till import total\nparts = {'b': 1, 'a': 2}\nassert list(total(parts)) == [\"b\", \"a\"]"
    ),
}


@pytest.mark.parametrize(("name", "lines"), SHOWN.items(), ids=SHOWN)
def test_what_stands_elsewhere_is_shown(name: str, lines: str, told: Told) -> None:
    assert code(told.texts[name]) == lines


def test_a_text_says_where_its_example_can_be_run(told: Told) -> None:
    assert "(as a file in `tests/`, where `common` is):\n\n```python" in told.texts["test_module_beside"]
    assert "(as a test for pytest in `tests/`, where `stocked` is):" in told.texts["test_fixture_of_the_repository"]
    assert "(as a test for pytest):\n\n" in told.texts["test_fixture_of_pytest"]
    assert "(as a" not in told.texts["test_objects"]


def test_what_runs_anywhere_is_shown_first_and_gives_the_title(told: Told) -> None:
    failures = told.failures
    text = text_of(failures["test_fixture_of_pytest"], failures["test_module_beside"], failures["test_objects"])
    assert text.startswith("shop: objects\n\n")
    assert text.index("till = Till(1)") < text.index("capsys")
    assert "assert_holds" not in text


def test_a_project_is_called_by_what_its_tests_import(told: Told) -> None:
    text = issue_text("set", [told.failures["test_module_beside"], told.failures["test_objects"]], FILES)
    assert text.startswith("shop: objects\n\n") and "`shop`" not in text
    assert issue_text("set", [Failure("t.py::test_a", Raised("E", "", 2, True))], {"t.py": NOTHING}).startswith(
        "set: a"
    )


NOTHING = "def test_a():\n    assert 0"
LONG = "[\n" + "        1,\n" * 120 + "    ]"
CUT = {"x": "[1, ...]"}
UNFAIR = {
    "a parameter that was cut short": ("def test_a(x):\n    assert x", Raised("E", "", 2, True, CUT, CUT)),
    "a name that nothing binds": ("from a import *\ndef test_a():\n    assert b", Raised("E", "", 3, True)),
    "what a clock says": ("import time\ndef test_a():\n    assert time.monotonic() < 1", Raised("E", "", 3, True)),
    "many lines": (f"def test_a():\n    x = {LONG}\n    assert not x", Raised("E", "", 124, True)),
}


@pytest.mark.parametrize(("source", "raised"), UNFAIR.values(), ids=UNFAIR)
def test_no_text_is_made_of(source: str, raised: Raised) -> None:
    assert issue_text("shop", [Failure("test_a.py::test_a", raised)], {"test_a.py": source}) == ""
