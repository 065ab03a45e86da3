"""Bugs in arithmetic and calls: operators, the order of operands and arguments, a missing ``await``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise, product

from ..parsing import parsed_expression
from .source import Edit, Source

_NEAR: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "/",
    ast.Div: "*",
    ast.FloorDiv: "/",
    ast.Mod: "//",
    ast.Pow: "*",
    ast.LShift: ">>",
    ast.RShift: "<<",
    ast.BitAnd: "|",
    ast.BitOr: "&",
    ast.BitXor: "|",
}
_ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.LShift, ast.RShift, ast.MatMult)
_MIRRORED: dict[type[ast.cmpop], str] = {ast.Lt: ">", ast.LtE: ">=", ast.Gt: "<", ast.GtE: "<="}
_UNORDERED_CALLS = ("isinstance", "issubclass", "getattr", "hasattr", "max", "min")  # swapped: a crash, or the same


def arithmetic(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another arithmetic operator, or a sign left out."""
    match node:
        case ast.BinOp(left=left, op=operator, right=right) if not _is_sequence(left) and not _is_sequence(right):
            if type(operator) in _NEAR and not _is_neutral(operator, right):
                _, (span,) = source.chain(node, [left, right])
                yield Edit(*span, _NEAR[type(operator)])
        case ast.AugAssign(target=target, op=operator, value=value) if not _is_sequence(value):
            if type(operator) in _NEAR and not _is_neutral(operator, value):
                _, (span,) = source.chain(node, [target, value])
                yield Edit(*span, f"{_NEAR[type(operator)]}=")
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            start = source.span(node).start
            yield Edit(start, source.after_blank(start + len("-")), "")


def swap_operands(source: Source, node: ast.AST) -> Iterator[Edit]:
    """The two operands of an operation whose order matters, swapped; the comparison with a constant, turned round."""
    match node:
        case ast.BinOp(left=left, op=operator, right=right):
            sequences = _is_sequence(left) or _is_sequence(right)
            if not (isinstance(operator, ast.Add) if sequences else isinstance(operator, _ORDERED)):
                return
            wanted: ast.expr = ast.BinOp(right, operator, left)
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _MIRRORED:
            if isinstance(left, ast.Constant) or isinstance(right, ast.Constant):  # nobody writes 0 < x for x > 0
                _, (span,) = source.chain(node, [left, right])
                yield Edit(*span, _MIRRORED[type(operator)])
                return
            wanted = ast.Compare(right, [operator], [left])
        case _:
            return
    (first, second), _ = source.chain(node, [left, right])
    between = source.text[first.end : second.start]
    dump = ast.dump(wanted)
    if dump == ast.dump(node):
        return
    for spelled in product(("{}", "({})"), repeat=2):  # parentheses only where precedence needs them
        before, after = (
            form.format(source.text[slice(*span)]) for form, span in zip(spelled, (second, first), strict=True)
        )
        text = before + between + after
        if ast.dump(parsed_expression(f"(\n{text}\n)")) == dump:
            yield Edit(first.start, second.end, text)
            return


def swap_arguments(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Two adjacent positional arguments of a call, swapped."""
    if not isinstance(node, ast.Call) or getattr(node.func, "id", "") in _UNORDERED_CALLS:
        return
    for left, right in pairwise(node.args):
        if (
            not isinstance(left, ast.Starred)
            and not isinstance(right, ast.Starred)
            and ast.dump(left) != ast.dump(right)
        ):
            first, second = source.span(left), source.span(right)
            between = source.text[first.end : second.start]
            yield Edit(first.start, second.end, source.of(right) + between + source.of(left))


def drop_await(source: Source, node: ast.AST) -> Iterator[Edit]:
    """``await`` left out: the coroutine itself in place of what it returns."""
    if isinstance(node, ast.Await):
        start = source.span(node).start
        yield Edit(start, source.after_blank(start + len("await")), "")


def _is_sequence(node: ast.expr) -> bool:
    """Whether an operand is written as a text or a sequence, for which ``+``, ``*`` and ``%`` mean other things."""
    text = isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    return text or isinstance(node, ast.JoinedStr | ast.List | ast.Tuple | ast.ListComp)


def _is_neutral(operator: ast.operator, right: ast.expr) -> bool:
    """Whether an operation and its neighbour both give back the left operand."""
    neutral = 0 if isinstance(operator, ast.Add | ast.Sub | ast.LShift | ast.RShift) else 1
    same = isinstance(
        operator, ast.Add | ast.Sub | ast.Mult | ast.Div | ast.FloorDiv | ast.Pow | ast.LShift | ast.RShift
    )
    return same and isinstance(right, ast.Constant) and right.value == neutral
