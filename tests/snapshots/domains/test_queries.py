"""Queries that an agent writes: what may run, what is stopped and told, and that nobody else notices."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from agent_envs.snapshots.domains.queries.warehouse import LIMIT_ROWS, Warehouse
from agent_envs.tools import ToolError

ROWS = 100_000
# Each statement with a word of what is told of it.
REFUSED = {
    "SELECT * FROM secret": "there is no table 'secret'; the tables are sales",
    "SELECT * FROM main.secret": "there is no table 'secret'",
    "SELECT * FROM other.warehouse.sales": "there is no table",
    "SELECT * FROM '/etc/passwd'": "there is no table '/etc/passwd'",
    "SELECT * FROM read_csv('/etc/passwd')": "read_csv",
    "SELECT * FROM glob('/*')": "glob",
    "SELECT * FROM duckdb_settings()": "duckdb_settings",
    "SELECT * FROM information_schema.tables": "there is no table 'tables'",
    "SELECT * FROM query('SELECT 1')": "query",
    "SELECT getenv('HOME')": "getenv",
    "ATTACH ':memory:' AS x": "one SELECT",
    "COPY sales TO '/tmp/x.csv'": "one SELECT",
    "EXPORT DATABASE '/tmp/x'": "one SELECT",
    "PRAGMA version": "one SELECT",
    "SET threads = 4": "one SELECT",
    "INSTALL httpfs": "one SELECT",
    "LOAD httpfs": "one SELECT",
    "CREATE TABLE x (i INTEGER)": "one SELECT",
    "DROP TABLE sales": "one SELECT",
    "INSERT INTO sales VALUES (1, 1, NULL, '')": "one SELECT",
    "UPDATE sales SET g = 1": "one SELECT",
    "BEGIN": "one SELECT",
    "EXPLAIN SELECT 1": "one SELECT",
    "WITH x AS (DELETE FROM sales RETURNING *) SELECT * FROM x": "data are only read",
    "SELECT 1; SELECT 2": "2 statements came",
    "": "",
    "-- nothing": "",
    "SELEC": "syntax error",
    "SELECT nope FROM sales": "nope",
    "SELECT '\ud800'": "not valid Unicode",
    "SELECT $1": "",
    "SELECT 1 " + "-" * 20_000: "20,009 characters; 10,000 are allowed",
    "SELECT " + "(" * 4_000 + "1" + ")" * 4_000: "",
}
CHANCE = (
    *("SELECT random()", "SELECT uuid()", "SELECT now()", "SELECT current_date", "SELECT today()"),
    *("SELECT * FROM sales USING SAMPLE 5", "SELECT age(d) FROM sales", "SELECT current_timestamp", "SELECT version()"),
)
BOMBS = (
    "SELECT length(repeat('x', 2000000000))",
    "SELECT list_sum(range(2000000000))",
    "SELECT count(*) FROM (SELECT unnest(range(2000000000)))",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
    "SELECT a.id FROM sales a, sales b, sales c ORDER BY a.id + b.id + c.id LIMIT 3",
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a table that may be read, and one that may not."""
    path = tmp_path_factory.mktemp("warehouse") / "sales.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE SCHEMA warehouse; CREATE TABLE main.secret AS SELECT 1 AS x")
        columns = "range AS id, range % 7 AS g, DATE '2024-01-01' + (range % 700)::INTEGER AS d, 'n' || range % 50 AS n"
        connection.execute(f"CREATE TABLE warehouse.sales AS SELECT {columns} FROM range({ROWS})")
    return path


@pytest.fixture(scope="module")
def warehouse(path: Path) -> Iterator[Warehouse]:
    warehouse = Warehouse(path, "warehouse", limit_cpu_s=1)
    yield warehouse
    warehouse.close()


