"""Checks and defaults of DuckDB for SQLite: only what means the same in both, for the rest an error that names it."""

from __future__ import annotations

import re

from .image import ImageError

_WORDS = {"and", "or", "not", "in", "between", "is", "null", "true", "false", "length", "abs"}
_WORDS |= {"case", "when", "then", "else", "end"}
# The SQL that means the same in both engines; division and LIKE, for example, do not.
_TOKEN = re.compile(
    r"""\s+ | CAST\((?P<literal>'(?:[^']|'')*')\ AS\ (?P<type>BOOLEAN|DATE|VARCHAR)\)
    | '(?:[^']|'')*' | (?P<quoted>"(?:[^"]|"")*") | \d+(?:\.\d+)? | (?P<word>[A-Za-z_]\w*)
    | <> | != | <= | >= | [-(),=<>+*]""",
    re.VERBOSE,
)


def carried(expression: str, columns: set[str], what: str) -> str:
    """An expression of DuckDB as SQLite reads it, if it means the same there.

    Args:
        expression: As DuckDB's catalogue prints it.
        columns: Names that it may use, in lower case.
        what: What it is, for the message.

    Raises:
        ImageError: It uses what may mean something else.
    """
    out, at = "", 0
    while at < len(expression):
        token = _TOKEN.match(expression, at)
        word = token["word"].lower() if token and token["word"] else None
        name = token["quoted"][1:-1].replace('""', '"').lower() if token and token["quoted"] else word
        if token is None or (name is not None and name not in columns and (token["quoted"] or name not in _WORDS)):
            came = token.group() if token else expression[at : at + 20]
            raise ImageError(
                f"{what}, {expression}, uses {came!r}, which may mean something else to SQLite: keep to the columns, "
                "literals, comparisons, + - *, AND OR NOT IN BETWEEN IS NULL CASE, length and abs"
            )
        literal = token["literal"]
        if literal is not None and token["type"] == "BOOLEAN":
            literal = str(int(literal.lower() in ("'t'", "'true'")))
        out += token.group() if literal is None else literal
        at = token.end()
    return out
