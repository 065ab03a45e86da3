"""What a failing test does, as a piece of code: the statements that lead to its failure, with what they need."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from .running import Raised

LIMIT_LINES = 30
_ABOVE = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BLOCKS = (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.If, ast.Try)
_ACTS = (ast.Expr, ast.AugAssign, ast.Delete)
_PATH = re.compile(r"(?:/tmp|/tree|/opt)/[^\s'\"()\[\],;>]*")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_SET_UP = ("setUp", "setup_method", "asyncSetUp")

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def example_of(source: str, raised: Raised) -> tuple[list[str], set[str]] | None:
    """The code of a failure.

    It ends with the statement at which the test fails. Above it stand what of the same function, of fixtures and of
    ``setUp`` binds or changes what that statement uses, the values of parameters, and the imports and definitions of
    the file that these need.

    Args:
        source: What the file of the test holds.
        raised: What the test failed with.

    Returns:
        Its lines, and the names that the last statement uses; None where the failure is not in a function of the file.
    """
    lines = re.split(r"\r\n?|\n", source.removeprefix("\ufeff"))  # as Python counts them
    tree = ast.parse("\n".join(lines))
    function, owner = _around(tree, raised.line)
    reached = [node for node in function.body if node.lineno <= raised.line] if function else []
    if function is None or not reached or _is_docstring(reached[-1]):
        return None
    names = _names(reached[-1:])
    kept, needed = _leading_to(reached, names, _local(function))
    shown = [line for node in kept for line in _spelled(node, lines)]
    if owner is not None and "self" in needed:
        shown = [*_set_up(owner, lines, needed), *shown]
    for name in reversed(dict.fromkeys([*_arguments(function), *raised.given])):
        if name in needed:
            shown = [*_given(tree, name, lines, raised, needed), *shown]
    defined = _needed_above(tree, needed, function, owner)
    shown = [*(line for node in defined for line in _spelled(node, lines, needed)), *shown]
    if len(shown) > LIMIT_LINES:
        shown[LIMIT_LINES // 2 : -LIMIT_LINES // 2] = ["…"]
    return shown, names


def cleaned(text: str) -> str:
    """What was said or shown, without what differs from run to run: places in the sandbox, and in memory."""
    return _ADDRESS.sub("", _PATH.sub("…", text))


def _around(tree: ast.Module, line: int) -> tuple[_Function | None, ast.ClassDef | None]:
    """The outermost function that holds a line, and the class around it."""
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    for node in ast.walk(tree):
        if isinstance(node, _Function) and node.lineno <= line <= (node.end_lineno or 0):
            return node, next((one for one in classes if node in one.body), None)
    return None, None


def _leading_to(nodes: Sequence[ast.stmt], names: set[str], local: set[str]) -> tuple[list[ast.stmt], set[str]]:
    """The last of some statements and those before it that matter to it, and all names that these use."""
    kept, needed = [nodes[-1]], set(names)
    for node in reversed(nodes[:-1]):
        if not _is_docstring(node) and not _prints(node) and (_binds(node) & needed or _acts_on(node, needed, local)):
            kept.insert(0, node)
            needed |= _names([node])
    return kept, needed


def _acts_on(node: ast.stmt, needed: set[str], local: set[str]) -> bool:
    """Whether a statement changes, or may change, something of these names, as ``cache.clear()`` does."""
    if isinstance(node, _ACTS):
        return bool(_names([node]) & needed)
    if isinstance(node, ast.Assign) and _names(node.targets) & needed:
        return True
    if isinstance(node, (ast.Assign, *_BLOCKS)):
        return bool(_names([node]) & needed & local)
    return isinstance(node, ast.Assert) and bool(set(_called_on(node)) & needed & local)


def _called_on(node: ast.stmt) -> Iterator[str]:
    """Names whose methods a statement calls."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and isinstance(one.func.value, ast.Name):
            yield one.func.value.id


