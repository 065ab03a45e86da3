from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given as cases
from hypothesis import settings
from hypothesis import strategies as st

from agent_envs.answers import normalised
from agent_envs.envs.encyclopedia import Hit, Page, PageNotFound, Section
from agent_envs.envs.search_task import SearchTask
from agent_envs.envs.wiki_search import notes
from agent_envs.snapshots.wikipedia.encyclopedia import Wikipedia
from agent_envs.snapshots.wikipedia.graph import Entity, Fact, Relation
from agent_envs.snapshots.wikipedia.graph_from_zim import build_graph
from agent_envs.snapshots.wikipedia.graph_store import GraphStore
from agent_envs.snapshots.wikipedia.questions import make_tasks
from agent_envs.snapshots.wikipedia.questions.dice import Dice
from agent_envs.snapshots.wikipedia.questions.index import Graph
from agent_envs.snapshots.wikipedia.questions.names import Reading, is_plain, name_key, short_title
from agent_envs.snapshots.wikipedia.questions.shapes import SHAPES, Sampler, Shape
from agent_envs.tasks import TaskSet

RELATIONS = [
    Relation("capital", "the capital of {x}", "whose capital is {y}"),
    Relation("border", "a country that borders {x}", "which borders {y}"),
    Relation("area", "the area of {x}", "whose area is {y}"),
]


class Shelf:
    """An encyclopedia whose pages say the facts of a graph, searched by counting words."""

    def __init__(self, store: GraphStore) -> None:
        lines = defaultdict(list)
        for fact in store.facts():
            lines[fact.source].append(f"{fact.subject} {fact.relation}: {fact.value} {fact.unit}.")
        self.digest = store.digest()
        self._pages = {
            e.path: Page(e.title, e.path, (Section("", "\n".join(lines[e.path])),)) for e in store.entities()
        }
        self._words = {
            path: normalised(f"{page.title} {page.sections[0].text}").split() for path, page in self._pages.items()
        }

    def search(self, query: str, k: int) -> Sequence[Hit]:
        wanted = normalised(query).split()
        score = {path: -sum(words.count(word) for word in wanted) for path, words in self._words.items()}
        return [
            Hit(self._pages[path].title, path, "") for path in sorted(score, key=lambda p: (score[p], p)) if score[path]
        ][:k]

    def read(self, path: str) -> Page:
        if path not in self._pages:
            raise PageNotFound(f"no page {path!r}")
        return self._pages[path]


def entity_fact(subject: str, relation: str, object: str) -> Fact:
    return Fact(subject, relation, object, object, "entity", "", subject)


def written(path: Path, entities: list[Entity], facts: list[Fact]) -> GraphStore:
    GraphStore.write(path, entities, RELATIONS, facts, [])
    return GraphStore(path)


@pytest.fixture
def europe(tmp_path: Path) -> GraphStore:
    """Six countries with their capitals; Monaco's capital is called Monaco too, and two towns share a name."""
    borders = "Austria-Hungary Austria-Slovakia Hungary-Slovakia Austria-Germany Germany-France France-Spain"
    capitals = "Austria-Vienna Hungary-Budapest Slovakia-Bratislava Germany-Berlin France-Paris Spain-Madrid"
    areas = "Austria-83,871 Hungary-93,028 Slovakia-49,035 Germany-357,114 France-643,801 Spain-505,990"
    facts = []
    for a, b in (pair.split("-") for pair in borders.split()):
        facts += [entity_fact(a, "border", b), entity_fact(b, "border", a)]
    facts += [entity_fact(a, "capital", b) for a, b in (pair.split("-") for pair in capitals.split())]
    for country, area in (pair.split("-") for pair in areas.split()):
        facts.append(Fact(country, "area", None, area, "number", "km2", country))
    places = [pair.split("-") for pair in capitals.split()]
    entities = [Entity(c, c, "country") for c, _ in places] + [
        Entity(t, t, "city", (f"City of {t}",)) for _, t in places
    ]
    entities.append(Entity("Paris_2", "Paris (Texas)", "city"))
    return written(tmp_path / "europe.duckdb", entities, facts)


def tasks_of(store: GraphStore, count: int = 60, seed: int = 0) -> TaskSet[SearchTask]:
    return make_tasks(store, Shelf(store), notes, name="tiny", count=count, seed=seed)


