"""The knowledge graph as one DuckDB file: written whole or not at all, read in an order that its content fixes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from .graph import Entity, Fact, PageLink, Relation

_FORMAT = "agent-envs graph 1"  # changes with the tables, so that a file of another shape is refused, not misread
_BATCH_ROWS = 20_000  # DuckDB is slow row by row, and a batch bounds the memory
_TABLES = {
    "entity": "path VARCHAR, title VARCHAR, kind VARCHAR, aliases VARCHAR[]",
    "relation": "name VARCHAR, noun VARCHAR, clause VARCHAR",
    "fact": 'subject VARCHAR, relation VARCHAR, "object" VARCHAR, value VARCHAR, kind VARCHAR, unit VARCHAR, '
    "source VARCHAR",
    "link": "source VARCHAR, target VARCHAR",
}
_KEYS = {"entity": "path", "relation": "name"}
_REFERENCES = (  # table, column, the table that must hold its value, and the column there
    ("fact", "subject", "entity", "path"),
    ("fact", '"object"', "entity", "path"),
    ("fact", "source", "entity", "path"),
    ("fact", "relation", "relation", "name"),
    ("link", "source", "entity", "path"),
    ("link", "target", "entity", "path"),
)


class GraphStore:
    """A graph file, opened read-only for each reading: nothing to close, and it goes to other processes as its path.

    The tables are those of `Entity`, `Relation`, `Fact` and `PageLink`: ``entity(path, title, kind, aliases)``,
    ``relation(name, noun, clause)``, ``fact(subject, relation, object, value, kind, unit, source)`` and
    ``link(source, target)``. Whatever is read comes in the order of its columns, compared byte by byte.

    Args:
        path: A file that `write` made.

    Raises:
        ValueError: Missing, or no graph of this version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        if not self.path.is_file():
            raise ValueError(f"no graph at {self.path}; build it with GraphStore.write")
        try:
            with duckdb.connect(self.path, read_only=True) as connection:
                found = connection.execute("SELECT format FROM about").fetchone()
        except duckdb.Error as error:
            raise ValueError(f"{self.path} is not a graph of this package ({error}); build it again") from error
        if found != (_FORMAT,):
            raise ValueError(f"{self.path} has the format {found}, this version reads {_FORMAT!r}; build it again")

    def __repr__(self) -> str:
        return f"GraphStore({str(self.path)!r})"

    @staticmethod
    def write(
        path: Path,
        entities: Iterable[Entity],
        relations: Iterable[Relation],
        facts: Iterable[Fact],
        links: Iterable[PageLink],
    ) -> None:
        """Write a graph; the file appears when it is whole and checked, and replaces the one that was there.

        Rows may come in any order and stream; a repeated fact or link is kept once.

        Raises:
            ValueError: An entity or relation comes twice, or a fact or link names one that is not there; it says which.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.partial")
        unfinished.unlink(missing_ok=True)
        try:
            with duckdb.connect(unfinished) as connection:
                for table, rows in zip(_TABLES, (entities, relations, facts, links), strict=True):
                    connection.execute(f"CREATE TABLE {table} ({_TABLES[table]})")
                    _insert(connection, table, rows)
                for table in ("fact", "link"):
                    connection.execute(f"CREATE TABLE kept AS SELECT DISTINCT * FROM {table}")
                    connection.execute(f"DROP TABLE {table}")
                    connection.execute(f"ALTER TABLE kept RENAME TO {table}")
                _check(connection)
                connection.execute("CREATE TABLE about AS SELECT $1 AS format", [_FORMAT])
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
            unfinished.with_name(f"{unfinished.name}.wal").unlink(missing_ok=True)

    def entities(self) -> Iterator[Entity]:
        """All entities, by path."""
        for path, title, kind, aliases in self._rows("entity"):
            yield Entity(path, title, kind, tuple(aliases))

    def relations(self) -> Iterator[Relation]:
        """All relations, by name."""
        return (Relation(*row) for row in self._rows("relation"))

    def facts(self) -> Iterator[Fact]:
        """All facts, by subject, then relation, then object."""
        return (Fact(*row) for row in self._rows("fact"))

    def links(self) -> Iterator[PageLink]:
        """All links, by source."""
        return (PageLink(*row) for row in self._rows("link"))

    def digest(self) -> str:
        """Digest of all rows, in hexadecimal: equal for equal graphs, whatever the order in which they were written."""
        total = hashlib.blake2b(_FORMAT.encode(), digest_size=16)
        for table in _TABLES:
            for row in self._rows(table):
                total.update(msgspec.json.encode((table, *row)) + b"\n")
        return total.hexdigest()

    def _rows(self, table: str) -> Iterator[tuple[Any, ...]]:
        with duckdb.connect(self.path, read_only=True) as connection:
            # A list column sorts as its elements do; NULL is said to come last, for the default has changed before.
            connection.execute(f"SELECT * FROM {table} ORDER BY {_ordered(table)}")
            while rows := connection.fetchmany(_BATCH_ROWS):
                yield from rows


def _ordered(table: str) -> str:
    columns = [column.split()[0] for column in _TABLES[table].split(", ")]
    return ", ".join(f"{column} ASC NULLS LAST" for column in columns)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    types = [column.split()[1] for column in _TABLES[table].split(", ")]
    slots = ", ".join(f"unnest(${number}::{type_}[])" for number, type_ in enumerate(types, 1))
    stream = iter(rows)
    while batch := list(islice(stream, _BATCH_ROWS)):
        connection.execute(f"INSERT INTO {table} SELECT {slots}", [list(column) for column in zip(*batch, strict=True)])


def _check(connection: duckdb.DuckDBPyConnection) -> None:
    for table, key in _KEYS.items():
        twice = connection.execute(f"SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1 ORDER BY {key}")
        if row := twice.fetchone():
            raise ValueError(f"the {table} {row[0]!r} comes more than once; each {key} may come once")
    for table, column, target, key in _REFERENCES:
        lost = connection.execute(
            f"SELECT * FROM {table} WHERE {column} IS NOT NULL AND {column} NOT IN (SELECT {key} FROM {target})"
            f" ORDER BY {_ordered(table)} LIMIT 1"
        )
        if row := lost.fetchone():
            name = column.strip('"')
            raise ValueError(f"the {name} of the {table} {row} is no {key} of any {target}; write that {target} too")
    wrong = connection.execute("SELECT * FROM fact WHERE (kind = 'entity') <> (\"object\" IS NOT NULL) LIMIT 1")
    if row := wrong.fetchone():
        raise ValueError(f"the fact {row} must have an object if its kind is entity, and none if it is a literal")
