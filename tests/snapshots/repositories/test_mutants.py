from __future__ import annotations

import ast
import calendar
import configparser
import fractions
import inspect
import shlex
import statistics
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_envs.snapshots.repositories.bugs.mutants import Mutant, mutants, without_features

MODULES = (calendar, configparser, fractions, shlex, statistics, textwrap)


class Mutated(NamedTuple):
    source: str
    mutants: tuple[Mutant, ...]


@pytest.fixture(scope="module", params=MODULES, ids=lambda module: module.__name__)
def real(request: pytest.FixtureRequest) -> Mutated:
    """A module that nobody here wrote, with all its mutants."""
    source = inspect.getsource(request.param)
    return Mutated(source, (*mutants(source), *without_features(source)))


def functions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, int, int]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
            yield prefix + child.name, first, child.end_lineno or 0
            inner = "." if isinstance(child, ast.ClassDef) else ".<locals>."
            yield from functions(child, prefix + child.name + inner)
        else:
            yield from functions(child, prefix)


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_a_mutant_of_a_real_module_compiles_and_is_another_program(real: Mutated, data: st.DataObject) -> None:
    mutant = data.draw(st.sampled_from(real.mutants))
    compile(mutant.source, "mutant.py", "exec", dont_inherit=True)
    assert ast.dump(ast.parse(mutant.source)) != ast.dump(ast.parse(real.source))


@given(data=st.data())
def test_only_the_lines_that_a_mutant_names_are_changed(real: Mutated, data: st.DataObject) -> None:
    mutant = data.draw(st.sampled_from(real.mutants))
    before, after = real.source.split("\n"), mutant.source.split("\n")
    below = len(before) - mutant.end_line
    assert after[: mutant.line - 1] == before[: mutant.line - 1]
    assert after[len(after) - below :] == before[mutant.end_line :]
    assert before[mutant.line - 1 : mutant.end_line] != after[mutant.line - 1 : len(after) - below]


def test_every_mutant_names_the_function_that_its_change_is_in(real: Mutated) -> None:
    there = set(functions(ast.parse(real.source)))
    for mutant in real.mutants:
        assert (mutant.function, mutant.first_line, mutant.last_line) in there
        assert mutant.first_line <= mutant.line <= mutant.end_line <= mutant.last_line


def test_no_two_mutants_are_the_same_and_all_come_again(real: Mutated) -> None:
    assert (*mutants(real.source), *without_features(real.source)) == real.mutants
    assert len({mutant.source for mutant in real.mutants}) == len(real.mutants)


def test_mutants_come_in_order_of_place() -> None:
    lines = [mutant.line for mutant in mutants(inspect.getsource(textwrap))]
    assert lines == sorted(lines)


STRANGE = {
    "CRLF": "def f(a):\r\n    x = a + 2  # ä\r\n    y = (x\r\n        - a)\r\n    return x, y\r\n",
    "tabs": "class A:\n\tdef f(self, a):\n\t\tif a:\n\t\t\treturn None\n\t\tself.g(a, [2])\n\t\treturn a < 3",
    "non-ASCII": "def größe(ä, ö):\n    s = 'é€😀'; t = ä + ö * 3; return (s, 'ß' * ä, t - ö)\n",
    "form feed": "x = 1\n\f\ndef f(a):\n    y = a < 2\n    \f\n    return y\n\fdef g(a): return a - 2\n",
    "continued": "def f(a, b):\n    if a and \\\n            b: a = 1; \\\n        b = a\n    return a \\\n\n\nx = 1\n",
    "warned of": "def f(a):\n    return a is 1000, a + 3\n",
    "nested": "def f(a):\n    def g(b=1):\n        nonlocal a\n        a = b\n    return g\n",
    "super": "class A:\n  def f(self):\n    class B:\n      def g(self): return super().g(1, 2)\n    return B\n",
    "future": "from __future__ import annotations\ndef f(a: B) -> C:\n    return lambda x=1: [y for y in a if y > x]\n",
}


@pytest.mark.parametrize("source", STRANGE.values(), ids=STRANGE)
def test_strange_layout_is_kept_around_the_change(source: str) -> None:
    found = list(mutants(source))
    assert len({mutant.operator for mutant in found}) >= 3
    before = source.split("\n")
    for mutant in found:
        after = mutant.source.split("\n")
        below = len(before) - mutant.end_line
        assert after[: mutant.line - 1] == before[: mutant.line - 1]
        assert after[len(after) - below :] == before[mutant.end_line :]


def test_every_line_break_stays_what_it_was() -> None:
    for mutant in mutants(STRANGE["CRLF"]):
        assert mutant.source.count("\n") == mutant.source.count("\r") == mutant.source.count("\r\n")


def test_a_change_behind_wide_characters_is_made_in_its_place() -> None:
    source = "def f(ä):\n    return 'é€😀', ä < 3, 'ß'\n"
    assert source.replace("<", "<=") in [mutant.source for mutant in mutants(source)]


def test_a_mutant_that_the_compiler_warns_of_is_dropped() -> None:
    found = mutants("def f(a, b):\n    return (a or 'text')(b)\n")
    dropped = [mutant.source for mutant in found if mutant.operator == "drop condition"]
    assert dropped == ["def f(a, b):\n    return (a)(b)\n"]


@pytest.mark.parametrize("text", ["def f(:", "x = \0", "print 'old'", "\ud800"])
def test_what_is_no_python_is_refused_at_once(text: str) -> None:
    with pytest.raises(SyntaxError):
        mutants(text)
    with pytest.raises(SyntaxError):
        without_features(text)


SHAPE = '''class Shape:
    """A shape."""

    @property
    def area(self) -> int:
        """Its area."""
        # sides first
        a = self.a
        b = self.b
        return a * b

    def _hidden(self):
        x = 1
        y = 2
        return x + y

    def short(self): return 1


def total(shapes):
    n = 0
    for shape in shapes: n += shape.area
    return n
'''


def test_a_feature_loses_its_body_and_keeps_the_rest() -> None:
    found = {mutant.function: mutant for mutant in without_features(SHAPE)}
    assert list(found) == ["Shape", "Shape.area", "total"]
    assert {mutant.operator for mutant in found.values()} == {"remove feature"}
    body = SHAPE[SHAPE.index("a = self.a") : SHAPE.index("\n\n    def _hidden")]
    assert found["Shape.area"].source == SHAPE.replace(body, "raise NotImplementedError")
    assert (found["total"].first_line, found["total"].line, found["total"].last_line) == (20, 21, 23)


def test_a_class_as_a_feature_loses_all_its_bodies() -> None:
    whole = next(without_features(SHAPE)).source
    assert whole.count("raise NotImplementedError") == 3
    assert whole.endswith(SHAPE[SHAPE.index("\n\n\ndef total") :]) and "# sides first" in whole
