"""Speed and memory of the episode database, next to plain sqlite3, DuckDB and copied dictionaries in the same run."""

from __future__ import annotations

import argparse
import copy
import gc
import hashlib
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, Protocol

import apsw
import duckdb
import psutil  # type: ignore[import-untyped]

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.image import Image
from agent_envs.snapshots.domains.image_from_duckdb import image_from_duckdb

TABLES = 10
READ = "SELECT * FROM t3 WHERE id = ?"
JOIN = (
    "SELECT a.id, b.name, c.name AS other FROM t5 a JOIN t4 b ON b.id = a.parent"
    " JOIN t3 c ON c.id = b.parent WHERE a.id = ?"
)
WRITE = "UPDATE t3 SET cents = cents + 1 WHERE id = ?"
CLOCK = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


class Backend(Protocol):
    """What every way of keeping an episode can do."""

    def reset(self) -> None:
        """Back to the snapshot, ready for the first call."""

    def read(self, sql: str, key: int) -> object:
        """One reading call."""

    def write(self, key: int) -> object:
        """One writing call, which would be undone if it failed."""

    def grade(self) -> str:
        """A hash of the state, or of what changed."""


class Ours:
    """The episode database."""

    def __init__(self, image: Image) -> None:
        self.database = EpisodeDatabase(image, CLOCK)

    def reset(self) -> None:
        """With the first, empty call, because the connection is taken when it is needed."""
        self.database.reset()
        with self.database.call():
            self.database.scalar("SELECT 1")

    def read(self, sql: str, key: int) -> object:
        """Rows as dictionaries."""
        with self.database.call():
            return self.database.rows(sql, key)

    def write(self, key: int) -> object:
        """In a savepoint, with the changeset."""
        with self.database.call(writes=True):
            return self.database.write(WRITE, key)

    def grade(self) -> str:
        """The hash of the net difference."""
        return self.database.digest()


class Sqlite:
    """sqlite3 of the standard library on a private copy in memory, rolled back at the end of an episode."""

    def __init__(self, image: Image) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.deserialize(image.data)
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("PRAGMA foreign_keys = ON")
        self.connection.execute("BEGIN")

    def reset(self) -> None:
        """Roll back."""
        self.connection.execute("ROLLBACK")
        self.connection.execute("BEGIN")

    def read(self, sql: str, key: int) -> object:
        """Rows as dictionaries."""
        return [dict(row) for row in self.connection.execute(sql, (key,))]

    def write(self, key: int) -> object:
        """In a savepoint."""
        self.connection.execute("SAVEPOINT call")
        self.connection.execute(WRITE, (key,))
        return self.connection.execute("RELEASE call")

    def grade(self) -> str:
        """The hash of all tables."""
        total = hashlib.blake2b()
        for table in range(TABLES):
            for row in self.connection.execute(f"SELECT * FROM t{table} ORDER BY id"):
                total.update(repr(tuple(row)).encode())
        return total.hexdigest()


class SqliteBackup(Sqlite):
    """The same, but an episode begins with ``backup()`` of the snapshot."""

    def __init__(self, image: Image) -> None:
        super().__init__(image)
        self.source = sqlite3.connect(":memory:")
        self.source.deserialize(image.data)

    def reset(self) -> None:
        """Copy all pages."""
        self.connection.execute("ROLLBACK")
        self.source.backup(self.connection)
        self.connection.execute("BEGIN")


class DuckDb:
    """A DuckDB transaction that is rolled back. It has no savepoints: a call that fails ends the episode."""

    def __init__(self, path: Path) -> None:
        self.connection = duckdb.connect(path)
        self.connection.execute("SET threads = 1")
        self.connection.execute("BEGIN")

    def reset(self) -> None:
        """Roll back."""
        self.connection.execute("ROLLBACK")
        self.connection.execute("BEGIN")

    def read(self, sql: str, key: int) -> object:
        """Rows as tuples."""
        return self.connection.execute(sql, [key]).fetchall()

    def write(self, key: int) -> object:
        """Without protection."""
        return self.connection.execute(WRITE, [key])

    def grade(self) -> str:
        """The hash of all tables, by DuckDB's own."""
        sums = [self.connection.execute(f"SELECT sum(hash(t)) FROM t{table} t").fetchone() for table in range(TABLES)]
        return repr(sums)


