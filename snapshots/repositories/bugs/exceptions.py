"""Bugs in the handling of exceptions: another type, an exception swallowed, a clause or a ``raise`` left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .source import Edit, Source

_NEAR = {
    "ArithmeticError": "ZeroDivisionError",
    "AttributeError": "TypeError",
    "BaseException": "Exception",
    "EOFError": "ValueError",
    "Exception": "ValueError",
    "FileExistsError": "FileNotFoundError",
    "FileNotFoundError": "FileExistsError",
    "IOError": "FileNotFoundError",
    "ImportError": "ModuleNotFoundError",
    "IndexError": "KeyError",
    "KeyError": "IndexError",
    "LookupError": "KeyError",
    "ModuleNotFoundError": "AttributeError",
    "NameError": "AttributeError",
    "OSError": "FileNotFoundError",
    "OverflowError": "ZeroDivisionError",
    "PermissionError": "FileNotFoundError",
    "RuntimeError": "ValueError",
    "StopIteration": "IndexError",
    "SyntaxError": "ValueError",
    "TypeError": "ValueError",
    "UnicodeDecodeError": "UnicodeEncodeError",
    "UnicodeEncodeError": "UnicodeDecodeError",
    "UnicodeError": "UnicodeDecodeError",
    "ValueError": "TypeError",
    "ZeroDivisionError": "OverflowError",
}


def other_exception(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another built-in exception raised or handled, or one of several no longer handled."""
    match node:
        case ast.ExceptHandler(type=ast.Tuple(elts=[_, _, *_] as types) as handled):
            for left_out in types:
                kept = [source.of(one) for one in types if one is not left_out]
                yield Edit(*source.span(handled), f"({', '.join(kept)})" if len(kept) > 1 else kept[0])
        case (
            ast.ExceptHandler(type=ast.Name(id=name) as named)
            | ast.Raise(exc=ast.Name(id=name) as named)
            | ast.Raise(exc=ast.Call(func=ast.Name(id=name) as named))
        ) if name in _NEAR:
            yield Edit(*source.span(named), _NEAR[name])


def swallow_exception(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A handler that does nothing."""
    if isinstance(node, ast.ExceptHandler):
        yield Edit(source.span(node.body[0]).start, source.span(node.body[-1]).end, "pass")


def remove_finally(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A ``finally`` left out, or empty where nothing else follows the ``try``."""
    if not isinstance(node, ast.Try | ast.TryStar) or not node.finalbody:
        return
    last = source.span(node.finalbody[-1])
    if not node.handlers:
        yield Edit(source.span(node.finalbody[0]).start, last.end, "pass")
        return
    above = node.orelse[-1] if node.orelse else node.handlers[-1]
    if edit := source.without_lines(source.after_blank(source.span(above).end), last.end):
        yield edit


def remove_raise(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A ``raise`` left out."""
    if isinstance(node, ast.Raise):
        yield source.without(node)
