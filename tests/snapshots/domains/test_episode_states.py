"""The difference and the digest of an episode's database, its reset and its forks."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent_envs.snapshots.domains.difference import RowChange
from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.image import Image
from agent_envs.tools import ToolError

from .conftest import CLOCK
from .episodes import everything, pay, write


def test_the_difference_names_rows_and_columns(database: EpisodeDatabase) -> None:
    with database.call(writes=True):
        database.write("DELETE FROM seat WHERE id = 2")
        database.write("UPDATE \"order\" SET state = 'paid', cents = cents WHERE customer = 'c1'")
        database.write("INSERT INTO customer (id, name) VALUES ('c4', 'Eve')")
    assert database.diff() == (
        RowChange("customer", ("c4",), None, {"id": "c4", "name": "Eve", "active": 1}),
        RowChange("order", ("c1", 1), {"state": "open"}, {"state": "paid"}),
        RowChange("seat", (2,), {"id": 2, "place": 20, "customer": "c2"}, None),
    )
    assert str(database.diff()).splitlines() == [
        "customer('c4') inserted: id 'c4', name 'Eve', active 1",
        "order('c1', 1) updated: state 'open' -> 'paid'",
        "seat(2) deleted: id 2, place 20, customer 'c2'",
    ]


def test_what_is_undone_leaves_no_trace(database: EpisodeDatabase) -> None:
    fresh = database.digest()
    pay(database, 5)
    assert database.digest() != fresh
    pay(database, -5)
    with database.call(writes=True):
        database.write("INSERT INTO customer (id, name) VALUES ('c4', 'Eve')")
        database.write("DELETE FROM seat WHERE id = 3")
    with database.call(writes=True):
        database.write("INSERT INTO seat VALUES (3, NULL, NULL)")
        database.write("DELETE FROM customer WHERE id = 'c4'")
    assert database.diff() == ()
    assert database.digest() == fresh


def test_the_digest_does_not_depend_on_the_way(shop: Image) -> None:
    a, b = EpisodeDatabase(shop, CLOCK), EpisodeDatabase(shop, CLOCK)
    pay(a, 2)
    write(a, "DELETE FROM seat WHERE id = 3")
    write(b, "DELETE FROM seat WHERE id = 3")
    pay(b, 1)
    assert a.digest() != b.digest()
    pay(b, 1)
    assert a.digest() == b.digest()


def test_the_digest_is_the_same_in_every_process(shop: Image, tmp_path: Path) -> None:
    shop.save(tmp_path / "shop.sqlite")
    code = f"""
from datetime import UTC, datetime
from pathlib import Path
from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.errors import SqlError
from agent_envs.snapshots.domains.image import Image
database = EpisodeDatabase(Image.load(Path({str(tmp_path / "shop.sqlite")!r})), datetime(2026, 3, 1, tzinfo=UTC))
with database.call(writes=True):
    database.write("DELETE FROM seat")
    database.write("UPDATE customer SET name = upper(name)")
print(database.digest())
"""
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    database = EpisodeDatabase(shop, CLOCK)
    write(database, "UPDATE customer SET name = upper(name)")
    write(database, "DELETE FROM seat")
    assert found == {database.digest() + "\n"}


def test_reset_goes_back_to_the_image(database: EpisodeDatabase) -> None:
    before, digest = everything(database), database.digest()
    pay(database)
    database.reset()
    assert (everything(database), database.digest()) == (before, digest)


def test_forks_are_equal_and_independent(database: EpisodeDatabase) -> None:
    pay(database)
    write(database, "DELETE FROM seat WHERE id = 1")
    twin = database.fork()
    assert twin.digest() == database.digest()
    assert everything(twin) == everything(database)
    state = everything(database)
    write(twin, "DELETE FROM seat")
    assert everything(database) == state
    pay(database)
    assert twin.digest() != database.digest()
    with pytest.raises(ToolError, match="FOREIGN KEY"):
        write(twin.fork(), "DELETE FROM customer WHERE id = 'c1'")


def test_a_fork_survives_two_rows_that_swapped_a_unique_value(database: EpisodeDatabase) -> None:
    for place, seat in ((99, 1), (10, 2), (20, 1)):
        write(database, "UPDATE seat SET place = ? WHERE id = ?", place, seat)
    twin = database.fork()
    assert everything(twin) == everything(database)
    assert twin.digest() == database.digest()


def test_an_episode_goes_on_after_it_gave_its_connection_back(database: EpisodeDatabase) -> None:
    pay(database)
    digest, state = database.digest(), everything(database)
    database.close()
    assert everything(database) == state
    pay(database)
    pay(database, -1)
    assert database.digest() == digest


def test_a_connection_that_is_used_again_shows_nothing_of_the_last_episode(shop: Image) -> None:
    first = EpisodeDatabase(shop, CLOCK)
    fresh = everything(first)
    write(first, "DELETE FROM seat")
    del first
    gc.collect()
    second = EpisodeDatabase(shop, CLOCK)
    assert everything(second) == fresh
    assert second.diff() == ()
