"""Hidden tests and their opposites: copies that expect something else, and so must fail where the tests pass."""

from __future__ import annotations

import ast
import secrets
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from .hiding import definition
from .parsing import parsed

MOST = 12
FEW, OF_FEW = 3, 3
"""Where so few tests can be turned round, each is so often: else what guesses which is which might be lucky."""
_MOST_APART = 9
_EQUAL = ("assertEqual", "assertEquals", "assertListEqual", "assertDictEqual", "assertTupleEqual")
_RAISES = ("raises", "assertRaises", "assertRaisesRegex")
_TRUE = ("assertTrue", "assertFalse")
_ERRORS = ("FileNotFoundError", "IndexError", "KeyError", "NotImplementedError", "RecursionError", "ZeroDivisionError")
"""From which hardly any other exception derives."""
_choose = secrets.SystemRandom()

Text = tuple[str, str]
"""What stands before and behind the name of a test."""


class _Edit(NamedTuple):
    """How a test becomes its opposite.

    Args:
        rank: Smaller for what is harder to satisfy together with the test.
        at: What is replaced.
        by: Makes the new text of the old one.
    """

    rank: int
    at: ast.expr
    by: Callable[[str], str]


class CounterTest(NamedTuple):
    """A test, and copies that expect something else.

    Args:
        path: The file of the test.
        scope: The classes that hold it, with ``::`` behind each.
        name: Its own name.
        first: The first of its lines, counted from 0.
        last: The line behind its last one.
        texts: Its own, and those of the copies.
    """

    path: str
    scope: str
    name: str
    first: int
    last: int
    texts: tuple[Text, ...]

    def id(self, called: str, parameters: str = "") -> str:
        """The id of this test under a name."""
        return f"{self.path}::{self.scope}{called}{parameters}"

    def parameters(self, tests: Iterable[str]) -> list[str]:
        """What stands behind the name in those of some ids that are of this test."""
        own = self.id(self.name)
        return [test.removeprefix(own) for test in tests if test.partition("[")[0] == own]


def counter_tests(files: Mapping[str, bytes], tests: Iterable[str]) -> list[CounterTest]:
    """Copies of tests, at most `MOST`, each with one assertion that expects something else.

    Where a test compares with a value that is written in it, the copy has another such value, and where it compares
    with something else, a multiple of that: what is equal to both is no honest value. Which of the two is the test
    does not show in the values. Else the copy expects another exception, or the contrary: then what makes tests pass
    whatever they say is found out. Whether a copy fails with the solution must be seen.

    Args:
        files: What files of tests hold.
        tests: Ids of tests.
    """
    found: list[tuple[CounterTest, _Edit]] = []
    trees: dict[str, tuple[list[str], ast.Module]] = {}
    for test in dict.fromkeys(test.partition("[")[0] for test in tests):
        path, *names = test.split("::")
        try:
            if path not in trees:
                source = files[path].decode()
                trees[path] = source.split("\n"), parsed(source)
            lines, tree = trees[path]
            node = definition(tree, tuple(names))
        except (KeyError, ValueError, SyntaxError):
            continue
        edits = [edit for edit in map(_edit, ast.walk(node)) if edit is not None]
        if edits and f" {node.name}" in lines[node.lineno - 1]:
            edit = min(reversed(edits), key=lambda edit: edit.rank)
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)]) - 1
            last = node.end_lineno or node.lineno
            scope = "".join(f"{name}::" for name in names[:-1])
            found.append((CounterTest(path, scope, names[-1], first, last, ()), edit))
    kept = sorted(found, key=lambda pair: pair[1].rank)[:MOST]
    copies = OF_FEW if len(kept) <= FEW else 1
    return [one._replace(texts=_texts(one, trees[one.path], edit, copies)) for one, edit in kept]


