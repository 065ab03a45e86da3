"""The articles of countries and territories: facts first, then the Factbook's prose."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from . import factbook
from .cities import Cities
from .countries import Countries
from .culture import Languages, anthem_key, anthems
from .heights import Heights, named_point
from .sources import factbook as factbook_entry
from .topics import Topic, choose, link, listing, plain
from .zones import climates, demonym, share


class CountryArticles:
    """Writes the articles of all countries and territories.

    Args:
        tables: The tables of pyworldatlas.
        countries: Their names.
        cities: Their cities.
        languages: Their languages.
        heights: Their highest and lowest points.
    """

    def __init__(
        self, tables: sqlite3.Connection, countries: Countries, cities: Cities, languages: Languages, heights: Heights
    ) -> None:
        self._tables, self._countries, self._cities = tables, countries, cities
        self._languages, self._heights = languages, heights
        self.anthems, self._climates = anthems(tables), climates(tables)
        self._records = {
            f"country/{row['country_id']}": row
            for row in self._rows("SELECT * FROM country_physical WHERE source_id IN (SELECT id FROM licensed)")
        }
        self.regions = {
            key: region
            for key, row in self._records.items()
            if (region := factbook.region(factbook_entry(row["source_record_id"])))
        }
        self._borders: dict[str, list[str]] = {}
        for row in self._rows("SELECT country1_id, country2_id FROM country_border ORDER BY country1_id, country2_id"):
            one, other = (f"country/{row[column]}" for column in ("country1_id", "country2_id"))
            self._borders.setdefault(one, []).append(other)
            self._borders.setdefault(other, []).append(one)

    def topics(self) -> Iterator[Topic]:
        """The articles, one a country."""
        for row in self._countries.rows:
            yield self._topic(row)

    def _topic(self, row: sqlite3.Row) -> Topic:
        key = f"country/{row['id']}"
        physical = self._records.get(key)
        entry = factbook_entry(physical["source_record_id"]) if physical else {}
        name = self._countries.names[key]
        topic = Topic(key, name, _kind(name, entry), ("geonames", "cldr", "pyworldatlas"))
        topic.aliases = self._other_names(row["id"], name, entry)
        lead = [self._lead(topic, entry)]
        lead += self._seats(topic)
        lead += self._size(topic, row, entry)
        land = self._land(topic, physical)
        people = self._people(topic, row, entry)
        self._trade(topic, entry)
        if entry:
            topic.sources = ("factbook", *topic.sources, "natural-earth", "koppen")
        if any(claim.relation == "motto" for claim in topic.claims):
            topic.sources = (*topic.sources, "wikidata")
        own = [("", [" ".join(lead)]), ("Land and climate", [" ".join(land)]), ("Culture", [" ".join(people)])]
        topic.sections = [(heading, said) for heading, said in own if said[0]] + list(factbook.sections(entry))
        return topic

    def _rows(self, query: str, number: int = 0) -> list[sqlite3.Row]:
        return self._tables.execute(query, {"id": number}).fetchall()

    def _other_names(self, number: int, name: str, entry: factbook.Entry) -> tuple[str, ...]:
        rows = self._rows(
            "SELECT n.name FROM country_name n JOIN field_source f ON f.country_id = n.country_id AND f.field_path ="
            " CASE n.kind WHEN 'formal' THEN 'formal_name' ELSE 'names.reviewed' END"
            " WHERE n.country_id = :id AND n.kind IN ('formal', 'alias') AND f.source_id IN (SELECT id FROM licensed)"
            " ORDER BY n.kind DESC, n.name",
            number,
        )
        names = [name.removeprefix("The "), *(plain(row["name"]) for row in rows), *factbook.conventional_names(entry)]
        return tuple(dict.fromkeys(other for other in names if other != name))

    def _lead(self, topic: Topic, entry: factbook.Entry) -> str:
        key = topic.key
        the = self._countries.the(key).replace(link(key), topic.name).replace(link(key, topic.name[4:]), topic.name[4:])
        the = the[0].upper() + the[1:]
        formal = next((other for other in topic.aliases if other != topic.name.removeprefix("The ")), "")
        known = f", officially the {formal}," if " of " in formal or formal.endswith("Republic") else ""
        region = self.regions.get(key)
        if region:
            topic.claim("region", f"region/{region}")
            words = {"Middle East": "the Middle East"}.get(region, "")
            where = (
                f"the {link(f'region/{region}')}" if words or region.endswith("Region") else link(f"region/{region}")
            )
            return choose(
                key,
                "lead",
                (f"{the}{known} is a {topic.kind} in {where}.", f"{the}{known} is a {topic.kind} of {where}."),
            )
        return f"{the}{known} is a {topic.kind}."

    def _seats(self, topic: Topic) -> Iterator[str]:
        key = topic.key
        capital, largest = self._cities.capital_of.get(key), self._cities.largest.get(key)
        if capital:
            topic.claim("capital", capital)
        if largest:
            topic.claim("largest_city", largest)
        if capital and capital == largest:
            yield f"Its capital and most populous city is {link(capital)}."
        else:
            if capital:
                yield f"Its capital is {link(capital)}."
            if largest:
                yield f"Its most populous city is {link(largest)}."
        borders = sorted(self._borders.get(key, ()), key=lambda other: self._countries.names[other])
        for other in borders:
            topic.claim("border", other)
        if borders:
            yield f"It borders {listing([self._countries.the(other) for other in borders])}."

    def _size(self, topic: Topic, row: sqlite3.Row, entry: factbook.Entry) -> Iterator[str]:
        area = factbook.leading_number(factbook.field(entry, "Geography", "Area", "total")) or row["total_area_km2"]
        people = factbook.leading_number(factbook.field(entry, "People and Society", "Population", "total"))
        if people is None and not entry:
            people = row["population"]
        covers = f"covers {topic.number('area', area, 'km²', 0 if area >= 10 else 2)}" if area else ""
        holds = f"has a population of {topic.number('population', people)}" if people else ""
        if covers or holds:
            yield f"It {' and '.join(filter(None, (covers, holds)))}."

    def _land(self, topic: Topic, physical: sqlite3.Row | None) -> Iterator[str]:
        key = topic.key
        for relation, points, word in (
            ("highest_point", self._heights.highest, "highest"),
            ("lowest_point", self._heights.lowest, "lowest"),
        ):
            if key in points:
                topic.claim(relation, points[key])
                yield f"Its {word} point is {named_point(points[key])}."
        if physical and physical["mean_elevation_m"]:
            yield f"The mean elevation is {topic.number('mean_elevation', physical['mean_elevation_m'], 'm')}."
        if physical and physical["coastline_km"]:
            yield f"Its coastline is {topic.number('coastline', physical['coastline_km'], 'km', 1)} long."
        zones = self._climates.get(key, [])
        if zones:
            topic.claim("climate", zones[0][0])
            parts = [f"{link(zone)} ({share(percent)})" for zone, percent in zones[:4]]
            yield f"By share of the land, its climates are: {'; '.join(parts)}."

    def _people(self, topic: Topic, row: sqlite3.Row, entry: factbook.Entry) -> Iterator[str]:
        key, number = topic.key, row["id"]
        official = [self._languages.key(name) for name in factbook.official_languages(entry)]
        if official and all(official):
            official = list(dict.fromkeys(official))
            for language in filter(None, official):
                topic.claim("official_language", language)
            verb = "languages are" if len(official) > 1 else "language is"
            yield f"Its official {verb} {listing([link(language) for language in official if language])}."
        spoken = [
            f"language/{each['primary_code']}"
            for each in self._rows(
                "SELECT DISTINCT primary_code FROM country_language WHERE country_id = :id"
                " AND source_id IN (SELECT id FROM licensed) ORDER BY name",
                number,
            )
        ]
        for language in spoken:
            topic.claim("language", language)
        if spoken:
            verb = "are among the languages spoken" if len(spoken) > 1 else "is spoken"
            yield f"{listing([link(language) for language in spoken])} {verb} there."
        if row["currency_code"]:
            topic.claim("currency", f"currency/{row['currency_code']}")
            yield f"Its currency is the {link('currency/' + row['currency_code'])}."
        if key in self.anthems:
            topic.claim("anthem", anthem_key(self.anthems[key]))
            yield f"Its anthem is “{link(anthem_key(self.anthems[key]))}”."
        for motto in self._rows(
            "SELECT text FROM country_motto WHERE country_id = :id AND source_id IN (SELECT id FROM licensed)"
            " ORDER BY text",
            number,
        ):
            topic.text("motto", motto["text"])
            yield f"The national motto is “{plain(motto['text'])}”."
        for each in self._rows(
            "SELECT adjective FROM country_demonym WHERE country_id = :id AND source_id IN (SELECT id FROM licensed)",
            number,
        ):
            if each["adjective"] and (word := demonym(each["adjective"])):
                topic.text("demonym", word)
                yield f"Its nationals are described as {word}."
        if date := factbook.independence(entry):
            topic.text("independence", date, "date")
            yield f"It became independent on {date}."
        codes = [code for code in json.loads(row["calling_codes"]) if code.startswith("+")]
        if len(codes) == 1:
            topic.text("calling_code", codes[0])
            yield f"Telephone numbers there begin with {codes[0]}."
        if row["top_level_domain"]:
            topic.text("internet_domain", row["top_level_domain"])
            yield f"Its top-level domain in the internet is {row['top_level_domain']}."
        yield from self._names_there(number)

    def _names_there(self, number: int) -> Iterator[str]:
        for row in self._rows(
            "SELECT language_name, short_name FROM country_local_name WHERE country_id = :id"
            " AND source_id IN (SELECT id FROM licensed) ORDER BY language_code",
            number,
        ):
            if row["language_name"] != "English":
                yield f"In {row['language_name']} it is called {plain(row['short_name'])}."

    def _trade(self, topic: Topic, entry: factbook.Entry) -> None:
        for direction in ("export", "import"):
            found = factbook.partners(factbook.field(entry, "Economy", f"{direction.capitalize()}s - partners"))
            keys = [(self._countries.key(name), percent) for name, percent in found]
            if keys and keys[0][0] and (len(keys) == 1 or keys[0][1] > keys[1][1]):
                topic.claim(f"top_{direction}_partner", keys[0][0])
            for key in dict.fromkeys(key for key, _ in keys if key):
                topic.claim(f"{direction}_partner", key)


def _kind(name: str, entry: factbook.Entry) -> str:
    """Dependent areas are territories, and so are the parts of countries that have no entry in the Factbook."""
    if name == "Antarctica":
        return "continent"
    dependent = factbook.field(entry, "Government", "Dependency status") or name in (
        "Western Sahara",
        "Palestinian Territory",
    )
    return "territory" if dependent or not entry else "country"
