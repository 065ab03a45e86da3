"""Which functions of a file are changed, and what in them: no annotations, decorators, docstrings or messages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

_LOGS = ("log", "logger", "logging", "warnings")


def outermost(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function]]:
    """The functions below a node that stand in no other one below it, with their qualified names, in order of place.

    Args:
        node: A module, a class or a function.
        prefix: What stands before the names.
    """
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield prefix + child.name, child
        elif isinstance(child, ast.ClassDef):
            yield from outermost(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.stmt | ast.excepthandler | ast.match_case) and not _is_apart(child):
            yield from outermost(child, prefix)


def with_nested(name: str, function: Function) -> Iterator[tuple[str, Function]]:
    """A function and those within it, at any depth, with their qualified names."""
    yield name, function
    for inner_name, inner in outermost(function, f"{name}.<locals>."):
        yield from with_nested(inner_name, inner)


def body_of(node: Function | ast.ClassDef) -> list[ast.stmt]:
    """The statements of a definition after its docstring."""
    return node.body[ast.get_docstring(node, clean=False) is not None :]


def parts(function: Function) -> Iterator[ast.AST]:
    """The function and the nodes of its body that may be changed; functions within it have their own."""
    yield function
    for statement in body_of(function):
        yield from _parts(statement)


def is_log(node: ast.AST) -> bool:
    """Whether a node is a call that writes to a log or warns."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute):
        receiver = node.func.value
        name = receiver.attr if isinstance(receiver, ast.Attribute) else getattr(receiver, "id", "")
        return name.lower().lstrip("_") in _LOGS
    return isinstance(node.func, ast.Name) and node.func.id == "warn"


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, Function) or is_log(node) or _is_apart(node):
        return
    yield node
    for child in _children(node):
        yield from _parts(child)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.JoinedStr():  # before Python 3.12 the positions within are wrong
            return
        case ast.ClassDef():
            yield from body_of(node)
        case ast.AnnAssign():
            yield node.target
            if node.value:
                yield node.value
        case ast.Assert():
            yield node.test
        case _:
            yield from ast.iter_child_nodes(node)


def _is_apart(node: ast.AST) -> bool:
    """Whether a node is an ``if`` for type checkers only, or for the file run as a script."""
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
            return True
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return True
    return False
