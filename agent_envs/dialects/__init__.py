"""Dialects: how thoughts, calls, results and answers are spelled in what a model reads and writes."""

from __future__ import annotations

from .base import Dialect, FormatError, Parsed
from .hermes import Hermes
from .openai import OpenAI

DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (OpenAI(), Hermes())}

__all__ = ["DIALECTS", "Dialect", "FormatError", "Hermes", "OpenAI", "Parsed", "dialect_named"]


def dialect_named(dialect: str | Dialect) -> Dialect:
    """The dialect of this name; a dialect stands for itself.

    Raises:
        ValueError: No such name.
    """
    if isinstance(dialect, str) and dialect in DIALECTS:
        return DIALECTS[dialect]
    if isinstance(dialect, str) or not hasattr(dialect, "parse"):
        raise ValueError(f"unknown dialect {dialect!r}; there are {', '.join(DIALECTS)}")
    return dialect
