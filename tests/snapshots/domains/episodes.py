"""What tests of episode databases do to one, and see of it."""

from __future__ import annotations

from typing import Any

from agent_envs.snapshots.domains.episode import EpisodeDatabase

BOMB = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"


def everything(database: EpisodeDatabase) -> dict[str, list[dict[str, Any]]]:
    """All rows, by table, in the order of their keys."""
    return {
        table.name: database.rows(f'SELECT * FROM "{table.name}" ORDER BY {", ".join(table.key)}')
        for table in database.image.tables.values()
    }


def write(database: EpisodeDatabase, sql: str, *parameters: Any) -> int:
    with database.call(writes=True):
        return database.write(sql, *parameters)


def pay(database: EpisodeDatabase, cents: int = 1) -> None:
    write(database, 'UPDATE "order" SET cents = cents + ? WHERE customer = ? AND number = 1', cents, "c1")