class World:
    """The facts as plain tuples over names: what a question means, worked out by going through all of them."""

    def __init__(self, store: GraphStore) -> None:
        self.names: dict[str, set[str]] = {}
        for entity in store.entities():
            names = (entity.title, short_title(entity.title), *entity.aliases)
            self.names[entity.path] = {name_key(name) for name in names}
        self.facts = [
            (f.subject, f.relation, f.object or f"={f.kind}={name_key(f'{f.value} {f.unit}'.strip())}")
            for f in store.facts()
        ]

    def called(self, node: str) -> set[str]:
        return {node.split("=", 2)[2]} if node.startswith("=") else self.names[node]

    def namesakes(self, key: str) -> set[str]:
        """Everything in the world that goes by a name."""
        return {other for other in {*self.names, *(fact[2] for fact in self.facts)} if key in self.called(other)}

    def led_to(self, start: set[str], relation: str, forward: bool) -> set[str]:
        if forward:
            return {o for s, r, o in self.facts if r == relation and s in start}
        return {s for s, r, o in self.facts if r == relation and o in start}

    def meaning(self, graph: Graph, shape: Shape) -> tuple[list[set[str]], str]:
        """The sets that the moves mean, and the answer."""

        def node(number: int) -> str:
            if graph.is_entity(number):
                return graph.entities[number].path
            literal = graph.literal(number)
            return f"={literal.kind}={literal.key}"

        def key_in_question(number: int) -> str:
            return name_key(graph.entities[number].title) if graph.is_entity(number) else graph.literal(number).key

        sets: list[set[str]] = []
        for move in shape.moves:
            named = self.namesakes(key_in_question(graph.ends(move)[0]))
            start = sets[-1] if shape.is_chain and sets else named
            sets.append(self.led_to(start, graph.relations[int(graph.relation[move.fact])].name, move.forward))
        return sets, node(shape.answer)


def check_by_going_through_everything(store: GraphStore, throws: int) -> int:
    """How many shapes were drawn; each has one answer, and each of its constraints is needed."""
    graph, world = Graph(store), World(store)
    sampler = Sampler(graph)
    drawn = 0
    for number in range(throws):
        shape = sampler.draw(SHAPES[number % len(SHAPES)], Dice(7, number))
        if not isinstance(shape, Shape):
            continue
        drawn += 1
        sampler.keep(shape)
        sets, answer = world.meaning(graph, shape)
        if shape.is_chain:
            assert sets[-1] == {answer}
            continue
        assert set.intersection(*sets) == {answer}
        for left_out in range(len(sets)):
            assert len(set.intersection(*(each for i, each in enumerate(sets) if i != left_out))) > 1
    return drawn


def test_a_small_world_gives_questions_of_several_shapes(europe: GraphStore) -> None:
    tasks = tasks_of(europe)
    assert {"chain-2", "chain-3", "intersection-2"} <= {task.kind for task in tasks}
    assert len({task.instruction for task in tasks}) == len(tasks)


def test_every_question_has_one_answer_and_needs_all_of_its_constraints(europe: GraphStore) -> None:
    assert check_by_going_through_everything(europe, 400) > 50


def test_a_name_that_two_entities_share_starts_no_question(europe: GraphStore) -> None:
    for task in tasks_of(europe):
        assert "Paris" not in task.instruction


def test_no_question_names_its_answer(europe: GraphStore) -> None:
    for task in tasks_of(europe):
        for name in (task.answer.value, *task.answer.aliases):
            assert not Reading(task.instruction).mentions(name)


def test_the_steps_show_every_fact_and_search_only_for_words_that_were_met(europe: GraphStore) -> None:
    book = Shelf(europe)
    for task in tasks_of(europe):
        met = normalised(task.instruction).split()
        hits: set[str] = set()
        shown = ""
        for step in task.steps:
            if step.tool == "search":
                assert set(normalised(step.text).split()) <= {*met, "only"}
                found = book.search(step.text, 10)
                hits |= {hit.path for hit in found}
                met += normalised(" ".join(hit.title for hit in found)).split()
            else:
                assert step.path in hits
                page = book.read(step.path)
                shown += f"\n{page.title}\n{notes(page, step.text)}"
                met += normalised(shown).split()
        assert all(Reading(shown).mentions(fact.value) for fact in task.evidence)
        assert Reading(shown).mentions(task.answer.value)


