"""From topics to articles: HTML with an infobox, sections, links and sources, and the graph's rows along with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import NamedTuple
from urllib.parse import quote

from ..graph import Entity, Fact, PageLink
from ..zim_writer import Article
from .relations import STYLES
from .sources import SOURCES
from .topics import Claim, Topic

_MARK = re.compile(r"\[\[([^\]|]+)(?:\|([^\]]*))?\]\]")
# Names that also mean something else in prose: an American state, a first name, a part of a longer name.
_AMBIGUOUS = {"Georgia", "Jersey", "Jordan", "Guinea", "Chad", "Dominica", "Niger", "Mali", "Martinique", "Micronesia"}
_PROSE_KINDS = ("country", "territory", "sea", "ocean", "lake", "river")


class Written(NamedTuple):
    """One article with the rows of the graph that it states."""

    article: Article
    entity: Entity
    facts: tuple[Fact, ...]
    links: tuple[PageLink, ...]


class Writer:
    """Writes the articles of all topics, each when it is asked for.

    Args:
        topics: All topics.
        entities: The entity of each, by key.
    """

    def __init__(self, topics: Sequence[Topic], entities: Mapping[str, Entity]) -> None:
        self._topics, self._entities = topics, entities
        self._names = {topic.key: topic.name for topic in topics}
        self._listed: dict[str, dict[str, list[str]]] = {}
        for topic in topics:
            for claim in topic.claims:
                if claim.key is not None and STYLES[claim.relation].listed:
                    self._listed.setdefault(claim.key, {}).setdefault(claim.relation, []).append(topic.key)
        for lists in self._listed.values():
            for relation, keys in lists.items():
                if relation != "country":  # cities stay in the order of their size
                    keys.sort(key=lambda key: self._names[key])
        self._prose = {
            topic.name: topic.key
            for topic in topics
            if topic.kind in _PROSE_KINDS and topic.name not in _AMBIGUOUS and entities[topic.key].title == topic.name
        }
        names = "|".join(re.escape(name) for name in sorted(self._prose, key=lambda name: (-len(name), name)))
        # A name within a longer one ("New Mexico", "Gulf of Guinea", "Japan Airlines") is not that topic.
        self._in_prose = re.compile(
            rf"(?<![\w-])(?<![A-Z][a-z] )(?<!\w[a-z] of )({names})(?![\w-]| [A-Z]|'s [A-Z])" if names else r"(?!)"
        )

    def __iter__(self) -> Iterator[Written]:
        for topic in self._topics:
            yield self._written(topic)

    def _written(self, topic: Topic) -> Written:
        entity = self._entities[topic.key]
        linked: dict[str, None] = {}
        parts = [self._infobox(topic, linked)]
        known = {topic.key}
        for heading, paragraphs in topic.sections:
            if heading:
                parts.append(f"<h2>{escape(heading)}</h2>")
            parts += (f"<p>{self._html(text, known, linked)}</p>" for text in paragraphs)
        for relation, keys in self._listed.get(topic.key, {}).items():
            parts.append(f"<h2>{escape(STYLES[relation].listed)}</h2>")
            parts.append(self._list(keys, linked))
        sources = "; ".join(f"{SOURCES[key].name} ({SOURCES[key].licence})" for key in topic.sources)
        parts.append(f'<h2>Sources</h2><p>{escape(sources)}. See <a href="Licences">Licences</a>.</p>')
        html = page(entity.title, "\n".join(parts))
        return Written(
            Article(entity.path, entity.title, html.encode()),
            entity,
            tuple(self._fact(entity.path, claim) for claim in topic.claims),
            tuple(PageLink(entity.path, self._entities[key].path) for key in linked if key != topic.key),
        )

    def _fact(self, path: str, claim: Claim) -> Fact:
        if claim.key is None:
            return Fact(path, claim.relation, None, claim.text, claim.kind, claim.unit, path)
        return Fact(path, claim.relation, self._entities[claim.key].path, self._names[claim.key], "entity", "", path)

    def _infobox(self, topic: Topic, linked: dict[str, None]) -> str:
        title = escape(self._entities[topic.key].title)
        rows = [f'<tr><th colspan="2">{title}</th></tr>', f"<tr><th>Kind</th><td>{escape(topic.kind)}</td></tr>"]
        if topic.aliases:
            rows.append(f"<tr><th>Also known as</th><td>{'; '.join(map(escape, topic.aliases))}</td></tr>")
        for relation, claims in groupby(topic.claims, key=lambda claim: claim.relation):
            values = "<br>".join(self._value(claim, linked) for claim in claims)
            rows.append(f"<tr><th>{escape(STYLES[relation].label)}</th><td>{values}</td></tr>")
        return f'<table class="infobox"><tbody>{"".join(rows)}</tbody></table>'

    def _value(self, claim: Claim, linked: dict[str, None]) -> str:
        if claim.key is None:
            return escape(f"{claim.text} {claim.unit}".rstrip())
        return self._anchor(claim.key, "", linked)

    def _anchor(self, key: str, words: str, linked: dict[str, None]) -> str:
        linked.setdefault(key)
        return f'<a href="{quote(self._entities[key].path, safe="")}">{escape(words or self._names[key])}</a>'

    def _list(self, keys: Sequence[str], linked: dict[str, None]) -> str:
        items = "".join(f"<li>{self._anchor(key, '', linked)}</li>" for key in keys)
        return f"<ul>{items}</ul>"

    def _html(self, text: str, known: set[str], linked: dict[str, None]) -> str:
        """A paragraph with its marks as links, and the first mention of each other topic linked too."""
        parts: list[str] = []
        end = 0
        for mark in _MARK.finditer(text):
            known.add(mark[1])
            parts.append(self._plain(text[end : mark.start()], known, linked))
            parts.append(self._anchor(mark[1], mark[2] or "", linked))
            end = mark.end()
        return "".join((*parts, self._plain(text[end:], known, linked)))

    def _plain(self, text: str, known: set[str], linked: dict[str, None]) -> str:
        parts: list[str] = []
        end = 0
        for found in self._in_prose.finditer(text):
            key = self._prose[found[1]]
            if key in known:
                continue
            known.add(key)
            parts += (escape(text[end : found.start()]), self._anchor(key, found[1], linked))
            end = found.end()
        return "".join((*parts, escape(text[end:])))


def page(title: str, body: str) -> str:
    """A whole page of HTML."""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        f"<body><h1>{escape(title)}</h1>\n{body}\n</body></html>\n"
    )
