"""The snapshot of a domain at rest: a DuckDB file of rows made by counter, and a manifest that says what it holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple, TypeAlias

import duckdb
import msgspec

from .pools import FAKER
from .rows import Row
from .schema import DomainError, Schema, TableSchema

DATABASE = "database.duckdb"
MANIFEST = "manifest.json"
_BATCH_ROWS = 20_000
_BLOCK_BYTES = 16_384  # the least there is: each key and each index takes a block, however few its rows

Cell: TypeAlias = str | int | float | date | datetime | None
Cells: TypeAlias = dict[str, Cell]
"""One row, by column."""


class Recipe(NamedTuple):
    """All that the rows of a snapshot depend on.

    Args:
        schema: Its tables.
        makers: For each table the function of a `Row` that makes its rows of one number: one row, or a list of them.
        counts: How many numbers each table goes through.
        seed: Names the world.
    """

    schema: Schema
    makers: Mapping[str, FunctionType]
    counts: Mapping[str, int]
    seed: int

    def rows(self, table: str, number: int) -> list[Cells]:
        """The rows of one number, made alone."""
        made = self.makers[table](Row(self.seed, table, number, self.counts))
        return [made] if isinstance(made, dict) else list(made)


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot holds and what it was made from.

    Args:
        domain: Name of the domain.
        seed: Names the world.
        rows: How many rows were asked for.
        tables: How many rows each table has.
        schema_digest: Digest of ``schema.sql``.
        content_digest: Digest of every row of every table: equal for equal rows, in every process.
        packages: Versions of what made it; Faker's is that of the frozen pools.
    """

    domain: str
    seed: int
    rows: int
    tables: dict[str, int]
    schema_digest: str
    content_digest: str
    packages: dict[str, str]


class Snapshot(NamedTuple):
    """A snapshot on the disk.

    Args:
        folder: Where its files are.
        manifest: What it holds.
    """

    folder: Path
    manifest: Manifest

    @property
    def database(self) -> Path:
        """The DuckDB file."""
        return self.folder / DATABASE


def write_snapshot(folder: Path, domain: str, rows: int, recipe: Recipe) -> None:
    """Make the rows and write ``database.duckdb`` and ``manifest.json``.

    Args:
        folder: A folder that does not exist yet.
        domain: Name of the domain, for the manifest.
        rows: How many rows were asked for, for the manifest.
        recipe: What the rows are made of.

    Raises:
        DomainError: A row that the schema refuses; the message names the function that made it.
    """
    folder.mkdir()
    content = hashlib.blake2b(digest_size=16)
    tables: dict[str, int] = {}
    with duckdb.connect() as connection:
        path = str(folder / DATABASE).replace("'", "''")
        connection.execute(f"ATTACH '{path}' AS database (BLOCK_SIZE {_BLOCK_BYTES}); USE database")
        recipe.schema.create(connection)
        for table in recipe.schema.tables:
            content.update(msgspec.msgpack.encode((table.name, tuple(table.columns))))
            tables[table.name] = 0
            for batch in _batches(recipe, table):
                content.update(b"".join(map(msgspec.msgpack.encode, batch)))
                tables[table.name] += len(batch)
                _insert(connection, recipe, table, batch)
    manifest = Manifest(
        domain=domain,
        seed=recipe.seed,
        rows=rows,
        tables=tables,
        schema_digest=hashlib.blake2b(recipe.schema.path.read_bytes(), digest_size=16).hexdigest(),
        content_digest=content.hexdigest(),
        packages={"agent-envs": version("agent-envs"), "duckdb": version("duckdb"), "faker": FAKER},
    )
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))


def _batches(recipe: Recipe, table: TableSchema) -> Iterator[list[tuple[Cell, ...]]]:
    """The rows of a table as tuples in the order of its columns."""
    names, columns = set(table.columns), tuple(table.columns)
    batch: list[tuple[Cell, ...]] = []
    for number in range(recipe.counts[table.name]):
        for cells in recipe.rows(table.name, number):
            if cells.keys() != names:
                missing, unknown = sorted(names - cells.keys()), sorted(cells.keys() - names)
                raise _refused(recipe, table, f"row {number} lacks the columns {missing} and has the unknown {unknown}")
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
        connection.execute(f'INSERT INTO "{table.name}" SELECT {slots}', columns)
    except duckdb.Error as error:
        if len(batch) == 1:
            raise _refused(recipe, table, f"{error}; the row is {batch[0]}") from error
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
        raise _refused(recipe, table, f"the column {column!r} takes {wanted}, not {cell!r} of type {kind.__name__}")
    if datetime in kinds:
        for cell in cells:
            if cell is not None and cell.tzinfo is not UTC:
                raise _refused(recipe, table, f"the column {column!r} takes times in datetime.UTC, not {cell!r}")
        return [None if cell is None else cell.replace(tzinfo=None) for cell in cells]
    return list(cells)


def _refused(recipe: Recipe, table: TableSchema, why: str) -> DomainError:
    code = recipe.makers[table.name].__code__
    said = " ".join(why.split())
    return DomainError(
        f"{code.co_filename}:{code.co_firstlineno}: {table.name}() does not fit"
        f" {recipe.schema.path}:{table.line}: {said[:1000]}"
    )
