"""The atlas: what its graph states stands in its articles, its links lead somewhere, and nothing unlicensed is read."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from pathlib import Path

import pytest

from agent_envs.envs.encyclopedia import Page
from agent_envs.snapshots.wikipedia.archive import Archive
from agent_envs.snapshots.wikipedia.atlas.build import ATLAS_UUID, GRAPH_DIGEST, atlas_topics, build_atlas
from agent_envs.snapshots.wikipedia.atlas.discoverers import credited
from agent_envs.snapshots.wikipedia.atlas.factbook import leading_number, partners
from agent_envs.snapshots.wikipedia.atlas.sources import (
    AtlasSourceMissing,
    element_tables,
    package_file,
    world_tables,
)
from agent_envs.snapshots.wikipedia.atlas.topics import choose, listing, number
from agent_envs.snapshots.wikipedia.graph import Entity, Fact
from agent_envs.snapshots.wikipedia.graph_store import GraphStore
from agent_envs.snapshots.wikipedia.page import parse_page

OF_UN_M49 = {"alpha2", "alpha3", "numeric_code", "official_name", "continent", "region", "subregion"}


class Atlas:
    """The built atlas, read once."""

    def __init__(self, folder: Path) -> None:
        self.archive = Archive(folder / "atlas.zim")
        self.store = GraphStore(folder / "graph.duckdb")
        self.entities: dict[str, Entity] = {entity.path: entity for entity in self.store.entities()}
        self.facts: list[Fact] = list(self.store.facts())

    def page(self, path: str) -> Page:
        html = self.archive.html(path)
        return parse_page(html.html, html.path, html.title, lambda href: self.archive.resolve(href, html.path))

    def values(self, path: str, relation: str) -> set[str]:
        return {fact.value for fact in self.facts if (fact.subject, fact.relation) == (path, relation)}


@pytest.fixture(scope="session")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    folder = tmp_path_factory.mktemp("atlas") / "built"
    build_atlas(folder)
    return Atlas(folder)


def test_atlas_is_the_one_that_is_pinned(atlas: Atlas) -> None:
    assert (str(atlas.archive.zim.uuid), atlas.store.digest()) == (ATLAS_UUID, GRAPH_DIGEST)


def test_atlas_has_the_size_that_was_promised(atlas: Atlas) -> None:
    assert 7_800 <= len(atlas.entities) <= 8_800
    assert len(atlas.facts) >= 11_000
    assert len({fact.relation for fact in atlas.facts}) >= 18
    assert atlas.archive.zim.check()


def test_every_fact_stands_in_the_text_of_its_article(atlas: Atlas) -> None:
    of_source: dict[str, list[Fact]] = defaultdict(list)
    for fact in atlas.facts:
        assert fact.source == fact.subject
        of_source[fact.source].append(fact)
    absent = []
    for path, facts in of_source.items():
        html = atlas.archive.html(path)
        page = parse_page(html.html, html.path, html.title)
        text = "\n".join(section.text for section in page.sections)
        absent += [fact for fact in facts if f"{fact.value} {fact.unit}".rstrip() not in text]
    assert absent == []


def test_every_value_that_is_an_entity_goes_by_a_name_of_that_entity(atlas: Atlas) -> None:
    for fact in atlas.facts:
        if fact.object is not None:
            entity = atlas.entities[fact.object]
            assert fact.value in (entity.title, *entity.aliases)


def test_titles_are_unique_and_every_article_is_an_entity(atlas: Atlas) -> None:
    titles = [entity.title.casefold() for entity in atlas.entities.values()]
    assert len(set(titles)) == len(titles)
    assert set(atlas.archive.article_paths()) == {*atlas.entities, "Licences"}


def test_every_link_leads_to_an_article(atlas: Atlas) -> None:
    broken = []
    for path in ("index", *atlas.entities):
        html = atlas.archive.html(path)
        for href in re.findall(rb'href="([^"]*)"', html.html):
            if atlas.archive.resolve(href.decode(), path) is None:
                broken.append((path, href))
    assert broken == []


def test_links_of_the_graph_are_those_of_the_pages(atlas: Atlas) -> None:
    of_source: dict[str, set[str]] = defaultdict(set)
    for link in atlas.store.links():
        of_source[link.source].add(link.target)
    for path in ("Andorra", "Danube_River", "Rhenium", "Marie_Curie", "Euro"):
        assert {link.path for link in atlas.page(path).links} - {"Licences"} == of_source[path]


def test_no_column_that_un_m49_owns_is_read() -> None:
    read: set[tuple[str, str]] = set()

    def watch(action: int, table: str | None, column: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_READ:
            read.add((str(table), str(column)))
        return sqlite3.SQLITE_OK

    with world_tables() as world, element_tables() as periodic:
        world.set_authorizer(watch)
        atlas_topics(world, periodic)
    assert ("country", "name") in read
    assert not {column for table, column in read if table == "country"} & OF_UN_M49


def test_only_sources_under_an_open_licence_are_licensed() -> None:
    with world_tables() as world:
        left_out = world.execute("SELECT id FROM source WHERE id NOT IN (SELECT id FROM licensed) ORDER BY id")
        assert [row["id"] for row in left_out] == [
            "un-m49",
            "un-protocol-country-names-2025",
            "ungegn-country-names-2017",
        ]


def test_waters_of_several_countries_are_one_article(atlas: Atlas) -> None:
    assert atlas.values("Amu_Darya", "flows_through") == {"Afghanistan", "Tajikistan", "Turkmenistan", "Uzbekistan"}
    assert atlas.values("Danube_River", "river_mouth") == {"Romania"}
    assert atlas.values("Red_River_(United_States)", "flows_through") == {"United States"}
    assert atlas.values("Red_River_(China)", "length") == {"1,149"}


def test_namesakes_are_told_apart(atlas: Atlas) -> None:
    assert atlas.entities["Singapore"].kind == "country"
    assert atlas.entities["Singapore_(city)"].kind == "city"
    assert atlas.entities["Hamilton_(Bermuda)"].aliases == ("Hamilton",)


def test_package_of_another_name_is_said_to_be_missing() -> None:
    with pytest.raises(AtlasSourceMissing, match=r"no file nothing\.here"):
        package_file("mendeleev", "nothing.here")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Known to the ancients.", ()),
        ("Sir William Ramsay; M. W. Travers", ("William Ramsay", "Morris Travers")),
        ("A. Ghiorso, et al", ("Albert Ghiorso",)),
        ("Pierre and Marie Curie", ("Pierre Curie", "Marie Curie")),
    ],
)
def test_discoverers_are_split_into_persons(text: str, names: tuple[str, ...]) -> None:
    assert credited(text) == names


def test_values_of_the_factbook_are_read_or_left() -> None:
    assert partners("Italy 29%, Gambia, The 4% (2023)") == [("Italy", 29), ("Gambia, The", 4)]
    assert partners("almost entirely United Kingdom (2022)") == []
    assert leading_number("14.2 million sq km") == 14_200_000
    assert leading_number("no permanent inhabitants") is None


def test_wording_is_drawn_by_key_and_numbers_are_plain() -> None:
    assert choose("city/1", "lead", "abcdef") == choose("city/1", "lead", "abcdef")
    assert len({choose(f"city/{n}", "lead", "abc") for n in range(50)}) == 3
    assert [listing(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert [number(2946), number(0.5340, 4), number(-28.0, 1)] == ["2,946", "0.534", "-28"]
