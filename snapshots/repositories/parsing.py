"""Parsing Python from any thread: of CPython 3.11, which can fail where two threads do so at once, one at a time."""

from __future__ import annotations

import ast
import threading

_lock = threading.Lock()


def parsed(source: str | bytes) -> ast.Module:
    """The syntax tree of a program.

    CPython counts the depth of a tree in one place for all threads (its issue 106905), and raises `SystemError` where
    another thread has counted, too.

    Raises:
        SyntaxError: It is no program.
        ValueError: It holds a zero byte.
    """
    with _lock:
        return ast.parse(source)


def parsed_expression(text: str) -> ast.expr:
    """The syntax tree of an expression; see `parsed`.

    Raises:
        SyntaxError: It is none.
        ValueError: It holds a zero byte.
    """
    with _lock:
        return ast.parse(text.lstrip(" \t"), mode="eval").body
