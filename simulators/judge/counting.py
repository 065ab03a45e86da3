"""Counting what a text is made of: words, characters, sentences, paragraphs, lines, items of a list."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal

Unit = Literal["words", "characters", "sentences", "paragraphs", "lines", "items"]


def counted(unit: Unit, text: str) -> int:
    """How many of a unit a text has.

    A word is what stands between spaces and holds a letter or a digit; characters are those between the first and the
    last that is no space; a sentence ends with ``.``, ``!`` or ``?`` before a space, so that ``Dr. May`` counts as two;
    paragraphs are parted by blank lines; lines are those that are not blank; an item is a line with a bullet or number.
    """
    match unit:
        case "words":
            return sum(_says_something(word) for word in text.split())
        case "characters":
            return len(text.strip())
        case "sentences":
            return len(sentences(text))
        case "paragraphs":
            blank = [not line.strip() for line in text.splitlines()]
            return sum(before and not now for before, now in pairwise((True, *blank)))
        case "lines":
            return sum(bool(line.strip()) for line in text.splitlines())
        case "items":
            return sum(bool(_MARK.match(line)) for line in text.splitlines())


def sentences(text: str) -> list[str]:
    """The sentences of a text, as they stand there but for marks of lists; a line break ends one too."""
    return [piece for line in text.splitlines() for piece in _STOP.split(_MARK.sub("", line)) if _says_something(piece)]


def _says_something(text: str) -> bool:
    return any(map(str.isalnum, text))


_MARK = re.compile(r"^\s*(?:[-*•+–]|\d{1,3}[.)])\s+(?=\S)")
_STOP = re.compile(r"(?<=[.!?])[\"”’)\]*_]*\s+|(?<=[。！？])")
