"""Infobox rows as relations and typed values; labels that state no fact of their own are left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from agent_envs.answers import normalised, parsed_date
from agent_envs.envs.encyclopedia import InfoboxRow, Link

from .graph import Relation, ValueKind

# Labels that are no nouns, and the nouns that they mean.
_NOUNS = {
    "released": "release date",
    "release date": "release date",
    "recorded": "recording date",
    "published": "publication date",
    "label": "record label",
    "born": "date of birth",
    "died": "date of death",
    "opened": "opening date",
    "directed by": "director",
    "produced by": "producer",
    "written by": "writer",
    "edited by": "editor",
    "distributed by": "distributor",
    "designed by": "designer",
    "developed by": "developer",
    "music by": "composer",
    "starring": "star",
    "capital and largest city": "capital",
    "internet TLD": "Internet domain",
}
_DATED = frozenset({"born", "died", "released", "release date", "recorded", "published", "opened"})
_JUNK_LABEL = re.compile(
    r"[\d()%$&]|website|coordinates|sample|video|format|symbol|image|notes?$|footnote|see also|synonyms|summer|built"
    r"|known for|by$|from ",
    re.I,
)
_BRACKETS = re.compile(r"\s*(\([^()]*\)|\[[^\[\]]*\])")
_NUMBER = re.compile(
    r"([-−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-−]?\d+(?:\.\d+)?)(?:\s?(km2|km²|km|mi|sq mi|m|ft|kg|ha|%|minutes))?"
)
# Lines of a row that are no values of it: coordinates, authors of taxa, references to a list elsewhere.
_NO_VALUE = re.compile(r"\d+°|^[\w .&-]+, \d{4}$|^(?:see|show|also see|and|or|others?|more|list|full list)\b", re.I)
_LIMIT_LABEL_WORDS, _LIMIT_VALUE_CHARS, _LIMIT_VALUES = 3, 200, 12


class Value(NamedTuple):
    """One value of a row: an article that it links to, or a literal."""

    text: str
    kind: ValueKind
    unit: str = ""
    object: str | None = None


class Labels:
    """The labels of an archive, each with the relation that it stands for.

    Singular and plural, ``Genre``, ``Genres`` and ``Genre(s)``, are one relation; a label of a single article is none,
    unless it is well known.
    """

    def __init__(self) -> None:
        self._articles: Counter[str] = Counter()
        self._values: Counter[tuple[str, str]] = Counter()

    def count(self, rows: Iterable[InfoboxRow]) -> None:
        """Take down the rows of one article."""
        for label in sorted({_plain(row.label) for row in rows}):
            self._articles[label] += 1
        self._values.update((_plain(row.label), normalised(line)) for row in rows for line in row.text.split("\n")[:50])

    def noun(self, label: str) -> str | None:
        """The noun of a label, or None for one that states nothing a question could ask."""
        plain = _plain(label)
        if plain in _NOUNS:
            return _NOUNS[plain]
        singular = plain.removesuffix("s")
        if singular != plain and self._articles[singular]:
            return self.noun(singular)
        known = self._articles[plain] > 1 or self._articles[f"{plain}s"] > 0
        if not known or _JUNK_LABEL.search(plain) or len(plain.split()) > _LIMIT_LABEL_WORDS:
            return None
        # "Area Urban" is a heading and a row below it.
        return f"{plain[5:].removesuffix(' area')} area" if plain.startswith("area ") else plain

    def relations(self) -> Iterator[Relation]:
        """The relations of all labels, each once."""
        nouns = {noun for label in self._articles if (noun := self.noun(label)) is not None}
        for noun in sorted(nouns):
            many = noun.endswith("s") and not noun.endswith(("ss", "us", "is", "species", "series"))
            yield Relation(noun, f"the {noun} of {{x}}", f"whose {noun} {'include' if many else 'is'} {{y}}")

    def values(self, row: InfoboxRow) -> list[Value]:
        """The values of a row, in their order; none of a row that is a long list."""
        plain = _plain(row.label)
        links = {normalised(link.text): link for link in row.links}
        found: list[Value] = []
        for line in row.text.split("\n"):
            for part in self._parts(plain, _BRACKETS.sub("", line)):
                value = _value(part.strip().strip("\"“”'*•").strip(), links)
                # Such rows hold a name and a place too, which are not what the noun means.
                if value is not None and (plain not in _DATED or value.kind == "date"):
                    found.append(value)
        return list(dict.fromkeys(found)) if len(found) <= _LIMIT_VALUES else []

    def _parts(self, plain: str, line: str) -> list[str]:
        """A line cut at its commas if most parts are values elsewhere, as genres are and parts of places are not."""
        parts = re.split(r",\s+", line)
        alone = sum(self._values[plain, normalised(part)] > 0 for part in parts)
        return parts if len(parts) > 1 and 2 * alone > len(parts) else [line]


def _plain(label: str) -> str:
    """The label in lower case but for its acronyms, without the sign of a plural."""
    words = label.replace("(s)", "").split()
    return " ".join(word if len(word) > 1 and word[1:].lower() != word[1:] else word.lower() for word in words)


def _value(text: str, links: dict[str, Link]) -> Value | None:
    if not text or len(text) > _LIMIT_VALUE_CHARS:
        return None
    if link := links.get(normalised(text)):
        return Value(text, "entity", object=link.path)
    date = parsed_date(text)
    if date is not None and (date[1] or re.fullmatch(r"\d{4}", text)):
        return Value(text, "date")
    if _NO_VALUE.search(text):
        return None
    if number := _NUMBER.fullmatch(text):
        return Value(number[1], "number", number[2] or "")
    return Value(text, "text")
