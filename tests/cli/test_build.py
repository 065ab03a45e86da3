"""The command that builds sets of repositories, and the environments on what it built."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_envs.cli import app
from agent_envs.sandbox import available
from agent_envs.snapshots.repositories.tiny.generate import generate

isolated = any(backend.isolates and not backend.missing for backend in available())
pytestmark = pytest.mark.skipif(not isolated, reason="no sandbox here isolates")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for path, content in generate(3).items():
        (tmp_path / "project" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / path).write_bytes(content)
    return tmp_path / "project"


def test_a_set_is_built_and_played(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    built = CliRunner().invoke(app, ["build", "repos", str(project), "--out", str(out), "--tasks", "2", "--json"])
    assert built.exit_code == 0, built.output
    told = json.loads(built.stdout)
    assert [(row["repository"], row["tasks"]) for row in told["repositories"]] == [("project", 2)]
    assert sum(bugs for _, bugs in told["operators"].values()) >= 2
    for env in ("RepoTask", "BugFixer", "TestWriter"):
        command = [
            "run",
            f"agent_envs/{env}-v0",
            "--set",
            f"repos={out}",
            "--set",
            "tasks=all",
            "--episodes",
            "2",
            "--json",
        ]
        played = CliRunner().invoke(app, command)
        assert json.loads(played.stdout)["mean_reward"] == 1.0, played.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["repos", "PROJECT"], "give --out FOLDER"),
        (["repos", "--tasks", "3"], "give --out FOLDER"),
        (["repos", "PROJECT", "--out", "PROJECT"], "is there already"),
        (["repos", "PROJECT/README.md", "--out", "set"], "README.md"),
        (["instances", "PROJECT/README.md", "--clones", "PROJECT", "--out", "set"], "README.md"),
    ],
)
def test_what_cannot_be_built_is_said_without_a_traceback(words: list[str], told: str, project: Path) -> None:
    words = [word.replace("PROJECT", str(project)).replace("set", str(project.parent / "set")) for word in words]
    done = CliRunner().invoke(app, ["build", *words])
    assert done.exit_code == 2
    assert told in done.output.replace("\n", "")
    assert not (project.parent / "set").exists()


def test_a_set_that_is_not_there_says_how_it_is_built(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["run", "agent_envs/RepoTask-v0", "--set", f"repos={tmp_path / 'nowhere'}"])
    assert done.exit_code == 2
    assert "build it with: agent-envs build repos" in done.output.replace("\n", "")