def test_a_select_of_any_form_runs(warehouse: Warehouse) -> None:
    found = warehouse.query("SELECT g, count(*) AS n FROM warehouse.sales WHERE d >= DATE '2024-03-01' GROUP BY g")
    assert found.columns == ("g", "n")
    assert len(found.rows) == 7
    for sql in (
        "FROM sales LIMIT 1",
        "WITH t AS MATERIALIZED (SELECT g FROM sales) SELECT count(*) FROM t",
        "SELECT sum(id) OVER (ORDER BY id ROWS 2 PRECEDING) FROM sales LIMIT 3",
        "SELECT id FROM sales WHERE g = 1 UNION ALL SELECT id FROM sales WHERE g = 2",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r",
        "VALUES (1), (2)",
        "SELECT date_trunc('month', d) AS m, count(*) FROM sales GROUP BY m ORDER BY m",
        "SELECT * FROM range(3)",
    ):
        assert warehouse.query(sql).rows


def test_cells_are_what_json_can_hold(warehouse: Warehouse) -> None:
    sql = "SELECT DATE '2024-02-29', TIMESTAMP '2024-02-29 12:00', [1, 2], {'a': NULL}, 'nan'::DOUBLE, 2::HUGEINT ** 70"
    ((day, at, many, named, nan, huge),) = warehouse.query(sql).rows
    assert (day, at, many, named, nan) == ("2024-02-29", "2024-02-29 12:00:00", [1, 2], {"a": None}, "nan")
    assert float(huge) == 2.0**70


def test_a_long_result_is_cut_and_says_so(warehouse: Warehouse) -> None:
    found = warehouse.query("SELECT id FROM sales ORDER BY id")
    assert (len(found.rows), found.more) == (LIMIT_ROWS, True)
    assert not warehouse.query(f"SELECT id FROM sales ORDER BY id LIMIT {LIMIT_ROWS}").more
    ((text,),) = warehouse.query("SELECT repeat('x', 5000)").rows
    assert text.endswith("(5,000 characters)")


@pytest.mark.parametrize("sql", REFUSED, ids=lambda sql: ascii(sql[:40]))
def test_what_is_no_select_on_the_tables_is_told(warehouse: Warehouse, sql: str) -> None:
    with pytest.raises(ToolError) as refused:
        warehouse.query(sql)
    assert REFUSED[sql] in str(refused.value)
    assert warehouse.query("SELECT count(*) FROM sales").rows == ((ROWS,),)


@pytest.mark.parametrize("sql", CHANCE)
def test_what_depends_on_the_clock_or_on_chance_is_not_allowed(warehouse: Warehouse, sql: str) -> None:
    with pytest.raises(ToolError, match=r"not allowed|by chance"):
        warehouse.query(sql)


def test_a_column_may_be_called_as_a_function_of_the_clock_in_its_own_table(warehouse: Warehouse) -> None:
    assert warehouse.query("SELECT t.user FROM (SELECT 3 AS user) t").rows == ((3,),)


@pytest.mark.parametrize("sql", BOMBS, ids=lambda sql: sql[:40])
def test_a_query_that_takes_too_much_is_stopped_and_the_next_one_runs(warehouse: Warehouse, sql: str) -> None:
    with pytest.raises(ToolError, match="more than 1 s of processor time or 1,024 MB of memory"):
        warehouse.query(sql)
    assert warehouse.query("SELECT min(id) FROM sales").rows == ((0,),)


def test_the_file_is_as_it_was(path: Path, warehouse: Warehouse) -> None:
    warehouse.query("SELECT count(*) FROM sales")
    with duckdb.connect(path, read_only=True) as connection:
        tables = connection.execute("SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
    assert tables == [("main", "secret"), ("warehouse", "sales")]


def test_a_fork_has_a_process_of_its_own(path: Path) -> None:
    warehouse = Warehouse(path, "warehouse")
    assert warehouse.query("SELECT 1").rows == ((1,),)
    child = os.fork()
    if child == 0:
        same = warehouse.query("SELECT max(id) FROM sales").rows == ((ROWS - 1,),)
        warehouse.close()
        os._exit(0 if same else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert warehouse.query("SELECT 2").rows == ((2,),)
    warehouse.close()


def test_a_copy_by_pickle_reads_the_same_file(warehouse: Warehouse) -> None:
    copy = pickle.loads(pickle.dumps(warehouse))
    assert copy.query("SELECT max(g) FROM sales") == warehouse.query("SELECT max(g) FROM sales")
    copy.close()
