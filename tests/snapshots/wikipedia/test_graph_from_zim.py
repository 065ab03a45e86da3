from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agent_envs.envs.encyclopedia import InfoboxRow, Link, Page, Section
from agent_envs.snapshots.wikipedia.archive import Archive
from agent_envs.snapshots.wikipedia.graph_from_zim import build_graph, kind_of
from agent_envs.snapshots.wikipedia.graph_store import GraphStore
from agent_envs.snapshots.wikipedia.infobox import Labels, Value


def values(label: str, text: str, *links: Link) -> list[Value]:
    return Labels().values(InfoboxRow(label, text, links))


def test_values_are_typed_and_brackets_left_out() -> None:
    assert values("Total area", "2,780,400 km2 (1,073,500 sq mi) (8th)") == [Value("2,780,400", "number", "km2")]
    assert values("Released", "September 23, 1930") == [Value("September 23, 1930", "date")]
    assert values("Spouse", "Emma Wedgwood\n(m. 1839)") == [Value("Emma Wedgwood", "text")]
    assert values("Capital", "Canberra\n35°18′29″S 149°07′28″E") == [Value("Canberra", "text")]


def test_a_linked_value_is_the_article_that_it_links_to() -> None:
    assert values("Songwriter(s)", "Ray Charles", Link("Ray Charles", "A/Ray")) == [
        Value("Ray Charles", "entity", object="A/Ray")
    ]


def test_a_row_of_birth_gives_its_date_and_neither_name_nor_place() -> None:
    assert values("Born", "Robert Zimmerman\nMay 24, 1941\nDuluth, Minnesota") == [Value("May 24, 1941", "date")]


def test_a_row_of_many_values_gives_none() -> None:
    assert values("Members", "\n".join(f"Member {letter}" for letter in "abcdefghijklmnop")) == []


def test_a_list_is_cut_at_its_commas_where_its_parts_are_values_elsewhere() -> None:
    labels = Labels()
    rows = [
        InfoboxRow("Genre", genre, ()) for genre in ("soul", "jazz", "soul, jazz", "blues, from Memphis, Tennessee")
    ]
    labels.count(rows)
    assert [value.text for value in labels.values(rows[2])] == ["soul", "jazz"]
    assert [value.text for value in labels.values(rows[3])] == ["blues, from Memphis, Tennessee"]


def test_spellings_of_a_label_are_one_relation_and_rare_or_vague_labels_none() -> None:
    labels = Labels()
    for label in ("Producer", "Producer(s)", "Producers", "Website", "Website", "GDP (2021)", "GDP (2021)", "Odd one"):
        labels.count([InfoboxRow(label, "x", ())])
    assert {labels.noun(label) for label in ("Producer", "Producer(s)", "Producers")} == {"producer"}
    assert [labels.noun(label) for label in ("Website", "GDP (2021)", "Odd one")] == [None, None, None]
    assert [relation.noun for relation in labels.relations()] == ["the producer of {x}"]


@pytest.mark.parametrize(
    ("title", "lead", "kind"),
    [
        ("Ray Charles", "Ray Charles (1930 – 2004) was an American singer, songwriter and pianist.", "singer"),
        ("Ray (film)", "Ray tells of his life.", "film"),
        ("Soul Brothers", "Soul Brothers is the fourth studio album recorded by Ray Charles.", "album"),
        ("Emu", "The emu is the second-tallest living bird after the ostrich.", "article"),
        ("Empty", "", "article"),
    ],
)
def test_the_kind_is_the_noun_of_the_lead_only_where_it_is_a_sure_one(title: str, lead: str, kind: str) -> None:
    assert kind_of(Page(title, title, (Section("", lead),) if lead else ())) == kind


def test_articles_redirects_rows_and_links_become_a_graph(make_zim: Callable[..., Path], tmp_path: Path) -> None:
    box = "<table class='infobox'><tr><th>Capital</th><td><a href='{0}'>{0}</a></td></tr></table>"
    articles = {
        "Austria": ("Austria", f"<p>Austria is a country in Europe.</p>{box.format('Vienna')}"),
        "Hungary": ("Hungary", f"<p>Hungary is a country in Europe.</p>{box.format('Budapest')}"),
        "Vienna": ("Vienna", "<p>Vienna is a city on the Danube, like <a href='Budapest'>Budapest</a>.</p>"),
        "Budapest": ("Budapest", "<p>Budapest is a city.</p>"),
    }
    archive = Archive(make_zim(articles, redirects={"Wien": "Vienna"}))
    store = build_graph(archive, tmp_path / "graph.duckdb")
    found = {entity.path: (entity.kind, entity.aliases) for entity in store.entities()}
    assert found["Vienna"] == ("city", ("Wien",))
    assert found["Austria"] == ("country", ())
    stated = {(fact.subject, fact.relation, fact.object) for fact in store.facts()}
    assert ("Austria", "capital", "Vienna") in stated
    assert ("Vienna", "links to", "Budapest") in stated
    assert ("Vienna", "Budapest") in {tuple(link) for link in store.links()}


def test_the_graph_of_a_real_archive_is_the_same_each_time(real_data: Path, tmp_path: Path) -> None:
    archive = Archive(real_data / "wikipedia_en_ray_charles_maxi_2019-08.zim")
    stores = [build_graph(archive, tmp_path / name) for name in ("a", "b")]
    assert stores[0].digest() == stores[1].digest()
    assert isinstance(stores[0], GraphStore)
    facts = {(fact.subject, fact.relation, fact.value) for fact in stores[0].facts()}
    assert ("A/Ray_(film)", "director", "Taylor Hackford") in facts
    assert ("A/Ray_Charles", "date of birth", "September 23, 1930") in facts
