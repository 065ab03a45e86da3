"""Puts an example together: statements kept of a test, all that they need, and a test around them where one must be."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from typing import NamedTuple, TypeGuard
from unittest import TestCase

from .arguments import PYTEST_OWN, Arguments, fixture_name
from .parsing import parsed
from .running import Raised
from .statements import Function, arguments_of, bound_by, indented, is_docstring, members_in, names_in, spelled, unbound

LIMIT_LINES = 100
SET_UP = ("setUpClass", "setup_class", "setUp", "setup_method", "asyncSetUp")
_KNOWN = sys.stdlib_module_names | {"pytest", "py"}
_CLOCKS = frozenset(("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "time_ns"))


class Example(NamedTuple):
    """The code of a failure.

    Args:
        lines: Its lines.
        names: The names that the statement uses at which the test fails.
        is_test: Whether it is a test, for pytest to run.
        modules: Modules that it imports, at the top, beside Python's own and pytest.
        fixtures: Fixtures of other files that it asks for.
        is_relative: Whether it uses the place where it stands.
    """

    lines: list[str]
    names: set[str]
    is_test: bool
    modules: tuple[str, ...]
    fixtures: tuple[str, ...]
    is_relative: bool


class Origin(NamedTuple):
    """A test in its file.

    Args:
        tree: The file.
        lines: Its lines.
        function: The test.
        classes: The class of the test, and those of the file that it derives from; none for a mere function.
        case: What the id of the test says of its parameters.
    """

    tree: ast.Module
    lines: Sequence[str]
    function: Function
    classes: Sequence[ast.ClassDef]
    case: str

    @property
    def members(self) -> list[ast.stmt]:
        """All that the classes hold, without what a class that derives from them has instead."""
        found: list[ast.stmt] = []
        for one in self.classes:
            known = {name for node in found for name in bound_by(node)}
            found += [node for node in one.body if not bound_by(node) & known]
        return found

    @property
    def bases(self) -> list[ast.expr]:
        """What the classes derive from that is none of them."""
        own = {one.name for one in self.classes}
        return [base for one in self.classes for base in one.bases if ast.unparse(base) not in own]

    @property
    def decorators(self) -> list[ast.expr]:
        """What is done to the test, beside marks."""
        return [one for one in self.function.decorator_list if not ast.unparse(one).startswith("pytest.mark.")]


def assembled(origin: Origin, kept: Sequence[ast.stmt], raised: Raised) -> Example | None:
    """An example.

    Args:
        origin: The test.
        kept: Statements of the test, in order; it fails at the last.
        raised: What it failed with.

    Returns:
        The example; None where it would be too long, would use what a reader cannot have, or shows what a clock says.
    """
    needed = names_in((*kept, *origin.decorators))
    arguments = _arguments(origin, raised, needed)
    needed |= arguments.names
    is_method = "self" in needed
    held, bases = _members(origin, [*kept, *arguments.shown], needed) if is_method else ([], [])
    needed |= names_in((*held, *bases))
    if "super" in needed and len(origin.classes) > 1:  # the class above would not be there
        return None
    above = _above(origin, needed)
    body = [*arguments.bound, *(spelled(node, origin.lines) for node in kept)]
    text = "\n".join([*above, *body])
    is_test = is_method or bool(arguments.asked or arguments.shown or origin.decorators) or not _is_program(text)
    if is_test:
        fixtures = [spelled(node, origin.lines) for node in arguments.shown if node in origin.tree.body]
        text = "\n".join(
            [*above, *fixtures, "", _test(origin, body, arguments.asked, held, bases if is_method else None)]
        )
    lines, code = text.strip("\n").split("\n"), parsed(text)
    if len(lines) > LIMIT_LINES or not _is_program(text) or unbound(code) or members_in([code]) & _CLOCKS:
        return None
    own = {fixture_name(node) for node in arguments.shown}
    foreign = tuple(name for name in arguments.asked if name not in PYTEST_OWN and name not in own)
    imports = [node for node in ast.walk(code) if isinstance(node, ast.Import | ast.ImportFrom)]
    relative = any(isinstance(node, ast.ImportFrom) and node.level for node in imports)
    return Example(
        lines,
        names_in(kept[-1:]),
        is_test,
        tuple(sorted({top for node in imports for top in _tops(node)} - _KNOWN)),
        foreign,
        relative or "__file__" in names_in([code]),
    )


def _tops(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The modules at the top that a statement imports from."""
    if isinstance(node, ast.ImportFrom):
        return [] if node.level or node.module is None else [node.module.partition(".")[0]]
    return [one.name.partition(".")[0] for one in node.names]


