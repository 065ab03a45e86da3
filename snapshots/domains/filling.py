"""Filling the tables of a snapshot: rows by counter are made in batches, checked, and inserted into DuckDB."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import msgspec

from .recipe import Cell, Recipe
from .schema import TableSchema

_BATCH_ROWS = 20_000
_COLUMNS_ROWS = 500_000
_KINDS: Mapping[str, type] = {"M": date, "U": str, "i": int, "u": int, "b": bool, "f": float}
_TAKEN = {"M": "datetime64[us]", "U": "O"}  # as DuckDB takes them


def fill(connection: duckdb.DuckDBPyConnection, recipe: Recipe, table: TableSchema, content: hashlib.blake2b) -> int:
    """Make the rows of a table and insert them.

    Args:
        connection: Where the table is.
        recipe: What its rows are made of.
        table: The table.
        content: The digest that takes in every cell.

    Returns:
        How many rows there are.

    Raises:
        DomainError: A row that the schema refuses; the message names the function that made it.
    """
    content.update(msgspec.msgpack.encode((table.name, tuple(table.columns))))
    if recipe.makes_columns(table.name):
        return _insert_columns(connection, recipe, table, content)
    total = 0
    for batch in _batches(recipe, table):
        content.update(b"".join(map(msgspec.msgpack.encode, batch)))
        total += len(batch)
        _insert(connection, recipe, table, batch)
    return total


def _insert_columns(
    connection: duckdb.DuckDBPyConnection, recipe: Recipe, table: TableSchema, content: hashlib.blake2b
) -> int:
    total = recipe.counts[table.name]
    for first in range(0, total, _COLUMNS_ROWS):
        made = recipe.columns(table.name, first, min(_COLUMNS_ROWS, total - first))
        if made.keys() != table.columns.keys():
            raise recipe.refused(table, f"it gives the columns {list(made)}, not {list(table.columns)}")
        batch = {}
        for column, values in made.items():
            if _KINDS.get(values.dtype.kind) not in table.columns[column]:
                raise recipe.refused(table, f"the column {column!r} is an array of {values.dtype}")
            content.update(values.tobytes())
            batch[column] = values.astype(_TAKEN.get(values.dtype.kind, values.dtype.str))
        listed = ", ".join(f'"{column}"' for column in table.columns)
        try:
            connection.register("batch", batch)
            connection.execute(f'INSERT INTO "{table.schema}"."{table.name}" SELECT {listed} FROM batch')
        except duckdb.Error as error:
            raise recipe.refused(table, str(error)) from error
    return total


def _batches(recipe: Recipe, table: TableSchema) -> Iterator[list[tuple[Cell, ...]]]:
    """The rows of a table as tuples in the order of its columns."""
    names, columns = set(table.columns), tuple(table.columns)
    batch: list[tuple[Cell, ...]] = []
    for number in range(recipe.counts[table.name]):
        for cells in recipe.rows(table.name, number):
            if cells.keys() != names:
                missing, unknown = sorted(names - cells.keys()), sorted(cells.keys() - names)
                raise recipe.refused(table, f"row {number} lacks the columns {missing} and has the unknown {unknown}")
            batch.append(tuple([cells[column] for column in columns]))
        if len(batch) >= _BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _insert(
    connection: duckdb.DuckDBPyConnection, recipe: Recipe, table: TableSchema, batch: list[tuple[Cell, ...]]
) -> None:
    columns = [_checked(recipe, table, *column) for column in zip(table.columns, zip(*batch, strict=True), strict=True)]
    slots = ", ".join(f"unnest(${number})" for number in range(1, len(columns) + 1))
    try:
        connection.execute(f'INSERT INTO "{table.schema}"."{table.name}" SELECT {slots}', columns)
    except duckdb.Error as error:
        if len(batch) == 1:
            raise recipe.refused(table, f"{error}; the row is {batch[0]}") from error
        half = len(batch) // 2  # the statement did nothing as a whole: halve it until the row is found
        _insert(connection, recipe, table, batch[:half])
        _insert(connection, recipe, table, batch[half:])


def _checked(recipe: Recipe, table: TableSchema, column: str, cells: Sequence[Any]) -> list[Any]:
    """The cells of a column as DuckDB takes them; it would round or convert what is of another type."""
    allowed = table.columns[column]
    kinds = set(map(type, cells)) - {type(None)}
    for kind in sorted(kinds - set(allowed), key=str):
        cell = next(cell for cell in cells if type(cell) is kind)
        wanted = " or ".join(kind.__name__ for kind in allowed)
        raise recipe.refused(table, f"the column {column!r} takes {wanted}, not {cell!r} of type {kind.__name__}")
    if datetime in kinds:
        for cell in cells:
            if cell is not None and cell.tzinfo is not UTC:
                raise recipe.refused(table, f"the column {column!r} takes times in datetime.UTC, not {cell!r}")
        return [None if cell is None else cell.replace(tzinfo=None) for cell in cells]
    return list(cells)
