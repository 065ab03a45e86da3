from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

import pytest

from agent_envs.sandbox import Sandbox, Snapshot, start
from agent_envs.snapshots.repositories.task_python import TaskPython, task_python


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TaskPython:
    """One that is made anew, in a cache of its own."""
    monkeypatch.setenv("AGENT_ENVS_CACHE", str(tmp_path / "cache"))
    return task_python.__wrapped__()


def sandbox_with(python: TaskPython, folder: Path, *, grading: bool = False) -> Sandbox:
    (folder / "src" / "ledger").mkdir(parents=True, exist_ok=True)
    (folder / "src" / "ledger" / "__init__.py").write_text("x = 7\n")
    return start(Snapshot(folder), view=python.view(("src",), grading=grading))


def test_it_is_made_to_the_same_byte_and_says_nothing_of_where_it_was_made(
    made: TaskPython, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_ENVS_CACHE", str(tmp_path / "elsewhere"))
    again = task_python.__wrapped__()
    assert made.digest == again.digest and made.folder.name == again.folder.name
    held = [
        {path.relative_to(one.folder): path.read_bytes() for path in one.folder.rglob("*") if path.is_file()}
        for one in (made, again)
    ]
    assert held[0] == held[1]
    place = os.fsencode(tmp_path)
    assert not [path for path, content in held[0].items() if place in content and "python" not in path.name]


def test_it_has_pytest_and_what_that_needs_and_nothing_else(made: TaskPython) -> None:
    packages = next(made.folder.glob("lib/python*/site-packages"))
    names = {path.name.partition("-")[0].lower() for path in packages.glob("*.dist-info")}
    assert {"pytest", "pluggy", "iniconfig", "packaging"} <= names
    assert not names & {"pip", "setuptools", "coverage", "hypothesis", "agent_envs", "msgspec", "gymnasium"}


def test_needs_bring_what_they_require_and_change_the_digest() -> None:
    plain, covered = task_python(), task_python(("coverage",))
    assert plain.digest != covered.digest
    assert list(covered.folder.glob(f"lib/python*/site-packages/coverage-{version('coverage')}.dist-info"))


def test_what_is_not_installed_is_named_with_the_way_to_it() -> None:
    with pytest.raises(ModuleNotFoundError, match="need no-such-thing, which is not installed: pip install") as caught:
        task_python(("no-such-thing",))
    assert caught.value.name == "no-such-thing"


def test_commands_find_the_project_and_pytest_and_no_other_package(tmp_path: Path) -> None:
    sandbox = sandbox_with(task_python(), tmp_path)
    try:
        code = "import ledger, pytest; print(ledger.x, pytest.__version__)"
        assert sandbox.run(f'cd /tmp; python -c "{code}"').output == f"7 {version('pytest')}\n"
        assert f"pytest {version('pytest')}" in sandbox.run("pytest --version").output
        for name in ("msgspec", "agent_envs", "hypothesis", "pip"):
            done = sandbox.run(f"python -c 'import {name}'")
            assert f"No module named '{name}'" in done.output
    finally:
        sandbox.close()


def test_the_programs_of_grading_are_seen_where_it_is_graded_alone(tmp_path: Path) -> None:
    for grading in (False, True):
        sandbox = sandbox_with(task_python(), tmp_path, grading=grading)
        try:
            assert ("supervise.py" in sandbox.run('ls "${INSIDE:-/nowhere}"').output) == grading
        finally:
            sandbox.close()


def test_nothing_of_it_can_be_changed(tmp_path: Path) -> None:
    sandbox = sandbox_with(task_python(), tmp_path)
    try:
        done = sandbox.run("echo 1 > $(python -c 'import pytest; print(pytest.__file__)')")
        assert done.exit_code != 0
    finally:
        sandbox.close()
