"""Cities: place, size, time zone, and the city nearest to each."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Sequence

import numpy as np

from .countries import Countries
from .topics import Topic, choose, link, number, plain

# Capitals of GeoNames that the Factbook does not name as such, or not alone: nothing is said of a capital there.
_DISPUTED = ("Ciudad de la Paz", "East Jerusalem", "Nay Pyi Taw", "Sucre", "Yaren")
_OTHER_NAMES = {"Washington": "Washington, D.C.", "Ulan Bator": "Ulaanbaatar", "Chisinau": "Kishinev"}
_EARTH_RADIUS_KM = 6371.0088
_ORDINALS = ("", "second ", "third ", "fourth ", "fifth ", "sixth ", "seventh ", "eighth ", "ninth ", "tenth ")
_COMPASS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


class Cities:
    """All cities with what they are compared by.

    Args:
        tables: The tables of pyworldatlas.
    """

    def __init__(self, tables: sqlite3.Connection) -> None:
        self.rows = tables.execute(
            "SELECT geonames_id, country_id, name, latitude, longitude, population, elevation_m, timezone_id"
            " FROM city ORDER BY country_id, population IS NULL, population DESC, geonames_id"
        ).fetchall()
        capitals = tables.execute(
            "SELECT country_id, name, geonames_id FROM capital WHERE is_primary ORDER BY country_id"
        )
        self.capital_of = {
            f"country/{row['country_id']}": f"city/{row['geonames_id']}"
            for row in capitals
            if row["name"] not in _DISPUTED
        }
        self.of: dict[str, list[str]] = {}
        for row in self.rows:
            self.of.setdefault(f"country/{row['country_id']}", []).append(f"city/{row['geonames_id']}")
        populations = {f"city/{row['geonames_id']}": row["population"] for row in self.rows}
        self.largest = {country: keys[0] for country, keys in self.of.items() if populations[keys[0]]}


def city_topics(cities: Cities, countries: Countries) -> Iterator[Topic]:
    """The articles of all cities."""
    nearest = _nearest(cities.rows)
    by_key = {f"city/{row['geonames_id']}": row for row in cities.rows}
    for row, near in zip(cities.rows, nearest, strict=True):
        key, country = f"city/{row['geonames_id']}", f"country/{row['country_id']}"
        name, here = plain(row["name"]), _position(row["latitude"], row["longitude"])
        is_capital = cities.capital_of.get(country) == key
        state = countries.names[country]
        apart = ("city", f"city, {state}") if name == state else (state, f"{state}, {here}")
        topic = Topic(key, name, "city", ("geonames", "pyworldatlas"), apart=apart)
        if is_capital and name in _OTHER_NAMES:
            topic.aliases = (_OTHER_NAMES[name],)
        topic.claim("country", country)
        people = topic.number("population", row["population"]) if row["population"] else ""
        height = topic.number("elevation", row["elevation_m"], "m") if row["elevation_m"] is not None else ""
        zone = f"zone/{row['timezone_id']}"
        topic.claim("time_zone", zone)
        neighbour = cities.rows[near]
        topic.claim("nearest_city", f"city/{neighbour['geonames_id']}")
        lead = _lead(topic, countries.the(country), people, is_capital)
        rank, size = cities.of[country].index(key) + 1, len(cities.of[country])
        if people and size > 1:
            lead.append(_rank(key, rank, size, countries.the(country)))
        place = [
            choose(key, "place", (f"{name} lies at {here}.", f"Its coordinates are {here}.", f"The city is at {here}."))
        ]
        if height:
            place.append(
                choose(key, "height", (f"Its elevation is {height}.", f"It stands at an elevation of {height}."))
            )
        place.append(_near(key, row, neighbour))
        capital = cities.capital_of.get(country)
        if capital and not is_capital and capital != f"city/{neighbour['geonames_id']}":
            seat = by_key[capital]
            place.append(f"{link(capital)}, the capital, is {_distance(row, seat)} to the {_direction(row, seat)}.")
        clock = choose(
            key,
            "clock",
            (
                f"Clocks follow the time zone {link(zone)}.",
                f"It is in the time zone {link(zone)}.",
                f"Local time is that of {link(zone)}.",
            ),
        )
        topic.sections = [("", [" ".join(lead)]), ("Geography", [" ".join(place)]), ("Time", [clock])]
        yield topic


def _lead(topic: Topic, country: str, people: str, is_capital: bool) -> list[str]:
    name, key = topic.name, topic.key
    if is_capital:
        lead = [
            choose(
                key, "lead", (f"{name} is the capital of {country}.", f"{name} is a city and the capital of {country}.")
            )
        ]
    else:
        lead = [choose(key, "lead", (f"{name} is a city in {country}.", f"{name} is one of the cities of {country}."))]
    if people:
        lead.append(
            choose(
                key,
                "people",
                (
                    f"It has a population of {people}.",
                    f"It is home to {people} people.",
                    f"Its population is {people}.",
                ),
            )
        )
    return lead


def _rank(key: str, rank: int, size: int, country: str) -> str:
    ending = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    ordinal = _ORDINALS[rank - 1] if rank <= len(_ORDINALS) else f"{rank}{ending} "
    place = f"the {ordinal}most populous"
    return choose(
        key,
        "rank",
        (
            f"Among the {size} cities of {country} in this atlas it is {place}.",
            f"It is {place} of the {size} cities of {country} that this atlas lists.",
        ),
    )


def _near(key: str, here: sqlite3.Row, there: sqlite3.Row) -> str:
    name = link(f"city/{there['geonames_id']}")
    away, side = _distance(here, there), _direction(here, there)
    return choose(
        key,
        "near",
        (
            f"The nearest other city in this atlas is {name}, {away} to the {side}.",
            f"Its nearest neighbour among the cities of this atlas is {name}, {away} to the {side}.",
            f"{name}, {away} to the {side}, is the nearest other city in this atlas.",
        ),
    )


def _position(latitude: float, longitude: float) -> str:
    north, east = "N" if latitude >= 0 else "S", "E" if longitude >= 0 else "W"
    return f"{abs(latitude):.2f}° {north}, {abs(longitude):.2f}° {east}"


def _unit_vectors(rows: Sequence[sqlite3.Row]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Positions as points of the unit sphere, float64 [cities, 3]."""
    degrees = np.array([(row["latitude"], row["longitude"]) for row in rows])
    latitude, longitude = np.radians(degrees).T
    return np.stack(
        (np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)), axis=1
    )


