"""Dialects: how thoughts, calls, results and answers are spelled in what a model reads and writes."""

from __future__ import annotations

from .base import Dialect, FormatError, Parsed
from .glm import GLM
from .hermes import Hermes
from .kimi import Kimi
from .openai import OpenAI
from .react import ReAct

DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (OpenAI(), Hermes(), GLM(), Kimi(), ReAct())}

__all__ = [
    "DIALECTS",
    "GLM",
    "Dialect",
    "FormatError",
    "Hermes",
    "Kimi",
    "OpenAI",
    "Parsed",
    "ReAct",
    "dialect_named",
]


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
