"""What a failing test does, as a piece of code that stands alone: the statements that lead to its failure."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Sequence
from functools import lru_cache

from .arguments import PYTEST_OWN, fixture_name
from .assembly import SET_UP, Example, Origin, assembled
from .parsing import parsed
from .running import Raised
from .statements import Function, arguments_of, bound_by, is_docstring, members_in, names_in

_BLOCKS = (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.If, ast.Try)
_ACTS = (ast.Expr, ast.AugAssign, ast.Delete)
_PATH = re.compile(r"(?:/tmp|/tree|/opt)/[^\s'\"()\[\],;>]*")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def example_of(test: str, source: str, raised: Raised) -> Example | None:
    """The code of a failure.

    It ends with the statement at which the test fails. Above it stand what of the same function, of fixtures and of
    ``setUp`` binds or changes what that statement uses, the values of parameters, and the imports and definitions of
    the file that these need. It is bare code where that can be, else a test: in a class where the statement uses
    members of the test's, and with arguments where fixtures cannot be written out.

    Args:
        test: Id of the test.
        source: What the file of the test holds.
        raised: What the test failed with.

    Returns:
        The code; None where the failure is not in a function of the file, or the code would be too long, or would use
        what a reader cannot have.
    """
    tree, lines = _read(source)
    path, _, case = test.partition("[")
    *within, name = path.split("::")[1:]
    classes = _classes(tree, within)
    scope = [node for one in classes for node in one.body] if within else tree.body
    function = next((node for node in scope if isinstance(node, Function) and node.name == name), None)
    at = _around(tree, raised.line)
    if function is None or at is None:
        return None
    reached, means = _reached(tree, function, at, raised.line)
    if not reached or is_docstring(reached[-1]):
        return None
    if PYTEST_OWN.isdisjoint(arguments_of(function)):
        kept = _leading_to(reached, _local(function), means)
    else:  # what is printed, logged or patched goes by no name
        kept = [node for node in reached if not is_docstring(node)]
    made = assembled(Origin(tree, lines, function, classes, case.removesuffix("]")), kept, raised)
    return made and made._replace(lines=[re.sub(rf"\b{name}\b", "test_example", line) for line in made.lines])


@lru_cache(maxsize=32)
def _read(source: str) -> tuple[ast.Module, list[str]]:
    """A file and its lines, as Python counts them; the failures of a bug are mostly in one file."""
    lines = re.split(r"\r\n?|\n", source.removeprefix("\ufeff"))
    return parsed("\n".join(lines)), lines


def cleaned(text: str) -> str:
    """What was said or shown, without what differs from run to run: places in the sandbox, and in memory."""
    return _ADDRESS.sub("", _PATH.sub("…", text))


def _classes(tree: ast.Module, names: Sequence[str]) -> list[ast.ClassDef]:
    """The class of a test, and those of the file that it derives from."""
    named = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    found = [named[name] for name in names if name in named]
    for one in found:
        bases = [named[name] for base in one.bases if (name := ast.unparse(base)) in named]
        found += [base for base in bases if base not in found]
    return found


def _around(tree: ast.Module, line: int) -> Function | None:
    """The outermost function that holds a line."""
    for node in ast.walk(tree):
        if isinstance(node, Function) and node.lineno <= line <= (node.end_lineno or 0):
            return node
    return None


def _reached(tree: ast.Module, function: Function, at: Function, line: int) -> tuple[list[ast.stmt], set[str]]:
    """The statements of a test as far as it came, and names that show in which of them a failure elsewhere may be."""
    if at is function:
        return [node for node in function.body if node.lineno <= line], set()
    means = {"self"} if at.name in SET_UP else {fixture_name(at) or at.name}
    functions = [node for node in ast.walk(tree) if isinstance(node, Function) and node is not function]
    while more := {one.name for one in functions if means & (names_in(one.body) | members_in(one.body))} - means:
        means |= more
    ends = [number for number, node in enumerate(function.body) if means & (names_in([node]) | members_in([node]))]
    return function.body[: ends[-1] + 1] if ends else [], means


def _leading_to(nodes: Sequence[ast.stmt], local: set[str], means: set[str]) -> list[ast.stmt]:
    """The last of some statements and those before it that matter to it, or to one of these."""
    kept, needed = [nodes[-1]], names_in(nodes[-1:])

    def matters(node: ast.stmt) -> bool:
        if is_docstring(node) or _prints(node):
            return False
        met = means & (names_in([node]) | members_in([node]))
        return bool(bound_by(node) & needed or met) or _acts_on(node, needed, local)

    while more := [node for node in nodes if node not in kept and matters(node)]:
        kept += more[-1:]
        needed |= names_in(more[-1:])
    return [node for node in nodes if node in kept]


def _acts_on(node: ast.stmt, needed: set[str], local: set[str]) -> bool:
    """Whether a statement changes, or may change, something of these names, as ``cache.clear()`` does."""
    checked = _checked(node)
    if checked is not None:
        return bool(_handed_on(checked) & needed & local)
    if isinstance(node, _ACTS):
        return bool(names_in([node]) & needed)
    if isinstance(node, ast.Assign) and names_in(node.targets) & needed:
        return True
    return isinstance(node, (ast.Assign, *_BLOCKS)) and bool(names_in([node]) & needed & local)


def _checked(node: ast.stmt) -> list[ast.expr] | None:
    """What an assertion is about; None for what is none."""
    if isinstance(node, ast.Assert):
        return [node.test]
    call = node.value if isinstance(node, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr.startswith("assert"):
        return call.args if isinstance(call.func.value, ast.Name) and call.func.value.id == "self" else None
    return None


def _handed_on(nodes: Sequence[ast.expr]) -> set[str]:
    """Names of what is called, given to what is called beside Python's own functions, or looked into."""
    found: set[str] = set()
    for one in (one for node in nodes for one in ast.walk(node)):
        if isinstance(one, ast.Call) and not (isinstance(one.func, ast.Name) and hasattr(builtins, one.func.id)):
            found |= names_in([one])
        elif isinstance(one, ast.Subscript) and isinstance(one.value, ast.Name):
            found.add(one.value.id)
    return found


def _local(function: Function) -> set[str]:
    return {name for node in function.body for name in bound_by(node)}.union(arguments_of(function))


def _prints(node: ast.stmt) -> bool:
    """Whether a statement only shows something."""
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print"
