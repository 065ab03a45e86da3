"""Bugs in values: off by one, another constant, another default."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeGuard

from .source import Edit, Source

_BASES = {"0x": "#x", "0o": "#o", "0b": "#b"}
_SEPARATOR_CHARS = 3
_COUNTED = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)
_SUM = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod)


def off_by_one(source: Source, node: ast.AST) -> Iterator[Edit]:
    """One more or one less, where things are counted: indices, bounds of slices and ranges, comparisons, sums."""
    if not isinstance(node, ast.expr) or not _counts(source, node):
        return
    span = source.span(node)
    number = _integer(node)
    parent = source.parent(node)
    if number is not None:
        for other in (number + 1, number - 1):
            in_sum = isinstance(parent, ast.BinOp)
            if not (in_sum and other == 0) and (
                other >= 0 or number < 0 or isinstance(parent, ast.Subscript | ast.Slice)
            ):
                yield Edit(*span, _spelled(other, source.of(node)))
        if isinstance(parent, ast.BinOp) and number == 1:
            (left, right), _ = source.chain(parent, [parent.left, parent.right])
            yield Edit(left.end, right.end, "")
    elif isinstance(node, _COUNTED) or (_is_sum(node) and _integer(node.right) is None):
        yield Edit(span.end, span.end, " + 1")
        yield Edit(span.end, span.end, " - 1")


def constant(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another number where nothing is counted, or a separator in place of an empty text and the other way round."""
    if not isinstance(node, ast.UnaryOp | ast.Constant) or isinstance(source.parent(node), ast.UnaryOp | ast.Expr):
        return
    number = _integer(node)
    if isinstance(node, ast.UnaryOp):
        if number is not None and number < 0 and not _counts(source, node):
            yield Edit(*source.span(node), source.of(node.operand))
    elif isinstance(node.value, str):
        short = len(node.value) <= _SEPARATOR_CHARS and not any(map(str.isalnum, node.value))
        if short and not isinstance(source.statement(node), ast.Raise):
            yield Edit(*source.span(node), _other(source, node))
    elif isinstance(node.value, float) or (number is not None and not _counts(source, node)):
        yield Edit(*source.span(node), _other(source, node))


def boolean_constant(source: Source, node: ast.AST) -> Iterator[Edit]:
    """``True`` in place of ``False``, and the other way round."""
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, bool)
        and not isinstance(source.parent(node), ast.While)
    ):
        yield Edit(*source.span(node), _other(source, node))


def default(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another default of a parameter: another value of its type, or ``None`` in place of a name."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        for value in [*node.args.defaults, *node.args.kw_defaults]:
            if isinstance(value, ast.Name | ast.Attribute):
                yield Edit(*source.span(value), "None")
            elif isinstance(value, ast.Constant) and isinstance(value.value, bool | int | float | str):
                yield Edit(*source.span(value), _other(source, value))
            elif isinstance(value, ast.UnaryOp) and _integer(value) is not None:
                yield Edit(*source.span(value), source.of(value.operand))


def _counts(source: Source, node: ast.expr) -> bool:
    """Whether an expression stands where one more or one less is a likely mistake."""
    match source.parent(node):
        case ast.Subscript(slice=index):
            return index is node and _integer(node) is not None
        case ast.Slice(lower=lower, upper=upper):
            return node in (lower, upper)
        case ast.Call(func=ast.Name(id="range"), args=arguments):
            return node in arguments[:2]
        case ast.Compare():
            return _integer(node) is not None
        case ast.BinOp(op=ast.Add() | ast.Sub(), right=right):
            return right is node and _integer(node) is not None
    return False


def _is_sum(node: ast.expr) -> TypeGuard[ast.BinOp]:
    """Whether ``+ 1`` can be written after an operation without parentheses around it."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, _SUM)


def _integer(node: ast.expr) -> int | None:
    """The value of an integer as it is written, with its sign."""
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int(value)):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
            return -value
    return None


def _other(source: Source, node: ast.Constant) -> str:
    """Another constant of the same type, as it is written."""
    match node.value:
        case bool(value):
            return str(not value)
        case int(value):
            return _spelled({0: 1, 1: 0}.get(value, value + 1), source.of(node))
        case float(value):
            return repr({0.0: 1.0, 1.0: 0.0}.get(value, value + 1.0))
    quote = source.of(node)[-1]
    return quote + quote if node.value else f"{quote} {quote}"


def _spelled(number: int, like: str) -> str:
    """An integer in the base of another one's text."""
    return format(number, _BASES.get(like.lower().lstrip("-")[:2], "d"))
