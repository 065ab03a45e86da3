"""A database of an episode: rows are read, calls write or leave the state as it was."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.errors import SqlError
from agent_envs.snapshots.domains.image import Image
from agent_envs.tools import ToolError

from .conftest import CLOCK
from .episodes import BOMB, everything, pay, write


def test_rows_come_as_dictionaries_of_plain_values(database: EpisodeDatabase) -> None:
    assert database.rows("SELECT * FROM customer WHERE active = ? ORDER BY id", True) == [
        {"id": "c1", "name": "Ada", "active": 1},
        {"id": "c3", "name": "Cy", "active": 1},
    ]
    assert database.row('SELECT weight, made FROM "order" WHERE number = ?', 2) == {"weight": None, "made": None}
    assert database.row("SELECT * FROM customer WHERE id = 'c9'") is None
    assert database.scalar("SELECT count(*) FROM seat") == 3
    assert database.scalar("SELECT id FROM seat WHERE id = 9") is None
    assert database.rows("SELECT value FROM json_each(?) ORDER BY 1", "[2, 1]") == [{"value": 1}, {"value": 2}]


def test_two_columns_of_one_name_are_refused_instead_of_lost(database: EpisodeDatabase) -> None:
    with pytest.raises(SqlError, match="name them apart"):
        database.rows("SELECT a.id, b.id FROM customer a JOIN seat b ON b.customer = a.id")


def test_the_clock_stands_still_at_the_episode_s_time(shop: Image) -> None:
    later = EpisodeDatabase(shop, CLOCK + timedelta(days=1))
    database = EpisodeDatabase(shop, CLOCK.astimezone())
    for _ in range(2):
        assert database.scalar("SELECT datetime('now')") == database.now == "2026-03-01 09:30:00"
        assert later.scalar("SELECT datetime('now')") == "2026-03-02 09:30:00"
        assert database.fork().scalar("SELECT CURRENT_TIMESTAMP") == database.now
    with pytest.raises(ValueError, match="no time zone"):
        EpisodeDatabase(shop, datetime(2026, 3, 1))  # noqa: DTZ001


def test_statements_outside_of_a_writing_call_only_read(database: EpisodeDatabase) -> None:
    with pytest.raises(SqlError, match="UPDATE seat is not allowed here"):
        database.write("UPDATE seat SET place = 1")
    write(database, "UPDATE seat SET place = 11 WHERE id = 1")  # prepared and kept in a writing call…
    with database.call(), pytest.raises(SqlError, match="UPDATE seat"):
        database.write("UPDATE seat SET place = 11 WHERE id = 1")  # …and still refused in a reading one
    with database.call(), pytest.raises(SqlError, match="DELETE seat"):
        database.rows("WITH x AS (SELECT 1) DELETE FROM seat RETURNING id")


def test_a_call_that_raises_leaves_the_state_as_it_was(database: EpisodeDatabase) -> None:
    pay(database)
    before, digest = everything(database), database.digest()
    for error in (ToolError("no"), KeyboardInterrupt()):
        with pytest.raises(type(error)), database.call(writes=True):
            database.write("DELETE FROM seat")
            database.write("INSERT INTO customer (id, name) VALUES ('c4', 'Eve')")
            raise error
        assert everything(database) == before
        assert database.digest() == digest


def test_calls_do_not_nest_and_nothing_else_happens_within_one(database: EpisodeDatabase) -> None:
    for act in (database.reset, database.fork, lambda: database.call().__enter__()):
        with database.call(writes=True), pytest.raises(RuntimeError, match="within a call"):
            act()


def test_a_statement_that_fails_is_undone_alone_and_its_call_may_go_on(database: EpisodeDatabase) -> None:
    with database.call(writes=True):
        database.write("UPDATE seat SET place = 30 WHERE id = 3")
        with pytest.raises(ToolError, match=r"UNIQUE constraint failed: seat\.place"):
            database.write("UPDATE seat SET place = 20 WHERE id IN (1, 3)")
    assert [row["place"] for row in database.rows("SELECT place FROM seat ORDER BY id")] == [10, 20, 30]


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("INSERT OR ROLLBACK INTO customer (id, name) VALUES ('c4', 'Eve'), ('c1', 'Twin')", "UNIQUE"),
        ("UPDATE OR ROLLBACK seat SET place = 20 WHERE id = 1", "UNIQUE"),
        (f"INSERT INTO seat {BOMB} SELECT i + 10, i + 100, NULL FROM n", "steps"),
        (f"UPDATE seat SET place = ({BOMB} SELECT max(i) FROM n)", "steps"),
    ],
)
@pytest.mark.parametrize("caught", [True, False])
def test_a_lost_transaction_undoes_its_call_and_no_other(shop: Image, sql: str, error: str, caught: bool) -> None:
    database = EpisodeDatabase(shop, CLOCK, limit_steps=100_000)
    pay(database)
    before, digest = everything(database), database.digest()
    if caught:  # a tool that swallows the error does not keep half of what it did
        with pytest.raises(SqlError, match="undone"), database.call(writes=True):
            database.write("UPDATE seat SET place = 99 WHERE id = 3")
            with pytest.raises(ToolError, match=error):
                database.write(sql)
            with pytest.raises(SqlError, match="the call must end"):
                database.write("DELETE FROM seat")
    else:
        with pytest.raises(ToolError, match=error), database.call(writes=True):
            database.write("UPDATE seat SET place = 99 WHERE id = 3")
            database.write(sql)
    assert everything(database) == before
    assert database.digest() == digest
    pay(database)
    assert database.scalar('SELECT max(cents) FROM "order"') == 700
    assert database.scalar("SELECT min(cents) FROM \"order\" WHERE number = 1 AND customer = 'c1'") == 502


def test_a_limit_stops_a_read_and_nothing_is_lost(shop: Image) -> None:
    database = EpisodeDatabase(shop, CLOCK, limit_steps=100_000, limit_rows=100)
    pay(database)
    digest = database.digest()
    with pytest.raises(ToolError, match="more than 100,000 steps"):
        database.scalar(f"{BOMB} SELECT count(*) FROM n")
    with pytest.raises(ToolError, match="more than 100 rows"):
        database.rows(f"{BOMB} SELECT i FROM n")
    with pytest.raises(ToolError, match="10,000,000 characters"):
        EpisodeDatabase(shop, CLOCK).rows(f"{BOMB} SELECT printf('%90000d', i) FROM n")
    assert database.digest() == digest
    assert database.scalar("SELECT count(*) FROM seat") == 3
