"""Where the arguments of a test come from: its parameters, fixtures that can be written out, and fixtures of others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from .parsing import parsed_expression
from .running import Raised
from .statements import Function, arguments_of, bound_by, is_docstring, names_in, spelled

PYTEST_OWN = frozenset(
    "cache capfd capfdbinary caplog capsys capsysbinary doctest_namespace monkeypatch pytestconfig record_property"
    " recwarn request subtests testdir pytester tmp_path tmp_path_factory tmpdir tmpdir_factory".split()
)


class Arguments:
    """What binds the arguments of a test.

    Args:
        scope: Statements of the file, and of the test's class: where fixtures may be.
        lines: Those of the file.
        marks: What decorates the test and its class.
        case: What the id of the test says of its parameters.
        raised: What it failed with, and with what values.
        used: Names that the test uses; those of a fixture that is written out must be others.

    Attributes:
        bound: Statements that bind arguments, as text, in order.
        shown: Fixtures of the file that cannot be written out.
        asked: Arguments that are left: those of the shown fixtures, and of fixtures that are elsewhere.
        names: Names that all these need.
    """

    def __init__(
        self,
        scope: Iterable[ast.stmt],
        lines: Sequence[str],
        marks: Iterable[ast.expr],
        case: str,
        raised: Raised,
        used: set[str],
    ) -> None:
        self._scope = list(scope)
        self._fixtures = {
            name: node
            for node in self._scope
            if isinstance(node, Function) and (name := fixture_name(node)) is not None
        }
        self._lines, self._marks, self._used = lines, list(marks), used
        self._case, self._given, self._values = case, raised.given, raised.values
        self.bound: list[str] = []
        self.shown: list[Function] = []
        self.asked: list[str] = []
        self.names: set[str] = set()
        self._done: set[str] = set()

    def add(self, name: str) -> None:
        """Find out where an argument comes from."""
        if name in self._done or name == "self":
            return
        self._done.add(name)
        fixture = self._fixtures.get(name)
        if fixture is None:
            value = self._parameter(name)
            if value is not None:
                self.bind(name, value)
            elif not self._is_parameter(name):
                self.asked.append(name)
        elif (body := self._written_out(fixture, name)) is not None:
            for one in arguments_of(fixture):
                self.add(one)
            self.names |= names_in(body)
            self.bound += [text for node in body for text in self._as_bound(node, name)]
        else:
            self.asked.append(name)
            self._show(fixture)

    def bind(self, name: str, value: ast.expr) -> None:
        """Let an argument have a value."""
        self._done.add(name)
        self.names |= names_in([value])
        self.bound.append(f"{name} = {ast.unparse(value)}")

    def add_those_of_all(self) -> None:
        """Find out which fixtures of the file are used without being asked for."""
        for name, node in self._fixtures.items():
            marks = [one for one in node.decorator_list if isinstance(one, ast.Call)]
            if any(word.arg == "autouse" for mark in marks for word in mark.keywords) and name not in self._done:
                self._done.add(name)
                self._show(node)

    def _show(self, fixture: Function) -> None:
        """Show a fixture as it is, and those of the file that it asks for."""
        if fixture not in self.shown:
            self.shown.append(fixture)
            self.names |= names_in([fixture])
            for one in arguments_of(fixture):
                if one in self._fixtures:
                    self._show(self._fixtures[one])

    def _written_out(self, fixture: Function, name: str) -> list[ast.stmt] | None:
        """The statements of a fixture that make its value; None where it does more than that."""
        body = [node for node in fixture.body if not is_docstring(node)]
        ends = [number for number, node in enumerate(body) if _leaves(node)]
        if not ends or _value(body[ends[0]]) is None or isinstance(fixture, ast.AsyncFunctionDef):
            return None
        made = body[: ends[0] + 1]
        own = {one for node in made for one in bound_by(node)} - {name}
        return None if own & self._used or "request" in arguments_of(fixture) else made

    def _as_bound(self, node: ast.stmt, name: str) -> list[str]:
        """A statement of a fixture; what is returned or yielded gets a name."""
        value, text = _value(node), spelled(node, self._lines)
        if value is None:
            return [text]
        same = isinstance(value, ast.Name) and value.id == name
        return [] if same else [re.sub(r"^(return|yield)\b", f"{name} =", text)]

    def _is_parameter(self, name: str) -> bool:
        """Whether an argument is what a mark says, and not what a fixture makes of it."""
        if any(name in names for names, _ in self._parametrized()):
            return True
        return name in self._given and self._given[name] == self._values.get(name)

    def _parameter(self, name: str) -> ast.expr | None:
        """The value of a parameter, as the file has it, else as it was shown if that is whole."""
        if name not in self._given or not self._is_parameter(name):
            return None
        found: dict[str, ast.expr] = {}
        for names, values in self._parametrized():
            if name in names:
                fitting = [row for row in self._rows(values, names) if all(self._fits(row[one], one) for one in row)]
                found |= {ast.dump(row[name]): row[name] for row in fitting}
        if len(found) == 1:
            return next(iter(found.values()))
        return parsed_expression(self._given[name]) if is_literal(self._given[name]) else None

    def _rows(self, values: ast.expr | None, names: Sequence[str]) -> list[dict[str, ast.expr]]:
        """The values of each case by name, as far as they are listed; of the test's own where its id has the number."""
        cases = values.elts if isinstance(values, ast.List | ast.Tuple) else []
        numbers = [found[1] for name in names if (found := re.search(rf"(?:^|-){name}(\d+)(?:-|$)", self._case))]
        if numbers and int(numbers[0]) < len(cases):
            cases = [cases[int(numbers[0])]]
        return [row for one in cases if (row := _row(one, names))]

    def _fits(self, value: ast.expr, name: str) -> bool:
        """Whether an expression may be what was given."""
        text, given = ast.unparse(value), self._given.get(name, "")
        if not is_literal(text) or not is_literal(given):
            return not is_literal(text) or "..." in given
        held, shown = (ast.literal_eval(parsed_expression(one)) for one in (text, given))
        return bool(repr(held) == repr(shown) or ("{" in text and held == shown))  # it is shown with its keys sorted

    def _parametrized(self) -> Iterator[tuple[list[str], ast.expr | None]]:
        """The names and the values of each list of parameters."""
        for mark in self._marks:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func).endswith("parametrize"):
                words = {word.arg: word.value for word in mark.keywords}
                names, values = (*mark.args, words.get("argnames"), words.get("argvalues"))[:2]
                if "indirect" not in words and names is not None and is_literal(ast.unparse(names)):
                    held = ast.literal_eval(names)
                    listed = held.split(",") if isinstance(held, str) else held
                    yield [one.strip() for one in listed], self._looked_up(values)

    def _looked_up(self, values: ast.expr | None) -> ast.expr | None:
        """What a name stands for that the file binds."""
        if isinstance(values, ast.Name):
            for node in self._scope:
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == values.id:
                    return node.value
        return values


