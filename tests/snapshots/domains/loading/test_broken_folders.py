"""What is wrong in the folder of a domain is refused, and told with file and line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent_envs.snapshots.domains.domain import load_domain
from agent_envs.snapshots.domains.schema import DomainError
from agent_envs.snapshots.domains.world import open_world

from .conftest import edit

BROKEN = [
    ("schema.sql", "CREATE TABLE books", "CREATE TABEL books", r"schema\.sql:4: .*syntax error"),
    ("schema.sql", "room VARCHAR", "room VARCHARR", r"schema\.sql:2: .*VARCHARR"),
    ("schema.sql", "REFERENCES shelves", "REFERENCES racks", r"schema\.sql:4: .*racks"),
    ("schema.sql", "shelves (shelf_id)", "shelves (rack_id)", r"schema\.sql:4: .*rack_id"),
    ("schema.sql", "(pages > 0)", "(sides > 0)", r"schema\.sql:4: .*sides"),
    ("schema.sql", "pages INTEGER", "pages DECIMAL(9, 2)", r"schema\.sql:4: books\.pages is a DECIMAL.*cents"),
    ("schema.sql", "-- A library of two tables.", "DROP TABLE x;", r"schema\.sql:1: a schema only creates; DROP"),
    ("data.py", "def books", "def novels", r"data\.py:1: .*books\(\).*schema\.sql:4"),
    ("data.py", "def counts", "def sizes", r"data\.py:1: .*counts\(\)"),
    ("data.py", "NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)", "NOW = datetime.min", r"data\.py:1: NOW is"),
    ("data.py", "from .rooms", "from .halls", r"data\.py:5: ModuleNotFoundError"),
    ("data.py", "def books(row):", "def books(row:", r"data\.py:18: SyntaxError"),
    ("tools.py", "shelf_id: str", "shelf_id", r"tools\.py:\d+: .*'count_books'.*'shelf_id' has no type"),
    ("tools.py", '    """Count the books of a shelf."""\n', "", r"tools\.py:\d+: .*'count_books' has no docstring"),
    ("tools.py", "shelf_id: str) -> int", "shelf_id: str)", r"tools\.py:\d+: tool 'count_books' has no return type"),
    ("tools.py", "shelf_id: str) -> int", "shelf_id: str) -> range", r"tools\.py:\d+: tool 'count_books': its return"),
    ("policy.md", "Be quiet.", "", r"policy\.md:1: it is empty"),
    ("data.py", "def counts", "ROWS = 0\n\n\ndef counts", r"data\.py:1: ROWS is 0; give a whole number up to"),
    (
        "schema.sql",
        "CREATE TABLE books",
        "CREATE SCHEMA s; CREATE TABLE s.shelves (a INTEGER); CREATE TABLE books",
        r"schema\.sql:1: two tables have one name",
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "told"), BROKEN, ids=[told for *_, told in BROKEN])
def test_a_broken_folder_is_refused_with_file_and_line(folder: Path, name: str, old: str, new: str, told: str) -> None:
    edit(folder, name, old, new)
    with pytest.raises(DomainError, match=told):
        load_domain(folder)


@pytest.mark.parametrize("name", ["schema.sql", "data.py", "tools.py", "policy.md"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(DomainError, match=rf"{re.escape(name)} is missing"):
        load_domain(folder)


WRONG_ROWS = [
    ("20, 900", "-9, 9", r"data\.py:18: books\(\) does not fit .*schema\.sql:4: .*CHECK"),
    ('shelf.key("S")', '"S9"', r"data\.py:18: .*does not exist in the referenced table"),
    ('row.key("B", index, 2)', '"B1"', r"data\.py:18: .*[Dd]uplicate key"),
    ('"room": row.pick("room", ROOMS)', '"room": None', r"data\.py:14: shelves\(\).*NOT NULL"),
    ('"room": row', '"hall": row', r"data\.py:14: .*row 0 lacks the columns \['room'\] and has the unknown \['hall'\]"),
    ('.integer("pages", 20, 900)', '.integer("pages", 20, 900) / 7', r"data\.py:18: .*'pages' takes int, not .* float"),
    ('.integer("pages", 20, 900)', '.integer("pages", 2**40, 2**41)', r"data\.py:18: .*out of range"),
    ("tzinfo=UTC), NOW)", "tzinfo=UTC), NOW).replace(tzinfo=None)", r"data\.py:18: .*datetime\.UTC"),
    ('"books": rows}', "}", r"data\.py:10: counts\(\) gives .*one number for each of"),
]


@pytest.mark.parametrize(("old", "new", "told"), WRONG_ROWS, ids=[told for *_, told in WRONG_ROWS])
def test_rows_that_the_schema_refuses_name_the_function_that_made_them(
    folder: Path, old: str, new: str, told: str
) -> None:
    edit(folder, "data.py", old, new)
    domain = load_domain(folder)
    with pytest.raises(DomainError, match=told):
        domain.snapshot(30, 0)


@pytest.mark.parametrize("policy", ["{'books.leaves': 'ignore'}", "{'books.pages': 'roughly'}"])
def test_a_column_that_is_not_there_or_counts_in_no_way_is_refused(folder: Path, policy: str) -> None:
    (folder / "tasks.py").write_text(f"COLUMNS = {policy}")
    with pytest.raises(
        DomainError, match=r"tasks\.py:1: COLUMNS has 'books\..*; give a column and one of exact, ignore"
    ):
        _ = load_domain(folder).columns


def test_tasks_without_subjects_are_an_error_that_names_the_file(folder: Path) -> None:
    with pytest.raises(DomainError, match=r"tasks\.py is missing"):
        open_world(domain=folder)
    (folder / "tasks.py").write_text("def subject(db): ...")
    with pytest.raises(DomainError, match=r"tasks\.py:1: there is no function subjects\(\)"):
        open_world(domain=folder)


def test_a_folder_that_is_not_there_is_an_error_that_names_the_embedded_domains(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match=r"no folder .*nowhere; .*shop"):
        load_domain(tmp_path / "nowhere")


@pytest.mark.parametrize("rows", [0, -1, 1.5, True, 10**7])
def test_a_number_of_rows_that_is_none_is_refused(folder: Path, rows: int) -> None:
    with pytest.raises(ValueError, match="rows="):
        load_domain(folder).snapshot(rows, 0)
