"""Rivers and lakes: the Factbook's lists by country, merged where its labels say that they mean one water."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence

from .countries import Countries
from .topics import Topic, choose, listing, number, plain

_LISTED = (
    "SELECT country_id, name, {measure} AS measure, {kind} AS kind, source_label FROM {table}"
    " WHERE source_id IN (SELECT id FROM licensed) ORDER BY country_id, name"
)
# Remarks of the Factbook that its tables hold as if they were waters.
_REMARKS = re.compile(
    r"^(?:9\.6 times|although|in recent years|it is |lake shore|second highest|\[m\] after|the Tigris and)"
)
# The spelling of one country's list beside that of the others; each pair has one length and one list of countries.
_SPELLINGS = {
    "Rio Limpopo": "Limpopo",
    "Rio de la Plata/Parana": "Río de la Plata/Paraná",
    "River Murray": "Murray",
    "Red river": "Red",
    "Zalew Szczecinski/Stettiner Haff": "Stettiner Haff/Zalew Szczecinski",
    "Abhe Bid Hayk/Abhe Bad": "Abhe Bad/Abhe Bid Hayk",
}
_NAMED_AS_RIVERS = re.compile(r"\b(?:Darya|Grande|Negro|Huang He|Creek|R[ií]o)\b")
# Lakes that the list of the United States, and that of Canada, names without the word.
_BARE_LAKES = (
    "Superior",
    "Michigan",
    "Huron",
    "Erie",
    "Ontario",
    "Champlain",
    "Iliamna",
    "Okeechobee",
    "Pontchartrain",
)
_LAKE_NAMES = {f"{name}": f"Lake {name}" for name in _BARE_LAKES} | {
    "Belcharof": "Becharof Lake",
    "Great Salt": "Great Salt Lake",
    "Red": "Red Lake",
    "Saint Clair": "Lake Saint Clair",
    "Selawik": "Selawik Lake",
    "Aral Sea (north)": "North Aral Sea",
}


def river_topics(tables: sqlite3.Connection, countries: Countries) -> Iterator[Topic]:
    """The articles of all rivers."""
    rivers: dict[str, list[tuple[str, sqlite3.Row, str]]] = {}
    for row in tables.execute(_LISTED.format(measure="length_km", kind="NULL", table="country_river")):
        if _REMARKS.match(row["name"]):
            continue
        local = plain(re.sub(r" river source.*| source$|\[[sm]\]| river \[s\]|\*", "", row["name"]))
        english = re.fullmatch(r"(.+) \((.+)\)", local)
        name = english[2] if english else local
        name = _SPELLINGS.get(name, name)
        # A river that no other country is said to share is never the namesake of another list.
        alone = "shared with" not in row["source_label"]
        country = f"country/{row['country_id']}"
        rivers.setdefault(f"{name}/{country}" if alone else name, []).append((country, row, local))
    for found in rivers.values():
        yield _river(found, countries)


def _river(found: Sequence[tuple[str, sqlite3.Row, str]], countries: Countries) -> Topic:
    locals_ = [local for _, _, local in found]
    english = next((re.fullmatch(r"(.+) \((.+)\)", local) for local in locals_ if "(" in local), None)
    bare = english[2] if english else _SPELLINGS.get(locals_[0], locals_[0])
    bare = _SPELLINGS.get(bare, bare)
    name = bare if _NAMED_AS_RIVERS.search(bare) else f"{bare} River"
    listed_in = [country for country, _, _ in found]
    topic = Topic(
        f"river/{bare}/{listed_in[0]}",
        name,
        "river",
        ("factbook", "pyworldatlas"),
        apart=(countries.names[listed_in[0]],),
    )
    others = {re.sub(r" \(.*", "", local) for local in locals_} | {bare}
    topic.aliases = tuple(sorted(others - {name}))
    through, source, mouth = _course(found, countries)
    lengths = sorted({row["measure"] for _, row, _ in found if row["measure"] is not None})
    sentences = []
    if len(lengths) == 1:
        said = topic.number("length", lengths[0], "km")
        sentences.append(
            choose(
                topic.key,
                "lead",
                (
                    f"The {name} is a river that is {said} long.",
                    f"The {name} is a river with a length of {said}.",
                    f"With a length of {said}, the {name} is one of the major rivers of the world.",
                ),
            )
        )
    else:
        both = listing([f"{number(length)} km" for length in lengths])
        sentences.append(
            f"The {name} is a major river. The entries of the Factbook do not agree on its length: they give {both}."
        )
    for country in through:
        topic.claim("flows_through", country)
    names = listing([countries.the(country) for country in through])
    sentences.append(
        choose(
            topic.key,
            "course",
            (f"It flows through {names}.", f"Its course touches {names}.", f"It is a river of {names}."),
        )
    )
    if source:
        topic.claim("river_source", source)
    if mouth:
        topic.claim("river_mouth", mouth)
    if source and source == mouth:
        sentences.append(f"It both rises and ends in {countries.the(source)}.")
    elif source or mouth:
        parts = [f"rises in {countries.the(source)}"] if source else []
        parts += [f"ends in {countries.the(mouth)}"] if mouth else []
        sentences.append(f"The {name} {' and '.join(parts)}.")
    topic.sections = [("", [" ".join(sentences)])]
    users: dict[str, list[str]] = {}
    for country, _, local in found:
        users.setdefault(re.sub(r" \(.*", "", local), []).append(countries.the(country))
    called = [f"{local} in {listing(where)}" for local, where in users.items() if local not in (bare, name)]
    if called:
        topic.sections.append(("Names", [f"The river is known as {listing(called)}."]))
    return topic


def _course(
    found: Sequence[tuple[str, sqlite3.Row, str]], countries: Countries
) -> tuple[list[str], str | None, str | None]:
    """The countries that a river touches, the one of its source and the one of its mouth, as the labels have them."""
    through = {country for country, _, _ in found}
    ends: dict[str, set[str]] = {"s": set(), "m": set()}
    for country, row, _ in found:
        label = row["source_label"]
        for end, word in (("s", "river source"), ("m", "mouth")):
            if re.search(rf"{word}|source and {word}", label.split("(shared")[0].split("(mouth")[0]):
                ends[end].add(country)
        shared = re.search(r"shared with (.*)", label)
        for part in re.split(r", and |, | and ", shared[1].rstrip(") ") if shared else ""):
            item = re.fullmatch(r"(?:and )?(.*?)\s*(?:\[([sm/]+)\])?\)?\s*", part)
            key = countries.key(item[1].strip()) if item else None
            if key is None or item is None:
                continue
            through.add(key)
            for end in (item[2] or "").split("/"):
                if end:
                    ends[end].add(key)
    order = sorted(through, key=lambda key: countries.names[key])
    one = {end: next(iter(keys)) if len(keys) == 1 else None for end, keys in ends.items()}
    return order, one["s"], one["m"]


def lake_topics(tables: sqlite3.Connection, countries: Countries) -> Iterator[Topic]:
    """The articles of all lakes and lagoons."""
    lakes: dict[str, list[tuple[str, sqlite3.Row]]] = {}
    for row in tables.execute(_LISTED.format(measure="area_km2", kind="water_type", table="country_lake")):
        if _REMARKS.match(row["name"]):
            continue
        name = re.sub(r"\s*[-–]? *[\d,.]+(?:-[\d,.]+)? sq km.*| \((?:endorheic|ephemeral).*|\*", "", row["name"])
        name = plain(re.sub(r" [-–]$", "", name))
        name = _LAKE_NAMES.get(name, _SPELLINGS.get(name, name))
        lakes.setdefault(name, []).append((f"country/{row['country_id']}", row))
    for name, found in lakes.items():
        yield _lake(name, found, countries)


def _lake(name: str, found: Sequence[tuple[str, sqlite3.Row]], countries: Countries) -> Topic:
    topic = Topic(f"lake/{name}", name, "lake", ("factbook", "pyworldatlas"), apart=("lake",))
    parts = name.split("/")
    bare = name.removeprefix("Lake ")
    topic.aliases = tuple(sorted({*(parts if len(parts) > 1 else ()), bare} - {name}))
    owners = {country for country, _ in found}
    for _, row in found:
        shared = re.search(r"shared with ([^)]*)", row["source_label"])
        for part in re.split(r", and |, | and ", shared[1] if shared else ""):
            if key := countries.key(part.strip()):
                owners.add(key)
    order = sorted(owners, key=lambda key: countries.names[key])
    for country in order:
        topic.claim("lake_country", country)
    names = listing([countries.the(country) for country in order])
    areas = [(country, area) for country, row in found if (area := _area(row)) is not None]
    kinds = sorted({row["kind"] for _, row in found if row["kind"]})
    water = {"freshwater": "fresh water", "saltwater": "salt water"}.get(kinds[0], "") if len(kinds) == 1 else ""
    if name == "Aral Sea":
        water = ""  # the tables call it fresh, which it is not
    body = "lagoon" if re.match(r"Lag(?:oa|una|une)\b|.*Lagoon|.*Haff", name) else "lake"
    whole = {"fresh water": f"freshwater {body}", "salt water": f"saltwater {body}"}.get(water, body)
    where = f"in {names}" if len(order) == 1 else f"shared by {names}"
    the = "The " if name.endswith((" Sea", "Lagoon")) else ""
    sentences = [
        choose(topic.key, "lead", (f"{the}{name} is a {whole} {where}.", f"{the}{name} is a major {whole} {where}."))
    ]
    if len({area for _, area in areas}) == 1 and not (len(order) > 1 and "*" in found[0][1]["source_label"]):
        said = topic.number("lake_area", areas[0][1], "km²")
        sentences.append(
            choose(
                topic.key,
                "area",
                (f"It covers {said}.", f"Its surface area is {said}.", f"The lake has a surface of {said}."),
            )
            if body == "lake"
            else f"It covers {said}."
        )
    else:
        said_by = [f"{number(area)} km² in the entry on {countries.the(country)}" for country, area in areas]
        sentences += [f"The Factbook gives its area as {listing(said_by)}."] if said_by else []
    if water:
        topic.text("water", water)
    label = found[0][1]["source_label"]
    if "endorheic" in label:
        sentences.append("Its basin is endorheic: no river carries its water to the sea.")
    if "ephemeral" in label:
        sentences.append("It is ephemeral, and dry for a part of the time.")
    topic.sections = [("", [" ".join(sentences)])]
    return topic


def _area(row: sqlite3.Row) -> float | None:
    """The area that the label gives, else the table's: where a label has a note, the table took a number from that."""
    said = re.search(r"([\d,]+) sq km", row["source_label"])
    if "-25,900" in row["source_label"]:
        return None  # Lake Chad's area changes
    return float(said[1].replace(",", "")) if said else row["measure"]
