"""Answers, and the split that each belongs to: fixed by what the answer is called, so that none crosses over."""

from __future__ import annotations

import hashlib

from agent_envs.answers import Answer
from agent_envs.tasks import Split

from .index import Graph
from .names import name_key, short_title


def answer_of(graph: Graph, node: int, fact: int) -> Answer:
    """The answer that a node is.

    Args:
        graph: The graph.
        node: An entity, answered by any of its names, or a literal.
        fact: The fact that leads to it: its value is how a literal is written there, and a name of an entity.
    """
    value = graph.values[fact]
    if graph.is_entity(node):
        shown = short_title(graph.entities[node].title)
        others = dict.fromkeys((*graph.names(node), *((value,) if int(graph.object[fact]) == node else ())))
        return Answer(kind="text", value=shown, aliases=tuple(name for name in others if name != shown))
    literal = graph.literal(node)
    return Answer(kind=literal.kind, value=value, unit=literal.unit)


def split_of(graph: Graph, node: int) -> Split:
    """The split of an answer: 8 of 10 train, 1 validation, 1 test.

    All nodes that share a name, or are joined by others that do, stand in one split.
    """
    # A number is taken without its unit: 5 km and 5 m are one answer to whoever learns answers by heart.
    waiting = graph.keys(node) if graph.is_entity(node) else [name_key(graph.literal(node).value)]
    keys: set[str] = set()
    while waiting:
        if (key := waiting.pop()) not in keys:
            keys.add(key)
            waiting += (other for named in graph.named.get(key, ()) for other in graph.keys(named))
    digest = hashlib.blake2b(min(keys).encode(), digest_size=8).digest()
    tenth = int.from_bytes(digest, "big") % 10
    return "validation" if tenth == 8 else "test" if tenth == 9 else "train"
