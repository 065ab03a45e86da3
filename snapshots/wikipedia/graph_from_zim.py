"""The graph of any archive: articles and their redirects, infobox rows as facts, and links between articles."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

import msgspec

from agent_envs.envs.encyclopedia import InfoboxRow, Link, Page

from .archive import Archive
from .graph import LINKS_TO, Entity, Fact, PageLink, Relation
from .graph_store import GraphStore
from .infobox import Labels
from .page import parse_page

Progress = Callable[[int, int], None]

UNKNOWN_KIND = "article"
_LIMIT_ALIAS_CHARS = 80
# What leads call their subject; other nouns are as often qualities or wholes as kinds.
_KINDS = frozenset(
    "actor actress airport album artist athlete author band battle book botanist breed bridge building cat"
    " church city company composer country culture dam dinosaur disease disorder element empire engineer event"
    " film footballer game genus guitarist inventor island king lake language magazine mammal mathematician"
    " mission mountain museum musician newspaper novel organisation organization painter park people"
    " philosopher physicist pianist planet play playwright poet politician producer queen rapper religion"
    " river road saxophonist school scientist series ship singer single song songwriter species stadium star"
    " state station team television town treaty university vehicle village volcano war writer".split()
)
_ALSO = {"capital": "city", "compilation": "album", "naturalist": "scientist", "singer-songwriter": "singer"}
_IS_A = re.compile(r"\b(?:is|was) (?:an?|the) ([^.;]{0,80})")
_NOUN_ENDS = re.compile(
    r"[,(]|\s(?:and|or|by|in|of|from|that|who|which|for|with|at|on|to|as|whose|about|written|recorded|released|performed)\s"
)


class _Spooled(msgspec.Struct):
    """What is kept of a page on disk until the labels of the whole archive are known."""

    path: str
    rows: tuple[InfoboxRow, ...]
    links: tuple[Link, ...]


def build_graph(archive: Archive, path: Path, progress: Progress | None = None) -> GraphStore:
    """Write the graph of an archive; each article is read once, and rows wait on disk, not in memory.

    Args:
        archive: The archive.
        path: The graph file to write.
        progress: Called with the number of articles done and their expected number.

    Raises:
        ArchiveError: An article cannot be read.
    """
    aliases: defaultdict[str, list[str]] = defaultdict(list)
    for redirect, target in archive.redirects():
        name = redirect.removeprefix("A/").replace("_", " ")
        if len(name) <= _LIMIT_ALIAS_CHARS:
            aliases[target].append(name)
    labels = Labels()
    paths: set[str] = set()

    with tempfile.TemporaryFile() as spool:

        def entities() -> Iterator[Entity]:
            total = archive.article_count
            for page in _pages(archive):
                paths.add(page.path)
                labels.count(page.infobox)
                spool.write(msgspec.json.encode(_Spooled(page.path, page.infobox, page.links)) + b"\n")
                yield _entity(page, aliases.get(page.path, []))
                if progress is not None:
                    progress(len(paths), max(total, len(paths)))

        def relations() -> Iterator[Relation]:
            yield LINKS_TO
            yield from labels.relations()

        def facts() -> Iterator[Fact]:
            for page in _unspooled(spool):
                yield from _facts(page, labels, paths)

        def links() -> Iterator[PageLink]:
            for page in _unspooled(spool):
                yield from (PageLink(page.path, link.path) for link in page.links if link.path in paths)

        GraphStore.write(path, entities(), relations(), facts(), links())
    return GraphStore(path)


def _pages(archive: Archive) -> Iterator[Page]:
    for path in archive.article_paths():
        article = archive.html(path)
        yield parse_page(article.html, article.path, article.title, partial(archive.resolve, base=article.path))


def _unspooled(spool: IO[bytes]) -> Iterator[_Spooled]:
    spool.seek(0)
    return map(msgspec.json.Decoder(_Spooled).decode, spool)


def _entity(page: Page, aliases: list[str]) -> Entity:
    others = tuple(dict.fromkeys(alias for alias in aliases if alias != page.title))
    return Entity(page.path, page.title, kind_of(page), others)


def kind_of(page: Page) -> str:
    """What the article is about: the noun in its bracketed title or in `is a …` of its lead, if it is a sure one."""
    lead = page.sections[0].text[:600] if page.sections and not page.sections[0].heading else ""
    bracket = re.search(r"\(([^()]+)\)$", page.title)
    found = _IS_A.search(lead)
    phrases = (bracket[1] if bracket else "", _NOUN_ENDS.split(found[1], maxsplit=1)[0] if found else "")
    for phrase in phrases:
        words = phrase.split()
        noun = _ALSO.get(words[-1], words[-1]) if words else ""
        if noun in _KINDS:
            return noun
    return UNKNOWN_KIND


def _facts(page: _Spooled, labels: Labels, paths: set[str]) -> Iterator[Fact]:
    for row in page.rows:
        noun = labels.noun(row.label)
        if noun is None:
            continue
        for value in labels.values(row):
            if value.object is None:
                yield Fact(page.path, noun, None, value.text, value.kind, value.unit, page.path)
            elif value.object in paths:
                yield Fact(page.path, noun, value.object, value.text, "entity", "", page.path)
    for link in page.links:
        if link.path in paths:
            yield Fact(page.path, LINKS_TO.name, link.path, link.text, "entity", "", page.path)
