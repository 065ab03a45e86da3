"""What a reader can do at the machine in the hall."""

from __future__ import annotations

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import tool


@tool(writes=True)
def give_back(db: EpisodeDatabase, loan_id: str) -> str:
    """Put a book into the return box."""
    book_id = db.scalar("SELECT book_id FROM loans WHERE loan_id = ?", loan_id)
    db.write("DELETE FROM loans WHERE loan_id = ?", loan_id)
    db.write("UPDATE books SET copies = copies + 1 WHERE book_id = ?", book_id)
    return "The box has taken the book."
