"""Reading and writing the files of a tree from outside: no path leads out of it, whatever links there are."""

# ruff: noqa: PTH103, PTH117, PTH120, PTH123
from __future__ import annotations

import errno
import hashlib
import os
import stat

SESSION = ".session"


def read(root: str, path: str, limit_bytes: int) -> bytes:
    """What a file holds.

    Raises:
        OSError: There is no such file, it is no file, it is too large, or the path leaves the tree.
    """
    fd = os.open(_within(root, path), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(fd, "rb") as file:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        if found.st_size > limit_bytes:
            raise OSError(errno.EFBIG, f"it has {found.st_size:,} bytes, and {limit_bytes:,} are allowed")
        return file.read(limit_bytes)


def write(root: str, path: str, held: bytes) -> None:
    """Make a file hold this, and the folders on its way; one that is there keeps its mode.

    Raises:
        OSError: The path leaves the tree or is a folder, or there is no room.
    """
    place = _within(root, path)
    if place == root:
        raise IsADirectoryError(errno.EISDIR, "it is the tree itself")
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, "a file is on its way") from None
    fd = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o644)
    with open(fd, "wb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        file.truncate()
        file.write(held)


def session_digest(tree: str, tmp: str) -> str:
    """Digest of the shell session, wherever the tree stands; empty where there is none."""
    try:
        held = read(tmp, SESSION, 1 << 26)
    except OSError:
        return ""
    for path, name in ((tree, b"{tree}"), (tmp, b"{tmp}")):
        held = held.replace(os.fsencode(path), name)
    return hashlib.blake2b(held, digest_size=16).hexdigest()


def _within(root: str, path: str) -> str:
    """Where a path leads. Nothing else runs while this does, so that it leads there still when it is opened."""
    if not path or "\0" in path or os.path.isabs(path):
        raise OSError(errno.EINVAL, "give a path relative to the tree")
    place = os.path.realpath(f"{root}/{path}")
    if place != root and not place.startswith(f"{root}/"):
        raise PermissionError(errno.EPERM, "it leads out of the tree")
    return place
