"""Taking hidden tests out of the files that hold them, so that the agent's tree has all tests but those."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable

from .parsing import parsed

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")  # as Python counts them, with their ends


class CannotHide(ValueError):
    """A test that cannot be taken out of its file; the message says why."""


def without_tests(source: str, tests: Iterable[str]) -> str:
    """A file of tests without some of them.

    Args:
        source: What it holds.
        tests: Ids of its tests, as ``file::Class::name[parameters]``; one with parameters goes with all its like.

    Raises:
        CannotHide: A test is not defined in this file where its id says, or other code of the file needs it, or its
            lines hold more than it.
    """
    tree = parsed(source.removeprefix("\ufeff"))
    lines = _LINE.findall(source)
    names = {tuple(test.partition("[")[0].split("::")[1:]) for test in tests}
    gone = [definition(tree, name) for name in sorted(names)]
    _check_unused(tree, {node.name for node in gone})
    first_of_emptied = _first_of_emptied(tree, gone)
    for node in sorted(gone, key=lambda node: node.lineno, reverse=True):
        first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
        last = node.end_lineno or node.lineno
        indent = lines[node.lineno - 1][: node.col_offset]
        end = lines[first - 1].removeprefix(lines[first - 1].rstrip("\r\n"))
        lines[first - 1 : last] = [f"{indent}pass{end}"] if node in first_of_emptied else []
    left = "".join(lines)
    _check_left(left, tree, gone)
    return left


def definition(tree: ast.Module, name: tuple[str, ...]) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """Where a test is defined: in the class that its id names, or in one that this inherits from."""
    *classes, function = name
    scopes: list[ast.Module | ast.ClassDef] = [tree]
    for one in classes:
        scopes = [
            node for scope in scopes for node in scope.body if isinstance(node, ast.ClassDef) and node.name == one
        ]
    found = [
        node
        for scope in scopes
        for node in scope.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function
    ]
    if len(found) != 1:
        raise CannotHide(f"{'::'.join(name)} is defined {len(found)} times where its id says, and must be so once")
    return found[0]


def _check_unused(tree: ast.Module, names: set[str]) -> None:
    for node in ast.walk(tree):
        used = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
        if used in names:
            raise CannotHide(f"other code of its file needs the test {used}")


def _check_left(left: str, tree: ast.Module, gone: Collection[ast.stmt]) -> None:
    """That the lines which are left say what the file said without these nodes, which are taken out of the tree."""
    for scope in ast.walk(tree):
        if isinstance(scope, ast.Module | ast.ClassDef):
            body = [node for node in scope.body if node not in gone]
            scope.body = body or ([ast.Pass()] if isinstance(scope, ast.ClassDef) else [])
    try:
        same = ast.dump(parsed(left.removeprefix("\ufeff"))) == ast.dump(tree)
    except SyntaxError:
        same = False
    if not same:
        raise CannotHide("the lines of a test hold more than the test")


def _first_of_emptied(tree: ast.Module, gone: Collection[ast.stmt]) -> list[ast.stmt]:
    """The first test of each class that would be left without a body: it leaves something in its place."""
    classes = [scope for scope in ast.walk(tree) if isinstance(scope, ast.ClassDef)]
    return [scope.body[0] for scope in classes if all(one in gone for one in scope.body)]
