"""Bugs in statements: one left out, cut short, or in the wrong place."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .functions import body_of, is_log
from .source import Edit, Source

_LEAVES = (ast.Raise, ast.Return, ast.Continue, ast.Break)
_DEFINITIONS = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Import,
    ast.ImportFrom,
    ast.Global,
    ast.Nonlocal,
)


def remove_if(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A guard left out: an ``if`` that only raises, returns or leaves the loop."""
    if isinstance(node, ast.If) and not _is_elif(source, node) and _is_guard(node):
        yield source.without(node)


def remove_branch(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A branch left out: an ``else``, of a loop or ``try`` too, an ``elif``, or an ``if`` alone that is no guard."""
    if isinstance(node, ast.If) and _is_elif(source, node):
        edit = source.without_lines(source.span(node).start, source.span(node.body[-1]).end)
        if edit:
            yield edit
    elif isinstance(node, ast.If) and not node.orelse and not _is_guard(node):
        yield source.without(node)
    if isinstance(node, ast.If | ast.For | ast.AsyncFor | ast.While | ast.Try | ast.TryStar) and node.orelse:
        above = node.handlers[-1] if isinstance(node, ast.Try | ast.TryStar) else node.body[-1]
        start = source.after_blank(source.span(above).end)
        edit = source.without_lines(start, source.span(node.orelse[-1]).end)
        if edit and source.text.startswith("else", start):
            yield edit


def remove_loop(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A loop left out with its body."""
    if isinstance(node, ast.For | ast.AsyncFor | ast.While):
        yield source.without(node)


def remove_assignment(source: Source, node: ast.AST) -> Iterator[Edit]:
    """An assignment left out."""
    if isinstance(node, ast.Assign | ast.AugAssign) or (isinstance(node, ast.AnnAssign) and node.value):
        yield source.without(node)


def remove_call(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A call left out whose result nobody takes."""
    if isinstance(node, ast.Expr):
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(call, ast.Call) and not is_log(call):
            yield source.without(node)


def return_none(source: Source, node: ast.AST) -> Iterator[Edit]:
    """``None`` returned in place of a value."""
    if isinstance(node, ast.Return) and node.value:
        yield Edit(*source.span(node), "return None")


def break_continue(source: Source, node: ast.AST) -> Iterator[Edit]:
    """``continue`` in place of ``break``, and the other way round."""
    if isinstance(node, ast.Break | ast.Continue):
        yield Edit(*source.span(node), "continue" if isinstance(node, ast.Break) else "break")


def shuffle(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Two adjacent statements swapped, of which one matters to the other."""
    if not isinstance(node, ast.stmt) or isinstance(node, _DEFINITIONS):
        return
    block = source.block(node)
    after = next(iter(block[block.index(node) + 1 :]), None)
    if after and not isinstance(after, (*_DEFINITIONS, *_LEAVES)) and _matters(node, after):
        first, second = source.span(node), source.span(after)
        between = source.text[first.end : second.start]
        yield Edit(first.start, second.end, source.of(after) + between + source.of(node))


def remove_function(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A function that does nothing: its signature and docstring stay."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (body := body_of(node)):
        yield Edit(source.span(body[0]).start, source.span(body[-1]).end, "pass")


def _is_elif(source: Source, node: ast.If) -> bool:
    return source.text.startswith("elif", source.span(node).start)


def _is_guard(node: ast.If) -> bool:
    return not node.orelse and all(isinstance(statement, _LEAVES) for statement in node.body)


def _matters(first: ast.stmt, second: ast.stmt) -> bool:
    """Whether two statements are in order: one binds what the other takes, or one is a call that shares names."""
    stored, loaded = _names(first)
    later_stored, later_loaded = _names(second)
    if any(isinstance(statement, ast.Expr) and not is_log(statement.value) for statement in (first, second)):
        return bool((stored | loaded) & (later_stored | later_loaded))
    return bool(stored & (later_stored | later_loaded) or later_stored & loaded)


def _names(statement: ast.stmt) -> tuple[set[str], set[str]]:
    """The names and attributes that a statement binds, and those that it takes."""
    stored: set[str] = set()
    loaded: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            (loaded if isinstance(node.ctx, ast.Load) else stored).add(ast.unparse(node))
    return stored, loaded | (stored if isinstance(statement, ast.AugAssign) else set())
