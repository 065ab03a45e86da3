"""Highest and lowest points of countries: peaks, seas, depressions."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping

from .countries import Countries
from .topics import Topic, choose, link, listing, plain

_NO_NAME = re.compile(r"^(?:\d|unnamed|ocean-side|near |junction|reclaimed|East-central|8th tee)|/.*Oceans| and |, and")
_LOW_KINDS = {
    "ocean": re.compile(r"Ocean$"),
    "sea": re.compile(r"\b(?:Sea|Gulf|Bay|Channel|Strait)\b"),
    "lake": re.compile(r"^(?:Lake|Lac|Laguna) | (?:See|Nuur|Kuli)$"),
    "river": re.compile(r" (?:River|Nile|Chhu)$|^(?:Riu|Torrente) |^(?:Mouhoun|Kara-Daryya)$"),
}
_WITH_ARTICLE = re.compile(
    r"(?:Sea|Ocean|River|Gulf|Channel|Strait|Depression|Glacier|Nile|delta)$|/(?:Gulf|Bay|Sea) of "
)
_NO_MOUNTAIN = re.compile(
    r"Gardens|Hills?$|Ridge$|Cliffs$|South Point|range$|Les Platons|Le Moulin|Chemin|Alto Coloane"
)
# The Factbook's names for points whose label says more than a name.
_NAMES = {
    "250 m SW of Mount Flagstaff summit,": "",
    "Blue Hill on Providenciales and Flamingo Hill on East Caicos": "",
    "As Sarawat range,": "As Sarawat range",
    "Soufriere Hills volcano pre-eruption height was": "",
    "Mont Blanc (Monte Bianco) de Courmayeur (a secondary peak of Mont Blanc)": "Mont Blanc de Courmayeur",
    "Maja e Korabit (Golem Korab)": "Golem Korab (Maja e Korabit)",
    "Monts Nimba": "Mont Nimba",
    "Dead Sea": "lake/Dead Sea",
    "Caspian Sea": "lake/Caspian Sea",
    "Lake Eyre": "lake/Lake Eyre",
    "Lake Tanganyika": "lake/Lake Tanganyika",
    "Lago Enriquillo": "lake/Lago de Enriquillo",
    "South Atlantic Ocean": "Atlantic Ocean",
    "Dniester (Nistru)": "Dniester River",
    "Labe (Elbe) River": "Elbe River",
    "Oubangui River": "Ubangi River",
    "Rio Paraguay": "Paraguay River",
    "Syr Darya (Sirdaryo)": "Syr Darya",
    "Andaman Sea/Bay of Bengal": "",
    "Danube and Timok Rivers": "",
    "Timor Sea, Savu Sea, and Banda Sea": "",
}
# Points whose name two countries of the tables use for two places.
_NAMESAKES = {"Mount Olympus"}


class Heights:
    """The highest and lowest points by country, as keys of topics where they have a name of their own.

    Args:
        tables: The tables of pyworldatlas.
        countries: The names of countries.
    """

    def __init__(self, tables: sqlite3.Connection, countries: Countries) -> None:
        self._countries = countries
        self._rows: dict[str, list[tuple[str, float, str, str]]] = {}
        self.highest: dict[str, str] = {}
        self.lowest: dict[str, str] = {}
        for row in tables.execute(
            "SELECT country_id, highest_point_name, highest_point_elevation_m, lowest_point_name,"
            " lowest_point_elevation_m FROM country_physical"
            " WHERE source_id IN (SELECT id FROM licensed) ORDER BY country_id"
        ):
            country = f"country/{row['country_id']}"
            for end, found in (("highest", self.highest), ("lowest", self.lowest)):
                name, elevation = row[f"{end}_point_name"], row[f"{end}_point_elevation_m"]
                if name and (key := self._add(end, name, elevation, country)):
                    found[country] = key

    def _add(self, family: str, label: str, elevation: float, country: str) -> str:
        name = _NAMES.get(label, label)
        if name.startswith("lake/"):
            return name
        name, other = _split(name)
        if not name or _NO_NAME.search(name):
            return ""
        key = f"{family}/{name}" + (f"/{country}" if name in _NAMESAKES else "")
        self._rows.setdefault(key, []).append((country, elevation, name, other))
        return key

    def topics(self, rivers: Mapping[str, str]) -> Iterator[Topic]:
        """The articles of all points, but of rivers, which have theirs.

        Args:
            rivers: Names of rivers to their keys; a lowest point of such a name is that river.
        """
        for country, key in self.lowest.items():
            name = self._rows[key][0][2] if key in self._rows else ""
            river = rivers.get(re.sub(r" [Rr]iver$", "", name))
            if river and re.search(r"[Rr]iver$|Darya$", name):
                self.lowest[country] = river
        used = {*self.highest.values(), *self.lowest.values()}
        for key, found in self._rows.items():
            if key in used:
                yield self._peak(key) if key.startswith("highest/") else self._low(key, found)

    def _peak(self, key: str) -> Topic:
        found = self._rows[key]
        name, owners = found[0][2], [country for country, *_ in found]
        apart = (listing([self._countries.names[country] for country in owners]),)
        kind = "high point" if _NO_MOUNTAIN.search(name) else "mountain"
        topic = Topic(key, name, kind, ("factbook", "pyworldatlas"), apart=apart)
        topic.aliases = tuple(sorted({other for *_, other in found if other}))
        for country in owners:
            topic.claim("height_of", country)
        elevations = {elevation for _, elevation, *_ in found}
        names = listing([self._countries.the(country) for country in owners])
        if len(elevations) == 1:
            said = topic.number("elevation", found[0][1], "m")
            lead = choose(
                key,
                "lead",
                (
                    f"{name} is the highest point of {names}. It rises {said} above the level of the sea.",
                    f"At {said}, {name} is the highest point of {names}.",
                    f"{name}, the highest point of {names}, has an elevation of {said}.",
                ),
            )
        else:
            lead = f"{name} is the highest point of {names}."
        topic.sections = [("", [lead + (f" It is also known as {topic.aliases[0]}." if topic.aliases else "")])]
        return topic

    def _low(self, key: str, found: list[tuple[str, float, str, str]]) -> Topic:
        name, owners = found[0][2], [country for country, *_ in found]
        kind = next((kind for kind, words in _LOW_KINDS.items() if words.search(name)), "low point")
        topic = Topic(key, name, kind, ("factbook", "pyworldatlas"), apart=(kind,))
        topic.aliases = tuple(sorted({other for *_, other in found if other}))
        names = listing([self._countries.the(country) for country in owners])
        the = "the " if kind in ("ocean", "sea", "river") or re.search(r"Depression$|Glacier$|delta$", name) else ""
        start = the.capitalize() + name
        level = {elevation for _, elevation, *_ in found}
        if kind in ("ocean", "sea"):
            count = "coast" if len(owners) == 1 else "coasts"
            what = "an ocean" if kind == "ocean" else "a part of the sea"
            lead = f"{start} is {what}. The lowest land of {names} lies on its {count}."
        elif kind in ("lake", "low point") and len(level) == 1 and name != "Denman Glacier":
            said = topic.number("elevation", found[0][1], "m", 1)
            side = "below" if found[0][1] < 0 else "above"
            lead = choose(
                key,
                "lead",
                (
                    f"{start} is the lowest point of {names}, with an elevation of {said}.",
                    f"With an elevation of {said}, {the}{name} is the lowest point of {names}.",
                ),
            )
            lead += f" It lies {side} the level of the sea."
        else:
            lead = f"{start} forms the lowest point of {names}."
        topic.sections = [("", [lead + (f" It is also known as {topic.aliases[0]}." if topic.aliases else "")])]
        return topic


def named_point(key: str) -> str:
    """Prose that names a point, with the article that a sea or a river takes."""
    return ("the " if key.startswith("river/") or _WITH_ARTICLE.search(key) else "") + link(key)


def _split(label: str) -> tuple[str, str]:
    """The name in a label and the other name that it gives in parentheses, if that is one and no remark."""
    found = re.match(r"(.*?) \((.*)", label)
    if not found:
        return plain(label), ""
    other = found[2].split(")")[0]
    if re.match(r"[a-z]|Kurdish|Pico or|Sarygamysh|South Georgia|Tenerife|Ile ", other):
        other = ""
    return plain(found[1]), plain(other)
