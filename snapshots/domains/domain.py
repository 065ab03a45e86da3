"""A domain: a folder of ``schema.sql``, ``data.py``, ``tools.py`` and ``policy.md``, loaded and checked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, get_args

import msgspec

from agent_envs.envs.domain_grade import ColumnPolicy
from agent_envs.snapshots.cache import build_once, cache_path, reading
from agent_envs.tools import Toolbox

from .compose import Subject
from .episode import EpisodeDatabase
from .folder import Folder
from .image import FORMAT, Image, ImageError
from .image_from_duckdb import image_from_duckdb
from .package import package_of
from .pools import POOLS
from .queries.warehouse import Warehouse
from .recipe import Recipe
from .schema import MAIN, DomainError, Schema, read_schema
from .snapshot import MANIFEST, Manifest, Snapshot, write_snapshot

DATA_VERSION = 1
"""Raise it when the same domain, rows and seed give other rows."""
ROWS = 5000
"""Rows of all tables together where neither the domain nor whoever opens it says otherwise."""
LIMIT_ROWS = 2_000_000
"""Most rows that may be asked for: keys keep one length up to there, and sort as their numbers do."""
_HERE = Path(__file__).parent
_NOT_DATA = ("tools.py", "user_tools.py", "tasks.py")


class Domain:
    """A business whose databases are generated; `load_domain` makes it.

    Args:
        name: What it is called.
        folder: Where its files are.

    Raises:
        DomainError: Something is missing or wrong; the message names the file and the line.
    """

    def __init__(self, name: str, folder: Folder) -> None:
        self.name, self._files = name, folder
        self.policy = folder.text("policy.md")
        self.schema: Schema = read_schema(folder.file("schema.sql"))
        data = folder.module("data")
        clock = getattr(data, "NOW", None)
        if not isinstance(clock, datetime) or clock.tzinfo is not UTC:
            raise DomainError(f"{data.__file__}:1: NOW is {clock!r}; give the domain's time, a datetime in UTC")
        self.clock = clock
        self.rows: int = getattr(data, "ROWS", ROWS)
        if type(self.rows) is not int or not 1 <= self.rows <= LIMIT_ROWS:
            raise DomainError(f"{data.__file__}:1: ROWS is {self.rows!r}; give a whole number up to {LIMIT_ROWS:,}")
        self._counts = folder.function("data", "counts", "gives each table its number of rows")
        self._makers = {
            table.name: folder.function("data", table.name, f"makes the rows of {self.schema.path}:{table.line}")
            for table in self.schema.tables
        }
        self.tools = folder.toolbox("tools")
        has_user_tools = folder.has("user_tools.py")
        self.user_tools = folder.toolbox("user_tools") if has_user_tools else Toolbox[EpisodeDatabase](())

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self._files.path

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables, those that are referred to before those that refer to them."""
        return tuple(table.name for table in self.schema.tables)

    def recipe(self, rows: int, seed: int) -> Recipe:
        """What the rows of a snapshot are made of; any one can be made alone.

        Raises:
            ValueError: Rows or a seed that are none.
            DomainError: ``counts`` does not give a number for every table.
        """
        if type(rows) is not int or not 1 <= rows <= LIMIT_ROWS:
            raise ValueError(f"rows={rows!r}: give a whole number from 1 to {LIMIT_ROWS:,}")
        if type(seed) is not int or not 0 <= seed < 2**63:
            raise ValueError(f"seed={seed!r}: give a whole number from 0 to 2**63 - 1")
        counts = self._counts(rows)
        if not isinstance(counts, dict) or set(counts) != set(self.tables):
            place = f"{self._counts.__code__.co_filename}:{self._counts.__code__.co_firstlineno}"
            raise DomainError(f"{place}: counts() gives {counts!r:.500}; give one number for each of {self.tables}")
        return Recipe(self.schema, self._makers, counts, seed)

    def snapshot(self, rows: int, seed: int) -> Snapshot:
        """The snapshot of about so many rows, made at first use and kept in the cache.

        Args:
            rows: Rows of all tables together, give or take a fifth; small tables do not shrink below their least size.
            seed: Names the world.

        Raises:
            ValueError: Rows or a seed that are none.
            DomainError: ``data.py`` makes what the schema refuses.
            CacheFull: It does not fit on the disk.
            CacheDamaged: What was made cannot be read.
        """
        recipe = self.recipe(rows, seed)
        folder = cache_path("domain", self.name, self._digest_of(rows, seed))
        build_once(folder, lambda path: write_snapshot(path, self.name, rows, recipe))
        with reading(folder):
            manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
        return Snapshot(folder, manifest)

    def image(self, rows: int, seed: int) -> Image:
        """The image of a snapshot, on which episodes run; the process holds it once.

        Raises:
            As `snapshot`.
        """
        self.recipe(rows, seed)
        digest = hashlib.blake2b(f"{self._digest_of(rows, seed)} {FORMAT}".encode()).hexdigest()
        path = cache_path("domain-image", self.name, digest, ".sqlite")

        def build(partial: Path) -> None:
            try:
                image_from_duckdb(self.snapshot(rows, seed).database).save(partial)
            except ImageError as error:
                raise DomainError(f"{self.schema.path}: {error}") from error

        return _image(build_once(path, build))

    def open(self, rows: int, seed: int) -> EpisodeDatabase:
        """The database of a new episode, at the domain's time."""
        return EpisodeDatabase(self.image(rows, seed), self.clock, warehouse=self.warehouse(rows, seed))

    def warehouse(self, rows: int, seed: int) -> Warehouse | None:
        """The tables that stay in DuckDB, those of another schema than ``main``; None where there are none.

        Raises:
            As `snapshot`.
        """
        schemas = sorted({table.schema for table in self.schema.tables} - {MAIN})
        return _warehouse(self.snapshot(rows, seed).database, *schemas) if schemas else None

    def subjects(self, database: EpisodeDatabase) -> Iterator[Subject]:
        """Whom or what tasks are about, as ``tasks.py`` finds them in a database.

        Raises:
            DomainError: There is no ``tasks.py``, or no ``subjects`` in it.
        """
        subjects = self._files.function("tasks", "subjects", "yields whom or what tasks are about, from a database")
        found: Iterator[Subject] = subjects(database)
        return found

    @cached_property
    def columns(self) -> Mapping[str, ColumnPolicy]:
        """How columns count in the reward, as ``COLUMNS`` in ``tasks.py`` says; those not named count to the letter.

        Raises:
            DomainError: It names a column that is not there, or a way that does not exist.
        """
        if not self._files.has("tasks.py"):
            return {}
        module = self._files.module("tasks")
        columns: Mapping[str, ColumnPolicy] = getattr(module, "COLUMNS", {})
        there = {f"{table.name}.{column}" for table in self.schema.tables for column in table.columns}
        for column, policy in columns.items():
            if column not in there or policy not in get_args(ColumnPolicy):
                ways = ", ".join(get_args(ColumnPolicy))
                told = f"COLUMNS has {column!r}: {policy!r}; give a column and one of {ways}"
                raise DomainError(f"{module.__file__}:1: {told}")
        return columns

    def __reduce__(self) -> tuple[Any, ...]:
        return load_domain, (self.name if self._files.package.startswith(f"{__package__}.") else self.folder,)

    def __repr__(self) -> str:
        return f"Domain({self.name!r}, {len(self.tables)} tables, {len(self.tools)} tools)"

    def _digest_of(self, rows: int, seed: int) -> str:
        return hashlib.blake2b(f"{self._source_digest} {rows} {seed}".encode()).hexdigest()

    @cached_property
    def _source_digest(self) -> str:
        """Digest of the schema and the code that makes the rows."""
        code = (path for path in self.folder.glob("*.py") if path.name not in _NOT_DATA)
        files = [(path.name, path.read_bytes()) for path in (self.schema.path, *sorted(code))]
        parts = (DATA_VERSION, POOLS.digest, files)
        return hashlib.blake2b(msgspec.msgpack.encode(parts), digest_size=16).hexdigest()


