from __future__ import annotations

import re
import shutil
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from agent_envs.snapshots.domains.domain import load_domain
from agent_envs.snapshots.domains.world import DomainWorld
from agent_envs.testing import tool_machine

FOLDER = Path(__file__).parents[1] / "envs" / "lending"
Copy = Callable[..., Path]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_ENVS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def lending_with(tmp_path: Path) -> Copy:
    """Copies the lending desk, with one passage of a file replaced."""

    def copy(file: str, old: str, new: str) -> Path:
        folder = tmp_path / "lending"
        shutil.copytree(FOLDER, folder)
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new))
        return folder

    return copy


def found_by(domain: Any) -> tuple[str, list[str]]:
    """What the machine says of a domain, and the calls of the shrunk example."""
    case = tool_machine(domain)
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    if result.wasSuccessful():
        return "", []
    ((_, told),) = result.failures + result.errors
    return told, re.findall(r"^\s*(?:\| )?state\.(?!teardown)(.*)$", told, re.MULTILINE)


TestLending = tool_machine(FOLDER)


def test_a_sound_domain_passes_by_its_folder_loaded_or_as_a_world() -> None:
    domain = load_domain(FOLDER)
    for given in (str(FOLDER), domain, DomainWorld(domain)):
        assert found_by(given) == ("", [])


def test_a_folder_that_is_none_is_refused_when_the_machine_is_made() -> None:
    with pytest.raises(ValueError, match="there is no folder"):
        tool_machine("no such domain")


def test_more_is_played_by_hypothesis_own_settings() -> None:
    case: Any = tool_machine(FOLDER)
    case.settings = settings(case.settings, max_examples=2, stateful_step_count=3)
    assert unittest.defaultTestLoader.loadTestsFromTestCase(case).run(unittest.TestResult()).wasSuccessful()


def test_a_read_that_writes_is_found(lending_with: Copy) -> None:
    told, calls = found_by(
        lending_with(
            "tools.py",
            "    return book",
            '    db.write("UPDATE books SET copies = copies + 1 WHERE title = ?", title)\n    return book',
        )
    )
    assert "SqlError: UPDATE books is not allowed here" in told
    assert [call.partition("(")[0] for call in calls] == ["find_book"]


def test_a_read_that_remembers_is_found(lending_with: Copy) -> None:
    told, calls = found_by(
        lending_with(
            "tools.py",
            "    return book",
            "    asked.append(title)\n    return book | {'asked': len(asked)}\n\n\nasked: list[str] = []",
        )
    )
    assert "it depends on something outside of the database" in told
    assert [call.partition("(")[0] for call in calls] == ["find_book"]


def test_a_write_that_is_half_done_is_found(lending_with: Copy) -> None:
    told, calls = found_by(
        lending_with(
            "tools.py",
            """\
    if not db.scalar("SELECT copies FROM books WHERE book_id = ?", book_id):
        raise ToolError(f"no copy of {book_id!r} is left")
    db.write("UPDATE books SET copies = copies - 1 WHERE book_id = ?", book_id)
""",
            """\
    try:
        db.write("UPDATE books SET copies = copies - 1 WHERE book_id = ?", book_id)
    except ToolError as error:
        return {"error": str(error)}
""",
        )
    )
    assert "lend went on after the database refused a statement, and what it had written stays: UPDATE books" in told
    assert calls == ["""lend(arguments='{"book_id": "B1000002", "reader_id": "R-1"}')"""]


def test_a_dropped_foreign_key_is_found(lending_with: Copy) -> None:
    folder = lending_with(
        "schema.sql", "book_id VARCHAR NOT NULL REFERENCES books (book_id)", "book_id VARCHAR NOT NULL"
    )
    tools = (folder / "tools.py").read_text()
    check = 'if not db.scalar("SELECT copies FROM books WHERE book_id = ?", book_id):'
    assert check in tools
    (folder / "tools.py").write_text(tools.replace(check, check.replace("if not", "if 0 ==")))
    told, calls = found_by(folder)
    assert re.search(r"a row of loans holds \{'book_id': .*\}, and no row of books has it as its book_id", told)
    assert [call.partition("(")[0] for call in calls] == ["lend"]


def test_a_result_of_another_type_is_found(lending_with: Copy) -> None:
    told, calls = found_by(lending_with("tools.py", "    return book\n", "    return [book]  # type: ignore\n"))
    assert "find_book returned" in told
    assert len(calls) == 1


def test_an_error_that_is_none_of_the_agents_is_found(lending_with: Copy) -> None:
    told, calls = found_by(lending_with("tools.py", "    if book is None:", "    if book['copies'] is None:"))
    assert "TypeError: 'NoneType' object is not subscriptable" in told
    assert len(calls) == 1
