"""Whose mistake it is when SQLite refuses: the agent's, whose values they were, or the tool's, whose SQL it was."""

from __future__ import annotations

import math

import apsw

from agent_envs.tools import ToolError

from .connection import Connection
from .difference import Value
from .image import LIMIT_TEXT_BYTES


class SqlError(Exception):
    """A statement that is wrong, or not allowed here: a mistake of the tool, not of the agent.

    A tool that runs SQL of the agent's own turns it into a `ToolError`.
    """


def check(parameters: tuple[Value, ...]) -> None:
    """Refuse what SQLite would take for something else: it makes NULL of NaN, and ends some texts at a NUL.

    Raises:
        ToolError: A value of this sort.
        TypeError: A parameter that is no `Value`.
    """
    for parameter in parameters:
        if isinstance(parameter, str):
            if "\0" in parameter:
                raise ToolError(f"the text {parameter[:100]!r} holds a NUL character; leave it out")
        elif isinstance(parameter, float):
            if not math.isfinite(parameter):
                raise ToolError(f"{parameter} is no number that can be stored; give a finite one")
        elif parameter is not None and not isinstance(parameter, int):
            raise TypeError(f"a parameter is a {type(parameter).__name__}; give str, int, float, bool or None")


def told_of(error: Exception, connection: Connection, sql: str, limit_steps: int) -> ToolError | SqlError:
    """What an error of SQLite is to whoever wrote the values, or the statement."""
    match error:
        case apsw.ConstraintError():
            return ToolError(f"the database refuses this: {error}")
        case apsw.InterruptError():
            return ToolError(f"this takes more than {limit_steps:,} steps of the database; ask for less")
        case apsw.TooBigError():
            return ToolError(f"a text is too long; the database holds up to {LIMIT_TEXT_BYTES:,} bytes")
        case apsw.NoMemError() | MemoryError():
            return ToolError("this needs too much memory; ask for less")
        case UnicodeError():
            return ToolError(f"a text is not valid Unicode: {error}")
        case OverflowError():
            return ToolError("an integer is too large; it must lie between -2**63 and 2**63 - 1")
        case apsw.AuthError():
            return SqlError(f"{connection.denied} is not allowed here: {sql[:200]}")
        case apsw.SQLError() if connection.prepares(sql):  # so it was the values: a sum too large, a wild pattern
            return ToolError(f"the database refuses this: {error}")
    return SqlError(f"{error}: {sql[:200]}")