def load_domain(domain: str | Path) -> Domain:
    """Load a domain.

    ``schema.sql`` creates the tables, in DuckDB's SQL. ``data.py`` has ``NOW``, the time at which every episode
    stands; ``counts(rows)``, a number of `Row` numbers for each table; and for each table a function of its name,
    which makes the rows of one `Row`, as a dictionary or a list of them. ``tools.py`` has the agent's tools and
    ``user_tools.py``, where there is one, the user's; each takes the `EpisodeDatabase` first and has a return type.
    ``policy.md`` is what the agent must follow. The modules may import from others in the folder, relatively. The
    code runs as it is: load no folder that you do not trust.

    Args:
        domain: Name of an embedded domain, or the path of a folder.

    Returns:
        The domain; the same one for the same files.

    Raises:
        DomainError: Something is missing or wrong; the message names the file and the line.
    """
    embedded = [path.parent.name for path in sorted(_HERE.glob("*/schema.sql"))]
    if domain in embedded:
        return _loaded(str(domain), Folder(_HERE / domain, f"{__package__}.{domain}"))
    folder = Path(domain).absolute()
    if not folder.is_dir():
        raise DomainError(f"there is no folder {folder}; give one, or an embedded domain: {', '.join(embedded)}")
    if not re.fullmatch(r"[A-Za-z]\w*", folder.name, re.ASCII):
        raise DomainError(f"{folder}: call the folder by letters, digits and underscores: it names the domain")
    return _loaded(folder.name, Folder(folder, package_of(folder)))


@lru_cache(maxsize=64)
def _loaded(name: str, folder: Folder) -> Domain:
    return Domain(name, folder)


@lru_cache(maxsize=4)
def _warehouse(path: Path, schema: str) -> Warehouse:
    return Warehouse(path, schema)


@lru_cache(maxsize=4)
def _image(path: Path) -> Image:
    with reading(path):
        return Image.load(path)
