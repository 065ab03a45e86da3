"""Values that fit together: those of a row that a database holds, of the rows it refers to and of their children."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from .checks import Baseline, Database, quoted

Anchor: TypeAlias = tuple[str, tuple[Any, ...]]
"""A table and the key of a row."""

_END_ROWS = 1
_MOST_VALUES = 8
_CHILDREN = 3
_NEAR = 4
_OTHERS = 2


class Surroundings:
    """Where in a domain's data the arguments of a call come from.

    Args:
        baseline: The rows with which every episode begins.
    """

    def __init__(self, baseline: Baseline) -> None:
        self._baseline = baseline
        self._anchors = {table: _varied(baseline, table) for table in baseline.tables}
        self._some: dict[str, list[Any]] = {}
        for table, keys in self._anchors.items():
            _add(self._some, [baseline.rows[table][key] for key in keys])

    def anchors(self, names: Sequence[str], changed: Sequence[Anchor]) -> list[Anchor]:
        """Rows that arguments of these names may mean: of every state one, and those that changed.

        They are of the tables whose key is among the names, and of those that have the most columns so called.
        """
        shared = {table: len({*made.columns} & {*names}) for table, made in self._baseline.tables.items()}
        most = max(shared.values(), default=0)
        named = [table for table, made in self._baseline.tables.items() if {*made.key} <= {*names}]
        tables = [table for table, number in shared.items() if number == most or table in named]
        new = [anchor for anchor in changed if anchor[0] in tables]
        return [*new, *((table, key) for table in tables for key in self._anchors[table])]

    def of(self, database: Database, anchor: Anchor) -> dict[str, list[Any]]:
        """Values by column, the row's own first; and then a few from anywhere."""
        table, key = anchor
        found = _matching(database, table, self._baseline.tables[table].key, key, 1)
        family = [(table, row) for row in found]
        for here, row in family:  # which grows by what they refer to
            for foreign in self._baseline.references:
                if foreign.table == here and foreign.owner not in (one for one, _ in family):
                    wanted = tuple(row[column] for column in foreign.columns)
                    family += [(foreign.owner, one) for one in _matching(database, *foreign[2:], wanted, 1)]
        children = [one for member in family for one in self._children(database, *member)]
        near: dict[str, list[Any]] = {}
        _add(near, [row for _, row in family] + children)
        return {column: _with_others(near.get(column, []), values) for column, values in self._some.items()}

    def _children(self, database: Database, owner: str, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for foreign in self._baseline.references:
            if foreign.owner == owner:
                wanted = tuple(row[column] for column in foreign.target)
                yield from _matching(database, foreign.table, foreign.columns, wanted, _CHILDREN)


def _matching(
    database: Database, table: str, columns: Sequence[str], wanted: tuple[Any, ...], most: int
) -> list[dict[str, Any]]:
    given = " AND ".join(f"{quoted(column)} = ?" for column in columns)
    by = ", ".join(map(quoted, database.image.tables[table].key))
    return database.rows(f"SELECT * FROM {quoted(table)} WHERE {given} ORDER BY {by} LIMIT {most}", *wanted)


def _varied(baseline: Baseline, table: str) -> list[tuple[Any, ...]]:
    """Keys of the first and the last row, and of few that show every text which a column has few of, rare ones first.

    The columns are those of the row and of the rows it refers to: a line of an order that is open, one of an order
    that is closed.
    """
    up = [one for one in baseline.references if one.table == table and one.target == baseline.tables[one.owner].key]
    columns: dict[tuple[str, str], dict[str, list[tuple[Any, ...]]]] = {}
    for key, row in baseline.rows[table].items():
        parents = [(one.owner, baseline.rows[one.owner].get(tuple(row[name] for name in one.columns))) for one in up]
        for owner, member in [(table, row), *parents]:
            for column, value in (member or {}).items():
                if isinstance(value, str):
                    columns.setdefault((owner, column), {}).setdefault(value, []).append(key)
    states = [keys for holders in columns.values() if len(holders) <= _MOST_VALUES for keys in holders.values()]
    keys = list(baseline.rows[table])
    kept = dict.fromkeys(keys[:_END_ROWS] + keys[-_END_ROWS:])
    for alike in sorted(states, key=len):
        if not any(key in kept for key in alike):
            kept[alike[0]] = None
    return list(kept)


def _with_others(near: Sequence[Any], anywhere: Sequence[Any]) -> list[Any]:
    """Values near a row, and a few others: what a thing is to become, or what is taken, is seldom near it."""
    others = [value for value in anywhere if value not in near]
    return [*near[:_NEAR], *others[:_OTHERS], *near[_NEAR:], *others[_OTHERS:]]


def _add(values: dict[str, list[Any]], rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        for column, value in row.items():
            known = values.setdefault(column, [])
            if value is not None and value not in known:
                known.append(value)
