"""Answers and when a given one is right: text, numbers with units, dates; right or wrong, nothing between."""

from __future__ import annotations

from typing import Literal

import msgspec

AnswerKind = Literal["text", "number", "date"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The truth of a question.

    Args:
        kind: How a given answer is compared.
        value: The answer as its source has it.
        unit: Unit of a number, such as ``km``; empty without one.
        aliases: Other texts that are as right, for kind ``text``.
    """

    kind: AnswerKind
    value: str
    unit: str = ""
    aliases: tuple[str, ...] = ()

    def matches(self, given: str) -> bool:
        """Whether the given text is this answer, however it is spelled; containing it is not enough."""
        raise NotImplementedError