def _arguments(origin: Origin, raised: Raised, needed: set[str]) -> Arguments:
    """Where those arguments come from that are needed; all of them where something else gives some."""
    marks = [mark for one in (origin.function, *origin.classes) for mark in one.decorator_list]
    scope = (*origin.tree.body, *origin.members)
    arguments = Arguments(scope, origin.lines, marks, origin.case, raised, names_in(origin.function.body))
    spec = origin.function.args
    given = [one.arg for one in (*spec.posonlyargs, *spec.args)]
    for name, value in zip(reversed(given), reversed(spec.defaults), strict=False):
        if name in needed:
            arguments.bind(name, value)
    for name in arguments_of(origin.function):
        if name in needed or origin.decorators:
            arguments.add(name)
    arguments.add_those_of_all()
    return arguments


def _members(origin: Origin, users: Sequence[ast.stmt], needed: set[str]) -> tuple[list[ast.stmt], list[ast.expr]]:
    """What of a test's class is needed: what prepares it, and the members that are used; and what it derives from.

    A class of another file, which may hold tests of its own, is left out where nothing of it is used.
    """
    open_to = [node for node in origin.members if node is not origin.function]
    held = [node for node in open_to if node in users or (isinstance(node, Function) and node.name in SET_UP)]
    while more := [
        node for node in open_to if node not in held and bound_by(node) & (needed | members_in((*users, *held)))
    ]:
        held += more
    cases = [one for one in origin.bases if _is_test_case(one)]
    known = {name for node in held for name in bound_by(node)}.union(dir(TestCase) if cases else ())
    of_self = [one for node in (*users, *held) for one in ast.walk(node) if _is_of_self(one)]
    known |= {one.attr for one in of_self if isinstance(one.ctx, ast.Store)}
    if {one.attr for one in of_self} <= known:
        return [node for node in open_to if node in held], cases
    return [node for node in open_to if not any(name.startswith("test") for name in bound_by(node))], origin.bases


def _is_of_self(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")


def _is_test_case(base: ast.expr) -> bool:
    return ast.unparse(base).rpartition(".")[2] in ("TestCase", "IsolatedAsyncioTestCase")


def _above(origin: Origin, needed: set[str]) -> list[str]:
    """Imports and definitions of the file that are needed, those that these need, and what is done to them."""
    body = [node for node in origin.tree.body if not is_docstring(node) and fixture_name(node) is None]
    open_to = [node for node in body if node is not origin.function and node not in origin.classes]
    own = {name for node in open_to for name in bound_by(node)}
    kept: list[ast.stmt] = []
    while more := [
        node
        for node in open_to
        if node not in kept
        and (bound_by(node) & needed or (isinstance(node, ast.Expr) and names_in([node]) & needed & own))
    ]:
        kept += more
        needed |= names_in(more)
    return [_spelled_above(node, origin.lines, needed) for node in body if node in kept]


def _spelled_above(node: ast.stmt, lines: Sequence[str], needed: set[str]) -> str:
    """A statement of the file; of an import, what is needed."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return spelled(node, lines)
    used = [one for one in node.names if (one.asname or one.name).partition(".")[0] in needed]
    return ast.unparse(
        ast.Import(used) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, used, node.level)
    )


def _test(
    origin: Origin,
    body: Sequence[str],
    asked: Sequence[str],
    held: Sequence[ast.stmt],
    bases: Sequence[ast.expr] | None,
) -> str:
    """A test of these statements; where it has bases, if none, in a class of these and with these members."""
    word = "async def" if isinstance(origin.function, ast.AsyncFunctionDef) else "def"
    head = f"{word} test_example({', '.join([*(['self'] if bases is not None else []), *asked])}):"
    text = "\n".join([*(f"@{ast.unparse(one)}" for one in origin.decorators), head, *map(indented, body)])
    if bases is None:
        return text
    derived = f"({', '.join(map(ast.unparse, bases))})" if bases else ""
    inner = [*(spelled(node, origin.lines) for node in held), text]
    return "\n".join([f"class TestExample{derived}:", *map(indented, inner)])


def _is_program(text: str) -> bool:
    """Whether a text is a program: a return may be outside of a function, for one, and then it is none."""
    try:
        compile(text, "", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True
