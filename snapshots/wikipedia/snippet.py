"""Snippets: the start of each article cut into pieces, of which the one that holds most of the query is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter

from agent_envs.envs.encyclopedia import Page

SNIPPET_CHARS = 240
KEPT_CHARS = 1200
CHOOSING_WORDS = 4
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'“‘(\[]?[^\W\d_a-z])")


def snippet_pieces(page: Page) -> list[str]:
    """The first sentences, rows and items of a page, in pieces of up to 240 characters, about 1,200 in all."""
    pieces: list[str] = []
    for sentence, between in _sentences(page):
        if pieces and len(pieces[-1]) + len(between) + len(sentence) <= SNIPPET_CHARS:
            pieces[-1] += between + sentence
        elif sum(map(len, pieces)) < KEPT_CHARS:
            pieces.append(_cut(sentence))
        else:
            break
    return pieces


def choosing_words(weights: Mapping[str, float]) -> list[tuple[str, float]]:
    """The four heaviest words of a query, in lower case, with their weights: those that choose its snippets."""
    return sorted(weights.items(), key=itemgetter(1), reverse=True)[:CHOOSING_WORDS]


def best_snippet(pieces: Sequence[str], words: Sequence[tuple[str, float]]) -> str:
    """The piece that holds most of the query, the first of equals; empty where there is no piece.

    Args:
        pieces: What `snippet_pieces` kept.
        words: What `choosing_words` chose.
    """
    best, most = 0, 0.0
    for number, piece in enumerate(pieces):
        lowered = piece.lower()
        weight = 0.0
        for word, each in words:
            if word in lowered:
                weight += each
        if weight > most:
            best, most = number, weight
    return pieces[best] if pieces else ""


def _sentences(page: Page) -> Iterator[tuple[str, str]]:
    """Sentences, each with what parts it from the one before."""
    for section in page.sections:
        for line in section.text.split("\n"):
            between = " · "
            for sentence in _SENTENCE_END.split(line):
                yield sentence, between
                between = " "


def _cut(text: str) -> str:
    if len(text) <= SNIPPET_CHARS:
        return text
    return text[: SNIPPET_CHARS - 1].rsplit(" ", 1)[0] + "…"
