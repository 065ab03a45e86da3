"""Time zones, climate zones and the regions of the world."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping

from .countries import Countries
from .topics import Topic, choose, number


def region_topics(regions: Mapping[str, str]) -> Iterator[Topic]:
    """The articles of regions.

    Args:
        regions: Names of regions by country.
    """
    for name in sorted(set(regions.values())):
        count = sum(name == each for each in regions.values())
        topic = Topic(f"region/{name}", name, "region", ("factbook",), apart=("region",))
        the = "The " if name.endswith("Region") or name == "Middle East" else ""
        topic.sections = [
            ("", [f"{the}{name} is a region of the world with {count} countries and territories of this atlas."])
        ]
        yield topic


def zone_topics(tables: sqlite3.Connection, countries: Countries) -> Iterator[Topic]:
    """The articles of time zones."""
    rows = tables.execute(
        "SELECT timezone_id AS zone, min(january_utc_offset_hours) AS january, min(july_utc_offset_hours) AS july,"
        " group_concat(country_id) AS users FROM (SELECT * FROM country_timezone ORDER BY timezone_id, country_id)"
        " WHERE source_id IN (SELECT id FROM licensed) GROUP BY zone ORDER BY zone"
    ).fetchall()
    for row in rows:
        name = row["zone"]
        topic = Topic(f"zone/{name}", name, "time zone", ("geonames", "pyworldatlas"))
        january, july = _offset(row["january"]), _offset(row["july"])
        topic.text("utc_offset", january)
        places = [countries.the(f"country/{user}") for user in row["users"].split(",")]
        lead = f"{name} is a time zone of {' and '.join(places)}."
        if january == july:
            lead += choose(
                topic.key,
                "offset",
                (f" Its clocks show {january} all the year.", f" It keeps {january} in January and in July."),
            )
        else:
            lead += choose(
                topic.key,
                "offset",
                (
                    f" It keeps {january} in January and {july} in July.",
                    f" Its offset is {january} in January and {july} in July.",
                ),
            )
        topic.sections = [("", [lead])]
        yield topic


def _offset(hours: float) -> str:
    sign, minutes = "-" if hours < 0 else "+", round(abs(hours) * 60)
    return f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02d}" if minutes % 60 else "")


def climates(tables: sqlite3.Connection) -> dict[str, list[tuple[str, float]]]:
    """Climate zones by country, the widest first: keys of topics with their shares of the land in per cent."""
    found: dict[str, list[tuple[str, float]]] = {}
    for row in tables.execute(
        "SELECT country_id, code, share_percent FROM country_climate_zone"
        " WHERE source_id IN (SELECT id FROM licensed) ORDER BY country_id, position"
    ):
        found.setdefault(f"country/{row['country_id']}", []).append((f"climate/{row['code']}", row["share_percent"]))
    return found


def climate_name(name: str, group: str) -> str:
    """``temperate climate, no dry season, warm summer``, with a capital at its start."""
    rest = name.removeprefix(group).lstrip(", ")
    return f"{group} climate, {rest}" if "," in rest or "summer" in rest else f"{group} {rest} climate"


def climate_topics(tables: sqlite3.Connection) -> Iterator[Topic]:
    """The articles of climate zones."""
    for row in tables.execute(
        "SELECT DISTINCT code, name, climate_group AS kind FROM country_climate_zone"
        " WHERE source_id IN (SELECT id FROM licensed) ORDER BY code"
    ):
        name = climate_name(row["name"], row["kind"])
        topic = Topic(f"climate/{row['code']}", name, "climate", ("koppen", "pyworldatlas"))
        topic.aliases = (row["name"], f"{row['code']} climate")
        topic.text("climate_code", row["code"])
        topic.text("climate_group", row["kind"].lower())
        words = row["kind"].lower() + name.removeprefix(row["kind"])
        topic.sections = [
            (
                "",
                [
                    f"In the classification by Köppen and Geiger, {row['code']} stands for: {words}. It belongs to the"
                    f" climate group {row['kind'].lower()}. The maps that this atlas uses cover the years 1991 to 2020."
                ],
            )
        ]
        yield topic


def share(percent: float) -> str:
    """A share of land in words."""
    return f"{number(percent, 0)} %" if percent >= 1 else "less than 1 %"


def demonym(adjective: str) -> str:
    """The first adjective that the Factbook's text gives: ``Aruban; Dutch`` is ``Aruban``."""
    return re.split(r"[;,(]| or |/", adjective)[0].strip()
