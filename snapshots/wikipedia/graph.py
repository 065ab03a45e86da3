"""The knowledge graph beside an archive: entities, typed facts with the article that states them, and links."""

from __future__ import annotations

from typing import Literal, NamedTuple

ValueKind = Literal["entity", "text", "number", "date"]


class Entity(NamedTuple):
    """What an article is about.

    Args:
        path: Path of its article in the archive: the entity's id.
        title: Title of the article.
        kind: A singular common noun in lower case, such as ``river``; ``article`` where nothing better is known.
        aliases: Other names that mean this entity, without the title.
    """

    path: str
    title: str
    kind: str
    aliases: tuple[str, ...] = ()


class Relation(NamedTuple):
    """How a relation is worded. Slots are filled with noun phrases, so that phrases nest.

    Args:
        name: Identifier, such as ``capital``.
        noun: Names the object of a subject ``{x}``: ``the capital of {x}``.
        clause: Says of a subject that its object is ``{y}``: ``whose capital is {y}``; follows ``the country``.
    """

    name: str
    noun: str
    clause: str


class Fact(NamedTuple):
    """One statement of one article.

    Args:
        subject: Path of the entity that it is about.
        relation: Name of its relation.
        object: Path of the entity that is its value, or None for a literal.
        value: The value as the article's text has it.
        kind: What the value is.
        unit: Unit of a number, such as ``km``; empty without one.
        source: Path of the article that states it.
    """

    subject: str
    relation: str
    object: str | None
    value: str
    kind: ValueKind
    unit: str
    source: str


class PageLink(NamedTuple):
    """A link from the article of one entity to that of another."""

    source: str
    target: str


LINKS_TO = Relation("links to", "the subject that the article on {x} links to", "whose article links to {y}")
"""Every link of an archive as a fact, for archives whose infoboxes say little."""
