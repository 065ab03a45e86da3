"""The parameters that the clinics' tools share, and what the writing ones need: new ids and whether it is late."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta

from agent_envs.snapshots.domains.episode import EpisodeDatabase

from .rules import LATE

Text = Annotated[str, Meta(min_length=1, max_length=100)]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", max_length=10)]
Start = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:00)?$",
        max_length=19,
        description="Such as 2026-06-22 10:30.",
    ),
]


def new_id(db: EpisodeDatabase, table: str, column: str, prefix: str) -> str:
    """The id of a new row: the one behind the last; all of a table have one length."""
    last = db.scalar(f"SELECT max({column}) FROM {table}")
    return f"{prefix}{int(last[len(prefix) :]) + 1 if last else 1_000_000}"


def starts_late(db: EpisodeDatabase, starts_at: str) -> bool:
    """Whether an appointment begins so soon that cancelling costs a fee."""
    return datetime.fromisoformat(starts_at).replace(tzinfo=UTC) - db.clock < LATE