class Dictionaries:
    """Tables as dictionaries of dictionaries, copied deeply."""

    def __init__(self, image: Image) -> None:
        database = EpisodeDatabase(image, CLOCK, limit_rows=10**9, limit_steps=10**12)
        self.snapshot: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in image.tables}
        for name in image.tables:
            for at in range(0, database.scalar(f"SELECT count(*) FROM {name}"), 50_000):
                rows = database.rows(f"SELECT * FROM {name} ORDER BY id LIMIT 50000 OFFSET ?", at)
                self.snapshot[name].update((row["id"], row) for row in rows)
        self.tables = self.snapshot

    def reset(self) -> None:
        """Copy everything."""
        self.tables = copy.deepcopy(self.snapshot)

    def read(self, sql: str, key: int) -> object:
        """By key; a join follows the parents."""
        if sql == READ:
            return [dict(self.tables["t3"][key])]
        second = self.tables["t4"][self.tables["t5"][key]["parent"]]
        return [{"id": key, "name": second["name"], "other": self.tables["t3"][second["parent"]]["name"]}]

    def write(self, key: int) -> object:
        """Without protection."""
        self.tables["t3"][key]["cents"] += 1
        return None

    def grade(self) -> str:
        """The hash of all tables."""
        return hashlib.blake2b(json.dumps(self.tables, sort_keys=True).encode()).hexdigest()


