"""The command that builds sets of repositories, and the environments on what it built."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
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


def test_what_is_told_to_end_leaves_nothing(project: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-m", "agent_envs.cli", "build", "repos", str(project), "--out", str(tmp_path / "set")]
    with subprocess.Popen(command, env={**os.environ, "TMPDIR": str(scratch)}, stderr=subprocess.DEVNULL) as process:
        while not (tmp_path / ".set.partial").exists():
            assert process.poll() is None
        assert any(scratch.iterdir())
        process.terminate()
    assert process.returncode == 128 + 15
    assert list(scratch.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [".set.lock", "project", "scratch"]


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_instances_that_are_taken_and_left_out_are_counted(tmp_path: Path) -> None:
    clone, git = tmp_path / "ledger", ["git", "-C", str(tmp_path / "ledger"), "-c", "user.name=a", "-c", "user.email=a"]
    clone.mkdir()
    (clone / "ledger.py").write_text("def total(amounts):\n    return sum(amounts[1:])\n")
    (clone / "test_ledger.py").write_text("from ledger import total\n\n\ndef test_all():\n    assert total([1]) == 1\n")
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    module = f"160000,{'1' * 40},vendor/lib"
    subprocess.run([*git, "update-index", "--add", "--cacheinfo", module], check=True)
    subprocess.run([*git, "commit", "-qm", "Begin"], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    fix = "--- a/ledger.py\n+++ b/ledger.py\n@@ -2 +2 @@\n-    return sum(amounts[1:])\n+    return sum(amounts)\n"
    instance = {
        "instance_id": "ledger-1",
        "repo": "ledger",
        "base_commit": commit,
        "problem_statement": "The first amount is lost.",
        "patch": fix,
        "test_patch": "",
        "FAIL_TO_PASS": ["test_ledger.py::test_all"],
        "PASS_TO_PASS": [],
    }
    prose = {**instance, "instance_id": "ledger-2", "patch": "hello"}
    (tmp_path / "some.json").write_text(json.dumps([instance, prose]))
    command = ["instances", str(tmp_path / "some.json"), "--clones", str(tmp_path), "--out", str(tmp_path / "set")]
    done = CliRunner().invoke(app, ["build", *command])
    assert done.exit_code == 0, done.output
    told = " ".join(done.output.split())
    assert "ledger-2 gives no task: the patch changes no file, and begins with 'hello'" in told
    assert "ledger is taken without vendor/lib: a submodule" in told
    assert "1 taken, 1 left out" in told


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("backend=jail", "there is no backend 'jail'"),
        ("backend=plain", "does not isolate"),
        ("tasks=test", "has no task of split 'test', but of train"),
    ],
)
def test_what_cannot_be_played_is_said_in_a_line(setting: str, told: str, project: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    build = CliRunner().invoke(app, ["build", "repos", str(project), "--out", str(out), "--tasks", "1"])
    assert build.exit_code == 0, build.output
    done = CliRunner().invoke(app, ["run", "agent_envs/RepoTask-v0", "--set", f"repos={out}", "--set", setting])
    assert done.exit_code == 2
    assert told in done.output.replace("\n", "") and "Traceback" not in done.output
