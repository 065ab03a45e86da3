from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from agent_envs.snapshots.repositories.one_commit import Kept, write_history

FILES = [
    Kept("readme.md", "100644", b"Hello\n"),
    Kept("a/b.py", "100644", b"x = 1\n" * 1000),
    Kept("a.py", "100755", b"#!/usr/bin/env python\n"),
    Kept("a/c/\u00e4 b.txt", "100644", b""),
    Kept("a-b", "100644", b"\0\xff"),
    Kept("link", "120000", b"a/b.py"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, mode, content in FILES:
        place = tmp_path / "tree" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if mode == "120000":
            place.symlink_to(content.decode())
        else:
            place.write_bytes(content)
            place.chmod(0o755 if mode == "100755" else 0o644)
    return tmp_path / "tree"


def git(folder: Path, *arguments: str) -> str:
    if shutil.which("git") is None:
        pytest.skip("needs git")
    command = ["git", "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def test_git_finds_one_whole_commit_and_nothing_changed(folder: Path) -> None:
    commit = write_history(folder, FILES)
    assert git(folder, "rev-list", "--all").split() == [commit]
    assert git(folder, "fsck", "--full", "--strict") == ""
    assert git(folder, "status", "--porcelain") == ""
    assert git(folder, "ls-files", "-z").split("\0")[:-1] == sorted(one.path for one in FILES)
    assert git(folder, "show", "HEAD:a/b.py") == "x = 1\n" * 1000


def test_changes_are_seen_committed_and_taken_back(folder: Path) -> None:
    write_history(folder, FILES)
    (folder / "a" / "b.py").write_text("x = 2\n")
    assert git(folder, "status", "--porcelain") == " M a/b.py\n"
    git(folder, "commit", "-qam", "two")
    assert git(folder, "diff", "HEAD~1", "--stat").splitlines()[0].startswith(" a/b.py")
    git(folder, "checkout", "-q", "HEAD~1", "--", ".")
    assert (folder / "a" / "b.py").read_text() == "x = 1\n" * 1000


def test_the_history_is_the_same_to_the_byte(folder: Path, tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_history(tmp_path / name, reversed(FILES) if name == "two" else FILES)
        held = sorted((tmp_path / name).rglob("*"))
        written.append([(path.relative_to(tmp_path / name), path.is_file() and path.read_bytes()) for path in held])
    assert written[0] == written[1]
