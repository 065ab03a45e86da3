"""What a fix has no need of: ways by which code could reach for the tests that judge it."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from .comparing import comparisons
from .parsing import parsed
from .reaching import BUILT_IN, COMMON, FILES, INTERPRETER, KEYWORDS, OF_MODULES, REACHING, can_reach, in_text

_BY_NAME = frozenset("getattr setattr delattr vars".split())
_METHODS = {"__getattribute__": 1, "__setattr__": 2, "__delattr__": 1}
"""The same as methods, with how many arguments they have where they are called on the owner itself."""
_GETTING = frozenset({"getattr", "__getattribute__"})
_WORKED_OUT = (ast.BinOp, ast.JoinedStr, ast.Call, ast.Subscript)
_SAFE_PARTS = frozenset({"importlib.metadata", "importlib.resources"})


def added(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[str, ...]:
    """What changed files hold more often than before of what a fix has no need of, sorted.

    That are names of `REACHING` and texts that hold such or files of tests; attributes by names that are worked out,
    of all but `self` and `cls`; modules as values, since by another name they are not recognised, and those that other
    modules hold; changes of other modules; files that are opened; and comparisons that are no honest ones. A file of
    which no syntax tree can be made is such a thing as well: a program can keep in it what is not to be read here.

    Args:
        before: What the Python files held, as far as they were there.
        after: What they hold.
    """
    new = Counter(name for source in after.values() for name in _found(source))
    new.subtract(Counter(name for source in before.values() for name in _found(source)))
    return tuple(sorted(name for name, count in new.items() if count > 0))


class _File(NamedTuple):
    """What must be known of a file before its parts are looked at.

    Args:
        modules: The names that stand for modules, and which; a name can stand for several.
        foreign: The names that stand for what was imported from modules of Python.
        harmless: Parts that give nothing away: owners of attributes, docstrings, what is only asked for being there.
    """

    modules: dict[str, set[str]]
    foreign: set[str]
    harmless: set[ast.AST]


def _found(source: bytes) -> list[str]:
    try:
        tree = parsed(source)
        file = _looked_through(tree)
        return [name for node in ast.walk(tree) for name in (*_of_node(node, file), *comparisons(node))]
    except (SyntaxError, ValueError):
        return ["code that Python cannot read"]
    except (RecursionError, MemoryError):
        return ["code too deep to be read"]


def _looked_through(tree: ast.Module) -> _File:
    file = _File({}, set(), set())
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                for name in node.names:
                    top = name.name.partition(".")[0]
                    file.modules.setdefault(name.asname or top, set()).add(name.name if name.asname else top)
            case ast.ImportFrom(module=str(module), level=0) if module.partition(".")[0] in sys.stdlib_module_names:
                file.foreign.update(name.asname or name.name for name in node.names)
            case ast.Attribute(value=value) | ast.Expr(value=ast.Constant() as value):
                file.harmless.add(value)
            case ast.If(test=test) | ast.IfExp(test=test) | ast.UnaryOp(op=ast.Not(), operand=test):
                file.harmless.add(test)
            case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant()]):
                file.harmless.add(left)
            case ast.Call(func=func):
                file.harmless.add(func)
                if _name(func) in ("hasattr", *_BY_NAME):  # see `_by_name`
                    file.harmless.update(node.args[:1])
    return file


def _of_node(node: ast.AST, file: _File) -> Iterator[str]:
    match node:
        case ast.Import():
            yield from (found for name in node.names for found in _of_module(name.name))
        case ast.ImportFrom():
            yield from _of_import(node)
        case ast.Attribute():
            yield from _of_attribute(node, file)
        case ast.Name(ctx=ast.Load()):
            yield from _of_name(node, file)
        case ast.Constant() | ast.BinOp(op=ast.Add()) | ast.JoinedStr() if node not in file.harmless:
            yield from filter(None, [in_text(_text(node))])
        case ast.Call():
            yield from _of_call(node, file)
        case ast.keyword(arg=str(name)) if name in KEYWORDS:
            yield name
        case ast.MatchClass():
            yield from (name for name in node.kwd_attrs if name in REACHING | INTERPRETER)
        case ast.Subscript(ctx=ast.Store() | ast.Del()) if _root(node) in file.modules:
            if ast.unparse(node.value) != "os.environ":
                yield "an item of another module, changed"


def _of_module(name: str) -> list[str]:
    return [] if name in _SAFE_PARTS else [part for part in name.split(".") if part in REACHING]


def _of_import(node: ast.ImportFrom) -> Iterator[str]:
    module = node.module or ""
    if not {f"{module}.{one.name}" for one in node.names} <= _SAFE_PARTS:
        yield from _of_module(module)
    for name in [one.name for one in node.names]:
        whole = f"{module}.{name}"
        if name in REACHING or name == "open" or (name == "*" and not node.level):
            yield name
        elif name in INTERPRETER:
            yield f"{name} by way of another module"
        if whole in OF_MODULES:
            yield whole


def _of_name(node: ast.Name, file: _File) -> Iterator[str]:
    if node.id in BUILT_IN or (node.id in REACHING and "__" in node.id):
        yield node.id
    elif node not in file.harmless and node.id in file.modules:
        yield "a module used as a value"
    elif node not in file.harmless and node.id in {*_BY_NAME, "open"}:
        yield f"{node.id} used as a value"


def _of_attribute(node: ast.Attribute, file: _File) -> Iterator[str]:
    name = node.attr
    owners = file.modules.get(_name(node.value), set())
    if name in REACHING - COMMON or any(f"{owner}.{name}" in OF_MODULES for owner in owners):
        yield name
    elif name in INTERPRETER or (owners and name in COMMON & sys.stdlib_module_names):
        yield f"{name} by way of another module"
    elif "importlib" in owners and f"importlib.{name}" not in _SAFE_PARTS:
        yield "importlib"
    elif name in FILES or (name in ("modules", "open", "__dict__") and not _is_own(node.value)):
        yield "__dict__ of a module" if owners and name == "__dict__" else name
    if isinstance(node.ctx, ast.Store | ast.Del) and _root(node) in file.foreign | file.modules.keys():
        yield "an attribute of another module, changed"


def _of_call(node: ast.Call, file: _File) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in _BY_NAME:
            yield from _by_name(name, node.args, file)
        case ast.Call(func=ast.Attribute(value=of, attr=name), args=args) if name in _METHODS:
            yield from _by_name(name, args if len(args) > _METHODS[name] else [of, *args], file)
        case ast.Call(func=ast.Name(id="open")):
            yield "open"


def _by_name(how: str, args: list[ast.expr], file: _File) -> Iterator[str]:
    of, name, *_ = [*args, None, None]
    owners = file.modules.get(_name(of), set())
    if isinstance(name, ast.Constant):
        if owners and (how not in _GETTING or any(f"{owner}.{name.value}" in OF_MODULES for owner in owners)):
            yield f"{how} of a module"
        elif name.value == "modules" or name.value in INTERPRETER:
            yield f"{name.value} by way of another module"
        elif how not in _GETTING and of is not None and _root(of) in file.foreign | file.modules.keys():
            yield "an attribute of another module, changed"
    elif owners:
        yield f"{how} of a module"
    elif name is None and not _is_own(of):
        yield how
    elif name is not None and (isinstance(name, _WORKED_OUT) or not _is_own(of)):
        beginning = _beginning(name)
        if not beginning or can_reach(beginning):
            yield f"{how} by a name that is worked out"


def _is_own(node: ast.AST | None) -> bool:
    """Whether an object is the one whose method this is."""
    return _name(node) in ("self", "cls") or (isinstance(node, ast.Call) and _name(node.func) == "super")


def _name(node: ast.AST | None) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _root(node: ast.expr) -> str:
    """The name at which a chain of attributes and items begins; empty where that is no name."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return _name(node)


def _text(node: ast.AST) -> str:
    """What a text says, as far as it is written out."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Constant(value=bytes(text)):
            return text.decode("latin-1")
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left) + _text(right)
        case ast.JoinedStr(values=values):
            return "".join(map(_text, values))
    return ""


def _beginning(node: ast.AST | None) -> str:
    """With what a text begins, as far as that is written out."""
    match node:
        case ast.BinOp(left=left, op=ast.Add()):
            return _beginning(left)
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod()):
            return text.partition("%")[0]
        case ast.JoinedStr(values=[first, *_]):
            return _beginning(first)
        case ast.Constant(value=str(text)):
            return text
    return ""
