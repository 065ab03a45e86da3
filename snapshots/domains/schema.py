"""The schema of a domain: ``schema.sql`` as DuckDB understands it, with the line of every table for messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

MAIN = "main"
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_PYTHON: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(_WHOLE, (int,)),
    **dict.fromkeys(("DOUBLE", "FLOAT"), (float, int)),
    "BOOLEAN": (bool,),
    "VARCHAR": (str,),
    "ENUM": (str,),
    "DATE": (date,),
    "TIMESTAMP": (datetime,),
}
_ADVICE = {"DECIMAL": "keep money as an INTEGER of cents", "TIMESTAMP WITH TIME ZONE": "keep times as TIMESTAMP in UTC"}
_LEAD = re.compile(r"(?:\s|--[^\n]*|/\*.*?\*/)*", re.DOTALL)
_LINE = re.compile(r"\n+LINE (\d+):.*", re.DOTALL)


class DomainError(ValueError):
    """A domain's folder that cannot be used; the message names the file and the line."""


class TableSchema(NamedTuple):
    """One table.

    Args:
        name: Its name.
        line: Where in the file it is created.
        columns: The types of Python that may stand in each column, besides None.
        schema: The schema of DuckDB in which it is. Tables of ``main`` are those of episodes; any other ones stay in
            DuckDB, where queries read them.
    """

    name: str
    line: int
    columns: Mapping[str, tuple[type, ...]]
    schema: str = MAIN


class Schema(NamedTuple):
    """All tables, those that are referred to before those that refer to them.

    Args:
        path: The file.
        statements: What makes them, with the line on which each begins.
        tables: What they are.
    """

    path: Path
    statements: tuple[tuple[int, str], ...]
    tables: tuple[TableSchema, ...]

    def create(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the tables in a database.

        Raises:
            DomainError: A statement fails.
        """
        for line, statement in self.statements:
            try:
                connection.execute(statement)
            except duckdb.Error as error:
                raise _located(self.path, line, error) from error


def read_schema(path: Path) -> Schema:
    """Read a schema and try it.

    Raises:
        DomainError: It is no SQL, does something other than CREATE, makes no table, refers to what is not there, or
            has a column of a type that no episode can hold.
    """
    with duckdb.connect() as connection:
        schema = Schema(path, tuple(_statements(connection, path)), ())
        schema.create(connection)
        found = connection.execute(
            "SELECT table_name, schema_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
            " ORDER BY table_oid, column_index"
        ).fetchall()
    columns: dict[tuple[str, str], dict[str, str]] = {}
    for table, of, column, kind in found:
        columns.setdefault((table, of), {})[column] = kind
    if not any(of == MAIN for _, of in columns):
        raise DomainError(f"{path}:1: it creates no table in the schema {MAIN!r}, where those of episodes are")
    names = [name for name, _ in columns]
    if len(set(names)) < len(names):
        raise DomainError(f"{path}:1: two tables have one name among {names}; name them apart")
    return schema._replace(tables=tuple(_table(schema, *which, kinds) for which, kinds in columns.items()))


def _statements(connection: duckdb.DuckDBPyConnection, path: Path) -> list[tuple[int, str]]:
    try:
        text = path.read_text("utf-8")
        parsed = connection.extract_statements(text)
    except UnicodeDecodeError as error:
        raise DomainError(f"{path}:1: not UTF-8: {error}") from error
    except duckdb.Error as error:
        raise _located(path, 1, error) from error
    statements, at = [], 0
    for statement in parsed:
        query = _LEAD.sub("", statement.query, count=1)  # from DuckDB 2.0.1 on a statement holds what stands before it
        at = text.index(query, at)
        line = text.count("\n", 0, at) + 1
        if statement.type != duckdb.StatementType.CREATE:
            raise DomainError(
                f"{path}:{line}: a schema only creates; {str(statement.type).split('.')[-1]} belongs elsewhere"
            )
        statements.append((line, query))
        at += len(query)
    return statements


def _table(schema: Schema, name: str, of: str, kinds: Mapping[str, str]) -> TableSchema:
    created = re.compile(rf'CREATE\s+TABLE\s+(IF\s+NOT\s+EXISTS\s+)?(\w+\.)?"?{re.escape(name)}\b', re.IGNORECASE)
    line = next((line for line, statement in schema.statements if created.match(statement)), 1)
    columns = {}
    for column, kind in kinds.items():
        plain = kind.partition("(")[0]
        if plain not in _PYTHON:
            advice = _ADVICE.get(plain, f"use one of {', '.join(_PYTHON)}")
            raise DomainError(f"{schema.path}:{line}: {name}.{column} is a {kind}, which no episode can hold: {advice}")
        columns[column] = _PYTHON[plain]
    return TableSchema(name, line, columns, of)


def _located(path: Path, line: int, error: duckdb.Error) -> DomainError:
    """DuckDB's complaint under the line of the file; its own count begins at the statement."""
    said = str(error)
    if found := _LINE.search(said):
        line += int(found[1]) - 1
        said = said[: found.start()]
    return DomainError(f"{path}:{line}: {' '.join(said.split())}")
