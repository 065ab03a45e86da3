"""Chemical elements: place in the periodic table, properties, history, uses and supply."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping

from .countries import Countries
from .discoverers import credited, discoverer_topics, discovery_year, named_discoverer
from .periodic_table import SERIES, table_topics
from .topics import Topic, choose, link, listing, number, plain

# What the table's note on the name says, where it is a topic of this atlas.
_NAMED_AFTER = {
    "Gallium": "country France", "Germanium": "country Germany", "Ruthenium": "country Russia",
    "Polonium": "country Poland", "Francium": "country France", "Nihonium": "country Japan",
    "Rhenium": "river Rhine", "Curium": "person Pierre Curie, person Marie Curie",
    "Seaborgium": "person Glenn T. Seaborg", "Livermorium": "institute Lawrence Livermore National Laboratory",
}  # fmt: skip
_SPELLINGS = {
    "Mietner": "Meitner",
    "thermodydamics": "thermodynamics",
    "city of Moscov": "city of Moscow",
    "cobolt": "cobalt",
    "cooper ore": "copper ore",
}
_TOLD = re.compile(
    r"discover|isolated by|identified by|First (?:made|produced|prepared|obtained|isolated|identified)", re.IGNORECASE
)


class Elements:
    """The elements, and what their articles name.

    Args:
        tables: The tables of mendeleev.
        countries: The names of countries.
        rivers: Names of rivers to their keys.
    """

    def __init__(self, tables: sqlite3.Connection, countries: Countries, rivers: Mapping[str, str]) -> None:
        self._countries, self._rivers = countries, rivers
        self.rows = tables.execute(
            "SELECT e.*, s.name AS series, g.name AS group_name FROM elements e"
            " LEFT JOIN series s ON s.id = e.series_id LEFT JOIN groups g ON g.group_id = e.group_id"
            " ORDER BY atomic_number"
        ).fetchall()
        self._phases: dict[int, list[sqlite3.Row]] = {}
        for row in tables.execute("SELECT * FROM phasetransitions ORDER BY atomic_number, id"):
            self._phases.setdefault(row["atomic_number"], []).append(row)
        self._people: dict[str, list[sqlite3.Row]] = {}
        for row in self.rows:
            for name in credited(row["discoverers"] or ""):
                self._people.setdefault(name, []).append(row)

    def topics(self) -> Iterator[Topic]:
        """The articles of elements, groups, periods, series, and those who discovered them."""
        for row in self.rows:
            yield self._element(row)
        yield from discoverer_topics(self._people)
        yield from table_topics(self.rows)

    def _element(self, row: sqlite3.Row) -> Topic:
        name, key = row["name"], f"element/{row['atomic_number']}"
        topic = Topic(key, name, "chemical element", ("mendeleev",), apart=("element",))
        topic.aliases = {"Aluminum": ("Aluminium",), "Cesium": ("Caesium",), "Sulfur": ("Sulphur",)}.get(name, ())
        topic.text("symbol", row["symbol"])
        rank = topic.number("atomic_number", row["atomic_number"])
        lead = choose(
            key,
            "lead",
            (
                f"{name} is a chemical element with the symbol {row['symbol']} and the atomic number {rank}.",
                f"{name}, written {row['symbol']}, is the chemical element with the atomic number {rank}.",
            ),
        )
        place = []
        if row["group_id"]:
            topic.claim("group", f"group/{row['group_id']}")
            place.append(link(f"group/{row['group_id']}"))
        topic.claim("period", f"period/{row['period']}")
        place.append(link(f"period/{row['period']}"))
        lead += f" In the periodic table it stands in {listing(place)}."
        if row["series"]:
            series = f"series/{row['series']}"
            topic.claim("series", series)
            lead += f" It is {link(series, SERIES[row['series']])}."
        topic.text("block", f"{row['block']}-block")
        about = self._description(row)
        sections = [("", [lead, *about])]
        sections.append(("Properties", [self._properties(topic, row)]))
        if history := self._history(topic, row):
            sections.append(("History and name", history))
        uses = [_ended(_corrected(row[column])) for column in ("sources", "uses") if row[column]]
        if uses:
            sections.append(("Occurrence and uses", uses))
        if supply := self._supply(topic, row):
            sections.append(("Supply", [supply]))
        topic.sections = sections
        return topic

    def _description(self, row: sqlite3.Row) -> list[str]:
        """The table's description, without what it says of the discovery, where it contradicts its own columns."""
        sentences = re.split(r"(?<=[a-z0-9)%])\. +(?=[A-Z])", plain(row["description"] or ""))
        kept = ". ".join(sentence for sentence in sentences if sentence and not _TOLD.search(sentence))
        return [_ended(kept)] if kept else []

    def _properties(self, topic: Topic, row: sqlite3.Row) -> str:
        said = []
        if row["atomic_weight"]:
            said.append(f"The atomic weight is {topic.number('atomic_weight', row['atomic_weight'], digits=4)}.")
        if row["electronic_configuration"]:
            said.append(f"The electron configuration is {row['electronic_configuration']}.")
        if row["en_pauling"]:
            strength = topic.number("electronegativity", row["en_pauling"], digits=2)
            said.append(f"On the scale of Pauling its electronegativity is {strength}.")
        phases = [phase for phase in self._phases.get(row["atomic_number"], ()) if not phase["is_transition"]]
        if len(phases) == 1:
            phase = phases[0]
            if phase["melting_point"]:
                said.append(f"It melts at {topic.number('melting_point', phase['melting_point'], 'K', 2)}.")
            if phase["boiling_point"] and not phase["is_sublimation_point"]:
                said.append(f"It boils at {topic.number('boiling_point', phase['boiling_point'], 'K', 2)}.")
        if row["density"]:
            said.append(f"Its density is {number(row['density'], 6)} g/cm³.")
        if row["is_radioactive"]:
            said.append("It is radioactive.")
        if row["cas"]:
            topic.text("cas_number", row["cas"])
            said.append(f"Its number in the registry of the Chemical Abstracts Service is {row['cas']}.")
        return " ".join(said)

    def _history(self, topic: Topic, row: sqlite3.Row) -> list[str]:
        names = credited(row["discoverers"] or "")
        sentences = []
        if row["discoverers"] and not names:
            sentences.append(f"{topic.name} was known to the ancients.")
        for name in names:
            topic.claim("discoverer", f"person/{name}")
        year = discovery_year(row)
        when = f" in {year}" if year else ""
        if year:
            topic.text("discovery_year", str(year), "date")
        if names:
            who = listing([named_discoverer(name) for name in names])
            others = " with others" if (row["discoverers"] or "").endswith("et al") else ""
            sentences.append(
                choose(
                    topic.key,
                    "history",
                    (
                        f"Its discovery{when} is credited to {who}{others}.",
                        f"{topic.name} was discovered{when} by {who}{others}.",
                    ),
                )
            )
        places = [plain(place) for place in (row["discovery_location"] or "").split("/") if place]
        keys = [self._countries.key(place) for place in places]
        for key in dict.fromkeys(filter(None, keys)):
            topic.claim("discovery_country", key)
        if places:
            words = [
                (place if self._countries.names[key] == place or place == "Great Britain" else f"{place} ({link(key)})")
                if key and self._countries.names[key] != place
                else self._countries.the(key)
                if key
                else f"the {place}"
                for place, key in zip(places, keys, strict=True)
            ]
            sentences.append(f"The discovery was made in {listing(words)}.")
        paragraphs = [" ".join(sentences)] if sentences else []
        if row["name_origin"]:
            note = _corrected(row["name_origin"])
            paragraphs.append(f"Origin of the name: {_ended(note)}")
        for after in filter(None, _NAMED_AFTER.get(topic.name, "").split(", ")):
            kind, name = after.split(" ", 1)
            named = {"country": self._countries.key(name), "river": self._rivers.get(name)}.get(kind, f"person/{name}")
            if named:
                topic.claim("named_after", named)
        return paragraphs

    def _supply(self, topic: Topic, row: sqlite3.Row) -> str:
        said = []
        for relation, column, words in (
            ("top_producer", "top_3_producers", "The leading producers are"),
            ("top_reserves", "top_3_reserve_holders", "The largest reserves are in"),
        ):
            names = [plain(name) for name in re.split(r"\d\) ", row[column] or "") if plain(name)]
            keys = [self._countries.key(name) for name in names]
            if len(names) == 3 and all(keys):
                first, *_ = found = [key for key in keys if key]
                topic.claim(relation, first)
                said.append(f"{words} {listing([self._countries.the(key) for key in found])}, in this order.")
        return " ".join(said)


def _ended(text: str) -> str:
    return text if text.endswith((".", "!")) else f"{text}."


def _corrected(text: str) -> str:
    """The text in one line, without the table's slips of spelling."""
    text = plain(text).replace(" .", ".")
    for wrong, right in _SPELLINGS.items():
        text = text.replace(wrong, right)
    return text
