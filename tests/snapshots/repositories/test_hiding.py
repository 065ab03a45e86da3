from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_envs.snapshots.repositories.hiding import CannotHide, without_tests
from agent_envs.snapshots.repositories.tiny import generate

SOURCE = '''"""Tests of money."""

import pytest


def test_one():
    assert 1  # ä


@pytest.mark.parametrize(
    "x",
    [1, 2],
)
@pytest.mark.slow
def test_two(x):
    """A text
def test_three():
    """


async def test_three(): pass


class TestFour:
    """Four."""

    def test_a(self):
        assert 1

    @pytest.mark.slow
    def test_b(self):
        assert 2


class TestFive:
    def test_a(self): pass

    class TestInner:
        def test_a(self):
            pass
'''
NAMES = "test_one test_two test_three TestFour::test_a TestFour::test_b TestFive::test_a TestFive::TestInner::test_a"


def held_tests(source: str) -> dict[str, str]:
    """What each test of a file is, by its name."""

    def found(node: ast.Module | ast.ClassDef, prefix: str) -> dict[str, str]:
        result: dict[str, str] = {}
        for one in node.body:
            if isinstance(one, ast.ClassDef):
                result |= found(one, f"{prefix}{one.name}::")
            elif isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name.startswith("test"):
                result[prefix + one.name] = ast.dump(one)
        return result

    return found(ast.parse(source.removeprefix("\ufeff")), "")


def rest_of(source: str) -> str:
    """All of a file but its tests."""
    tree = ast.parse(source.removeprefix("\ufeff"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef):
            kept = [one for one in node.body if not getattr(one, "name", "").startswith("test")]
            node.body = [one for one in kept if not isinstance(one, ast.Pass)]
    return ast.dump(tree)


@cache
def files_of_tests() -> dict[str, str]:
    files = {path: content for seed in range(6) for path, content in generate(seed).items()}
    return {path: content.decode() for path, content in files.items() if path.startswith("tests/")}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_tests_can_be_taken_out_and_all_others_stay(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(files_of_tests())))
    source, tests = files_of_tests()[path], held_tests(files_of_tests()[path])
    gone = data.draw(st.sets(st.sampled_from(sorted(tests)), min_size=1))
    left = without_tests(source, [f"{path}::{name}[1-2]" for name in sorted(gone)])
    assert held_tests(left) == {name: said for name, said in tests.items() if name not in gone}
    assert rest_of(left) == rest_of(source)


@settings(deadline=None)
@given(gone=st.sets(st.sampled_from(NAMES.split())), end=st.sampled_from(["\n", "\r\n", "\r"]), bom=st.booleans())
def test_tests_of_every_form_can_be_taken_out_whatever_ends_the_lines(gone: set[str], end: str, bom: bool) -> None:
    source = "\ufeff" * bom + SOURCE.replace("\n", end)
    left = without_tests(source, [f"tests/test_a.py::{name}" for name in sorted(gone)])
    compile(left.removeprefix("\ufeff"), "test_a.py", "exec")
    assert held_tests(left) == {name: said for name, said in held_tests(SOURCE).items() if name not in gone}
    assert rest_of(left) == rest_of(SOURCE)
    assert left.replace(end, "") == left.replace("\r", "").replace("\n", "")


def test_the_lines_of_other_tests_are_untouched() -> None:
    left = without_tests(SOURCE, ["t.py::test_two[1]", "t.py::test_two[2]"])
    at, end = SOURCE.index("@pytest.mark.parametrize"), SOURCE.index("\n\nasync")
    assert left == SOURCE[:at] + SOURCE[end:]


def test_a_class_without_its_only_test_still_is_one() -> None:
    source = "class TestA:\n    def test_a(self):\n        assert 1\n\n\nx = 1\n"
    assert without_tests(source, ["t.py::TestA::test_a"]) == "class TestA:\n    pass\n\n\nx = 1\n"
    both = source.replace("\n\n\n", "\n    def test_b(self): ...\n")
    left = without_tests(both, ["t.py::TestA::test_a", "t.py::TestA::test_b"])
    assert left == "class TestA:\n    pass\nx = 1\n"


REFUSED = {
    "a test that is inherited": ("class A:\n    def test_a(self): ...\nclass TestB(A): ...\n", "TestB::test_a"),
    "a test that is not there": ("x = 1\n", "test_a"),
    "a test that is assigned": ("test_a = lambda: 1\n", "test_a"),
    "a test that is defined twice": ("def test_a(): ...\ndef test_a(): ...\n", "test_a"),
    "a test in a condition": ("if 1:\n    def test_a(): ...\n", "test_a"),
}


@pytest.mark.parametrize(("source", "name"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_defined_once_where_its_id_says_is_refused(source: str, name: str) -> None:
    with pytest.raises(CannotHide, match=f"{name} is defined [02] times"):
        without_tests(source, [f"t.py::{name}"])


@pytest.mark.parametrize("use", ["again = test_a", "def other():\n    test_a()", "class A:\n    x = m.test_a"])
def test_what_other_code_needs_is_refused(use: str) -> None:
    with pytest.raises(CannotHide, match="needs the test test_a"):
        without_tests(f"def test_a(): ...\n{use}\n", ["t.py::test_a"])


def test_lines_that_hold_more_than_the_test_are_refused() -> None:
    with pytest.raises(CannotHide, match="hold more"):
        without_tests("@(\n    mark\n)\ndef test_a(): ...\n", ["t.py::test_a"])


def test_pytest_finds_exactly_the_others(tmp_path: Path) -> None:
    source = SOURCE.replace("@pytest.mark.slow", "@pytest.mark.usefixtures('tmp_path')")
    gone = {"test_two", "TestFour::test_a", "TestFive::test_a"}
    (tmp_path / "test_a.py").write_text(without_tests(source, [f"test_a.py::{name}" for name in gone]))
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", "-c", "/dev/null"]
    done = subprocess.run([*command, f"--rootdir={tmp_path}"], cwd=tmp_path, capture_output=True, text=True)
    found = [line.partition("::")[2] for line in done.stdout.splitlines() if "::" in line]
    assert found == [name for name in NAMES.split() if name not in gone]
