"""From a shape to an English question, its phrases nested in each other."""

from __future__ import annotations

import re

from agent_envs.snapshots.wikipedia.graph import Relation

from .dice import Dice
from .index import Graph, Move
from .shapes import Shape

_ASKING_VALUE = ("What is {}?", "Give {}.", "Find {}.")
_ASKING_NAME = ("Name {}.", "Find {}.", "Identify {}.")  # of persons and things alike
_UNKNOWN_KIND = "article"
_RELATIVE = ("which ", "that is ")  # the thing is their subject
_PLACES = frozenset(
    {"country", "territory", "river", "sea", "ocean", "lake", "mountain", "continent", "region", "point"}
)
_WITH_ARTICLE = re.compile(
    r"^(?:United|Central African|Isle of|Gulf of|Sea of|Strait of|Republic of)\b"
    r"|\b(?:River|Sea|Ocean|Gulf|Islands|Republic|Emirates|Territory|Territories|Plateau|Basin|Delta|Canyon)$"
    r"|^(?:Bahamas|Comoros|Gambia|Maldives|Netherlands|Philippines|Seychelles|Vatican)$"
)
# "a country" of "a country through which the Nile flows": a question says of what kind it is, which may be a territory.
_HEAD = re.compile(r"(?:an?|the) [a-z ]+? (?=(?:that|whose|which|(?:in|on|through) wh(?:ich|ose))\b)")
_PLURAL = re.compile(r"(?<![sui])s of \{x\}")


def question(graph: Graph, shape: Shape, dice: Dice) -> str:
    """The question that a shape asks; only the opening is left to chance."""
    if not shape.is_chain:
        return _which(graph, shape, [constraint(graph, move, given(graph, move)) for move in shape.moves], dice)
    *before, last = shape.moves
    phrase = given(graph, shape.moves[0])
    for move in before:
        phrase = described(graph, move, phrase)
    if not last.forward:
        return _which(graph, shape, [constraint(graph, last, phrase)], dice)
    asked = described(graph, last, phrase)
    if graph.is_entity(shape.answer) or graph.literal(shape.answer).kind == "text":
        return dice.choice(_ASKING_NAME).format(asked)
    unit = graph.literal(shape.answer).unit
    return dice.choice(_ASKING_VALUE).format(f"{asked}, in {unit}" if unit else asked)


def reads_well(graph: Graph, shape: Shape) -> bool:
    """Whether at most one phrase is put into the middle of another, words standing behind it."""
    if not shape.is_chain:
        return True
    relations = [(_relation(graph, move), move.forward) for move in shape.moves[1:]]
    return (
        sum(not (relation.noun if forward else relation.clause).endswith("}") for relation, forward in relations) <= 1
    )


def given(graph: Graph, move: Move) -> str:
    """Where a move starts, as the question names it."""
    start = graph.ends(move)[0]
    if not graph.is_entity(start):
        return f"{graph.values[move.fact]} {graph.literal(start).unit}".strip()
    title, is_place = graph.entities[start].title, graph.entities[start].kind in _PLACES
    if is_place and title.startswith("The "):
        return f"the {title[4:]}"
    return f"the {title}" if is_place and _WITH_ARTICLE.search(title) else title


def kind(graph: Graph, node: int) -> str:
    """The noun for what an entity is."""
    known = graph.entities[node].kind
    return "subject" if known == _UNKNOWN_KIND else known


def described(graph: Graph, move: Move, phrase: str) -> str:
    """A noun phrase for the one thing that a move leads to, from a phrase for where it starts."""
    relation, end = _relation(graph, move), graph.ends(move)[1]
    if not move.forward:
        return f"the {kind(graph, end)} {relation.clause.format(y=phrase)}"
    article = "the only" if relation.noun.startswith(("a ", "an ")) else "the"
    if graph.is_entity(end) and (head := _HEAD.match(relation.noun)):
        return f"{article} {kind(graph, end)} {relation.noun[head.end() :]}".format(x=phrase)
    return re.sub("^an? ", "the only ", relation.noun).format(x=phrase)


def constraint(graph: Graph, move: Move, phrase: str) -> str:
    """A clause that says of the move's end that it is such a one, perhaps among others."""
    relation = _relation(graph, move)
    noun = relation.noun
    if not move.forward:
        clause = relation.clause
    elif head := _HEAD.match(noun):
        clause = noun[head.end() :]
    elif noun.startswith(same := f"a {kind(graph, graph.ends(move)[1])} "):
        clause = f"that is {noun.removeprefix(same)}"  # "the language that is a language spoken in" says it twice
    elif _PLURAL.search(noun):
        clause = f"that is among {noun}"
    elif noun.startswith("the "):
        clause = f"that is {'an' if noun[4] in 'aeiou' else 'a'} {noun[4:]}"
    else:
        clause = f"that is {noun}"
    return clause.format(x=phrase, y=phrase)


def _which(graph: Graph, shape: Shape, clauses: list[str], dice: Dice) -> str:
    """A question for the one thing of which all clauses are true."""
    name = kind(graph, shape.answer)
    asked = f"the {name} {_joined(clauses)}"
    # "the country which borders ..." may as well be asked for as "Which country borders ...?"
    if all(clause.startswith(_RELATIVE) for clause in clauses):
        plain = f"Which {name} {_joined([clause.partition(' ')[2] for clause in clauses])}?"
        return dice.choice((plain, f"Name {asked}.", f"Find {asked}."))
    return dice.choice(_ASKING_NAME).format(asked)


def _joined(clauses: list[str]) -> str:
    return " and ".join((", ".join(clauses[:-1]), clauses[-1])) if len(clauses) > 1 else clauses[0]


def _relation(graph: Graph, move: Move) -> Relation:
    return graph.relations[int(graph.relation[move.fact])]
