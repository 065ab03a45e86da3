"""The operators that bugs are made by, each under its name: those of mutation testing, and those of SWE-smith."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TypeAlias

from .arithmetic import arithmetic, drop_await, swap_arguments, swap_operands
from .conditions import boolean, compare, drop_condition, drop_not, negate_if
from .exceptions import other_exception, remove_finally, remove_raise, swallow_exception
from .source import Edit, Source
from .statements import (
    break_continue,
    remove_assignment,
    remove_branch,
    remove_call,
    remove_function,
    remove_if,
    remove_loop,
    return_none,
    shuffle,
)
from .values import boolean_constant, constant, default, off_by_one
from .variables import wrong_variable

Operator: TypeAlias = Callable[[Source, ast.AST], Iterator[Edit]]

# Of two changes at one place that come to the same, the operator that stands first here keeps it.
BY_NAME: dict[str, Operator] = {
    "remove function": remove_function,
    "compare": compare,
    "boolean": boolean,
    "drop not": drop_not,
    "drop condition": drop_condition,
    "negate if": negate_if,
    "arithmetic": arithmetic,
    "swap operands": swap_operands,
    "off by one": off_by_one,
    "constant": constant,
    "boolean constant": boolean_constant,
    "default": default,
    "swap arguments": swap_arguments,
    "wrong variable": wrong_variable,
    "drop await": drop_await,
    "remove if": remove_if,
    "remove branch": remove_branch,
    "remove loop": remove_loop,
    "remove assignment": remove_assignment,
    "remove call": remove_call,
    "return None": return_none,
    "break or continue": break_continue,
    "shuffle": shuffle,
    "other exception": other_exception,
    "swallow exception": swallow_exception,
    "remove finally": remove_finally,
    "remove raise": remove_raise,
}
OPERATORS: tuple[str, ...] = tuple(BY_NAME)
