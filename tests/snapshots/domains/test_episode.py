from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest

from agent_envs.snapshots.domains.difference import RowChange
from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.errors import SqlError
from agent_envs.snapshots.domains.image import Image
from agent_envs.tools import ToolError

CLOCK = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
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


# Reading and writing


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


# What ends a transaction behind one's back


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


# Difference and digest


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


# Reset and fork


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


# Others at the same time


def test_a_thousand_episodes_write_the_same_row_without_conflict(shop: Image) -> None:
    episodes = [EpisodeDatabase(shop, CLOCK) for _ in range(1000)]
    for number, episode in enumerate(episodes):
        pay(episode, number)
    found = [episode.scalar("SELECT cents FROM \"order\" WHERE customer = 'c1' AND number = 1") for episode in episodes]
    assert found == [500 + number for number in range(1000)]


def test_threads_have_episodes_of_their_own(shop: Image) -> None:
    digests: dict[int, str] = {}

    def play(number: int) -> None:
        database = EpisodeDatabase(shop, CLOCK + timedelta(days=number))
        for _ in range(50):
            database.reset()
            for _ in range(3):
                pay(database)
            twin = database.fork()
            assert twin.scalar("SELECT datetime('now')") == twin.now
            pay(twin, -3)
            assert twin.diff() == ()
        digests[number] = database.digest()

    threads = [threading.Thread(target=play, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database = EpisodeDatabase(shop, CLOCK)
    pay(database, 3)
    assert digests == dict.fromkeys(range(4), database.digest())


def test_a_forked_process_goes_on_by_itself(database: EpisodeDatabase) -> None:
    pay(database)
    idle = database.fork()
    pay(idle)
    idle.close()
    state, digest = everything(database), database.digest()

    def child() -> str:
        assert everything(database) == state
        pay(database)
        return database.digest()

    theirs = in_a_fork(child)
    assert database.digest() == digest
    pay(database)
    assert database.digest() == theirs


def in_a_fork(act: Callable[[], str]) -> str:
    """What a function returns in a forked process."""
    read_end, write_end = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            os.write(write_end, act().encode())
        finally:
            os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(pid, 0)
    return said


# Hostile values and statements


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (2**63, "integer is too large"),
        (-(2**63) - 1, "integer is too large"),
        (10**400, "integer is too large"),
        (float("nan"), "finite"),
        (float("inf"), "finite"),
        ("\ud800", "not valid Unicode"),
        ("a\0b", "NUL"),
        ("x" * 100_001, "too long"),
        ("x" * 1_000_000, "too long"),
        ("text", "cannot store TEXT value in INTEGER column"),
        (1.5, "cannot store REAL value in INTEGER column"),
        (-1, "CHECK constraint failed"),
        (None, "NOT NULL constraint failed"),
    ],
)
def test_values_that_cannot_be_stored_are_told_to_the_agent(
    database: EpisodeDatabase, value: Any, message: str
) -> None:
    pay(database)
    digest = database.digest()
    with pytest.raises(ToolError, match=message), database.call(writes=True):
        database.write("DELETE FROM seat WHERE id = 1")
        database.write('UPDATE "order" SET cents = ?', value)
    assert database.digest() == digest
    assert database.scalar("SELECT count(*) FROM seat") == 3


@pytest.mark.parametrize("value", ["'; DROP TABLE seat; --", "%", "\u202e", "Robert') --", "😀" * 100, ""])
def test_sql_within_a_value_is_a_value(database: EpisodeDatabase, value: str) -> None:
    write(database, "UPDATE customer SET name = ? WHERE id = 'c1'", value)
    assert database.scalar("SELECT name FROM customer WHERE name = ?", value) == value


def test_a_value_of_no_such_type_is_a_mistake_of_the_tool(database: EpisodeDatabase) -> None:
    for value in (b"bytes", [1], {"a": 1}, 1j):
        with pytest.raises(TypeError, match="a parameter is a"):
            database.rows("SELECT ?", value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ('SELECT sum(cents + ?) FROM "order"', 2**63 - 1000),
        ("SELECT * FROM customer WHERE name LIKE ?", "%a" * 2000),
        ("SELECT json_extract(?, '$.a')", "{not json"),
        ("SELECT abs(?)", -(2**63)),
    ],
)
def test_values_that_a_right_statement_cannot_digest_are_the_agent_s(
    database: EpisodeDatabase, sql: str, value: Any
) -> None:
    with pytest.raises(ToolError, match="the database refuses this"):
        database.rows(sql, value)


