from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.snapshots.repositories.git_tree import Exported, FileEntry, FileKind, write_tree


def written(tree: dict[str, tuple[FileKind, bytes]], folder: Path) -> Exported:
    contents = {str(number): content for number, (_, content) in enumerate(tree.values())}
    entries = {
        path: FileEntry(kind, id, len(content))
        for id, (path, (kind, content)) in zip(contents, tree.items(), strict=True)
    }
    return write_tree(entries, lambda ids: (contents[id] for id in ids), folder, limit_bytes=100)


def test_what_is_left_out_is_named_with_the_reason(tmp_path: Path) -> None:
    tree: dict[str, tuple[FileKind, bytes]] = {
        "a": ("file", b"1"),
        "a/below": ("file", b"1"),
        "big": ("file", b"1" * 101),
        "data.bin": ("file", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
        "module": ("submodule", b""),
        os.fsdecode(b"\xff"): ("file", b"1"),
        "../up": ("file", b"1"),
        "b/.GIT/config": ("file", b"1"),
    }
    exported = written(tree, tmp_path / "out")
    assert (exported.files, [path.name for path in tmp_path.rglob("*")]) == (1, ["out", "a"])
    assert exported.left_out == {
        "../up": "no name that a file of a repository can have",
        "a/below": "it stands below what is no folder",
        "b/.GIT/config": "no name that a file of a repository can have",
        "big": "101 bytes, over 100",
        "data.bin": "a pointer to content in git-lfs, which is not in the repository",
        "module": "a submodule, whose files are in another repository",
        "\\xff": "its name is no UTF-8",
    }


@pytest.mark.parametrize("target", ["../b", "c/d", ".", "..", "./../b/", "nowhere"])
def test_a_link_inside_of_the_tree_is_kept(tmp_path: Path, target: str) -> None:
    assert written({"a/link": ("link", target.encode())}, tmp_path / "out") == Exported(1, {})
    assert (tmp_path / "out/a/link").readlink() == Path(target)


@pytest.mark.parametrize("target", ["/etc/passwd", "../..", "../../etc", "d/../../x", "d/..", "", "a\0b"])
def test_a_link_that_may_lead_out_is_left_out(tmp_path: Path, target: str) -> None:
    exported = written({"a/link": ("link", target.encode())}, tmp_path / "out")
    assert exported == Exported(0, {"a/link": "a link that leads out of the tree"})


def test_a_folder_that_is_not_empty_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(FileExistsError, match="not empty"):
        written({"a": ("file", b"1")}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


PATHS = st.lists(st.sampled_from(["..", ".", "", "a", "b", ".git"]), min_size=1, max_size=4).map("/".join)
KINDS: st.SearchStrategy[FileKind] = st.sampled_from(["file", "executable", "link", "submodule"])


@given(tree=st.dictionaries(PATHS, st.tuples(KINDS, PATHS.map(str.encode)), max_size=6))
def test_whatever_a_tree_holds_nothing_in_it_leads_out(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, tuple[FileKind, bytes]]
) -> None:
    out = tmp_path_factory.mktemp("around") / "out"
    exported = written(tree, out)
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    found = [path for path in out.rglob("*") if path.is_symlink() or path.is_file()]
    assert len(found) == exported.files == len(tree) - len(exported.left_out)
    assert not any(".git" in path.parts for path in found)
    for path in found:
        with suppress(OSError):  # it leads to nothing, or to itself
            assert Path(os.path.realpath(path, strict=True)).is_relative_to(os.path.realpath(out))
