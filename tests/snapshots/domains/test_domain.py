"""Domains from folders: loaded, generated, the same in every process, and refused with file and line."""

from __future__ import annotations

import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from agent_envs.messages import ToolCall
from agent_envs.snapshots.domains.domain import load_domain
from agent_envs.snapshots.domains.schema import DomainError
from agent_envs.snapshots.domains.world import open_world

SCHEMA = """-- A library of two tables.
CREATE TABLE shelves (shelf_id VARCHAR PRIMARY KEY, room VARCHAR NOT NULL);

CREATE TABLE books (
    book_id VARCHAR PRIMARY KEY,
    shelf_id VARCHAR NOT NULL REFERENCES shelves (shelf_id),
    pages INTEGER NOT NULL CHECK (pages > 0),
    bought_at TIMESTAMP
);
"""
DATA = '''"""How the library's rows are made."""

from datetime import UTC, datetime

from .rooms import ROOMS

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def counts(rows):
    return {"shelves": 1 + rows // 10, "books": rows}


def shelves(row):
    return {"shelf_id": row.key("S"), "room": row.pick("room", ROOMS)}


def books(row):
    shelf = row.other("shelf", "shelves")
    return [
        {
            "book_id": row.key("B", index, 2),
            "shelf_id": shelf.key("S"),
            "pages": row.part(index).integer("pages", 20, 900),
            "bought_at": row.time("bought", datetime(2020, 1, 1, tzinfo=UTC), NOW) if index else None,
        }
        for index in range(row.integer("volumes", 1, 2))
    ]
'''
TOOLS = '''"""What the library's agent can do."""

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import tool


@tool
def count_books(db: EpisodeDatabase, shelf_id: str) -> int:
    """Count the books of a shelf."""
    return db.scalar("SELECT count(*) FROM books WHERE shelf_id = ?", shelf_id)


@tool(writes=True)
def remove_book(db: EpisodeDatabase, book_id: str) -> int:
    """Remove a book; says how many there were."""
    return db.write("DELETE FROM books WHERE book_id = ?", book_id)
'''
FILES = {
    "schema.sql": SCHEMA,
    "data.py": DATA,
    "rooms.py": 'ROOMS = ("hall", "cellar")\n',
    "tools.py": TOOLS,
    "policy.md": "Be quiet.\n",
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AGENT_ENVS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "library", FILES)


def write(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))


def test_a_folder_is_loaded(folder: Path) -> None:
    domain = load_domain(folder)
    assert (domain.name, domain.tables, domain.policy) == ("library", ("shelves", "books"), "Be quiet.\n")
    assert {name: tool.writes for name, tool in domain.tools.items()} == {"count_books": False, "remove_book": True}
    assert len(domain.user_tools) == 0
    assert domain.clock.isoformat() == "2026-03-02T09:00:00+00:00"


def test_its_tools_run_on_its_database(folder: Path) -> None:
    domain = load_domain(folder)
    db = domain.open(40, seed=1)
    book = db.scalar("SELECT min(book_id) FROM books")
    with db.call(writes=True):
        assert domain.tools.call(db, ToolCall.of("remove_book", book_id=book)) == "1"
    assert [change.table for change in db.diff()] == ["books"]
    assert db.now == "2026-03-02 09:00:00"


def test_the_user_may_have_tools(folder: Path) -> None:
    (folder / "user_tools.py").write_text(TOOLS.replace("count_books", "look"))
    assert list(load_domain(folder).user_tools) == ["look", "remove_book"]


def test_a_snapshot_holds_the_rows_that_are_made_alone(folder: Path) -> None:
    domain = load_domain(folder)
    snapshot, recipe = domain.snapshot(50, seed=3), domain.recipe(50, seed=3)
    with duckdb.connect(snapshot.database, read_only=True) as connection:
        held = connection.execute("SELECT book_id, shelf_id, pages FROM books ORDER BY book_id").fetchall()
    alone = [row for number in reversed(range(50)) for row in recipe.rows("books", number)]
    assert sorted((row["book_id"], row["shelf_id"], row["pages"]) for row in alone) == held
    assert snapshot.manifest.tables == {"shelves": 6, "books": len(held)}
    assert snapshot.manifest.seed == 3
    assert set(snapshot.manifest.packages) == {"agent-envs", "duckdb", "faker"}


def test_a_snapshot_is_the_same_in_every_process(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from agent_envs.snapshots.domains.domain import load_domain; domain = load_domain(sys.argv[1]);"
        "print(domain.snapshot(300, 5).manifest.content_digest, domain.image(300, 5).digest)"
    )

    def run(name: str, **environment: str) -> str:
        env = os.environ | {"AGENT_ENVS_CACHE": str(tmp_path / name)} | environment
        return subprocess.run(
            [sys.executable, "-c", code, str(folder)], env=env, capture_output=True, text=True, check=True
        ).stdout

    here = load_domain(folder)
    told = f"{here.snapshot(300, 5).manifest.content_digest} {here.image(300, 5).digest}\n"
    assert run("one", PYTHONHASHSEED="1") == run("two", PYTHONHASHSEED="2", TZ="Asia/Tokyo") == told


def test_another_seed_or_number_of_rows_gives_another_snapshot(folder: Path) -> None:
    domain = load_domain(folder)
    digests = {domain.snapshot(rows, seed).manifest.content_digest for rows in (20, 30) for seed in (0, 1)}
    assert len(digests) == 4


def test_a_row_is_the_same_at_every_size_that_does_not_change_its_references(folder: Path) -> None:
    domain = load_domain(folder)
    assert domain.recipe(10, 0).rows("shelves", 0) == domain.recipe(10_000, 0).rows("shelves", 0)


def test_an_edited_folder_is_loaded_afresh(folder: Path) -> None:
    before = load_domain(folder).snapshot(20, 0).manifest.content_digest
    edit(folder, "rooms.py", '"hall"', '"attic room"')
    assert load_domain(folder).snapshot(20, 0).manifest.content_digest != before


def test_a_domain_can_be_pickled(folder: Path) -> None:
    domain = load_domain(folder)
    assert pickle.loads(pickle.dumps(domain)) is domain
    assert pickle.loads(pickle.dumps(load_domain("shop"))) is load_domain("shop")
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer).tools['count_books'].name)"
    run = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(domain), capture_output=True, check=True)
    assert run.stdout == b"count_books\n"


def test_a_snapshot_that_fails_leaves_nothing_behind(folder: Path, cache: Path) -> None:
    edit(folder, "data.py", "20, 900", "-9, 9")
    with pytest.raises(DomainError):
        load_domain(folder).image(2_000, 0)
    assert not list(cache.glob("domain*/[!.]*"))
    assert not list(cache.glob("domain*/.*.partial"))


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


def test_a_folder_that_is_not_there_is_an_error_that_names_the_embedded_domains(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match=r"no folder .*nowhere; .*shop"):
        load_domain(tmp_path / "nowhere")


@pytest.mark.parametrize("rows", [0, -1, 1.5, True, 10**7])
def test_a_number_of_rows_that_is_none_is_refused(folder: Path, rows: int) -> None:
    with pytest.raises(ValueError, match="rows="):
        load_domain(folder).snapshot(rows, 0)


def test_the_manifest_can_be_read_by_people(folder: Path) -> None:
    snapshot = load_domain(folder).snapshot(10, 0)
    read = json.loads((snapshot.folder / "manifest.json").read_text())
    assert read["domain"] == "library" and read["rows"] == 10
