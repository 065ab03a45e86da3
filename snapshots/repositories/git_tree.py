"""The files of a commit, and how they are written to a folder so that nothing in it leads out of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import dropwhile
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

LIMIT_BYTES = 16 << 20
_LFS = b"version https://git-lfs.github.com/spec/"

FileKind = Literal["file", "executable", "link", "submodule"]


class FileEntry(msgspec.Struct, frozen=True):
    """One path of a commit.

    Args:
        kind: A regular ``file``, one that is ``executable``, a symbolic ``link``, or the commit of a ``submodule``.
        id: Of its content, which for a link is where it points.
        size_bytes: Of its content; 0 for a submodule.
    """

    kind: FileKind
    id: str
    size_bytes: int


class Exported(msgspec.Struct, frozen=True):
    """What was written: how many files and links, and for each path that it left out, why."""

    files: int
    left_out: dict[str, str]


def write_tree(
    entries: Mapping[str, FileEntry],
    contents: Callable[[Iterable[str]], Iterator[bytes]],
    folder: Path,
    limit_bytes: int,
) -> Exported:
    """Write files and links to a folder.

    Left out are submodules, pointers of git-lfs, files above the limit, paths that are no UTF-8 or that no file can
    have, and links, unless they first go up, no further than the tree, and then only down: a chain of such links cannot
    lead out either, and so nothing needs to be followed.

    Args:
        entries: By their paths.
        contents: Gives contents by ids, in their order.
        folder: Where to: empty, or not there yet.
        limit_bytes: The largest file that is written.

    Raises:
        FileExistsError: The folder is not empty.
        OSError: A file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; a commit is exported to an empty folder")
    left_out = {path: why for path, entry in entries.items() if (why := _unfit(path, entry, entries, limit_bytes))}
    kept = {path: entry for path, entry in entries.items() if path not in left_out}
    for (path, entry), content in zip(kept.items(), contents(e.id for e in kept.values()), strict=True):
        if entry.kind == "link" and _leads_out(path, content):
            left_out[path] = "a link that leads out of the tree"
        elif entry.kind != "link" and content.startswith(_LFS):
            left_out[path] = "a pointer to content in git-lfs, which is not in the repository"
        else:
            _write(folder / path, entry.kind, content)
    return Exported(len(entries) - len(left_out), {shown(path): left_out[path] for path in sorted(left_out)})


def shown(text: str) -> str:
    """Text in which bytes that are no UTF-8 are spelled out."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _write(target: Path, kind: FileKind, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if kind == "link":
        target.symlink_to(os.fsdecode(content))
    else:
        target.write_bytes(content)
        target.chmod(0o755 if kind == "executable" else 0o644)


def _unfit(path: str, entry: FileEntry, entries: Mapping[str, FileEntry], limit_bytes: int) -> str:
    """Why a path of a commit cannot be written to a folder; empty if it can."""
    if entry.kind == "submodule":
        return "a submodule, whose files are in another repository"
    if shown(path) != path:
        return "its name is no UTF-8"
    if any(part.lower() in ("", ".", "..", ".git") for part in path.split("/")):
        return "no name that a file of a repository can have"
    if any(str(folder) in entries for folder in PurePosixPath(path).parents):
        return "it stands below what is no folder"
    return f"{entry.size_bytes} bytes, over {limit_bytes}" if entry.size_bytes > limit_bytes else ""


def _leads_out(path: str, target: bytes) -> bool:
    """Whether a link may lead out of its tree; a link that goes down and up again is not followed to find out."""
    parts = [part for part in target.split(b"/") if part not in (b"", b".")]
    down = list(dropwhile(lambda part: part == b"..", parts))
    too_far = len(parts) - len(down) > path.count("/")
    return target.startswith(b"/") or b"\0" in target or not target or b".." in down or too_far
