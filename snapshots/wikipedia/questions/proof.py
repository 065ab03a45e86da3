"""Proof that the tools lead to the answer: the searches and visits that surface each fact, really made."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from agent_envs.envs.encyclopedia import Encyclopedia, Page
from agent_envs.envs.search_task import Evidence, Step

from ..graph import LINKS_TO
from .index import Graph, Move
from .names import Reading, short_title
from .shapes import Shape
from .wording import described, given, kind

HITS = 10  # what the environment's search shows
_CACHED = 4096


class Prover:
    """Searches and reads as an agent does that knows where to look, and uses only words that it has met.

    Args:
        graph: The facts.
        book: The encyclopedia that the agent will have.
        shows: What a visit of a page with a goal shows.
    """

    def __init__(self, graph: Graph, book: Encyclopedia, shows: Callable[[Page, str], str]) -> None:
        self._graph = graph
        self._found = lru_cache(_CACHED)(lambda text: frozenset(hit.path for hit in book.search(text, HITS)))
        self._shown = lru_cache(_CACHED)(lambda path, goal: Reading(shows(book.read(path), goal)))

    def prove(self, shape: Shape, question: str) -> tuple[tuple[Evidence, ...], tuple[Step, ...]] | None:
        """The evidence in the order of the reasoning and the steps that surface it, or None if the tools fail."""
        graph = self._graph
        evidence: list[Evidence] = []
        steps: list[Step] = []
        known = ""
        for number, move in enumerate(shape.moves):
            if number == 0 or not shape.is_chain:
                known = given(graph, move)
            made = self._steps(move, known, question)
            if made is None:
                return None
            steps += (step for step in made if step not in steps)
            fact = move.fact
            subject, source = graph.entities[int(graph.subject[fact])], graph.entities[int(graph.source[fact])]
            relation = graph.relations[int(graph.relation[fact])].name
            evidence.append(Evidence(subject.title, relation, graph.values[fact], source.path))
            known = graph.values[fact] if move.forward else subject.title
        return tuple(evidence), tuple(steps)

    def _steps(self, move: Move, known: str, question: str) -> tuple[Step, ...] | None:
        """A search and a visit after which the end of a move is known."""
        graph = self._graph
        start, end = graph.ends(move)
        source = graph.entities[int(graph.source[move.fact])]
        goal = described(graph, move, known)
        if not self._shows_fact(move, goal):
            return None
        visit = Step("visit", goal, source.path)
        queries = (goal, known) if move.forward else (goal, f"{kind(graph, end)} {known}", known, question)
        for query in queries:
            if source.path in self._found(query):
                return Step("search", query), visit
        # A page that no search finds may be named by the page of what is known.
        if move.forward or not graph.is_entity(start):
            return None
        here, title = graph.entities[start], source.title
        if here.path not in self._found(known) or source.path not in self._found(title):
            return None
        if not self._shown(here.path, goal).mentions(title):
            return None
        return Step("search", known), Step("visit", goal, here.path), Step("search", title), visit

    def _shows_fact(self, move: Move, goal: str) -> bool:
        """Whether the article that states the fact shows both ends of it; its own subject stands in its title."""
        graph = self._graph
        source, subject = int(graph.source[move.fact]), int(graph.subject[move.fact])
        shown = self._shown(graph.entities[source].path, goal)
        title = graph.entities[subject].title
        names_subject = source == subject or shown.mentions(title) or shown.mentions(short_title(title))
        if graph.relations[int(graph.relation[move.fact])] == LINKS_TO:  # words that look like a link are none
            path = graph.entities[int(graph.object[move.fact])].path
            return names_subject and f"[{graph.values[move.fact]}]({path})" in shown.text
        return names_subject and shown.mentions(graph.values[move.fact])
