"""Mutants of a Python file: each is one small change to one function, after which its bytecode is another."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from .compiled import Compiled
from .functions import Function, body_of, outermost, parts, with_nested
from .operators import BY_NAME
from .source import Edit, Source, first_line

_LEAST_STATEMENTS = 3


class Mutant(msgspec.Struct, frozen=True):
    """A Python file with one change.

    Args:
        operator: What it was made by: one of `OPERATORS`, or ``remove feature``.
        function: Qualified name of the function, such as ``Class.method`` or ``outer.<locals>.inner``.
        line: First line of the changed piece in the original text, counted from 1.
        end_line: Its last line; all lines outside are as they were.
        first_line: First line of the function in the original text: that of its first decorator, if it has one.
        last_line: Last line of the function.
        source: The whole text of the changed file.
    """

    operator: str
    function: str
    line: int
    end_line: int
    first_line: int
    last_line: int
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """All mutants of a file, function after function, in order of place, then of operator; made as they are asked for.

    Left out are those that do not compile, those that the compiler newly warns of, and those whose bytecode is that of
    the original or of an earlier mutant. Each holds the whole file: keep what is needed of it, not all of them.

    Args:
        source: The text of the file. Its line breaks, layout and comments are kept.

    Raises:
        SyntaxError: It is no Python.

    Source: Papadakis et al., "Trivial Compiler Equivalence", ICSE 2015; the operators are listed in `operators`.
    """
    parsed = Source(source)
    return (mutant for name, function in outermost(parsed.tree) for mutant in _of_function(parsed, name, function))


def without_features(source: str) -> Iterator[Mutant]:
    """The file with one feature less each time, in order of place.

    A feature is a public function at the top, a public method of a public class there, or all methods of such a class.
    Bodies are replaced by ``raise NotImplementedError``; signatures, decorators and docstrings stay. Bodies of fewer
    than three statements are no features.

    Args:
        source: The text of the file.

    Raises:
        SyntaxError: It is no Python.
    """
    parsed = Source(source)
    return (mutant for node in parsed.tree.body for mutant in _without_feature(parsed, node))


def _of_function(source: Source, name: str, function: Function) -> Iterator[Mutant]:
    found = [
        (edit.start, order, operator, edit, inner_name, inner)
        for inner_name, inner in with_nested(name, function)
        for node in parts(inner)
        for order, (operator, apply) in enumerate(BY_NAME.items())
        for edit in apply(source, node)
    ]
    if not found:
        return
    compiled = Compiled(source, function)
    for _, _, operator, edit, inner_name, inner in sorted(found, key=lambda one: one[:2]):
        if compiled.is_new(edit):
            yield _mutant(source, operator, inner_name, inner, edit)


def _without_feature(source: Source, node: ast.stmt) -> Iterator[Mutant]:
    if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
        return
    compiled = Compiled(source, node)
    for name, feature, functions in _features(node):
        bodies = [body for function in functions if (body := body_of(function))]
        size = sum(isinstance(part, ast.stmt) for body in bodies for statement in body for part in ast.walk(statement))
        if size >= _LEAST_STATEMENTS and not feature.name.startswith("_"):
            edit = _without_bodies(source, bodies)
            if compiled.is_new(edit):
                yield _mutant(source, "remove feature", name, feature, edit)


def _features(node: Function | ast.ClassDef) -> Iterator[tuple[str, Function | ast.ClassDef, list[Function]]]:
    """What may be a feature: its name, its definition and the functions that are emptied."""
    if isinstance(node, Function):
        yield node.name, node, [node]
        return
    methods = [method for method in node.body if isinstance(method, Function)]
    if len(methods) > 1:
        yield node.name, node, methods
    for method in methods:
        yield f"{node.name}.{method.name}", method, [method]


def _without_bodies(source: Source, bodies: list[list[ast.stmt]]) -> Edit:
    """One change that puts a ``raise NotImplementedError`` in the place of several bodies."""
    spans = [(source.span(body[0]).start, source.span(body[-1]).end) for body in bodies]
    text = "raise NotImplementedError"
    for (_, end), (start, _) in pairwise(spans):
        text += source.text[end:start] + "raise NotImplementedError"
    return Edit(spans[0][0], spans[-1][1], text)


def _mutant(source: Source, operator: str, name: str, node: Function | ast.ClassDef, edit: Edit) -> Mutant:
    text = source.text[: edit.start] + edit.text + source.text[edit.end :]
    line, end_line = source.line_of(edit.start), source.line_of(max(edit.start, edit.end - 1))
    assert node.end_lineno is not None
    return Mutant(operator, name, line, end_line, first_line(node), node.end_lineno, text)
