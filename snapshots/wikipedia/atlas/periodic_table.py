"""The groups, periods and series of the periodic table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from .topics import Topic

# Each series with what one of its elements is called.
SERIES = {
    "Nonmetals": "a nonmetal",
    "Noble gases": "a noble gas",
    "Alkali metals": "an alkali metal",
    "Alkaline earth metals": "an alkaline earth metal",
    "Metalloids": "a metalloid",
    "Halogens": "a halogen",
    "Poor metals": "a poor metal",
    "Transition metals": "a transition metal",
    "Lanthanides": "a lanthanide",
    "Actinides": "an actinide",
}


def table_topics(rows: Sequence[sqlite3.Row]) -> Iterator[Topic]:
    """The articles of groups, periods and series.

    Args:
        rows: The elements, each with the names of its group and its series.
    """
    groups = {row["group_id"]: row["group_name"] for row in rows if row["group_id"]}
    for group, name in sorted(groups.items()):
        called = f" Its members are known as {name[0].lower()}{name[1:]}." if name else ""
        said = f"Group {group} is a column of the periodic table.{called}"
        yield _topic(f"group/{group}", f"Group {group}", "group", said, (name,) if name else ())
    for period in sorted({row["period"] for row in rows}):
        count = sum(row["period"] == period for row in rows)
        said = f"Period {period} is a row of the periodic table. It holds {count} chemical elements."
        yield _topic(f"period/{period}", f"Period {period}", "period", said)
    for series, one in SERIES.items():
        count = sum(row["series"] == series for row in rows)
        said = f"{series} are a series of {count} chemical elements. Each of them is called {one}."
        yield _topic(f"series/{series}", series, "series", said)


def _topic(key: str, name: str, kind: str, said: str, aliases: tuple[str, ...] = ()) -> Topic:
    return Topic(key, name, kind, ("mendeleev",), aliases=aliases, sections=[("", [said])])