def with_copies(source: bytes, placed: Iterable[tuple[CounterTest, Sequence[str]]]) -> bytes:
    """A file of tests with copies beside the tests that they are of, in any order.

    Args:
        source: What the file holds.
        placed: The tests, and a name for each of their texts.
    """
    lines = source.decode().split("\n")
    for one, names in sorted(placed, key=lambda pair: pair[0].first, reverse=True):
        texts = [name.join(text) for name, text in zip(names, one.texts, strict=True)]
        _choose.shuffle(texts)
        lines[one.first : one.last] = "\n\n".join(texts).split("\n")
    return "\n".join(lines).encode()


def _texts(one: CounterTest, source: tuple[list[str], ast.Module], edit: _Edit, copies: int) -> tuple[Text, ...]:
    """The text of a test, and those of its copies, around their names."""
    lines, tree = source
    row = definition(tree, (*one.scope.split("::")[:-1], one.name)).lineno - 1 - one.first
    own = lines[one.first : one.last]
    return tuple(
        _around_name(some, row, one.name) for some in (own, *(_edited(own, edit, one.first) for _ in range(copies)))
    )


def _around_name(lines: list[str], row: int, name: str) -> Text:
    """The text of a test before and behind its name, which stands in a row."""
    head, _, tail = lines[row].partition(f" {name}")
    return "\n".join([*lines[:row], f"{head} "]), "\n".join([tail, *lines[row + 1 :]])


def _edited(lines: list[str], edit: _Edit, first: int) -> list[str]:
    """The lines of a test with another text in the place of an expression."""
    start, end = edit.at.lineno - 1 - first, (edit.at.end_lineno or edit.at.lineno) - 1 - first
    head = lines[start].encode()[: edit.at.col_offset].decode()
    tail = lines[end].encode()[edit.at.end_col_offset :].decode()
    whole = "\n".join(lines[start : end + 1])
    text = edit.by(whole[len(head) : len(whole) - len(tail)])
    return [*lines[:start], *f"{head}{text}{tail}".split("\n"), *lines[end + 1 :]]


def _edit(node: ast.AST) -> _Edit | None:
    """How an assertion expects something else; None for what is none."""
    match node:
        case ast.Assert(test=ast.Compare(left=left, ops=[ast.Eq()], comparators=[right])):
            return _edit_of_equality(left, right)
        case ast.Call(func=ast.Attribute(attr=name), args=[left, right, *_]) if name in _EQUAL:
            return _edit_of_equality(left, right)
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[error, *_]) if name in _RAISES:
            return _Edit(2, error, lambda text: _choose.choice([one for one in _ERRORS if one != text]))
        case ast.Call(func=ast.Attribute(attr=name), args=[test, *_]) if name in _TRUE:
            return _Edit(3, test, lambda text: f"not ({text})")
        case ast.Assert(test=test):
            return _Edit(3, test, lambda text: f"not ({text})")
    return None


def _edit_of_equality(left: ast.expr, right: ast.expr) -> _Edit:
    """Another value for the last one of the side that is written out; where none is, for the side that is no call."""
    written = [side for side in (left, right) if all(isinstance(one, _WRITTEN) for one in ast.walk(side))]
    values = [one for one in ast.walk(written[-1]) if _can_change(one)] if written else []
    if values and isinstance(last := values[-1], ast.Constant):
        return _Edit(0, last, lambda _: _other(last.value))
    side = left if isinstance(right, ast.Call) and not isinstance(left, ast.Call) else right
    return _Edit(1, side, lambda text: f"({text}) * {_choose.randint(2, _MOST_APART)}")


_WRITTEN = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp, ast.USub, ast.Load)


def _can_change(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, bool | int | float | str | bytes)
        and node.lineno == node.end_lineno
    )


def _other(value: object) -> str:
    """Another value of the same kind, as Python spells it, from which the first one could come in the same way."""
    match value:
        case bool():
            return repr(not value)
        case int() | float():
            return repr(value + _choose.choice((-1, 1)) * _choose.randint(1, _MOST_APART))
        case bytes():
            return repr(_longer_or_shorter(value.decode("latin-1")).encode("latin-1"))
    return repr(_longer_or_shorter(str(value)))


def _longer_or_shorter(text: str) -> str:
    return text[:-1] if len(text) > 1 and _choose.getrandbits(1) else text + _choose.choice(string.ascii_lowercase)
