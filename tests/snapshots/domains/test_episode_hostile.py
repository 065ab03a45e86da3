"""Hostile values and statements are stopped, told, and change nothing."""

from __future__ import annotations

from typing import Any

import apsw
import pytest

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.errors import SqlError
from agent_envs.snapshots.domains.image import Image
from agent_envs.tools import ToolError

from .conftest import CLOCK
from .episodes import BOMB, everything, pay, write


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
