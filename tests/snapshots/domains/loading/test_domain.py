"""Domains from folders: loaded, generated, and the same in every process."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from agent_envs.messages import ToolCall
from agent_envs.snapshots.domains.domain import load_domain
from agent_envs.snapshots.domains.schema import DomainError

from .conftest import TOOLS, edit


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


def test_the_manifest_can_be_read_by_people(folder: Path) -> None:
    snapshot = load_domain(folder).snapshot(10, 0)
    read = json.loads((snapshot.folder / "manifest.json").read_text())
    assert read["domain"] == "library" and read["rows"] == 10
