"""Tables of another schema stay in DuckDB and are queried there."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_envs.snapshots.domains.domain import load_domain
from agent_envs.snapshots.domains.schema import DomainError

from .conftest import SCHEMA, edit

LOANS = """
CREATE SCHEMA archive;
CREATE TABLE archive.loans (loan_no INTEGER PRIMARY KEY, lent_on DATE NOT NULL, title VARCHAR NOT NULL);
"""
MADE = """

def loans(rows: Rows) -> Columns:
    return {
        "loan_no": rows.keys(),
        "lent_on": rows.dates("day", date(2020, 1, 1), date(2026, 1, 1)),
        "title": rows.picks("title", ("Emma", "Dune")),
    }
"""


@pytest.fixture
def archive(folder: Path) -> Path:
    """The library with the loans of all years, which stay in DuckDB."""
    (folder / "schema.sql").write_text(SCHEMA + LOANS)
    edit(folder, "data.py", "import UTC, datetime", "import UTC, date, datetime")
    edit(
        folder, "data.py", "from .rooms", "from agent_envs.snapshots.domains.columns import Columns, Rows\nfrom .rooms"
    )
    edit(folder, "data.py", '"books": rows}', '"books": rows, "loans": 100 * rows}')
    (folder / "data.py").write_text((folder / "data.py").read_text() + MADE)
    return folder


def test_tables_of_another_schema_stay_in_duckdb_and_are_queried(archive: Path) -> None:
    database = load_domain(archive).open(30, 0)
    assert set(database.image.tables) == {"shelves", "books"}
    found = database.warehouse.query("SELECT count(*), min(loan_no), max(typeof(lent_on)) FROM loans")
    assert found.rows == ((3000, 1_000_000, "DATE"),)
    twin = database.fork()
    assert twin.warehouse.query("SELECT DISTINCT title FROM loans ORDER BY 1").rows == (("Dune",), ("Emma",))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"title": rows', '"name": rows', r"loans\(\).*it gives the columns \['loan_no', 'lent_on', 'name'\]"),
        ('rows.dates("day", date(2020, 1, 1), date(2026, 1, 1))', "rows.keys()", r"'lent_on' is an array of int64"),
        ("rows.keys()", "rows.keys() % 7", r"loans\(\) does not fit .*schema\.sql:\d+: .*[Dd]uplicate key"),
    ],
)
def test_columns_that_the_schema_refuses_name_the_function_that_made_them(
    archive: Path, old: str, new: str, told: str
) -> None:
    edit(archive, "data.py", old, new)
    with pytest.raises(DomainError, match=told):
        load_domain(archive).snapshot(30, 0)


def test_a_domain_without_such_tables_has_no_warehouse(folder: Path) -> None:
    assert load_domain(folder).warehouse(30, 0) is None
