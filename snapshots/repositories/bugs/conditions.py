"""Bugs in conditions: comparisons, ``and`` and ``or``, ``not``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from .source import Edit, Source

_COMPLEMENTS: dict[type[ast.cmpop], str] = {
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Lt: ">=",
    ast.LtE: ">",
    ast.Gt: "<=",
    ast.GtE: "<",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}
_NEAR = _COMPLEMENTS | {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}


def compare(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another comparison: the bound in or out, equal or not, in or not in."""
    if isinstance(node, ast.Compare):
        _, operators = source.chain(node, [node.left, *node.comparators])
        for operator, span in zip(node.ops, operators, strict=True):
            yield Edit(*span, _NEAR[type(operator)])


def boolean(source: Source, node: ast.AST) -> Iterator[Edit]:
    """``and`` in place of ``or``, and the other way round."""
    if isinstance(node, ast.BoolOp):
        _, operators = source.chain(node, node.values)
        for span in operators:
            yield Edit(*span, "or" if isinstance(node.op, ast.And) else "and")


def drop_condition(source: Source, node: ast.AST) -> Iterator[Edit]:
    """One operand of ``and`` or ``or`` left out."""
    if isinstance(node, ast.BoolOp):
        operands, _ = source.chain(node, node.values)
        yield Edit(operands[0].start, operands[1].start, "")
        for before, operand in pairwise(operands):
            yield Edit(before.end, operand.end, "")


def drop_not(source: Source, node: ast.AST) -> Iterator[Edit]:
    """``not`` left out."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        start = source.span(node).start
        yield Edit(start, source.after_blank(start + len("not")), "")


def negate_if(source: Source, node: ast.AST) -> Iterator[Edit]:
    """The condition of an ``if`` turned round: of a statement, an expression or a comprehension."""
    match node:
        case ast.If(test=test) | ast.IfExp(test=test):
            tests = [test]
        case ast.comprehension(ifs=ifs):
            tests = ifs
        case _:
            return
    for test in tests:
        start, end = source.span(test)
        match test:
            case ast.UnaryOp(op=ast.Not()):
                pass  # dropping it is another operator
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                _, (span,) = source.chain(test, [left, right])
                yield Edit(*span, _COMPLEMENTS[type(operator)])
            case ast.Name() | ast.Attribute() | ast.Call() | ast.Subscript() | ast.Constant():
                yield Edit(start, start, "not ")
            case _:
                yield Edit(start, end, f"not ({source.of(test)})")
