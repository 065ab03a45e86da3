"""The whole graph as sorted arrays of numbers, so that a set of subjects or objects is found by bisection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent_envs.answers import AnswerKind
from agent_envs.snapshots.wikipedia.graph import Entity, Relation
from agent_envs.snapshots.wikipedia.graph_store import GraphStore

from .names import is_plain, name_key, short_title

Numbers = NDArray[np.int64]


class Literal(NamedTuple):
    """A value that is no entity: a name without an article, a number, a date; facts may spell it differently."""

    key: str
    kind: AnswerKind
    value: str
    unit: str


class Move(NamedTuple):
    """A fact read in one direction: forward from its subject to its object, or back."""

    fact: int
    forward: bool


class Graph:
    """Entities and literals are nodes, entities first; facts are numbered, each subject, relation and object once.

    Args:
        store: The graph file; it is read whole, about 10 µs a fact.
    """

    def __init__(self, store: GraphStore) -> None:
        self.entities: list[Entity] = list(store.entities())
        self.relations: list[Relation] = list(store.relations())
        self.literals: list[Literal] = []
        self.values: list[str] = []  # of each fact, as the article's text has it
        self.named: dict[str, list[int]] = {}  # key of a name -> nodes of that name
        self._read(store)
        span = max(len(self.relations), 1)
        self._span = span
        self._namesakes: dict[int, list[int]] = {}  # of the nodes that have any
        for nodes in self.named.values():
            for node in nodes if len(nodes) > 1 else ():
                self._namesakes[node] = sorted({*self._namesakes.get(node, ()), *nodes})
        self._by_subject = np.argsort(self.subject * span + self.relation, kind="stable")
        self._by_object = np.argsort(self.object * span + self.relation, kind="stable")
        self._subject_keys = (self.subject * span + self.relation)[self._by_subject]
        self._object_keys = (self.object * span + self.relation)[self._by_object]
        plain = np.array(
            [True] * len(self.entities) + [is_plain(each.kind, each.value) for each in self.literals], np.bool_
        )
        self.usable = plain[self.object]  # facts whose object a question may name or ask for
        self.one_object = _alone(self._subject_keys, self._by_subject)
        self.one_subject = _alone(self._object_keys, self._by_object)
        self.core = self._core(3)
        self.clear = np.array(
            [*map(self._is_clear, range(len(self.entities))), *(True for _ in self.literals)], np.bool_
        )

    def _read(self, store: GraphStore) -> None:
        numbers = {entity.path: number for number, entity in enumerate(self.entities)}
        relations = {relation.name: number for number, relation in enumerate(self.relations)}
        literals: dict[tuple[str, str], int] = {}
        for number, entity in enumerate(self.entities):
            for key in sorted({name_key(name) for name in self.names_of(entity)}):
                self.named.setdefault(key, []).append(number)
        rows: dict[tuple[int, int, int], tuple[int, str]] = {}
        for fact in store.facts():
            subject = numbers[fact.subject]
            if fact.object is None and fact.kind != "entity":
                key = name_key(f"{fact.value} {fact.unit}".strip())
                node = literals.setdefault((fact.kind, key), len(self.entities) + len(literals))
                if node == len(self.entities) + len(self.literals):
                    self.literals.append(Literal(key, fact.kind, fact.value, fact.unit))
                    self.named.setdefault(key, []).append(node)
            else:
                node = numbers[fact.object or ""]
            row = (subject, relations[fact.relation], node)
            # Of several articles that state a fact, the subject's own is the one to read.
            if row not in rows or fact.source == fact.subject:
                rows[row] = (numbers[fact.source], fact.value)
        columns: Numbers = np.array([(*row, source) for row, (source, _) in rows.items()], dtype=np.int64).reshape(
            -1, 4
        )
        self.subject, self.relation, self.object, self.source = columns.T.copy()
        self.values = [value for _, value in rows.values()]

    @staticmethod
    def names_of(entity: Entity) -> tuple[str, ...]:
        """The title, the title without its bracket, and the aliases."""
        return tuple(dict.fromkeys((entity.title, short_title(entity.title), *entity.aliases)))

    def is_entity(self, node: int) -> bool:
        """Whether the node is an entity, and no literal."""
        return node < len(self.entities)

    def literal(self, node: int) -> Literal:
        """The literal of a node."""
        return self.literals[node - len(self.entities)]

    def names(self, node: int) -> tuple[str, ...]:
        """All texts that mean the node."""
        return self.names_of(self.entities[node]) if self.is_entity(node) else (self.literal(node).value,)

    def keys(self, node: int) -> list[str]:
        """Keys of the names of a node."""
        if not self.is_entity(node):
            return [self.literal(node).key]
        return sorted({name_key(name) for name in self.names(node)})

    def namesakes(self, node: int) -> Sequence[int]:
        """All nodes that share a name with this one, itself among them."""
        return self._namesakes.get(node, (node,))

    def moves_to(self, node: int) -> list[Move]:
        """All usable facts that hold the node, read towards it."""
        forward = self._range(self._object_keys, self._by_object, node)
        back = self._range(self._subject_keys, self._by_subject, node)
        forward, back = forward[self.usable[forward]], back[self.usable[back]]
        return [*(Move(fact, True) for fact in forward.tolist()), *(Move(fact, False) for fact in back.tolist())]

    def ends(self, move: Move) -> tuple[int, int]:
        """The nodes from which and to which a move goes."""
        subject, object = int(self.subject[move.fact]), int(self.object[move.fact])
        return (subject, object) if move.forward else (object, subject)

    def reached(self, move: Move) -> frozenset[int]:
        """Everything that the move's words mean, seen from where it starts, or from another node of that name."""
        start, relation = self.ends(move)[0], int(self.relation[move.fact])
        return self._objects(start, relation) if move.forward else self._subjects(relation, start)

    def _objects(self, subject: int, relation: int) -> frozenset[int]:
        return frozenset(self.object[self._range(self._subject_keys, self._by_subject, subject, relation)].tolist())

    def _subjects(self, relation: int, object: int) -> frozenset[int]:
        facts = (self._range(self._object_keys, self._by_object, n, relation) for n in self.namesakes(object))
        return frozenset(self.subject[np.concatenate(list(facts))].tolist())

    def is_single(self, move: Move) -> bool:
        """Whether the move leads to one node only, before namesakes are thought of."""
        return bool((self.one_object if move.forward else self.one_subject)[move.fact])

    def _is_clear(self, node: int) -> bool:
        """Whether the title means this entity and no other; a literal means whatever goes by its name."""
        return all(not self.is_entity(n) or n == node for n in self.named[name_key(self.entities[node].title)])

    def _range(self, keys: Numbers, order: Numbers, node: int, relation: int | None = None) -> Numbers:
        first = node * self._span + (relation or 0)
        last = first if relation is not None else first + self._span - 1
        return order[np.searchsorted(keys, first, "left") : np.searchsorted(keys, last, "right")]

    def _core(self, degree: int) -> NDArray[np.bool_]:
        """Which entities are left when those with fewer than `degree` neighbours are taken away again and again."""
        among = self.object < len(self.entities)
        pairs = np.sort(np.stack((self.subject[among], self.object[among]), axis=1), axis=1)
        pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
        while True:
            neighbours = np.bincount(pairs.ravel(), minlength=len(self.entities))
            stay = neighbours >= degree
            kept = pairs[stay[pairs[:, 0]] & stay[pairs[:, 1]]]
            if len(kept) == len(pairs):
                return stay
            pairs = kept


def _alone(keys: Numbers, order: Numbers) -> NDArray[np.bool_]:
    """For each fact, whether no other has its key."""
    alone = np.zeros(len(keys), dtype=np.bool_)
    _, first, count = np.unique(keys, return_index=True, return_counts=True)
    alone[order[first[count == 1]]] = True
    return alone
