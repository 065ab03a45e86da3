"""What the lending desk can do."""

from __future__ import annotations

from typing import Any

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError, tool


@tool
def find_book(db: EpisodeDatabase, title: str) -> dict[str, Any]:
    """Find a book by its exact title."""
    book = db.row("SELECT book_id, title, copies FROM books WHERE title = ?", title)
    if book is None:
        raise ToolError(f"no book is called {title[:100]!r}")
    return book


@tool(writes=True)
def lend(db: EpisodeDatabase, book_id: str, reader_id: str, note: str = "") -> dict[str, Any]:
    """Lend a copy of a book to a reader for two weeks."""
    number = db.scalar("SELECT count(*) FROM loans") + 1
    db.write("INSERT INTO loans VALUES (?, ?, ?, ?, ?)", f"L-{number}", book_id, reader_id, "2026-03-15", note)
    if not db.scalar("SELECT copies FROM books WHERE book_id = ?", book_id):
        raise ToolError(f"no copy of {book_id!r} is left")
    db.write("UPDATE books SET copies = copies - 1 WHERE book_id = ?", book_id)
    return {"loan_id": f"L-{number}", "due_on": "2026-03-15"}
