"""An immutable SQLite image of a snapshot: its bytes, their digest, and what its tables look like."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import apsw

from .vfs import connect

FORMAT = 0x41454442
"""SQLite's ``application_id`` of our images; it changes with their shape, so that another shape is refused."""
LIMIT_TEXT_BYTES = 100_000
"""Longest text, and longest row, in an image and in its episodes."""
PAGE_BYTES = 1024
"""Small, because every open episode keeps pages of its own in memory; larger ones are no faster."""


class ImageError(ValueError):
    """A snapshot that cannot become an image, or bytes that are none."""


class Reference(NamedTuple):
    """A foreign key: these columns hold a key of that table."""

    columns: tuple[str, ...]
    table: str
    target: tuple[str, ...]


class Table(NamedTuple):
    """A table: its columns in their order, those of its primary key in the key's order, its foreign keys."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    references: tuple[Reference, ...]


class Image:
    """A database that never changes and that every episode of the process shares.

    Args:
        data: A database file that `image_from_duckdb` made: STRICT tables WITHOUT ROWID, each with a primary key.

    Raises:
        ImageError: The bytes are no image of this version, or are cut short.
    """

    def __init__(self, data: bytes) -> None:
        if data[:16] != b"SQLite format 3\0" or int.from_bytes(data[68:72], "big") != FORMAT:
            raise ImageError("these bytes are no image of this version; build it again with image_from_duckdb")
        size = int.from_bytes(data[28:32], "big") * PAGE_BYTES
        if len(data) != size:
            raise ImageError(f"the image has {len(data)} of its {size} bytes; build it again with image_from_duckdb")
        self.data = data
        self.digest = hashlib.blake2b(data, digest_size=16).hexdigest()
        try:
            self.tables: Mapping[str, Table] = MappingProxyType(_tables(data))
        except apsw.Error as error:
            raise ImageError(f"the image is damaged ({error}); build it again with image_from_duckdb") from error

    @classmethod
    def load(cls, path: Path) -> Image:
        """Read an image that was saved as a file.

        Raises:
            ImageError: The file is no image; the message names it.
        """
        try:
            return cls(path.read_bytes())
        except ImageError as error:
            raise ImageError(f"{path}: {error}") from error

    def save(self, path: Path) -> None:
        """Write the image as a file, an SQLite database that any tool can open."""
        path.write_bytes(self.data)

    def __repr__(self) -> str:
        return f"Image({len(self.tables)} tables, {len(self.data)} bytes, {self.digest})"


def _tables(data: bytes) -> dict[str, Table]:
    connection = connect(data)
    try:
        names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")
        return {str(name): _table(connection, str(name)) for (name,) in names}
    finally:
        connection.close()


def _table(connection: apsw.Connection, name: str) -> Table:
    columns = connection.execute("SELECT name, pk FROM pragma_table_info(?) ORDER BY cid", (name,)).fetchall()
    key = sorted((place, column) for column, place in columns if place)
    links: dict[int, list[tuple[str, str, str]]] = {}
    for number, *link in connection.execute(
        'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq', (name,)
    ):
        links.setdefault(number, []).append((link[0], link[1], link[2]))
    references = tuple(
        Reference(tuple(here for _, here, _ in parts), parts[0][0], tuple(there for _, _, there in parts))
        for parts in links.values()
    )
    return Table(name, tuple(str(column) for column, _ in columns), tuple(str(column) for _, column in key), references)