def fixture_name(node: ast.stmt) -> str | None:
    """The name by which tests ask for a fixture; None for what is none."""
    if not isinstance(node, Function):
        return None
    for mark in node.decorator_list:
        call = mark if isinstance(mark, ast.Call) else None
        if ast.unparse(call.func if call else mark) in ("fixture", "pytest.fixture"):
            named = [word.value for word in call.keywords if word.arg == "name"] if call else []
            return str(named[0].value) if named and isinstance(named[0], ast.Constant) else node.name
    return None


def is_literal(value: str) -> bool:
    """Whether what was shown of a value is that value: nothing is left out of it, and Python reads it."""
    try:
        ast.literal_eval(parsed_expression(value))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return "..." not in value


def _leaves(node: ast.AST) -> bool:
    """Whether a function may give a value in a statement, and not only one that stands within."""
    if isinstance(node, ast.Return | ast.Yield | ast.YieldFrom):
        return True
    return not isinstance(node, Function | ast.Lambda) and any(map(_leaves, ast.iter_child_nodes(node)))


def _value(node: ast.stmt) -> ast.expr | None:
    """What a statement returns or yields, if it does that alone."""
    if isinstance(node, ast.Expr):
        return node.value.value if isinstance(node.value, ast.Yield) else None
    return node.value if isinstance(node, ast.Return) else None


def _row(case: ast.expr, names: Sequence[str]) -> dict[str, ast.expr]:
    """The values of a case by name; none where they are not listed."""
    if isinstance(case, ast.Call) and ast.unparse(case.func) in ("param", "pytest.param"):
        case = case.args[0] if len(names) == 1 else ast.Tuple(case.args, ast.Load())
    parts = [case] if len(names) == 1 else case.elts if isinstance(case, ast.List | ast.Tuple) else []
    return dict(zip(names, parts, strict=True)) if len(parts) == len(names) else {}
