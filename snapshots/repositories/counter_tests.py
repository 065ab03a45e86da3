"""Hidden tests turned into their opposite: copies that expect another value, and so must fail where the tests pass."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .hiding import CannotHide, definition

MOST = 12
_EQUAL = ("assertEqual", "assertEquals", "assertListEqual", "assertDictEqual", "assertTupleEqual")


class CounterTest(NamedTuple):
    """A copy of a test in which one value that it expects is another.

    Args:
        path: The file of the test.
        scope: The classes that hold the test, with ``::`` behind each.
        name: The test's own name.
        line: The line of the file behind which the copy can stand.
        text: The copy, in which ``{name}`` stands for what it is to be called.
    """

    path: str
    scope: str
    name: str
    line: int
    text: tuple[str, str]

    def id(self, called: str, parameters: str = "") -> str:
        """The copy's id."""
        return f"{self.path}::{self.scope}{called}{parameters}"


def counter_tests(files: Mapping[str, bytes], tests: Iterable[str]) -> list[CounterTest]:
    """Copies of tests, at most `MOST`; of those alone that compare with a value that is written in the test.

    Only that value is changed. Whatever passes the test, being equal to the one value, is not equal to the other, so
    that no honest solution passes the copy.

    Args:
        files: What files of tests hold.
        tests: Ids of tests.
    """
    found: list[CounterTest] = []
    for test in dict.fromkeys(test.partition("[")[0] for test in tests):
        path, *names = test.split("::")
        try:
            source = files[path].decode()
            node = definition(ast.parse(source), tuple(names))
        except (KeyError, UnicodeDecodeError, SyntaxError, CannotHide):
            continue
        copy = _changed(source.split("\n"), node)
        if copy is not None and len(found) < MOST:
            scope = "".join(f"{name}::" for name in names[:-1])
            found.append(CounterTest(path, scope, names[-1], node.end_lineno or node.lineno, copy))
    return found


def with_counter_tests(source: bytes, placed: Iterable[tuple[CounterTest, str]]) -> bytes:
    """A file of tests with copies behind the tests that they are of, each under a name."""
    lines = source.decode().split("\n")
    for one, called in sorted(placed, key=lambda pair: pair[0].line, reverse=True):
        lines[one.line : one.line] = ["", *(one.text[0] + called + one.text[1]).split("\n")]
    return "\n".join(lines).encode()


def _changed(lines: list[str], node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, str] | None:
    """The text of a test with another value, before and behind its name; None where it has none to change."""
    values = [value for value in map(_expected, ast.walk(node)) if value is not None]
    if not values:
        return None
    value = values[-1]
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    text = list(lines[first - 1 : node.end_lineno])
    row = value.lineno - first
    line = text[row].encode()
    text[row] = (line[: value.col_offset] + _other(value.value).encode() + line[value.end_col_offset :]).decode()
    row = node.lineno - first
    head, name, tail = text[row].partition(f" {node.name}")
    return ("\n".join([*text[:row], f"{head} "]), "\n".join([tail, *text[row + 1 :]])) if name else None


def _expected(node: ast.AST) -> ast.Constant | None:
    """The last value of the side of an equality that is written out, where an assertion is one."""
    match node:
        case ast.Assert(test=ast.Compare(left=left, ops=[ast.Eq()], comparators=[right])):
            sides = [left, right]
        case ast.Call(func=ast.Attribute(attr=name), args=[left, right, *_]) if name in _EQUAL:
            sides = [left, right]
        case _:
            return None
    written = [side for side in sides if all(isinstance(one, _WRITTEN) for one in ast.walk(side))]
    constants = [one for one in ast.walk(written[-1]) if _can_change(one)] if written else []
    last = constants[-1] if constants else None
    return last if isinstance(last, ast.Constant) else None


_WRITTEN = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp, ast.USub, ast.Load)


def _can_change(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, bool | int | float | str | bytes)
        and node.lineno == node.end_lineno
    )


def _other(value: object) -> str:
    """Another value of the same kind, as Python spells it."""
    match value:
        case bool():
            return repr(not value)
        case int() | float():
            return repr(value + 1)
        case bytes():
            return repr(value + b"x")
    return repr(f"{value}x")