def test_the_answer_is_right_and_says_so_itself(europe: GraphStore) -> None:
    for task in tasks_of(europe):
        assert task.answer.matches(f"{task.answer.value} {task.answer.unit}".strip())
        assert task.difficulty == len(task.evidence) == int(task.kind[-1])


def test_the_first_tasks_do_not_depend_on_how_many_are_asked_for(europe: GraphStore) -> None:
    assert list(tasks_of(europe, 10)) == list(tasks_of(europe, 40))[:10]
    assert list(tasks_of(europe, 10)) != list(tasks_of(europe, 10, seed=1))


def test_a_book_that_shows_nothing_gives_no_task(europe: GraphStore) -> None:
    with pytest.raises(ValueError, match="not surfaced"):
        make_tasks(europe, Shelf(europe), lambda page, goal: "", name="blind", count=5)


def test_a_count_below_one_is_refused(europe: GraphStore) -> None:
    with pytest.raises(ValueError, match="count=0"):
        tasks_of(europe, 0)


def test_answers_that_share_a_name_share_a_split(tmp_path: Path) -> None:
    entities = [Entity(f"C{i}", f"Country {i}", "country") for i in range(30)]
    # Each capital goes by its own name and by that of the one before: all are one chain of names.
    entities += [Entity(f"T{i}", f"Town {i}", "city", (f"Town {i - 1}",)) for i in range(30)]
    facts = [entity_fact(f"C{i}", "capital", f"T{i}") for i in range(30)]
    facts += [entity_fact(f"C{i}", "border", f"C{(i + 1) % 30}") for i in range(30)]
    tasks = tasks_of(written(tmp_path / "g", entities, facts))
    assert len({task.split for task in tasks if task.answer.value.startswith("Town")}) == 1
    assert len({task.split for task in tasks}) > 1


def test_only_plain_values_are_asked_for() -> None:
    assert is_plain("text", "Atlantic") and is_plain("text", "79:29") and is_plain("number", "1,234.5")
    for value in ("approximately 3", "3 (2019 est.)", "soul, jazz", "c. 1850", "1954-1955", "billboard.com", "x" * 99):
        assert not is_plain("text", value)


def test_short_names_are_told_from_words_by_their_case() -> None:
    assert not Reading("the river in which it ends").mentions("In")
    assert Reading("whose symbol is In").mentions("In")
    assert Reading("the São Paulo metro").mentions("Sao Paulo")
    assert not Reading("the Germany of today").mentions("German")


def test_the_same_seed_gives_the_same_bytes_whatever_the_hash_seed(europe: GraphStore) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path; import test_questions as t;"
        "from agent_envs.snapshots.wikipedia.graph_store import GraphStore;"
        "print(t.tasks_of(GraphStore(Path(sys.argv[1]))).digest)"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code, str(europe.path), str(Path(__file__).parent)],
            env={"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert digests == {tasks_of(europe).digest + "\n"}


NODES = [f"N{i}" for i in range(7)]
FACTS = st.lists(
    st.tuples(st.sampled_from(NODES), st.sampled_from(RELATIONS), st.sampled_from([*NODES, "7", "8", "Name 3"])),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@cases(rows=FACTS, titles=st.lists(st.sampled_from([f"Name {i}" for i in range(9)]), min_size=7, max_size=7))
def test_in_any_graph_each_question_has_one_answer(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, Relation, str]], titles: list[str]
) -> None:
    facts = [
        Fact(s, r.name, o, titles[NODES.index(o)], "entity", "", s)
        if o in NODES
        else Fact(s, r.name, None, o, "number" if o.isdigit() else "text", "", s)
        for s, r, o in rows
    ]
    entities = [Entity(node, title, "thing") for node, title in zip(NODES, titles, strict=True)]
    check_by_going_through_everything(written(tmp_path_factory.mktemp("graph") / "g", entities, facts), 50)


def test_a_real_archive_gives_tasks_whose_splits_share_no_answer(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_ENVS_CACHE", str(tmp_path / "cache"))
    book = Wikipedia(real_data / "wikipedia_en_100_mini_2022-10.zim", index="zim")
    store = build_graph(book.archive, tmp_path / "graph.duckdb")
    assert check_by_going_through_everything(store, 200) > 20
    tasks = make_tasks(store, book, notes, name="mini", count=60)
    owner: dict[str, str] = {}
    for task in tasks:
        for name in (task.answer.value, *task.answer.aliases):
            assert owner.setdefault(name_key(name), task.split) == task.split