def main() -> None:
    """Measure everything and print one table and one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 200_000, 1_000_000])
    parser.add_argument("--repeats", type=int, default=2000, help="of ours; slower ones are repeated less")
    arguments = parser.parse_args()
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for rows in arguments.rows:
            path = Path(folder) / f"{rows}.duckdb"
            generate(path, rows)
            begun = time.perf_counter()
            image = image_from_duckdb(path)
            built = {"s": time.perf_counter() - begun, "mb": len(image.data) / 1e6}
            results[f"{rows} rows: image"] = built
            makers: dict[str, Callable[[], Backend]] = {
                "ours": partial(Ours, image),
                "sqlite3, rollback": partial(Sqlite, image),
                "sqlite3, backup": partial(SqliteBackup, image),
                "duckdb, rollback": partial(DuckDb, path),
                "dict deepcopy": partial(Dictionaries, image),
            }
            for name, make in makers.items():
                results[f"{rows} rows: {name}"] = measured(make(), rows // TABLES, arguments.repeats)
                gc.collect()
            results[f"{rows} rows: ours, more"] = forks_and_digests(image, rows // TABLES, arguments.repeats)
            image.save(saved := path.with_suffix(".sqlite"))
            for episodes in (1, 100, 1000):
                with get_context("spawn").Pool(1) as fresh:  # nothing that was freed before is in its memory
                    used = fresh.apply(memory, (saved, rows // TABLES, episodes))
                results[f"{rows} rows: KB an episode, {episodes} open"] = used
            results[f"{rows} rows: 1,000 episodes write one row"] = conflicts(image, path)
    for name, values in results.items():
        print(f"{name:42} " + "   ".join(f"{key} {value:,.1f}" for key, value in values.items()))
    print(json.dumps({"benchmark": "episode_database", **results}))


def generate(path: Path, rows: int) -> None:
    """Ten tables of equal size, each row naming one of the table before."""
    each = rows // TABLES
    with duckdb.connect(path) as connection:
        for table in range(TABLES):
            parent = f" REFERENCES t{table - 1}(id)" if table else ""
            connection.execute(
                f"CREATE TABLE t{table} (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL,"
                " cents INTEGER CHECK (cents >= 0),"
                f" state VARCHAR NOT NULL, made TIMESTAMP, active BOOLEAN NOT NULL, parent INTEGER{parent})"
            )
            connection.execute(
                f"INSERT INTO t{table} SELECT i, 'name ' || i, i * 3, 'open',"
                " TIMESTAMP '2026-01-01' + INTERVAL (i) MINUTE,"
                f" i % 2 = 0, i * 7 % {each} FROM range({each}) r(i)"
            )


def timed(act: Callable[[], object], repeats: int, budget_s: float = 3.0) -> float:
    """Median time in µs, of fewer repeats where they take too long together."""
    gc.collect()
    gc.disable()
    times: list[float] = []
    while len(times) < repeats and (sum(times) < budget_s * 1e6 or len(times) < 3):
        begun = time.perf_counter_ns()
        act()
        times.append((time.perf_counter_ns() - begun) / 1e3)
    gc.enable()
    return median(times)


def play(backend: Backend, keys: Iterator[int]) -> None:
    """Ten calls: five point reads, two joins, three writes."""
    for _ in range(5):
        backend.read(READ, next(keys))
    for _ in range(2):
        backend.read(JOIN, next(keys))
    for _ in range(3):
        backend.write(next(keys))


def spread(each: int) -> Iterator[int]:
    """Keys all over a table."""
    return (number * 7919 % each for number in count())


def measured(backend: Backend, each: int, repeats: int) -> dict[str, float]:
    """Reset, calls, a whole episode (reset, ten calls; graded apart) and grading, in µs."""
    keys = spread(each)

    def reset() -> float:
        play(backend, keys)
        begun = time.perf_counter_ns()
        backend.reset()
        return (time.perf_counter_ns() - begun) / 1e3

    def episode() -> None:
        backend.reset()
        play(backend, keys)

    resets, deadline = [reset()], time.perf_counter() + 3
    while len(resets) < repeats and time.perf_counter() < deadline:
        resets.append(reset())
    found = {
        "reset": median(resets),
        "read": timed(lambda: backend.read(READ, next(keys)), repeats),
        "join": timed(lambda: backend.read(JOIN, next(keys)), repeats),
    }
    backend.reset()
    found["write"] = timed(lambda: backend.write(next(keys) % 10), repeats)
    found["episode"] = timed(episode, repeats)
    found["grade"] = timed(backend.grade, repeats)
    return found


def forks_and_digests(image: Image, each: int, repeats: int) -> dict[str, float]:
    """What only the episode database can do, after an episode of three writes, in µs."""
    ours = Ours(image)
    play(ours, spread(each))
    database = ours.database

    def fork_and_use() -> None:
        database.fork().scalar("SELECT 1")

    return {
        "fork": timed(database.fork, repeats),
        "fork and first use": timed(fork_and_use, repeats),
        "diff": timed(database.diff, repeats),
        "digest": timed(database.digest, repeats),
    }


def memory(saved: Path, each: int, episodes: int) -> dict[str, float]:
    """KB that each open episode holds after ten calls, the image left aside: resident, and SQLite's own count."""
    image = Image.load(saved)
    process = psutil.Process()
    keys = spread(each)
    gc.collect()
    resident, used = process.memory_info().rss, apsw.memory_used()
    held = [Ours(image) for _ in range(episodes)]
    for backend in held:
        play(backend, keys)
    return {
        "resident": (process.memory_info().rss - resident) / episodes / 1024,
        "sqlite": (apsw.memory_used() - used) / episodes / 1024,
    }


def conflicts(image: Image, path: Path) -> dict[str, float]:
    """How many of 1,000 episodes that are open at once cannot write one and the same row."""
    held = [Ours(image) for _ in range(1000)]
    for backend in held:
        backend.write(3)
    ours = sum(not backend.database.diff() for backend in held)
    failed = 0
    with duckdb.connect(path) as connection:
        cursors = [connection.cursor() for _ in range(1000)]
        for cursor in cursors:
            cursor.execute("BEGIN")
            try:
                cursor.execute(WRITE, [3])
            except duckdb.TransactionException:
                failed += 1
    return {"ours": float(ours), "duckdb": float(failed)}


if __name__ == "__main__":
    main()