def _given(tree: ast.Module, name: str, lines: Sequence[str], raised: Raised, needed: set[str]) -> list[str]:
    """Where an argument comes from: a parameter of the test, a fixture, or what it was called with."""
    if name in raised.given:
        return [f"{name} = {cleaned(raised.given[name])}"]
    value = raised.values.get(name, "")
    return _fixture(tree, name, lines, needed) or ([f"{name} = {value}"] if _is_literal(value) else [])


def _fixture(tree: ast.Module, name: str, lines: Sequence[str], needed: set[str]) -> list[str]:
    """What a fixture of the file does, as statements that bind its name; those that it needs go before."""
    for node in tree.body:
        if isinstance(node, _Function) and node.name == name and _is_fixture(node):
            body = [one for one in node.body if not _is_docstring(one)]
            needed |= _names(body)
            shown = [line for one in body for line in _returned(one, name, lines)]
            above = [line for one in _arguments(node) for line in _fixture(tree, one, lines, needed)]
            return [*above, *shown]
    return []


def _returned(node: ast.stmt, name: str, lines: Sequence[str]) -> list[str]:
    """A statement of a fixture; what is returned or yielded gets a name."""
    value = node.value if isinstance(node, ast.Return | ast.Expr) else None
    if isinstance(value, ast.Yield):
        value = value.value
    elif not isinstance(node, ast.Return):
        return _spelled(node, lines)
    if value is None or (isinstance(value, ast.Name) and value.id == name):
        return []
    first, *rest = _spelled(node, lines)
    return [re.sub(r"^(return|yield)\b", f"{name} =", first), *rest]


def _set_up(owner: ast.ClassDef, lines: Sequence[str], needed: set[str]) -> list[str]:
    """What is done before each test of a class."""
    found = [node for node in owner.body if isinstance(node, _Function) and node.name in _SET_UP]
    body = [one for node in found for one in node.body if not _is_docstring(one)]
    needed |= _names(body)
    return [line for one in body for line in _spelled(one, lines)]


def _needed_above(tree: ast.Module, needed: set[str], *around: ast.stmt | None) -> list[ast.stmt]:
    """Imports, assignments and definitions of the file that are needed, and those that these need."""
    kept: list[ast.stmt] = []
    open_to = [node for node in tree.body if isinstance(node, _ABOVE) and node not in around and not _is_fixture(node)]
    while more := [node for node in open_to if node not in kept and _binds(node) & needed]:
        kept += more
        needed |= _names(node for node in more if not isinstance(node, ast.Import | ast.ImportFrom))
    return [node for node in tree.body if node in kept]


def _spelled(node: ast.stmt, lines: Sequence[str], names: set[str] | None = None) -> list[str]:
    """A statement as the file has it, moved to the left; written anew where that would make another of it."""
    if names is not None and isinstance(node, ast.Import | ast.ImportFrom):
        node.names = [one for one in node.names if (one.asname or one.name).partition(".")[0] in names]
        return [ast.unparse(node)]
    text = textwrap.dedent("\n".join(lines[node.lineno - 1 : node.end_lineno]))
    try:
        same = [ast.dump(one) for one in ast.parse(text).body] == [ast.dump(node)]
    except SyntaxError:  # it begins within a line
        same = False
    return (text if same else ast.unparse(node)).split("\n")


def _is_literal(value: str) -> bool:
    try:
        ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return False
    return True


def _arguments(function: _Function) -> list[str]:
    spec = function.args
    return [one.arg for one in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]


def _local(function: _Function) -> set[str]:
    return {name for node in function.body for name in _binds(node)}.union(_arguments(function))


def _is_fixture(node: ast.stmt) -> bool:
    marks = [ast.unparse(one).partition("(")[0] for one in node.decorator_list] if isinstance(node, _Function) else []
    return any(mark in ("fixture", "pytest.fixture") for mark in marks)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _names(nodes: Iterable[ast.AST]) -> set[str]:
    return {one.id for node in nodes for one in ast.walk(node) if isinstance(one, ast.Name)}


def _binds(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(one.asname or one.name).partition(".")[0] for one in node.names}
    if isinstance(node, _Function | ast.ClassDef):
        return {node.name}
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}


def _prints(node: ast.stmt) -> bool:
    """Whether a statement only shows something."""
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print"
