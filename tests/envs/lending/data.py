"""The rows of a lending desk that is small enough to be read."""

from __future__ import annotations

from datetime import UTC, date, datetime

from agent_envs.snapshots.domains.recipe import Cells
from agent_envs.snapshots.domains.rows import Row

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
BOOKS = (("Dune", 2), ("Emma", 1), ("Ulysses", 0))


def counts(rows: int) -> dict[str, int]:
    """The same whatever is asked for."""
    return {"books": len(BOOKS), "loans": 1}


def books(row: Row) -> Cells:
    """A book."""
    title, copies = BOOKS[row.number]
    return {"book_id": row.key("B"), "title": title, "copies": copies}


def loans(row: Row) -> Cells:
    """A loan of a book of which no copy is left."""
    book = row.at("books", 2)
    return {
        "loan_id": row.key("L"),
        "book_id": book.key("B"),
        "reader_id": "R-1",
        "due_on": date(2026, 3, 9),
        "note": "",
    }
