"""Shapes of questions: chains of moves that each lead to one node, and constraints that meet in one."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np

from .dice import Dice
from .index import Graph, Move, Numbers

Class = tuple[int, bool]  # a relation, and whether it is read forward
Fault = Literal["dead end", "ambiguous", "redundant"]

SHAPES = ("chain-2", "intersection-2", "chain-3", "intersection-3", "chain-4")
_GUESSED = 4
_TRIES = 8  # facts among which the least used answer is taken


class Shape(NamedTuple):
    """What is asked, without words.

    Args:
        name: One of `SHAPES`.
        moves: Of a chain, each from where the last one led; of an intersection, each from its own node to the answer.
        answer: The node that is asked for.
    """

    name: str
    moves: tuple[Move, ...]
    answer: int

    @property
    def is_chain(self) -> bool:
        """Whether the moves follow each other."""
        return self.name.startswith("chain")


class Sampler:
    """Draws shapes so that relations, directions and answers come equally often, as far as the graph allows.

    Args:
        graph: Where they are drawn.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._answers: Counter[int] = Counter()
        self._classes: Counter[Class] = Counter()
        one_object, one_subject = graph.one_object[graph.usable], graph.one_subject[graph.usable]
        facts = np.flatnonzero(graph.usable)
        self._last = self._grouped(facts[one_object], facts[one_subject])
        for class_ in [class_ for class_, group in self._last.items() if class_[1] and self._is_guessed(group)]:
            del self._last[class_]
        entity = graph.object[facts] < len(graph.entities)  # what meets in one is asked for by its kind: no literal
        self._shared = self._grouped(facts[~one_object & entity], facts[~one_subject])

    def _grouped(self, forward: Numbers, back: Numbers) -> dict[Class, Numbers]:
        """The facts of each relation and direction."""
        groups: dict[Class, Numbers] = {}
        for facts, is_forward in ((forward, True), (back, False)):
            kinds = self._graph.relation[facts]
            for relation in np.unique(kinds).tolist():
                groups[relation, is_forward] = facts[kinds == relation]
        return groups

    def _is_guessed(self, facts: Numbers) -> bool:
        """Whether so few things are the answer again and again that a guess does well, as with the side of driving."""
        distinct = len(np.unique(self._graph.object[facts]))
        return distinct <= _GUESSED and len(facts) >= _GUESSED * distinct

    def keep(self, shape: Shape) -> None:
        """Take down that a shape was kept, so that others come first next time."""
        self._answers[shape.answer] += 1
        self._classes.update(self._class(move) for move in shape.moves)

    def draw(self, name: str, dice: Dice) -> Shape | Fault:
        """One shape of this name, or why the throw gave none."""
        is_chain = name.startswith("chain")
        groups = self._last if is_chain else self._shared
        if not groups:
            return "dead end"
        class_ = self._rare(list(groups), dice)
        tries = [Move(int(groups[class_][dice.below(len(groups[class_]))]), class_[1]) for _ in range(_TRIES)]
        move = min(tries, key=lambda move: self._answers[self._graph.ends(move)[1]])
        return (self._chain if is_chain else self._meeting)(name, int(name[-1]), move, dice)

    def _class(self, move: Move) -> Class:
        return int(self._graph.relation[move.fact]), move.forward

    def _rare(self, classes: list[Class], dice: Dice) -> Class:
        """Of three thrown classes the one that was used least."""
        return min((dice.choice(classes) for _ in range(3)), key=lambda class_: self._classes[class_])

    def _rare_move(self, moves: list[Move], dice: Dice) -> Move:
        class_ = self._rare(sorted({self._class(move) for move in moves}), dice)
        return dice.choice([move for move in moves if self._class(move) == class_])

    def _chain(self, name: str, size: int, last: Move, dice: Dice) -> Shape | Fault:
        graph = self._graph
        moves = [last]
        seen = set(graph.ends(last))
        while len(moves) < size:
            here = graph.ends(moves[0])[0]
            if not graph.is_entity(here):
                return "dead end"
            before = [
                move for move in graph.moves_to(here) if graph.is_single(move) and graph.ends(move)[0] not in seen
            ]
            if len(moves) + 1 == size:
                before = [move for move in before if graph.clear[graph.ends(move)[0]]]
            else:
                before = [move for move in before if graph.is_entity(graph.ends(move)[0])]
                # Nodes on many ways make better middles than the end of a single thread.
                before = [move for move in before if graph.core[graph.ends(move)[0]]] or before
            if not before:
                return "dead end"
            used = {graph.relation[move.fact] for move in moves}
            moves.insert(0, self._rare_move([m for m in before if graph.relation[m.fact] not in used] or before, dice))
            seen.add(graph.ends(moves[0])[0])
        if not graph.clear[graph.ends(moves[0])[0]] or any(len(graph.reached(move)) != 1 for move in moves):
            return "ambiguous"  # by namesakes
        return Shape(name, tuple(moves), graph.ends(last)[1])

    def _meeting(self, name: str, size: int, first: Move, dice: Dice) -> Shape | Fault:
        graph = self._graph
        if not graph.clear[graph.ends(first)[0]]:
            return "ambiguous"
        answer = graph.ends(first)[1]
        moves, reached = [first], [graph.reached(first)]
        others = self._shared_by_class(answer)
        fault: Fault = "dead end"
        for _ in range(_TRIES * size):
            # Two values of one relation read like a contradiction; two articles, such as neighbours, do not.
            if not graph.is_entity(graph.ends(moves[-1])[0]):
                others.pop(self._class(moves[-1]), None)
            if not others:
                break
            class_ = self._rare(list(others), dice)
            move = others[class_].pop(dice.below(len(others[class_])))
            if not others[class_]:
                del others[class_]
            more = [*reached, graph.reached(move)]
            found = _fault(more, size)
            if graph.ends(move)[0] in {graph.ends(each)[0] for each in moves}:
                continue
            if found == "redundant" or (found == "ambiguous" and len(more) == size):
                fault = found
                continue
            moves.append(move)
            reached = more
            if len(moves) == size:
                return Shape(name, tuple(sorted(moves)), answer)
        return fault

    def _shared_by_class(self, answer: int) -> dict[Class, list[Move]]:
        """The facts of a node that others share, from clear names, by relation and direction."""
        graph = self._graph
        groups: dict[Class, list[Move]] = {}
        for move in graph.moves_to(answer):
            if not graph.is_single(move) and graph.clear[graph.ends(move)[0]]:
                groups.setdefault(self._class(move), []).append(move)
        return groups


def _fault(reached: list[frozenset[int]], size: int) -> Fault | None:
    """What is wrong with constraints as the first of `size`: they must leave one thing only when all are there."""
    if len(frozenset.intersection(*reached)) > 1:
        return "ambiguous"
    if len(reached) < size or any(
        len(frozenset.intersection(*fewer)) == 1 for fewer in combinations(reached, size - 1)
    ):
        return "redundant"
    return None
