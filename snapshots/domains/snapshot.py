"""The snapshot of a domain at rest: a DuckDB file of rows made by counter, and a manifest that says what it holds."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import duckdb
import msgspec

from .filling import fill
from .pools import FAKER
from .recipe import Recipe

DATABASE = "database.duckdb"
MANIFEST = "manifest.json"
_BLOCK_BYTES = 16_384  # the least there is: each key and each index takes a block, however few its rows


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
            tables[table.name] = fill(connection, recipe, table, content)
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
