"""What a tree is made of: files, folders, links and pipes, how they are walked, and the hash of each."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple

LIMIT_PATH_BYTES = 2000
MODULUS = 1 << 256
_KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link", stat.S_IFIFO: "pipe"}
_CHUNK = 1 << 20


class Entry(NamedTuple):
    """One name in a tree.

    Args:
        path: Where it is, relative to the tree.
        kind: ``file``, ``folder``, ``link``, ``pipe``, or ``other`` for what is no part of a tree.
        mode: What its owner may do, as three bits: read, write, execute.
        size: Bytes of a file.
        mtime_ns: When it was changed; no part of its hash.
        inode: Its number in the file system; no part of its hash.
        ctime_ns: When anything of it was changed, which nobody can forge; no part of its hash.
    """

    path: str
    kind: str
    mode: int
    size: int
    mtime_ns: int
    inode: int
    ctime_ns: int


def entry(path: str, of: os.stat_result) -> Entry:
    """An entry from what the system says of it."""
    kind = _KINDS.get(stat.S_IFMT(of.st_mode), "other")
    mode = 7 if kind == "link" else of.st_mode >> 6 & 7
    return Entry(path, kind, mode, of.st_size, of.st_mtime_ns, of.st_ino, of.st_ctime_ns)


def permissions(mode: int) -> int:
    """What all may do, from what the owner may: others may not write, as with the mask that commands have."""
    return mode << 6 | (mode & 5) << 3 | mode & 5


def walk(root_fd: int, unlock: Callable[[Entry], None] = lambda _: None) -> Iterator[Entry]:
    """Every entry below a folder, parents first, in no set order.

    What has a path longer than `LIMIT_PATH_BYTES`, and what is mounted there from elsewhere, is left out.

    Args:
        root_fd: The folder.
        unlock: Is called with each entry before it is opened.
    """
    device = os.fstat(root_fd).st_dev
    left = ["."]
    while left:
        folder = left.pop()
        fd = opened(root_fd, folder, os.O_DIRECTORY)
        try:
            with os.scandir(fd) as names:
                found = [(name.name, name.stat(follow_symlinks=False)) for name in names]
        finally:
            os.close(fd)
        for name, status in found:
            path = name if folder == "." else f"{folder}/{name}"
            if status.st_dev != device or len(os.fsencode(path)) > LIMIT_PATH_BYTES:
                continue
            one = entry(path, status)
            unlock(one)
            yield one
            if one.kind == "folder":
                left.append(path)


def opened(root_fd: int, path: str, flags: int = 0) -> int:
    """A file or folder of a tree, opened to read; no link is followed, no pipe waited for."""
    flags |= os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    return os.open(path, flags, dir_fd=root_fd)


def content(root_fd: int, one: Entry) -> Iterator[bytes]:
    """What a file holds, or where a link points to, piece by piece."""
    if one.kind == "link":
        yield os.fsencode(os.readlink(one.path, dir_fd=root_fd))
    if one.kind == "file":
        fd = opened(root_fd, one.path)
        try:
            while piece := os.read(fd, _CHUNK):
                yield piece
        finally:
            os.close(fd)


def hashed(root_fd: int, one: Entry) -> int:
    """The hash of an entry: its path, kind, mode and content. A tree's digest is the sum of those of its entries."""
    state = hashlib.blake2b(digest_size=32)
    for part in (os.fsencode(one.path), one.kind.encode(), str(one.mode).encode()):
        state.update(len(part).to_bytes(4, "big") + part)
    for piece in content(root_fd, one):
        state.update(piece)
    return int.from_bytes(state.digest(), "big")
