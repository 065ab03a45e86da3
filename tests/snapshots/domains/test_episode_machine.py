"""Episodes against a dictionary that does the same: any order of writes, failures, forks and resets."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.image import Image
from agent_envs.snapshots.domains.image_from_duckdb import image_from_duckdb
from agent_envs.tools import ToolError

IDS = st.sampled_from(["a", "b", "c", "d", "e", "f", "x", "y", "z"])  # six that live in the image, three that do not
RANKS = st.none() | st.integers(0, 4)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
START = {name: (number if number < 3 else None, name * 2, number / 4) for number, name in enumerate("abcdef")}
Row = tuple[int | None, str, float]


@cache
def image() -> Image:
    """Items with a unique rank, each of which another one may name as its parent."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "items.duckdb"
        with duckdb.connect(path) as connection:
            connection.execute(
                "CREATE TABLE item (id VARCHAR PRIMARY KEY, rank INTEGER UNIQUE, text VARCHAR, x DOUBLE)"
            )
            connection.execute("CREATE TABLE mark (item VARCHAR REFERENCES item(id), n INTEGER, PRIMARY KEY (n, item))")
            connection.executemany("INSERT INTO item VALUES (?, ?, ?, ?)", [(id, *row) for id, row in START.items()])
            connection.execute("INSERT INTO mark VALUES ('a', 1), ('b', 2)")
        return image_from_duckdb(path)


class World:
    """An episode and the oracle of its state."""

    def __init__(self, database: EpisodeDatabase, items: dict[str, Row], marks: set[tuple[str, int]]) -> None:
        self.database, self.items, self.marks = database, items, marks

    def write(self, allowed: bool, sql: str, *parameters: Any) -> bool:
        if not allowed:
            with pytest.raises(ToolError, match="the database refuses this"), self.database.call(writes=True):
                self.database.write(sql, *parameters)
            return False
        with self.database.call(writes=True):
            self.database.write(sql, *parameters)
        return True

    def free(self, rank: int | None, id: str) -> bool:
        return rank is None or all(row[0] != rank for other, row in self.items.items() if other != id)


class Episodes(RuleBasedStateMachine):
    """Several episodes side by side, each with its oracle."""

    worlds = Bundle("worlds")

    def __init__(self) -> None:
        super().__init__()
        self.all: list[World] = []

    @rule(target=worlds)
    def open(self) -> World:
        database = EpisodeDatabase(image(), datetime(2026, 3, 1, tzinfo=UTC), limit_steps=20_000)
        self.all.append(World(database, dict(START), {("a", 1), ("b", 2)}))
        return self.all[-1]

    @rule(target=worlds, world=worlds)
    def fork(self, world: World) -> World:
        self.all.append(World(world.database.fork(), dict(world.items), set(world.marks)))
        return self.all[-1]

    @rule(world=worlds, id=IDS, rank=RANKS, text=TEXTS, x=st.floats(allow_nan=False, allow_infinity=False))
    def insert(self, world: World, id: str, rank: int | None, text: str, x: float) -> None:
        allowed = id not in world.items and world.free(rank, id)
        if world.write(allowed, "INSERT INTO item VALUES (?, ?, ?, ?)", id, rank, text, x):
            world.items[id] = (rank, text, x)

    @rule(world=worlds, id=IDS, rank=RANKS)
    def rank(self, world: World, id: str, rank: int | None) -> None:
        allowed = id not in world.items or world.free(rank, id)
        if world.write(allowed, "UPDATE item SET rank = ? WHERE id = ?", rank, id) and id in world.items:
            world.items[id] = (rank, *world.items[id][1:])

    @rule(world=worlds, one=IDS, other=IDS)
    def swap(self, world: World, one: str, other: str) -> None:
        if not {one, other} <= world.items.keys() or one == other:
            return
        a, b = world.items[one], world.items[other]
        with world.database.call(writes=True):
            for rank, id in ((None, one), (a[0], other), (b[0], one)):
                world.database.write("UPDATE item SET rank = ? WHERE id = ?", rank, id)
        world.items[one], world.items[other] = (b[0], *a[1:]), (a[0], *b[1:])

    @rule(world=worlds, id=IDS)
    def delete(self, world: World, id: str) -> None:
        if world.write(all(item != id for item, _ in world.marks), "DELETE FROM item WHERE id = ?", id):
            world.items.pop(id, None)

    @rule(world=worlds, id=IDS, n=st.integers(1, 3))
    def mark(self, world: World, id: str, n: int) -> None:
        if world.write(id in world.items and (id, n) not in world.marks, "INSERT INTO mark VALUES (?, ?)", id, n):
            world.marks.add((id, n))

    @rule(world=worlds, n=st.integers(1, 3))
    def unmark(self, world: World, n: int) -> None:
        world.write(True, "DELETE FROM mark WHERE n = ?", n)
        world.marks -= {mark for mark in world.marks if mark[1] == n}

    @rule(world=worlds, error=st.sampled_from([ToolError, ValueError, KeyboardInterrupt]))
    def fail(self, world: World, error: type[BaseException]) -> None:
        with pytest.raises(error), world.database.call(writes=True):
            world.database.write("DELETE FROM mark")
            world.database.write("UPDATE item SET text = 'lost', rank = NULL")
            raise error

    @rule(
        world=worlds,
        sql=st.sampled_from(
            [
                "INSERT OR ROLLBACK INTO item (id) SELECT id FROM item",
                "INSERT INTO mark WITH RECURSIVE n(i) AS (SELECT 9 UNION ALL SELECT i + 1 FROM n) SELECT 'a', i FROM n",
            ]
        ),
    )
    def lose_the_transaction(self, world: World, sql: str) -> None:
        world.database.scalar("SELECT 1")
        if world.items:
            with pytest.raises(ToolError), world.database.call(writes=True):
                world.database.write("UPDATE item SET text = 'lost'")
                world.database.write(sql)

    @rule(world=worlds)
    def give_the_connection_back(self, world: World) -> None:
        world.database.close()

    @rule(world=worlds)
    def reset(self, world: World) -> None:
        world.database.reset()
        world.items, world.marks = dict(START), {("a", 1), ("b", 2)}

    @invariant()
    def every_episode_is_as_its_oracle(self) -> None:
        digests: dict[str, Any] = {}
        for world in self.all:
            rows = world.database.rows("SELECT * FROM item ORDER BY id")
            assert [tuple(row.values()) for row in rows] == [(id, *world.items[id]) for id in sorted(world.items)]
            marks = world.database.rows("SELECT item, n FROM mark ORDER BY item, n")
            assert [tuple(row.values()) for row in marks] == sorted(world.marks)
            assert [change[:2] for change in world.database.diff()] == self.expected(world)
            state = (sorted(world.items.items()), sorted(world.marks))
            assert digests.setdefault(world.database.digest(), state) == state
        assert len({repr(state) for state in digests.values()}) == len(digests)

    @staticmethod
    def expected(world: World) -> list[tuple[str, tuple[Any, ...]]]:
        """Which rows differ, from whole tables compared."""
        ids = sorted(START.keys() | world.items.keys())
        items = [("item", (id,)) for id in ids if START.get(id) != world.items.get(id)]
        marks = sorted((n, item) for item, n in world.marks ^ {("a", 1), ("b", 2)})
        return [*items, *(("mark", key) for key in marks)]


TestEpisodes = Episodes.TestCase
TestEpisodes.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, derandomize=True, report_multiple_bugs=False
)
