"""What differs between a tree and its snapshot, how it is read, and how it is made again in another sandbox."""

# ruff: noqa: PTH123, PTH208
from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from .entries import MODULUS, Entry, content, entry, hashed, opened, permissions, walk

LIMIT_CHANGES_BYTES = 1 << 29
_OPAQUE = "user.overlay.opaque"


class Changes(NamedTuple):
    """Changes of a folder.

    Args:
        removed: Paths that are no longer what they were, with all below them; made first.
        present: Entries that are new or touched, parents first.
    """

    removed: list[str]
    present: list[Entry]


class Area:
    """A folder that commands may write, of which one can say what was changed.

    Args:
        path: The folder.
        changes_fd: Its upper layer, if it is laid over a snapshot. Otherwise what it holds now is what it began with.
    """

    def __init__(self, path: str, changes_fd: int | None = None) -> None:
        self.path, self._changes_fd = path, changes_fd
        self.fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._began: dict[str, Entry] = {}
        if changes_fd is None:
            with self._changes() as began:
                self._began = {one.path: one for one in began.present}

    def digest(self, ignoring: list[str]) -> dict[str, Any]:
        """What the owner needs to make the digest of the snapshot that of the tree.

        Args:
            ignoring: Paths whose changes do not count.
        """
        with self._changes() as (removed, present):
            counted = [one for one in present if one.path not in ignoring]
            total = sum(hashed(self.fd, one) for one in counted) % MODULUS
        removed = [path for path in removed if path not in ignoring]
        return {"removed": removed, "present": [(one.path, one.kind) for one in counted], "sum": hex(total)}

    def taken(self) -> tuple[dict[str, Any], bytes]:
        """The changes with their contents, for `apply`.

        Raises:
            ValueError: They are too large to be held.
        """
        with self._changes() as (removed, present):
            size = sum(one.size for one in present if one.kind == "file")
            if size > LIMIT_CHANGES_BYTES:
                raise ValueError(f"the changes hold {size:,} bytes; a fork carries at most {LIMIT_CHANGES_BYTES:,}")
            contents = [b"".join(content(self.fd, one)) for one in present]
        described = [
            (one.path, one.kind, one.mode, len(held), one.mtime_ns) for one, held in zip(present, contents, strict=True)
        ]
        return {"removed": removed, "present": described}, b"".join(contents)

    def apply(self, header: dict[str, Any], payload: bytes) -> None:
        """Make changes that were taken elsewhere, from the same beginning."""
        for path in header["removed"]:
            self._remove(path)
        at, later = 0, []
        for path, kind, mode, size, mtime_ns in header["present"]:
            self._make(path, kind, payload[at : at + size])
            at += size
            later.append((path, kind, mode, mtime_ns))
        for path, kind, mode, mtime_ns in reversed(later):  # children first: a folder may forbid what is done in it
            os.utime(path, ns=(mtime_ns, mtime_ns), dir_fd=self.fd, follow_symlinks=False)
            if kind != "link":
                os.chmod(path, permissions(mode), dir_fd=self.fd)

    @contextmanager
    def _changes(self) -> Iterator[Changes]:
        """What was changed since the beginning: in a layer at the cost of the changes, in a copy of all names.

        Until the block is left, all of it may be read, also what its owner may not.
        """
        locked: list[Entry] = []

        def unlock(one: Entry) -> None:
            wanted = {"file": 4, "folder": 7}.get(one.kind, 0)
            if one.mode & wanted != wanted:
                locked.append(one)
                os.chmod(one.path, 0o700, dir_fd=self.fd)

        mode = stat.S_IMODE(os.fstat(self.fd).st_mode)
        os.fchmod(self.fd, mode | 0o700)
        try:
            yield self._compared(unlock) if self._changes_fd is None else self._layered(self._changes_fd, unlock)
        finally:
            for one in reversed(locked):
                os.chmod(one.path, permissions(one.mode), dir_fd=self.fd)
            os.fchmod(self.fd, mode)

    def _layered(self, fd: int, unlock: Callable[[Entry], None]) -> Changes:
        removed, present = [], []
        for one in walk(fd, unlock):
            if one.kind == "other":
                if _is_whiteout(fd, one.path):
                    removed.append(one.path)
                continue
            if one.kind == "folder" and _is_opaque(fd, one.path):
                removed.append(one.path)
            present.append(one)
        return Changes(removed, present)

    def _compared(self, unlock: Callable[[Entry], None]) -> Changes:
        now = {one.path: one for one in walk(self.fd, unlock)}
        removed = [path for path in self._began if path not in now or now[path].kind == "other"]
        present = [one for one in now.values() if one.kind != "other" and self._began.get(one.path) != one]
        return Changes(removed, present)

    def _remove(self, path: str) -> None:
        found = self._found(path)
        if found is None:
            return
        if found.kind != "folder":
            os.unlink(path, dir_fd=self.fd)
            return
        os.chmod(path, 0o700, dir_fd=self.fd)
        for name in os.listdir(f"{self.path}/{path}"):
            self._remove(f"{path}/{name}")
        os.rmdir(path, dir_fd=self.fd)

    def _make(self, path: str, kind: str, held: bytes) -> None:
        found = self._found(path)
        if found is not None and (found.kind, kind) == ("folder", "folder"):
            os.chmod(path, 0o700, dir_fd=self.fd)
            return
        self._remove(path)
        makers: dict[str, Callable[[], None]] = {
            "folder": lambda: os.mkdir(path, 0o700, dir_fd=self.fd),
            "link": lambda: os.symlink(held, os.fsencode(path), dir_fd=self.fd),
            "pipe": lambda: os.mkfifo(path, dir_fd=self.fd),
            "file": lambda: self._write(path, held),
        }
        makers[kind]()

    def _write(self, path: str, held: bytes) -> None:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=self.fd)
        with open(fd, "wb") as file:
            file.write(held)

    def _found(self, path: str) -> Entry | None:
        try:
            return entry(path, os.stat(path, dir_fd=self.fd, follow_symlinks=False))
        except (FileNotFoundError, NotADirectoryError):
            return None


def _is_whiteout(fd: int, path: str) -> bool:
    found = os.stat(path, dir_fd=fd, follow_symlinks=False)
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == 0


def _is_opaque(fd: int, path: str) -> bool:
    folder = opened(fd, path, os.O_DIRECTORY)
    try:
        return os.getxattr(folder, _OPAQUE) == b"y"
    except OSError:
        return False
    finally:
        os.close(folder)
