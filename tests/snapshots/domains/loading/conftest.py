"""A library of two tables as a folder, which is a domain that can be read at once."""

from __future__ import annotations

from pathlib import Path

import pytest

SCHEMA = """-- A library of two tables.
CREATE TABLE shelves (shelf_id VARCHAR PRIMARY KEY, room VARCHAR NOT NULL);

CREATE TABLE books (
    book_id VARCHAR PRIMARY KEY,
    shelf_id VARCHAR NOT NULL REFERENCES shelves (shelf_id),
    pages INTEGER NOT NULL CHECK (pages > 0),
    bought_at TIMESTAMP
);
"""
DATA = '''"""How the library's rows are made."""

from datetime import UTC, datetime

from .rooms import ROOMS

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def counts(rows):
    return {"shelves": 1 + rows // 10, "books": rows}


def shelves(row):
    return {"shelf_id": row.key("S"), "room": row.pick("room", ROOMS)}


def books(row):
    shelf = row.other("shelf", "shelves")
    return [
        {
            "book_id": row.key("B", index, 2),
            "shelf_id": shelf.key("S"),
            "pages": row.part(index).integer("pages", 20, 900),
            "bought_at": row.time("bought", datetime(2020, 1, 1, tzinfo=UTC), NOW) if index else None,
        }
        for index in range(row.integer("volumes", 1, 2))
    ]
'''
TOOLS = '''"""What the library's agent can do."""

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import tool


@tool
def count_books(db: EpisodeDatabase, shelf_id: str) -> int:
    """Count the books of a shelf."""
    return db.scalar("SELECT count(*) FROM books WHERE shelf_id = ?", shelf_id)


@tool(writes=True)
def remove_book(db: EpisodeDatabase, book_id: str) -> int:
    """Remove a book; says how many there were."""
    return db.write("DELETE FROM books WHERE book_id = ?", book_id)
'''
FILES = {
    "schema.sql": SCHEMA,
    "data.py": DATA,
    "rooms.py": 'ROOMS = ("hall", "cellar")\n',
    "tools.py": TOOLS,
    "policy.md": "Be quiet.\n",
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AGENT_ENVS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "library", FILES)


def write(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))
