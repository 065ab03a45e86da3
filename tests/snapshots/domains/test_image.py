from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import pytest

from agent_envs.snapshots.domains.image import Image, ImageError, Reference, Table
from agent_envs.snapshots.domains.image_from_duckdb import image_from_duckdb


def made(folder: Path, sql: str) -> Image:
    path = folder / "made.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute(sql)
    return image_from_duckdb(path)


def opened(image: Image) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.deserialize(image.data)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def test_an_image_holds_every_row_in_types_that_stay_exact(shop: Image) -> None:
    rows = opened(shop).execute('SELECT * FROM "order" ORDER BY customer, number').fetchall()
    assert rows == [
        ("c1", 1, 500, "open", 1.5, "2026-02-01 10:00:00"),
        ("c1", 2, 700, "paid", None, None),
        ("c2", 1, 0, "open", 0.0, "2026-02-03 10:00:00.5"),
    ]
    assert opened(shop).execute("SELECT active FROM customer ORDER BY id").fetchall() == [(1,), (0,), (1,)]


def test_an_image_says_what_its_tables_look_like(shop: Image) -> None:
    assert list(shop.tables) == ["customer", "order", "seat"]
    assert shop.tables["order"] == Table(
        "order",
        ("customer", "number", "cents", "state", "weight", "made"),
        ("customer", "number"),
        (Reference(("customer",), "customer", ("id",)),),
    )


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("INSERT INTO customer VALUES ('c1', 'Eve', 1)", "UNIQUE constraint failed: customer.id"),
        ("INSERT INTO customer VALUES (NULL, 'Eve', 1)", "NOT NULL constraint failed: customer.id"),
        ("INSERT INTO customer VALUES ('c4', 'Eve', 2)", "CHECK constraint failed"),
        ("INSERT INTO customer VALUES ('c4', NULL, 1)", "NOT NULL constraint failed"),
        ("UPDATE seat SET place = 10", "UNIQUE constraint failed: seat.place"),
        ("UPDATE seat SET id = 'first' WHERE id = 1", "cannot store TEXT value in INTEGER column"),
        ("UPDATE \"order\" SET state = 'lost'", "CHECK constraint failed"),
        ('UPDATE "order" SET cents = -1', "CHECK constraint failed"),
        ("UPDATE \"order\" SET customer = 'c9'", "UNIQUE|FOREIGN KEY constraint failed"),
        ("DELETE FROM customer WHERE id = 'c1'", "FOREIGN KEY constraint failed"),
    ],
)
def test_the_constraints_of_the_snapshot_hold_in_its_image(shop: Image, statement: str, message: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=message):
        opened(shop).execute(statement)


def test_defaults_are_carried(shop: Image) -> None:
    connection = opened(shop)
    connection.execute("INSERT INTO customer (id, name) VALUES ('c4', 'Eve')")
    assert connection.execute("SELECT active FROM customer WHERE id = 'c4'").fetchone() == (1,)


def test_references_are_indexed_unless_a_key_does_it_already(shop: Image) -> None:
    found = opened(shop).execute("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    assert found == [("seat by customer",)]


def test_the_same_rows_give_the_same_bytes_whatever_their_order(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).mkdir()
    table = (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x VARCHAR); INSERT INTO t SELECT i, i::VARCHAR FROM range(5000) r(i)"
    )
    a = made(tmp_path / "a", table)
    b = made(tmp_path / "b", f"{table} ORDER BY i DESC; DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (3, '3')")
    c = made(tmp_path / "c", f"{table}; UPDATE t SET x = 'y' WHERE id = 3")
    assert a.data == b.data
    assert a.digest == b.digest != c.digest


def test_an_image_is_saved_and_loaded(tmp_path: Path, shop: Image) -> None:
    shop.save(tmp_path / "shop.sqlite")
    loaded = Image.load(tmp_path / "shop.sqlite")
    assert (loaded.digest, loaded.tables) == (shop.digest, shop.tables)


@pytest.mark.parametrize("cut", [0, 10, 100, 1024, -1])
def test_what_is_no_whole_image_is_refused(tmp_path: Path, shop: Image, cut: int) -> None:
    path = tmp_path / "cut.sqlite"
    path.write_bytes(shop.data[:cut])
    with pytest.raises(ImageError, match=r"cut\.sqlite: .*build it again"):
        Image.load(path)


def test_a_damaged_schema_is_refused(shop: Image) -> None:
    with pytest.raises(ImageError, match="damaged"):
        Image(shop.data[:100] + bytes(900) + shop.data[1000:])


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("CREATE TABLE t (id INTEGER PRIMARY KEY, price DECIMAL(10, 2))", r"t\.price is a DECIMAL.*INTEGER of cents"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMPTZ)".replace("at ", "made "), r"t\.made .*in UTC"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY, x HUGEINT)", r"t\.x is a HUGEINT.*use one of"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER[])", r"t\.x is a INTEGER\[\]"),
        ("CREATE TABLE t (id INTEGER)", "'t' has no primary key"),
        ("CREATE SCHEMA s; CREATE TABLE s.t (id INTEGER PRIMARY KEY)", "no table in the schema 'main'"),
        ("CREATE VIEW v AS SELECT 1", "there is no table"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY, x VARCHAR CHECK (x LIKE 'a%'))", "check of the table 't'"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY CHECK (id / 2 > 1))", "'/ 2.*may mean something else"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY, x VARCHAR CHECK (upper(x) = x))", "uses 'upper'"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY, x TIMESTAMP DEFAULT now())", r"default of the column t\.x.*'now'"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY, x VARCHAR); CREATE UNIQUE INDEX u ON t (lower(x))", "columns alone"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY, x DOUBLE); INSERT INTO t VALUES (1, 'nan')", r"t\.x holds.*NaN"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY, x DATE); INSERT INTO t VALUES (1, 'infinity')", r"t\.x holds"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY, x VARCHAR); INSERT INTO t VALUES (1, chr(0))", "a NUL"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY, x VARCHAR); INSERT INTO t VALUES (1, repeat('x', 100001))", "bytes"),
    ],
)
def test_what_cannot_be_carried_exactly_is_named(tmp_path: Path, sql: str, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        made(tmp_path, sql)


def test_checks_with_literals_mean_the_same(tmp_path: Path) -> None:
    image = made(
        tmp_path,
        "CREATE TYPE size AS ENUM ('s', 'it''s');"
        "CREATE TABLE t (id INTEGER PRIMARY KEY, done BOOLEAN, day DATE, size size,"
        " CHECK (done = true OR day > DATE '2026-01-01'), CHECK (size <> 's' OR id BETWEEN 1 AND 9));",
    )
    connection = opened(image)
    connection.execute("INSERT INTO t VALUES (1, 1, '2025-01-01', 's'), (2, 0, '2026-01-02', 'it''s')")
    for bad in ("(3, 0, '2025-12-31', NULL)", "(10, 1, NULL, 's')", "(4, 1, NULL, 'xl')"):
        with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
            connection.execute(f"INSERT INTO t VALUES {bad}")


def test_a_missing_file_and_a_file_that_is_no_database_are_said(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no DuckDB file"):
        image_from_duckdb(tmp_path / "missing.duckdb")
    (tmp_path / "text.duckdb").write_text("hello" * 10_000)
    with pytest.raises(ImageError, match=r"text\.duckdb"):
        image_from_duckdb(tmp_path / "text.duckdb")
