from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.snapshots.repositories.counter_tests import FEW, MOST, OF_FEW, CounterTest, counter_tests, with_copies

PATH = "tests/test_all.py"


def countered(source: str, *names: str) -> list[CounterTest]:
    return counter_tests({PATH: source.encode()}, [f"{PATH}::{name}" for name in names or ("test_a",)])


def texts(source: str) -> list[str]:
    """A test and its copies, all under one name."""
    (one,) = countered(source)
    return ["test_a".join(text) for text in one.texts]


def outcome(source: str, **values: object) -> str:
    """What comes of a test of this name when it is called."""
    held = dict(values)
    exec(source, held)  # noqa: S102 - it is the test's own text
    try:
        held["test_a"]()  # type: ignore[operator]
    except Exception as error:
        return type(error).__name__
    return "passed"


@pytest.mark.parametrize(
    "body",
    [
        "assert f() == 7",
        "assert 7 == f()",
        "assert (\n        f()\n        == 7\n    )",
        "x = f()\n    assert x == 7 and x\n    assert x == 7",
        "expected = 7\n    assert f() == expected",
        "assert f() == (\n        3\n        + 4\n    )",
        "assert [f(), 'ä'] == [7, 'ä']",
        "with raises(KeyError):\n        {}[f()]",
        "assert f()",
        "assert not f() == 8",
        "assert f() in (6, 7)  # or so",
    ],
)
def test_what_passes_a_test_fails_its_copies(body: str) -> None:
    source = f"def test_a():\n    {body}\n"
    test, *copies = texts(source)
    given = {"f": lambda: 7, "raises": pytest.raises}
    assert outcome(test, **given) == "passed"
    assert copies and all(outcome(copy, **given) != "passed" for copy in copies)


class Anything:
    """Is equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("body", ["assert f() == 7", "assert f() == g()", "assert f() == ['a', 'b']"])
def test_what_is_equal_to_everything_passes_the_copies_too(body: str) -> None:
    for text in texts(f"def test_a():\n    {body}\n"):
        assert outcome(text, f=Anything, g=lambda: 7) == "passed"


def test_the_last_assertion_that_is_hardest_to_satisfy_twice_is_turned_round() -> None:
    test, copy, *_ = texts(
        "def test_a():\n    assert f() == 1\n    assert f() == 2\n    assert f()\n    assert f() == g\n"
    )
    changed = [
        number
        for number, (one, other) in enumerate(zip(test.split("\n"), copy.split("\n"), strict=True))
        if one != other
    ]
    assert changed == [2]


@pytest.mark.parametrize("source", ["def test_a():\n    f()\n", "def test_b(): pass\n", "def test_a(:\n", "x = 1\n"])
def test_where_nothing_is_asserted_there_is_no_copy(source: str) -> None:
    assert countered(source) == []


def test_files_that_are_no_text_have_none() -> None:
    assert counter_tests({PATH: b"\xff"}, [f"{PATH}::test_a", "tests/none.py::test_a"]) == []


def test_few_tests_have_several_copies_and_many_have_one_each_up_to_a_limit() -> None:
    names = [f"test_{number}" for number in range(MOST + 3)]
    source = "".join(f"def {name}():\n    assert f() == 5\n" for name in names)
    assert [len(one.texts) for one in countered(source, *names[:FEW])] == [1 + OF_FEW] * FEW
    assert [len(one.texts) for one in countered(source, *names)] == [2] * MOST


METHODS = """\
import pytest

class TestA:
    @pytest.mark.parametrize(
        "x", [1, 2]
    )
    def test_a(self, x):
        assert x == 1

    def test_b(self): assert 2 == 2
"""


def test_copies_stand_beside_their_tests_and_all_else_stays() -> None:
    found = countered(METHODS, "TestA::test_a[1]", "TestA::test_a[2]", "TestA::test_b")
    assert [one.parameters([f"{PATH}::TestA::test_a[1]", f"{PATH}::TestA::test_ab"]) for one in found] == [["[1]"], []]
    names = [[one.name, *(f"{one.name}_{number}" for number in range(1, len(one.texts)))] for one in found]
    made = with_copies(METHODS.encode(), list(zip(found, names, strict=True))).decode()
    (group,) = (node for node in ast.parse(made).body if isinstance(node, ast.ClassDef))
    methods = {node.name: node for node in group.body if isinstance(node, ast.FunctionDef)}
    assert set(methods) == {name for some in names for name in some}
    before = {node.name: ast.dump(node) for node in ast.walk(ast.parse(METHODS)) if isinstance(node, ast.FunctionDef)}
    assert {name: ast.dump(methods[name]) for name in before} == before
    assert all(len(methods[name].decorator_list) == 1 for name in names[0])
    swapped = with_copies(METHODS.encode(), [(found[0], [*names[0][1:], names[0][0]])]).decode()
    assert ast.dump(methods["test_a"]) not in {ast.dump(node) for node in ast.walk(ast.parse(swapped))}


scalars = st.integers() | st.text(max_size=5) | st.booleans() | st.binary(max_size=5)
values = st.recursive(scalars, lambda inner: st.lists(inner, min_size=1, max_size=3), max_leaves=6)


@given(values)
def test_another_value_is_another_value(value: object) -> None:
    test, *copies = texts(f"def test_a():\n    assert f() == {value!r}\n")
    assert outcome(test, f=lambda: value) == "passed"
    assert {outcome(copy, f=lambda: value) for copy in copies} == {"AssertionError"}
