"""Names as a reader takes them: what two texts share that mean the same, and where a text names something."""

from __future__ import annotations

import re
from functools import lru_cache

from agent_envs.answers import normalised, parsed_date, parsed_number

_SHORT_CHARS = 3  # shorter names, such as the symbols He and In, are words of their own: their case must agree


_DURATION = re.compile(r"\d{1,3}:\d{2}(?::\d{2})?")
_VAGUE = re.compile(
    r"^(?:various|none|unknown|n/?a|yes|no|c|ca|circa|approx\w*|about|around|over|under|up to|est\w*|incl\w*|now|until"
    r"|since|at|see|as|the same)\b|[,;:|=†→/$€£<>?]|\d\s*[–-]\s*\d|\.(?:com|org|net)\b",
    re.I,
)
_PLAIN_CHARS, _PLAIN_WORDS = 60, 8


_normalised = lru_cache(1 << 14)(normalised)


def short_title(title: str) -> str:
    """The title without what sets it apart from its namesakes: ``Georgia (country)`` gives ``Georgia``."""
    return re.sub(r"\s*\([^()]*\)$", "", title) or title


def name_key(text: str) -> str:
    """One spelling for all texts that mean the same name, number or date."""
    if number := parsed_number(text):
        return f"{number[0].normalize()} {number[1]}".strip()
    if date := parsed_date(text):
        return "{}-{}-{}".format(*date)
    return normalised(text)


class Reading:
    """A text that is asked many times whether it holds a name.

    Args:
        text: The text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._words = f" {normalised(text)} "

    def mentions(self, name: str) -> bool:
        """Whether the text holds the name as whole words, however it is spelled."""
        if len(name) <= _SHORT_CHARS:
            return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", self.text) is not None
        return f" {_normalised(name)} " in self._words


def is_plain(kind: str, value: str) -> bool:
    """Whether a literal is one thing that can be asked for: no list, no estimate, no remark about a value."""
    if kind == "number":
        return parsed_number(value) is not None
    if kind == "date":
        return parsed_date(value) is not None
    if _DURATION.fullmatch(value):
        return True
    short = 2 <= len(value) <= _PLAIN_CHARS and len(value.split()) <= _PLAIN_WORDS
    return short and not value[0].isdigit() and not _VAGUE.search(value) and any(map(str.isalpha, value))
