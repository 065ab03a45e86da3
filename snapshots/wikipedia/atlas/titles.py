"""Titles: each topic gets one of its own, with words in parentheses where namesakes make that necessary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ..graph import Entity
from .topics import Topic

# A country keeps its plain name beside a city of the same name.
_FIRST = ("country", "territory", "continent", "chemical element", "language", "region")


def entities(topics: Sequence[Topic]) -> Mapping[str, Entity]:
    """The entity of each topic, by key, in the order of the topics.

    Raises:
        ValueError: Two topics have one key, or no words of theirs tell two namesakes apart.
    """
    titles = {topic.key: topic.title or topic.name for topic in topics}
    if len(titles) != len(topics):
        raise ValueError(f"{len(topics) - len(titles)} topics have the key of another one")
    for attempt in range(4):
        count = Counter(map(_same, titles.values()))
        first = {_same(titles[topic.key]) for topic in topics if topic.kind in _FIRST and not topic.title}
        clashing = [topic for topic in topics if count[_same(titles[topic.key])] > 1]
        if not clashing:
            break
        for topic in clashing:
            if topic.kind in _FIRST and not topic.title and _same(titles[topic.key]) in first:
                continue
            if attempt < len(topic.apart):
                titles[topic.key] = f"{topic.name} ({topic.apart[attempt]})"
    else:
        raise ValueError(f"nothing tells apart {sorted({titles[topic.key] for topic in clashing})}; give `apart`")
    return {topic.key: _entity(topic, titles[topic.key]) for topic in topics}


def _same(title: str) -> str:
    return title.casefold()


def _entity(topic: Topic, title: str) -> Entity:
    path = title.replace(" ", "_").replace("/", "-")
    aliases = dict.fromkeys(alias for alias in (topic.name, *topic.aliases) if alias and alias != title)
    return Entity(path, title, topic.kind, tuple(aliases))
