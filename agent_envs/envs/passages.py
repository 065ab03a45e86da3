"""Reading with a goal in mind: the passages of a page that best match it, within a budget; no model is needed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

from agent_envs.tokens import TokenCounter

_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"(?<=[.!?]) +(?=[A-Z0-9\"“(\[])")
LIMIT_PASSAGE_CHARS = 600
LIMIT_PAGE_CHARS = 95_000 * 4
"""Source: Tongyi DeepResearch cuts a page at 95,000 tokens."""
_STOP = frozenset(
    "a an and are as at be by did do does for from had has have he her his how i in is it its of on or she that the"
    " their them there they this to was were what when where which who whom whose why will with".split()
)


class Passage(NamedTuple):
    """A few sentences of a page: the heading above them, and their text."""

    heading: str
    text: str


class Passages:
    """A page cut into passages, with the words that each of them holds.

    Args:
        sections: Heading and text of each section, a paragraph a line; read up to `LIMIT_PAGE_CHARS`.
    """

    def __init__(self, sections: Iterable[tuple[str, str]]) -> None:
        self._passages: list[Passage] = []
        left = LIMIT_PAGE_CHARS
        for heading, text in sections:
            for line in text[: max(left, 0)].split("\n"):
                self._passages += (Passage(heading, piece) for piece in _pieces(line))
            left -= len(text)
        self._where: dict[str, list[int]] = {}
        for number, passage in enumerate(self._passages):
            for word in _words(f"{passage.heading} {passage.text}"):  # its lists are filled in the page's order
                self._where.setdefault(word, []).append(number)

    @property
    def lead(self) -> str:
        """The first passage; empty for an empty page."""
        return self._passages[0].text if self._passages else ""

    def best(self, goal: str, limit_tokens: int, count: TokenCounter) -> list[Passage]:
        """The passages that share the rarest words with the goal, in the order of the page.

        Args:
            goal: What the reader wants to know.
            limit_tokens: At most so many tokens of text; a passage that does not fit any more is passed over.
            count: How tokens are counted.
        """
        scores: dict[int, float] = {}
        for word in sorted(_words(goal[:2000])):
            holders = self._where.get(word, ())
            weight = math.log(1 + len(self._passages) / (1 + len(holders)))
            for number in holders:
                scores[number] = scores.get(number, 0.0) + weight
        chosen: list[int] = []
        left = limit_tokens
        for number in sorted(scores, key=lambda number: (-scores[number], number)):
            tokens = count(self._passages[number].text)
            if tokens > left:
                continue
            chosen.append(number)
            left -= tokens
        return [self._passages[number] for number in sorted(chosen)]


def _pieces(line: str) -> list[str]:
    """The sentences of a line, joined to passages of at most `LIMIT_PASSAGE_CHARS`."""
    if len(line) <= LIMIT_PASSAGE_CHARS:
        return [line] if line.strip() else []
    pieces: list[str] = []
    for sentence in _SENTENCE_END.split(line):
        if pieces and len(pieces[-1]) + len(sentence) < LIMIT_PASSAGE_CHARS:
            pieces[-1] += " " + sentence
        else:
            pieces += (sentence[i : i + LIMIT_PASSAGE_CHARS] for i in range(0, len(sentence), LIMIT_PASSAGE_CHARS))
    return pieces


def _words(text: str) -> set[str]:
    return set(map(_stem, set(_WORD.findall(text.casefold())) - _STOP))


def _stem(word: str) -> str:
    """Plurals fold into singulars; nothing cleverer is needed to match a goal."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
