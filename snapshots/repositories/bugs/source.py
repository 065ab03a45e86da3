"""The text of a Python file, addressed by the nodes of its syntax tree."""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from ..parsing import parsed

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")  # str.splitlines would also break at form feeds
_BLANK = r"(?:[\s\\]|#[^\r\n]*)*+"
_BETWEEN = re.compile(
    rf"(?P<close>(?:{_BLANK}\))*){_BLANK}"
    rf"(?P<operator>is{_BLANK}not\b|not{_BLANK}in\b|[a-z]+|[^\s\w()\\#]+)"
    rf"{_BLANK}(?P<open>(?:\({_BLANK})*)"
)
_BEFORE_KEYWORD = re.compile(rf"(?:{_BLANK};)?{_BLANK}")
_REST_OF_LINE = re.compile(r"[ \t\f]*;?[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|\Z)")


class Span(NamedTuple):
    """Characters of a text, from `start` up to `end`."""

    start: int
    end: int


class Edit(NamedTuple):
    """A change of a text: the characters from `start` up to `end` become `text`."""

    start: int
    end: int
    text: str


class Source:
    """A Python file and its syntax tree.

    Args:
        text: What the file holds, its line breaks as they are.

    Raises:
        SyntaxError: The text is no Python.
    """

    def __init__(self, text: str) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.tree = parsed(text)
        except ValueError as error:  # a zero byte, or half of a surrogate pair
            raise SyntaxError(f"the text is no Python: {error}") from error
        self.text = text
        self.lines = _LINE.findall(text)
        self._starts = list(accumulate(map(len, self.lines), initial=0))
        self._parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def line_start(self, line: int) -> int:
        """Where a line begins, counted from 1; one past the last line is the end of the text."""
        return self._starts[line - 1]

    def line_of(self, offset: int) -> int:
        """The line that a character stands in, counted from 1."""
        return min(bisect_right(self._starts, offset), len(self.lines))

    def span(self, node: ast.expr | ast.stmt | ast.excepthandler) -> Span:
        """Where a node stands: without the parentheses around it, and with its decorators."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.decorator_list:
            line = first_line(node)
            start = self.line_start(line) + self.lines[line - 1].index("@")
        else:
            start = self._offset(node.lineno, node.col_offset)
        assert node.end_lineno is not None and node.end_col_offset is not None
        return Span(start, self._offset(node.end_lineno, node.end_col_offset))

    def of(self, node: ast.expr | ast.stmt) -> str:
        """The text of a node."""
        return self.text[slice(*self.span(node))]

    def parent(self, node: ast.AST) -> ast.AST:
        """The node that a node other than the module is part of."""
        return self._parents[node]

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that a node below the module is part of."""
        while not isinstance(node, ast.stmt):
            node = self._parents[node]
        return node

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """The statements among which a statement stands."""
        parent = self._parents[statement]
        blocks = (getattr(parent, field, None) for field in ("body", "orelse", "finalbody"))
        return next(block for block in blocks if isinstance(block, list) and statement in block)

    def chain(self, node: ast.expr | ast.AugAssign, operands: Sequence[ast.expr]) -> tuple[list[Span], list[Span]]:
        """Where the operands of an expression stand, with parentheses around them, and the operators between them."""
        spans = [self.span(operand) for operand in operands]
        starts, ends, operators = [self.span(node).start], [], []
        for left, right in pairwise(spans):
            between = _BETWEEN.fullmatch(self.text, left.end, right.start)
            assert between is not None, f"no operator in {self.text[left.end : right.start]!r}"
            ends.append(between.end("close"))
            starts.append(between.start("open"))
            operators.append(Span(*between.span("operator")))
        return list(map(Span, starts, [*ends, self.span(node).end])), operators

    def after_blank(self, offset: int) -> int:
        """Where the next token stands at or after an offset: past space, comments and one semicolon."""
        found = _BEFORE_KEYWORD.match(self.text, offset)
        return found.end() if found else offset

    def without_lines(self, start: int, end: int) -> Edit | None:
        """Take a span out with its lines; nothing, if it shares them with other code."""
        line = self.line_start(self.line_of(start))
        rest = _REST_OF_LINE.match(self.text, end)
        return Edit(line, rest.end(), "") if rest and not self.text[line:start].strip() else None

    def without(self, statement: ast.stmt) -> Edit:
        """Take a statement out: with its lines if it owns them, else by a ``pass`` in its place."""
        start, end = self.span(statement)
        edit = self.without_lines(start, end) if len(self.block(statement)) > 1 else None
        return edit or Edit(start, end, "pass")

    def _offset(self, line: int, column_bytes: int) -> int:
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        column = column_bytes if text.isascii() else len(text.encode()[:column_bytes].decode())
        return self._starts[line - 1] + column


def first_line(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """The line on which a definition begins: that of its first decorator, if it has one."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
