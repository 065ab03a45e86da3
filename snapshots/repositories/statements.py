"""Statements of a file of tests: what they bind and use, and how they are spelled elsewhere."""

from __future__ import annotations

import ast
import builtins
import textwrap
from collections.abc import Iterable, Sequence

from .parsing import parsed

Function = ast.FunctionDef | ast.AsyncFunctionDef
_BUILT_IN = frozenset((*dir(builtins), "__name__", "__file__"))


def names_in(nodes: Iterable[ast.AST]) -> set[str]:
    """All names in some statements, whether they bind or use them."""
    return {one.id for node in nodes for one in ast.walk(node) if isinstance(one, ast.Name)}


def members_in(nodes: Iterable[ast.AST]) -> set[str]:
    """What comes after a dot in some statements."""
    return {one.attr for node in nodes for one in ast.walk(node) if isinstance(one, ast.Attribute)}


def bound_by(node: ast.stmt) -> set[str]:
    """The names that a statement binds where it stands."""
    if isinstance(node, Function | ast.ClassDef):
        return {node.name}
    found: set[str] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Import | ast.ImportFrom):
            found.update((alias.asname or alias.name).partition(".")[0] for alias in one.names)
        elif isinstance(one, Function | ast.ClassDef):
            found.add(one.name)
        elif isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            found.add(one.id)
    return found


def unbound(tree: ast.Module) -> set[str]:
    """Names that a piece of code uses, and neither binds anywhere nor has from Python."""
    bound = {name for node in tree.body for name in bound_by(node)}
    for one in ast.walk(tree):
        if isinstance(one, Function | ast.ClassDef | ast.Lambda):
            bound |= bound_by(one) if isinstance(one, ast.stmt) else set()
            bound |= set() if isinstance(one, ast.ClassDef) else {arg.arg for arg in _all_arguments(one.args)}
        elif isinstance(one, ast.stmt):
            bound |= bound_by(one)
        elif isinstance(one, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and one.name:
            bound.add(one.name)
        elif isinstance(one, ast.NamedExpr | ast.comprehension):
            bound |= names_in([one.target])
    return names_in([tree]) - bound - _BUILT_IN


def _all_arguments(spec: ast.arguments) -> list[ast.arg]:
    return [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *filter(None, (spec.vararg, spec.kwarg))]


def arguments_of(function: Function) -> list[str]:
    """The names of a function's arguments, without those that stand for many."""
    spec = function.args
    return [one.arg for one in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]


def is_docstring(node: ast.stmt) -> bool:
    """Whether a statement is a text alone."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def spelled(node: ast.stmt, lines: Sequence[str]) -> str:
    """A statement as the file has it, moved to the left; written anew where that would make another of it.

    Args:
        node: The statement.
        lines: Those of the file.
    """
    decorators = node.decorator_list if isinstance(node, Function | ast.ClassDef) else []
    first = min([node.lineno, *(one.lineno for one in decorators)])
    text = textwrap.dedent("\n".join(lines[first - 1 : node.end_lineno]))
    return text if _statements(text) == [ast.dump(node)] else ast.unparse(node)


def indented(text: str) -> str:
    """Statements moved to the right by a level; written anew where that would make others of them."""
    moved = textwrap.indent(text, "    ")
    if _statements(f"if 1:\n{moved}") == [ast.dump(ast.If(ast.Constant(1), parsed(text).body, []))]:
        return moved
    return textwrap.indent(ast.unparse(parsed(text)), "    ")


def _statements(text: str) -> list[str]:
    """What a text means; nothing where it begins within a line of another."""
    try:
        return [ast.dump(one) for one in parsed(text).body]
    except SyntaxError:
        return []
