"""Comparisons that no fix has need of: those by which a value is equal to whatever it is compared with."""

from __future__ import annotations

import ast
from collections.abc import Iterator

COMPARISONS = frozenset("__eq__ __ne__ __lt__ __le__ __gt__ __ge__ __contains__ __instancecheck__".split())
_VALUES = frozenset("int float complex str bytes tuple bool list dict set frozenset".split())
_KEEPING = frozenset("append add setdefault update insert extend pop popitem __setitem__ __setattr__".split())


def comparisons(node: ast.AST) -> Iterator[str]:
    """What is suspicious of how one node of a syntax tree makes things comparable.

    Such are comparisons that look at one side alone or keep what they see, those of the interpreter's own kinds of
    values, and those that are put into a class without being written there.
    """
    match node:
        case ast.FunctionDef(name=name) if name in COMPARISONS:
            yield from _of_function(name, node.args, node.body)
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as made) if name in COMPARISONS:
            yield from _of_function(name, made.args, [ast.Return(made.body)])
        case ast.Assign(targets=targets):
            yield from (f"{name} that is assigned" for name in map(_name, targets) if name in COMPARISONS)
        case ast.ClassDef(bases=bases) if any(isinstance(base, ast.Name) and base.id in _VALUES for base in bases):
            names = [one.name for one in node.body if isinstance(one, ast.FunctionDef)]
            yield from (f"{name} of a kind of value" for name in names if name in COMPARISONS)
        case ast.Call(func=ast.Name(id="type"), args=[_, _, _]):
            yield "a class that is made by a call"
        case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value=str(name)), _]) if name in COMPARISONS:
            yield f"{name} that is assigned"


def _name(target: ast.expr) -> str:
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _of_function(name: str, arguments: ast.arguments, body: list[ast.stmt]) -> Iterator[str]:
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    if len(names) < 2 or _says_nothing(body):
        return
    nodes = [node for one in body for node in ast.walk(one)]
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    if names[1] not in used:
        yield f"{name} that does not look at the other"
    elif names[0] not in used:
        yield f"{name} that does not look at itself"
    elif any(map(_keeps, nodes)):
        yield f"{name} that keeps what it sees"


def _says_nothing(body: list[ast.stmt]) -> bool:
    """Whether a comparison leaves the answer to the other side, or has none."""
    match [one for one in body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]:
        case [ast.Return(value=ast.Name(id="NotImplemented"))] | [ast.Raise()]:
            return True
    return False


def _keeps(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()) | ast.Global() | ast.Nonlocal():
            return True
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in _KEEPING
    return False
