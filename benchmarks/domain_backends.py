"""Ways of keeping an episode of the shop, which ``benchmarks/domains.py`` compares: ours, and what is usually done."""

from __future__ import annotations

import copy
import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any, Protocol

import duckdb

from agent_envs.snapshots.domains.domain import Domain
from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.image import Image

READ = "SELECT * FROM orders WHERE order_id = ?"
JOIN = (
    "SELECT i.line, i.quantity, v.colour, p.name FROM order_items i JOIN variants v ON v.variant_id = i.variant_id"
    " JOIN products p ON p.product_id = v.product_id WHERE i.order_id = ? ORDER BY i.line"
)
WRITE = "UPDATE customers SET phone = ? WHERE customer_id = ?"
Tables = dict[str, dict[tuple[Any, ...], dict[str, Any]]]


class Backend(Protocol):
    """What every way of keeping an episode can do."""

    def reset(self) -> None:
        """Back to the snapshot, ready for the first call."""

    def read(self, sql: str, key: str) -> object:
        """One reading call."""

    def write(self, phone: str, key: str) -> object:
        """One writing call, which would be undone if it failed."""

    def digest(self) -> str:
        """A hash of the state, or of what changed, by which it is graded."""

    def fork(self) -> object:
        """An independent copy, used once."""


class Ours:
    """The episode database."""

    def __init__(self, database: EpisodeDatabase) -> None:
        self.database = database

    def reset(self) -> None:
        """With the first, empty call, because the connection is taken when it is needed."""
        self.database.reset()
        with self.database.call():
            self.database.scalar("SELECT 1")

    def read(self, sql: str, key: str) -> object:
        """Rows as dictionaries."""
        with self.database.call():
            return self.database.rows(sql, key)

    def write(self, phone: str, key: str) -> object:
        """In a savepoint, with the changeset."""
        with self.database.call(writes=True):
            return self.database.write(WRITE, phone, key)

    def digest(self) -> str:
        """The hash of the net difference."""
        return self.database.digest()

    def fork(self) -> object:
        """The changeset, applied to another connection."""
        twin = self.database.fork()
        return twin.scalar("SELECT 1")


class Sqlite:
    """sqlite3 of the standard library on a private copy in memory, rolled back at the end of an episode."""

    def __init__(self, image: Image) -> None:
        self.tables = image.tables
        self.connection = self._copied(image.data)
        self.connection.execute("BEGIN")

    def reset(self) -> None:
        """Roll back."""
        self.connection.execute("ROLLBACK")
        self.connection.execute("BEGIN")

    def read(self, sql: str, key: str) -> object:
        """Rows as dictionaries."""
        return [dict(row) for row in self.connection.execute(sql, (key,))]

    def write(self, phone: str, key: str) -> object:
        """In a savepoint."""
        self.connection.execute("SAVEPOINT call")
        self.connection.execute(WRITE, (phone, key))
        return self.connection.execute("RELEASE call")

    def digest(self) -> str:
        """The hash of all tables."""
        total = hashlib.blake2b()
        for name, table in self.tables.items():
            for row in self.connection.execute(f"SELECT * FROM {name} ORDER BY {', '.join(table.key)}"):
                total.update(repr(tuple(row)).encode())
        return total.hexdigest()

    def fork(self) -> object:
        """A copy of all pages, and of what the transaction holds."""
        return self._copied(self.connection.serialize()).execute("SELECT 1").fetchone()

    def _copied(self, data: bytes) -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.deserialize(data)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        return connection


class DuckDb:
    """A DuckDB transaction that is rolled back. It has no savepoints, and no forks within a transaction."""

    def __init__(self, path: Path, tables: list[str]) -> None:
        self.connection, self.tables = duckdb.connect(path), tables
        self.connection.execute("SET threads = 1")
        self.connection.execute("BEGIN")

    def reset(self) -> None:
        """Roll back."""
        self.connection.execute("ROLLBACK")
        self.connection.execute("BEGIN")

    def read(self, sql: str, key: str) -> object:
        """Rows as tuples."""
        return self.connection.execute(sql, [key]).fetchall()

    def write(self, phone: str, key: str) -> object:
        """Without protection."""
        return self.connection.execute(WRITE, [phone, key])

    def digest(self) -> str:
        """The hash of all tables, by DuckDB's own."""
        return repr([self.connection.execute(f"SELECT sum(hash(t)) FROM {name} t").fetchone() for name in self.tables])

    def fork(self) -> object:
        """There is none."""
        raise NotImplementedError


class Dictionaries:
    """Tables as dictionaries of rows, copied deeply."""

    def __init__(self, domain: Domain, image: Image) -> None:
        database = EpisodeDatabase(image, domain.clock, limit_rows=10**9, limit_steps=10**12)
        self.snapshot: Tables = {name: {} for name in image.tables}
        for name, table in image.tables.items():
            by = ", ".join(table.key)
            for at in range(0, database.scalar(f"SELECT count(*) FROM {name}"), 20_000):
                for row in database.rows(f"SELECT * FROM {name} ORDER BY {by} LIMIT 20000 OFFSET ?", at):
                    self.snapshot[name][tuple(row[column] for column in table.key)] = row
        self.tables = self.snapshot

    def reset(self) -> None:
        """Copy everything."""
        self.tables = copy.deepcopy(self.snapshot)

    def read(self, sql: str, key: str) -> object:
        """By key; the lines of an order by their numbers."""
        if sql == READ:
            return [dict(self.tables["orders"][key,])]
        lines, number = [], 1
        while line := self.tables["order_items"].get((key, number)):
            variant = self.tables["variants"][line["variant_id"],]
            name = self.tables["products"][variant["product_id"],]["name"]
            lines.append({"line": number, "quantity": line["quantity"], "colour": variant["colour"], "name": name})
            number += 1
        return lines

    def write(self, phone: str, key: str) -> object:
        """Without protection."""
        self.tables["customers"][key,]["phone"] = phone
        return None

    def digest(self) -> str:
        """The hash of all tables."""
        plain = {name: list(rows.values()) for name, rows in self.tables.items()}
        return hashlib.blake2b(json.dumps(plain, sort_keys=True).encode()).hexdigest()

    def fork(self) -> object:
        """Copy everything."""
        return copy.deepcopy(self.tables)
