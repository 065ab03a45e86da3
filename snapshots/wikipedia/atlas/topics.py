"""What an article is written from: a topic with its claims, and prose that names other topics by key."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from ..graph import ValueKind


class Claim(msgspec.Struct, frozen=True):
    """A fact before paths are known.

    Args:
        relation: Name of its relation.
        text: The value as it is displayed; empty for a topic, which goes by its own name.
        key: Key of the topic that is the value, or None.
        kind: What the value is.
        unit: Unit of a number.
    """

    relation: str
    text: str = ""
    key: str | None = None
    kind: ValueKind = "entity"
    unit: str = ""


class Topic(msgspec.Struct):
    """What one article is about.

    Prose names another topic as ``[[key]]``, or ``[[key|words]]`` where the words are not its name.

    Args:
        key: Identifier within the build, such as ``city/2988507``.
        name: What prose calls it.
        kind: A singular common noun.
        sources: Keys of `SOURCES`.
        title: Title if it is to differ from the name even without a namesake.
        apart: What tells it from namesakes, tried in this order within parentheses after the name.
        aliases: Other names that mean it.
        claims: Its facts, in the order of the infobox.
        sections: Headings (empty for the lead) with their paragraphs.
    """

    key: str
    name: str
    kind: str
    sources: tuple[str, ...]
    title: str = ""
    apart: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    claims: list[Claim] = []
    sections: list[tuple[str, list[str]]] = []

    def claim(self, relation: str, key: str) -> None:
        """Say that a topic is a value of a relation."""
        self.claims.append(Claim(relation, key=key))

    def number(self, relation: str, value: float, unit: str = "", digits: int = 0) -> str:
        """Say that a number is the value of a relation; returns the number as it is displayed, with its unit."""
        text = number(value, digits)
        self.claims.append(Claim(relation, text, kind="number", unit=unit))
        return f"{text} {unit}".rstrip()

    def text(self, relation: str, value: str, kind: ValueKind = "text") -> None:
        """Say that a text or a date is a value of a relation."""
        self.claims.append(Claim(relation, plain(value), kind=kind))


def link(key: str, words: str = "") -> str:
    """Prose that names a topic."""
    return f"[[{key}|{words}]]" if words else f"[[{key}]]"


def plain(text: str) -> str:
    """The text in one line, with single spaces."""
    return " ".join(text.split())


def number(value: float, digits: int = 0) -> str:
    """A number with separators of thousands, without zeros behind its point: ``2,946``, ``0.534``, ``-28``."""
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def listing(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def choose(key: str, slot: str, wordings: Sequence[str]) -> str:
    """One of the wordings, the same for the same key and slot on every machine."""
    draw = hashlib.blake2b(f"{key}\n{slot}".encode(), digest_size=8).digest()
    return wordings[int.from_bytes(draw, "big") % len(wordings)]
