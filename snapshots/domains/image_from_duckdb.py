"""An image from a DuckDB file: the same tables, keys, references and checks, with types that an episode can trust."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import apsw
import duckdb

from .expressions import carried
from .image import FORMAT, LIMIT_TEXT_BYTES, PAGE_BYTES, Image, ImageError

_BATCH_ROWS = 20_000
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_ISO_TEXTS = ("DATE", "TIME", "TIMESTAMP")
_ADVICE = {
    "DECIMAL": "store money as an INTEGER of cents",
    "TIMESTAMP WITH TIME ZONE": "store times as TIMESTAMP in UTC",
}


class _Column(NamedTuple):
    name: str
    type: str
    nullable: bool
    default: str | None


class _Constraint(NamedTuple):
    type: str
    columns: list[str]
    expression: str | None
    target: str | None
    target_columns: list[str]


def image_from_duckdb(path: Path) -> Image:
    """Make an image of the tables in the schema ``main`` of a DuckDB file; its views and sequences are left out.

    Integers and texts stay what they are, booleans become 0 and 1, enums texts, floats REAL, and dates and times ISO
    texts as SQLite's own ``datetime`` writes them: ``2026-03-01 09:30:00``. Every key and unique constraint,
    reference, check, literal default and index goes with them, and every reference gets an index.

    Args:
        path: The file; it is only read.

    Returns:
        The image, with the same bytes for the same tables and rows.

    Raises:
        ImageError: A table, column, check or value that cannot be carried; the message names it and says what to do.
    """
    if not path.is_file():
        raise ImageError(f"no DuckDB file at {path}")
    try:
        with duckdb.connect(path, read_only=True) as source, tempfile.TemporaryDirectory() as folder:
            built = Path(folder) / "image.sqlite"
            _build(source, built)
            data = bytearray(built.read_bytes())
    except (ImageError, duckdb.Error) as error:
        raise ImageError(f"{path}: {error}") from error
    data[96:100] = bytes(4)  # the version of the SQLite that wrote it, which is no part of what it holds
    return Image(bytes(data))


def _build(source: duckdb.DuckDBPyConnection, path: Path) -> None:
    target = apsw.Connection(str(path))  # a file, so that a large image needs no memory but its own
    try:
        target.limit(apsw.SQLITE_LIMIT_LENGTH, LIMIT_TEXT_BYTES)
        for pragma in (
            f"page_size = {PAGE_BYTES}",
            "journal_mode = OFF",
            "synchronous = OFF",
            f"application_id = {FORMAT}",
        ):
            target.execute(f"PRAGMA {pragma}").close()
        indexes: list[str] = []
        for table in _table_names(source):
            columns = _columns(source, table)
            constraints = _constraints(source, table)
            _create(target, table, columns, constraints)
            _copy(source, target, table, columns, constraints)
            indexes += _indexes(source, table, columns, constraints)
        for index in indexes:  # after the rows, in one sweep each
            target.execute(index)
        target.execute("VACUUM")
    finally:
        target.close()


def _table_names(source: duckdb.DuckDBPyConnection) -> list[str]:
    found = source.execute(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND NOT internal AND NOT temporary"
        " ORDER BY table_name"
    ).fetchall()
    if not found:
        raise ImageError("there is no table in the schema 'main'")
    return [table for (table,) in found]


def _columns(source: duckdb.DuckDBPyConnection, table: str) -> list[_Column]:
    rows = source.execute(
        "SELECT column_name, data_type, is_nullable, column_default FROM duckdb_columns()"
        " WHERE table_name = $1 AND schema_name = 'main' AND NOT internal ORDER BY column_index",
        [table],
    ).fetchall()
    return [_Column(*row) for row in rows]


def _constraints(source: duckdb.DuckDBPyConnection, table: str) -> list[_Constraint]:
    rows = source.execute(
        "SELECT constraint_type, constraint_column_names, expression, referenced_table, referenced_column_names"
        " FROM duckdb_constraints() WHERE table_name = $1 AND schema_name = 'main' ORDER BY constraint_index",
        [table],
    ).fetchall()
    found = [_Constraint(*row) for row in rows if row[0] != "NOT NULL"]
    if not any(constraint.type == "PRIMARY KEY" for constraint in found):
        raise ImageError(f"the table {table!r} has no primary key; its rows could not be told apart: give it one")
    return found


def _create(target: apsw.Connection, table: str, columns: list[_Column], constraints: list[_Constraint]) -> None:
    names = {column.name.lower() for column in columns}
    key = next(constraint.columns for constraint in constraints if constraint.type == "PRIMARY KEY")
    parts = []
    for column in columns:
        where = f"column {table}.{column.name}"
        part = f"{_quoted(column.name)} {_type(column, where)}"
        if not column.nullable or column.name in key:
            part += " NOT NULL"
        if column.default is not None:
            part += f" DEFAULT ({carried(column.default, set(), f'the default of the {where}')})"
        if column.type == "BOOLEAN":
            part += f" CHECK ({_quoted(column.name)} IN (0, 1))"
        if column.type.startswith("ENUM("):
            part += f" CHECK ({_quoted(column.name)} IN {column.type.removeprefix('ENUM')})"
        parts.append(part)
    for constraint in constraints:
        listed = ", ".join(map(_quoted, constraint.columns))
        if constraint.type == "CHECK":
            parts.append(f"CHECK ({carried(constraint.expression or '', names, f'a check of the table {table!r}')})")
        elif constraint.type == "FOREIGN KEY":
            there = ", ".join(map(_quoted, constraint.target_columns))
            parts.append(f"FOREIGN KEY ({listed}) REFERENCES {_quoted(constraint.target or '')} ({there})")
        else:
            parts.append(f"{constraint.type} ({listed})")
    try:
        target.execute(f"CREATE TABLE {_quoted(table)} ({', '.join(parts)}) STRICT, WITHOUT ROWID")
    except apsw.Error as error:
        raise ImageError(f"the table {table!r} cannot be carried: {error}") from error


def _type(column: _Column, where: str) -> str:
    if column.type in _INTEGERS or column.type == "BOOLEAN":
        return "INTEGER"
    if column.type in ("DOUBLE", "FLOAT"):
        return "REAL"
    if column.type in ("VARCHAR", *_ISO_TEXTS) or column.type.startswith("ENUM("):
        return "TEXT"
    advice = _ADVICE.get(column.type.partition("(")[0])
    allowed = f"use one of {', '.join((*_INTEGERS, 'BOOLEAN', 'DOUBLE', 'VARCHAR', *_ISO_TEXTS))} or an ENUM"
    raise ImageError(f"the {where} is a {column.type}, which no episode can hold exactly: {advice or allowed}")


def _copy(
    source: duckdb.DuckDBPyConnection,
    target: apsw.Connection,
    table: str,
    columns: list[_Column],
    constraints: list[_Constraint],
) -> None:
    for column in columns:
        if (wrong := _unfit(column)) is not None:
            row = source.execute(f"SELECT * FROM {_quoted(table)} WHERE {wrong} LIMIT 1").fetchone()
            if row is not None:
                raise ImageError(
                    f"the column {table}.{column.name} holds what no episode can: an infinity, NaN, a NUL, or a text"
                    f" over {LIMIT_TEXT_BYTES:,} bytes, in the row {str(row)[:200]}"
                )
    key = next(constraint.columns for constraint in constraints if constraint.type == "PRIMARY KEY")
    order = ", ".join(map(_quoted, key))  # ascending keys fill the pages one after another
    source.execute(f"SELECT {', '.join(map(_selected, columns))} FROM {_quoted(table)} ORDER BY {order}")
    insert = f"INSERT INTO {_quoted(table)} VALUES ({', '.join('?' * len(columns))})"
    try:
        target.execute("BEGIN")
        while rows := source.fetchmany(_BATCH_ROWS):
            target.executemany(insert, rows)
        target.execute("COMMIT")
    except apsw.Error as error:
        raise ImageError(f"a row of the table {table!r} cannot be carried: {error}") from error


def _selected(column: _Column) -> str:
    name = _quoted(column.name)
    if column.type == "BOOLEAN":
        return f"CAST({name} AS INTEGER)"
    if column.type in _ISO_TEXTS or column.type.startswith("ENUM("):
        return f"CAST({name} AS VARCHAR)"
    return name


def _unfit(column: _Column) -> str | None:
    """What is true of a row whose value SQLite would hold as another one, or never give back."""
    name = _quoted(column.name)
    if column.type in ("DOUBLE", "FLOAT", "DATE", "TIMESTAMP"):
        return f"NOT isfinite({name})"
    if column.type == "VARCHAR":
        return f"contains({name}, chr(0)) OR strlen({name}) > {LIMIT_TEXT_BYTES}"
    return None


def _indexes(
    source: duckdb.DuckDBPyConnection, table: str, columns: list[_Column], constraints: list[_Constraint]
) -> list[str]:
    names = {column.name for column in columns}
    made: list[tuple[str, ...]] = [
        tuple(constraint.columns) for constraint in constraints if constraint.type in ("PRIMARY KEY", "UNIQUE")
    ]
    statements = []
    rows = source.execute(
        "SELECT index_name, is_unique, expressions FROM duckdb_indexes() WHERE table_name = $1"
        " AND schema_name = 'main' ORDER BY ALL",
        [table],
    ).fetchall()
    for index, unique, listed in rows:
        parts = tuple(part.strip("'\"") for part in listed.strip("[]").split(", "))
        if names.issuperset(parts):
            statements.append(_index(table, parts, unique=unique))
            made.append(parts)
        elif unique:
            raise ImageError(f"the unique index {index!r} of {table!r} is on {listed}; make it one of columns alone")
    for constraint in constraints:
        parts = tuple(constraint.columns)
        if constraint.type == "FOREIGN KEY" and not any(other[: len(parts)] == parts for other in made):
            statements.append(_index(table, parts))
            made.append(parts)
    return [statement for statement, _ in groupby(sorted(statements))]


def _index(table: str, columns: Sequence[str], *, unique: bool = False) -> str:
    name = _quoted(f"{table} by {', '.join(columns)}")
    kind = "UNIQUE INDEX" if unique else "INDEX"
    return f"CREATE {kind} {name} ON {_quoted(table)} ({', '.join(map(_quoted, columns))})"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
