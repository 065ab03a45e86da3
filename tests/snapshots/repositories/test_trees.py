from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from agent_envs.snapshots.repositories.trees import Tree, copy_tree

FILES = {
    "README": b"Hello\n",
    "a/b.py": b"x = 1\r\n",
    "a-b": b"\0\xff",
    "\u00e4 \n.txt": b"",
    "run.py": b"#!/usr/bin/env python\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with a history, a cache, links, a pipe, and a name that is no UTF-8."""
    folder = tmp_path / "kept"
    for path, content in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / "run.py").chmod(0o755)
    for path in (".git/objects/x", "a/__pycache__/b.pyc", "vendor/.git", os.fsdecode(b"a/\xff.py")):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("gitdir: ../.git")
    (folder / "to_file").symlink_to("a/b.py")
    (folder / "to_folder").symlink_to("a")
    (folder / "a" / "loop").symlink_to("loop")
    (folder / "out").symlink_to("/etc/passwd")
    (folder / "up").symlink_to("../other")
    os.mkfifo(folder / "pipe")
    return folder


def times(folder: Path) -> set[float]:
    return {os.lstat(path).st_mtime for path in (folder, *folder.rglob("*"))}


def held(folder: Path) -> list[tuple[str, int, bytes]]:
    """Each path of a folder with its mode, and what it holds or where it points to."""
    found = []
    for path in sorted(folder.rglob("*")):
        content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found.append((str(path.relative_to(folder)), os.lstat(path).st_mode, content))
    return found


def git(folder: Path, *arguments: str) -> str:
    if shutil.which("git") is None:
        pytest.skip("needs git")
    command = ["git", "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def test_a_tree_knows_its_files_in_order_with_their_modes_and_no_history(folder: Path) -> None:
    plain = dict.fromkeys(FILES, "100644") | {"run.py": "100755"}
    links = dict.fromkeys(("to_file", "to_folder", "a/loop", "out", "up"), "120000")
    assert list(Tree(folder).files.items()) == sorted((plain | links).items())


def test_links_are_not_read_and_what_is_not_there_neither(folder: Path) -> None:
    tree = Tree(folder)
    assert tree.read("a/b.py") == FILES["a/b.py"]
    assert [tree.read(path) for path in ("to_file", "out", "pipe", "nothing", "a")] == [None] * 5


def test_a_file_is_no_tree(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="nothing is no folder"):
        Tree(tmp_path / "nothing")


def test_a_kept_tree_holds_the_files_and_no_link_that_leads_out(folder: Path, tmp_path: Path) -> None:
    copy_tree(Tree(folder), tmp_path / "copy")
    copied, kept = Tree(tmp_path / "copy"), Tree(folder)
    assert copied.files == {path: mode for path, mode in kept.files.items() if path not in ("out", "up")}
    assert all(copied.read(path) == content for path, content in FILES.items())
    assert (tmp_path / "copy" / "to_file").readlink() == Path("a/b.py")
    assert not (tmp_path / "copy" / ".git").exists()


CHANGES = {"a/b.py": b"x = 2\n", "README": None, "new/file.py": b"y = 1\n"}


def test_a_built_tree_is_the_kept_one_with_changes(folder: Path, tmp_path: Path) -> None:
    Tree(folder).build(tmp_path / "built", CHANGES)
    kept, built = Tree(folder), Tree(tmp_path / "built")
    expected = {path: mode for path, mode in kept.files.items() if path != "README"} | {"new/file.py": "100644"}
    assert built.files == dict(sorted(expected.items()))
    assert built.read("a/b.py") == b"x = 2\n"
    assert built.read("new/file.py") == b"y = 1\n"


def test_everything_of_a_built_tree_has_one_time(folder: Path, tmp_path: Path) -> None:
    os.utime(folder / "a" / "b.py", (0, 0))
    Tree(folder).build(tmp_path / "built", CHANGES)
    assert len(times(tmp_path / "built")) == 1


def test_two_builds_are_equal_to_the_byte(folder: Path, tmp_path: Path) -> None:
    Tree(folder).build(tmp_path / "one", CHANGES)
    copy = shutil.copytree(folder, tmp_path / "again", symlinks=True, ignore=shutil.ignore_patterns("pipe"))
    Tree(copy).build(tmp_path / "two", dict(reversed(CHANGES.items())))
    assert held(tmp_path / "one") == held(tmp_path / "two")


def test_the_history_is_one_commit_that_never_saw_the_old_content(folder: Path, tmp_path: Path) -> None:
    Tree(folder).build(tmp_path / "built", CHANGES)
    built = tmp_path / "built"
    assert len(git(built, "rev-list", "--all").split()) == 1
    assert git(built, "status", "--porcelain", "--ignored") == ""
    assert git(built, "fsck", "--full", "--strict", "--unreachable", "--no-reflogs") == ""
    objects = git(built, "cat-file", "--batch-check", "--batch-all-objects").splitlines()
    blobs = {line.split()[0] for line in objects if " blob " in line}
    known = {git(built, "hash-object", "--no-filters", path).strip() for path in ("a/b.py", "run.py", "new/file.py")}
    old = {git(folder, "hash-object", "--no-filters", path).strip() for path in ("a/b.py", "README")}
    assert known < blobs and not old & blobs
    assert git(built, "tag") == git(built, "remote") == git(built, "reflog") == ""


def test_a_large_file_is_kept_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    with (tmp_path / "kept" / "large.bin").open("wb") as file:
        file.truncate(100 << 20)
    Tree(tmp_path / "kept").build(tmp_path / "built", {})
    assert (tmp_path / "built" / "large.bin").stat().st_size == 100 << 20
