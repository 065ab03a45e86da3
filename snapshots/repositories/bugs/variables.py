"""Bugs in names: a variable in place of another one of the same function."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .functions import Function, parts
from .source import Edit, Source

_RECEIVERS = ("self", "cls")


def wrong_variable(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A name replaced by the last other parameter or local variable that was named before it."""
    if not isinstance(node, Function):
        return
    names = sorted(_names(node), key=source.span)
    bound = {name: source.span(node).start for name in _parameters(node)}
    for name in names:
        if isinstance(name.ctx, ast.Store) and not _is_of_comprehension(source, name):
            bound.setdefault(name.id, _bound_at(source, name))
    for number, name in enumerate(names):
        span = source.span(name)
        if name.id not in bound or not isinstance(name.ctx, ast.Load) or _is_called(source, name):
            continue
        before = [*_parameters(node), *(earlier.id for earlier in names[:number])]
        near = (other for other in reversed(before) if other != name.id and bound.get(other, span.end) < span.start)
        if other := next(near, None):
            yield Edit(*span, other)


def _names(function: Function) -> list[ast.Name]:
    return [node for node in parts(function) if isinstance(node, ast.Name) and node.id not in _RECEIVERS]


def _parameters(function: Function) -> list[str]:
    of = function.args
    given = [*of.posonlyargs, *of.args, *of.kwonlyargs, *filter(None, (of.vararg, of.kwarg))]
    return [one.arg for one in given if one.arg not in _RECEIVERS]


def _is_called(source: Source, name: ast.Name) -> bool:
    parent = source.parent(name)
    return isinstance(parent, ast.Call) and parent.func is name


def _is_of_comprehension(source: Source, name: ast.Name) -> bool:
    return isinstance(_binder(source, name), ast.comprehension)


def _bound_at(source: Source, name: ast.Name) -> int:
    """Where a name that is bound begins to have its value."""
    match _binder(source, name):
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.NamedExpr() as binder:
            return source.span(binder).end
        case ast.For(iter=iterated) | ast.AsyncFor(iter=iterated):
            return source.span(iterated).end
    return source.span(name).end


def _binder(source: Source, name: ast.Name) -> ast.AST:
    """The statement or expression that binds a name, through the tuples around it."""
    node = source.parent(name)
    while isinstance(node, ast.Tuple | ast.List | ast.Starred):
        node = source.parent(node)
    return node