HOSTILE = [
    "BEGIN",
    "COMMIT",
    "END",
    "ROLLBACK",
    "ROLLBACK TO call",
    "RELEASE call",
    "SAVEPOINT call",
    "ATTACH ':memory:' AS x",
    "ATTACH '/tmp/x.db' AS x",
    "DETACH main",
    "VACUUM",
    "VACUUM INTO '/tmp/x.db'",
    "REINDEX",
    "ANALYZE",
    "PRAGMA writable_schema = ON",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA query_only",
    "PRAGMA hard_heap_limit = 1",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM sqlite_schema",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM dbstat",
    "CREATE TABLE x (a)",
    "CREATE TEMP TABLE x (a)",
    "CREATE TEMP VIEW x AS SELECT 1",
    "CREATE TRIGGER x AFTER INSERT ON seat BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE x USING fts5(a)",
    "CREATE INDEX x ON seat (place)",
    "DROP TABLE seat",
    "ALTER TABLE seat ADD COLUMN x",
    "DELETE FROM sqlite_schema",
    "UPDATE sqlite_schema SET sql = ''",
    "SELECT random()",
    "SELECT hex(randomblob(4))",
    "SELECT zeroblob(1000000000)",
    "SELECT load_extension('x')",
    "SELECT total_changes()",
    "SELECT sqlite_version()",
    "SELECT readfile('/etc/passwd')",
    'SELECT "no such column"',
    "SELECT 1; DELETE FROM seat",
    "SELECT 1; SELECT 2",
    "not sql",
    "SELECT ?",
    "SELECT '\ud800'",
    "SELECT " + "NOT " * 500 + "1",
    "SELECT " + "1," * 300 + "1",
    "SELECT 1" + " " * 200_000,
]
WRITING = [
    "DELETE FROM seat",
    "INSERT INTO seat VALUES (9, 9, NULL)",
    "UPDATE seat SET place = NULL",
    "REPLACE INTO seat VALUES (1, 1, NULL)",
]
BOMBS = [
    f"{BOMB} SELECT count(*) FROM n",
    f"{BOMB} SELECT group_concat(i) FROM n",
    "SELECT printf('%1000000000d', 1)",
    "SELECT replace(printf('%90000d', 1), ' ', 'xxxxxxxx')",
    "SELECT count(*) FROM seat a" + "".join(f", seat {name}" for name in "bcdefghijklmno"),
]


@pytest.mark.parametrize("sql", [*HOSTILE, *WRITING, *BOMBS], ids=range(len(HOSTILE) + len(WRITING) + len(BOMBS)))
def test_hostile_statements_are_stopped_and_change_nothing(shop: Image, sql: str) -> None:
    database, other = EpisodeDatabase(shop, CLOCK, limit_steps=1_000_000), EpisodeDatabase(shop, CLOCK)
    pay(database)
    pay(other)
    state, digest = everything(database), database.digest()
    with pytest.raises((SqlError, ToolError)), database.call():
        database.rows(sql)
    if sql in HOSTILE:
        with pytest.raises((SqlError, ToolError)), database.call(writes=True):
            database.rows(sql)
    for each in (database, other):
        assert everything(each) == state
        assert each.digest() == digest
    pay(database)
    assert len(database.diff()) == 1


def test_a_statement_without_bounds_of_memory_is_stopped(shop: Image) -> None:
    database, other = EpisodeDatabase(shop, CLOCK), EpisodeDatabase(shop, CLOCK)
    pay(database)
    pay(other)
    digest = database.digest()
    with pytest.raises(ToolError, match="too much memory"):
        database.rows(f"{BOMB} SELECT * FROM (SELECT printf('%90000d', i) AS x FROM n LIMIT 100000) ORDER BY x")
    before = apsw.memory_used()
    with pytest.raises(ToolError, match="too much memory"), database.call(writes=True):
        database.write(f"INSERT INTO customer {BOMB} SELECT printf('%90000d', i), 'x', 1 FROM n LIMIT 100000")
    assert apsw.memory_used() < before + 1_000_000
    for each in (database, other):
        assert each.digest() == digest
        assert each.scalar("SELECT cents FROM \"order\" WHERE customer = 'c1' AND number = 1") == 501


def test_no_connection_is_open_when_the_interpreter_takes_itself_apart(tmp_path: Path, shop: Image) -> None:
    shop.save(tmp_path / "image.sqlite")
    code = (
        "import atexit, gc, sys\n"
        "def count_open():\n"
        "    from agent_envs.snapshots.domains.connection import Connection\n"
        "    print(sum(isinstance(each, Connection) and not each.is_closed for each in gc.get_objects()))\n"
        "atexit.register(count_open)\n"  # the first to be registered is the last to run
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from agent_envs.snapshots.domains.episode import EpisodeDatabase\n"
        "from agent_envs.snapshots.domains.image import Image\n"
        "class Holder: pass\n"
        "holder = Holder()\n"
        "holder.itself = holder\n"
        "image = Image.load(Path(sys.argv[1]))\n"
        "holder.databases = [EpisodeDatabase(image, datetime(2026, 3, 1, tzinfo=UTC)) for _ in range(20)]\n"
        "for database in holder.databases:\n"
        "    database.scalar('SELECT 1')\n"
        "del holder, database\n"
        "gc.collect()\n"  # which saves the connections for the pool, but not the weak references to them
    )
    command = [sys.executable, "-c", code, str(tmp_path / "image.sqlite")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "0\n")