def _nearest(rows: Sequence[sqlite3.Row]) -> list[int]:
    """The position in `rows` of the city nearest to each; of two at one distance the first."""
    points = _unit_vectors(rows)
    nearest: list[int] = []
    for start in range(0, len(rows), 512):
        block = points[start : start + 512]
        # The squared chord keeps its precision for near points, unlike the cosine of the angle.
        chords = sum((block[:, axis, None] - points[None, :, axis]) ** 2 for axis in range(3))
        chords = np.round(chords, 14)  # what differs by less is one distance, on every machine
        chords[np.arange(len(block)), np.arange(start, start + len(block))] = np.inf
        nearest += chords.argmin(axis=1).tolist()
    return nearest


def _distance(here: sqlite3.Row, there: sqlite3.Row) -> str:
    """Great-circle distance in words, by the haversine formula."""
    phi, other = math.radians(here["latitude"]), math.radians(there["latitude"])
    turn = math.radians(there["longitude"] - here["longitude"])
    half = math.sin((other - phi) / 2) ** 2 + math.cos(phi) * math.cos(other) * math.sin(turn / 2) ** 2
    distance = 2 * _EARTH_RADIUS_KM * math.asin(math.sqrt(half))
    return f"{number(distance)} km" if distance >= 1 else "less than 1 km"


def _direction(here: sqlite3.Row, there: sqlite3.Row) -> str:
    """The initial bearing as one of eight directions."""
    phi, other = math.radians(here["latitude"]), math.radians(there["latitude"])
    turn = math.radians(there["longitude"] - here["longitude"])
    east = math.sin(turn) * math.cos(other)
    north = math.cos(phi) * math.sin(other) - math.sin(phi) * math.cos(other) * math.cos(turn)
    return _COMPASS[round(math.degrees(math.atan2(east, north)) / 45) % 8]
