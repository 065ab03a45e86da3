from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from agent_envs.snapshots.wikipedia.graph import Entity, Fact, PageLink, Relation
from agent_envs.snapshots.wikipedia.graph_store import GraphStore

ENTITIES = [Entity("Vienna", "Vienna", "city", ("Wien",)), Entity("Austria", "Austria", "country")]
RELATIONS = [Relation("capital", "the capital of {x}", "whose capital is {y}")]
FACTS = [
    Fact("Austria", "capital", "Vienna", "Vienna", "entity", "", "Austria"),
    Fact("Austria", "capital", None, "Wien", "text", "", "Austria"),
]
LINKS = [PageLink("Vienna", "Austria"), PageLink("Austria", "Vienna")]


def test_what_was_written_is_read_in_the_order_of_its_columns(tmp_path: Path) -> None:
    GraphStore.write(tmp_path / "graph.duckdb", ENTITIES, RELATIONS, FACTS, LINKS)
    store = GraphStore(tmp_path / "graph.duckdb")
    assert list(store.entities()) == sorted(ENTITIES)
    assert list(store.relations()) == RELATIONS
    assert list(store.facts()) == FACTS
    assert list(store.links()) == sorted(LINKS)


def test_the_digest_is_that_of_the_content_and_not_of_the_order_or_of_repetition(tmp_path: Path) -> None:
    GraphStore.write(tmp_path / "a", ENTITIES, RELATIONS, FACTS, LINKS)
    GraphStore.write(tmp_path / "b", ENTITIES[::-1], RELATIONS, FACTS[::-1] * 2, LINKS[::-1] * 3)
    GraphStore.write(tmp_path / "c", ENTITIES, RELATIONS, FACTS[:1], LINKS)
    a, b, c = (GraphStore(tmp_path / name).digest() for name in "abc")
    assert a == b != c


def test_a_store_goes_to_other_processes_as_its_path(tmp_path: Path) -> None:
    GraphStore.write(tmp_path / "graph.duckdb", ENTITIES, RELATIONS, FACTS, LINKS)
    store = GraphStore(tmp_path / "graph.duckdb")
    assert pickle.loads(pickle.dumps(store)).digest() == store.digest()


@pytest.mark.parametrize(
    ("entities", "facts", "links", "message"),
    [
        (ENTITIES * 2, FACTS, LINKS, "'Austria' comes more than once"),
        (ENTITIES, [FACTS[0]._replace(subject="Nowhere")], LINKS, "subject of the fact .*Nowhere"),
        (ENTITIES, [FACTS[0]._replace(object="Nowhere")], LINKS, "object of the fact .*Nowhere"),
        (ENTITIES, [FACTS[0]._replace(source="Nowhere")], LINKS, "source of the fact .*Nowhere"),
        (ENTITIES, [FACTS[0]._replace(relation="mayor")], LINKS, "relation of the fact .*mayor"),
        (ENTITIES, [FACTS[0]._replace(object=None)], LINKS, "must have an object"),
        (ENTITIES, FACTS, [PageLink("Vienna", "Nowhere")], "target of the link .*Nowhere"),
    ],
)
def test_a_row_that_names_nothing_is_named_and_leaves_no_file(
    tmp_path: Path, entities: list[Entity], facts: list[Fact], links: list[PageLink], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        GraphStore.write(tmp_path / "graph.duckdb", entities, RELATIONS, facts, links)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_graph_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "graph.duckdb"
    GraphStore.write(path, ENTITIES, RELATIONS, FACTS, LINKS)
    before = GraphStore(path).digest()
    with pytest.raises(ValueError, match="is no path of any entity"):
        GraphStore.write(path, ENTITIES[:1], RELATIONS, FACTS, LINKS)
    assert GraphStore(path).digest() == before


def test_an_empty_graph_is_a_graph(tmp_path: Path) -> None:
    GraphStore.write(tmp_path / "graph.duckdb", [], [], [], [])
    assert list(GraphStore(tmp_path / "graph.duckdb").facts()) == []


def test_what_is_no_graph_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no graph at"):
        GraphStore(tmp_path / "missing")
    (tmp_path / "text").write_text("not a database at all\n" * 1000)
    with pytest.raises(ValueError, match="not a graph of this package"):
        GraphStore(tmp_path / "text")
