"""Builds the atlas: the archive ``atlas.zim`` and the knowledge graph ``graph.duckdb``, in a folder."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from html import escape
from pathlib import Path

from ..graph import Entity, Fact, PageLink
from ..graph_store import GraphStore
from ..zim_writer import Article, write_zim
from .articles import Writer, page
from .cities import Cities, city_topics
from .countries import Countries
from .country_articles import CountryArticles
from .culture import Languages, anthem_topics, currency_topics, language_topics
from .elements import Elements
from .heights import Heights
from .relations import STYLES
from .sources import PACKAGES, SOURCES, element_tables, world_tables
from .titles import entities
from .topics import Topic
from .waters import lake_topics, river_topics
from .zones import climate_topics, region_topics, zone_topics

ATLAS_DATE = "2026-11-23"
# What is built, by content: the archive's UUID and the graph's digest. They name it in the cache, and show a drift of
# ours or of a package.
ATLAS_UUID = "e1b36907-9d17-dfd9-f1fd-758b0ed66b20"
GRAPH_DIGEST = "14fc34a866433faecf15a8a14d3c5b78"

Progress = Callable[[int, int], None]


def build_atlas(folder: Path, progress: Progress | None = None) -> None:
    """Write ``atlas.zim`` and ``graph.duckdb``, the same bytes and the same rows on every machine.

    Args:
        folder: Where they go; it is made if need be.
        progress: Called with the number of articles written and their number in all.

    Raises:
        AtlasSourceMissing: A data package is missing or of another version.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with world_tables() as world, element_tables() as periodic:
        topics = atlas_topics(world, periodic)
    named = entities(topics)
    facts: list[Fact] = []
    links: list[PageLink] = []

    def articles() -> Iterator[Article]:
        for done, written in enumerate(Writer(topics, named), 1):
            facts.extend(written.facts)
            links.extend(written.links)
            yield written.article
            if progress is not None:
                progress(done, len(topics))
        yield _main_page(topics, named)
        yield _licences()

    metadata = {
        "Name": "agent-envs_en_atlas",
        "Title": "Atlas",
        "Language": "eng",
        "Creator": "agent-envs",
        "Publisher": "agent-envs",
        "Description": "Countries, cities, waters, languages, elements: written from open data",
        "License": "; ".join(f"{source.name}: {source.licence}" for source in SOURCES.values()),
        "Date": ATLAS_DATE,
    }
    write_zim(folder / "atlas.zim", articles(), metadata, main_path="index", redirects=_redirects(named))
    relations = [style.relation for style in STYLES.values()]
    GraphStore.write(folder / "graph.duckdb", named.values(), relations, facts, links)


def atlas_topics(world: sqlite3.Connection, periodic: sqlite3.Connection) -> list[Topic]:
    """All topics of the atlas, in the order of its articles.

    Args:
        world: The tables of pyworldatlas, as `world_tables` opens them.
        periodic: The tables of mendeleev.
    """
    countries, cities, languages = Countries(world), Cities(world), Languages(world)
    rivers = list(river_topics(world, countries))
    river_keys = _unique_names(rivers)
    heights = Heights(world, countries)
    points = list(heights.topics(river_keys))
    articles = CountryArticles(world, countries, cities, languages, heights)
    return [
        *articles.topics(),
        *city_topics(cities, countries),
        *rivers,
        *lake_topics(world, countries),
        *points,
        *language_topics(languages),
        *currency_topics(world),
        *anthem_topics(articles.anthems, countries),
        *zone_topics(world, countries),
        *climate_topics(world),
        *region_topics(articles.regions),
        *Elements(periodic, countries, river_keys).topics(),
    ]


def _unique_names(rivers: list[Topic]) -> dict[str, str]:
    """Rivers by name, with and without the word, where only one has it."""
    found: dict[str, list[str]] = {}
    for topic in rivers:
        for name in dict.fromkeys((topic.name, topic.name.removesuffix(" River"), *topic.aliases)):
            found.setdefault(name, []).append(topic.key)
    return {name: keys[0] for name, keys in found.items() if len(keys) == 1}


def _redirects(named: Mapping[str, Entity]) -> Iterator[tuple[str, str, str]]:
    """Path, title and target of each alias that means one topic only and is no title."""
    owners: dict[str, set[str]] = {}
    for entity in named.values():
        for alias in (entity.title, *entity.aliases):
            owners.setdefault(alias.casefold(), set()).add(entity.path)
    taken = {entity.path.casefold() for entity in named.values()} | {"index", "licences"}
    for entity in named.values():
        for alias in entity.aliases:
            path = alias.replace(" ", "_").replace("/", "-")
            if len(owners[alias.casefold()]) == 1 and path.casefold() not in taken:
                taken.add(path.casefold())
                yield path, alias, entity.path


def _main_page(topics: list[Topic], named: Mapping[str, Entity]) -> Article:
    kinds: dict[str, int] = {}
    for topic in topics:
        kinds[topic.kind] = kinds.get(topic.kind, 0) + 1
    counts = "".join(f"<li>{escape(kind)}: {count:,}</li>" for kind, count in sorted(kinds.items()))
    countries = "".join(
        f'<li><a href="{escape(entity.path)}">{escape(entity.title)}</a></li>'
        for entity in named.values()
        if entity.kind in ("country", "territory", "continent")
    )
    body = (
        f"<p>An atlas in {len(topics):,} articles, written from open data. See "
        f'<a href="Licences">Licences</a>.</p><h2>Articles</h2><ul>{counts}</ul><h2>Countries</h2><ul>{countries}</ul>'
    )
    return Article("index", "Atlas", page("Atlas", body).encode())


def _licences() -> Article:
    rows = "".join(
        f'<tr><td><a href="{escape(source.url)}">{escape(source.name)}</a></td><td>{escape(source.licence)}</td>'
        f"<td>{escape(source.share)}</td></tr>"
        for source in SOURCES.values()
    )
    packages = ", ".join(f"{name} {version}" for name, version in PACKAGES.items())
    body = (
        "<p>The articles of this atlas were written by a program from the data below. Names were cleaned, lists merged"
        f" and distances computed. The data came with the packages {escape(packages)}.</p>"
        f"<table><tr><th>Source</th><th>Licence</th><th>What was taken</th></tr>{rows}</table>"
    )
    return Article("Licences", "Licences", page("Licences", body).encode())
