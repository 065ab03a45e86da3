"""A git history of one commit, written to the same byte everywhere: no program, no time, nothing else in its objects.

Source: the formats of packs, their index, and of the index, in git's documentation (gitformat-pack, gitformat-index).
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_COMMIT, _TREE, _BLOB = 1, 2, 3
_NAMES = {_COMMIT: "commit", _TREE: "tree", _BLOB: "blob"}
_WHO = "user <user@sandbox> 1704067200 +0000"
_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = false\n"
_USER = "[user]\n\tname = user\n\temail = user@sandbox\n[gc]\n\tauto = 0\n"
_FOLDER = "40000"


class Kept(NamedTuple):
    """A file as git keeps it.

    Args:
        path: Where it is.
        mode: ``100644``, ``100755``, or ``120000`` for a link.
        content: What it holds, or where it points to.
    """

    path: str
    mode: str
    content: bytes


def write_history(folder: Path, files: Iterable[Kept]) -> str:
    """Make a folder the work tree of a repository whose one commit holds these files, which stand in it already.

    Args:
        folder: The folder, without a ``.git``.
        files: All its files.

    Returns:
        The id of the commit.
    """
    pack = _Pack()
    entries = sorted((one.path.encode(), one.mode, pack.add(_BLOB, one.content)) for one in files)
    root = pack.add_tree([(path.split(b"/"), mode, blob) for path, mode, blob in entries])
    commit = pack.add(_COMMIT, f"tree {root.hex()}\nauthor {_WHO}\ncommitter {_WHO}\n\nThe project\n".encode())
    git = folder / ".git"
    for name in ("objects/pack", "objects/info", "refs/heads", "refs/tags"):
        (git / name).mkdir(parents=True)
    pack.write(git / "objects" / "pack")
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "refs" / "heads" / "main").write_text(f"{commit.hex()}\n")
    (git / "config").write_text(_CONFIG + _USER)
    (git / "index").write_bytes(_index(entries))
    return commit.hex()


class _Pack:
    """Objects in one file, each stored as it is."""

    def __init__(self) -> None:
        self._objects: dict[bytes, tuple[int, bytes]] = {}

    def add(self, kind: int, content: bytes) -> bytes:
        """Keep an object, and give its id."""
        header = f"{_NAMES[kind]} {len(content)}\0".encode()
        name = hashlib.sha1(header + content, usedforsecurity=False).digest()
        self._objects[name] = (kind, content)
        return name

    def add_tree(self, entries: list[tuple[list[bytes], str, bytes]]) -> bytes:
        """Keep a tree, given as sorted paths in parts, and those below it."""
        held: list[tuple[bytes, bytes, bytes]] = []  # what git sorts by, mode and name, id
        below: dict[bytes, list[tuple[list[bytes], str, bytes]]] = {}
        for (name, *rest), mode, blob in entries:
            if rest:
                below.setdefault(name, []).append((rest, mode, blob))
            else:
                held.append((name, f"{mode} ".encode() + name, blob))
        for name, inner in below.items():
            held.append((name + b"/", f"{_FOLDER} ".encode() + name, self.add_tree(inner)))
        return self.add(_TREE, b"".join(named + b"\0" + blob for _, named, blob in sorted(held)))

    def write(self, folder: Path) -> None:
        """Write the pack and its index."""
        body = bytearray(b"PACK" + struct.pack(">II", 2, len(self._objects)))
        places: dict[bytes, tuple[int, int]] = {}
        for name in sorted(self._objects):
            begin = len(body)
            kind, content = self._objects[name]
            body += _size(kind, len(content)) + zlib.compress(content, 0)
            places[name] = (begin, zlib.crc32(body[begin:]))
        checksum = hashlib.sha1(body, usedforsecurity=False).digest()
        index = bytearray(b"\xfftOc" + struct.pack(">I", 2))
        names = list(places)
        index += b"".join(struct.pack(">I", sum(name[0] <= first for name in names)) for first in range(256))
        index += b"".join(names)
        index += b"".join(struct.pack(">I", crc) for _, crc in places.values())
        index += b"".join(struct.pack(">I", begin) for begin, _ in places.values())
        index += checksum
        index += hashlib.sha1(index, usedforsecurity=False).digest()
        (folder / f"pack-{checksum.hex()}.pack").write_bytes(body + checksum)
        (folder / f"pack-{checksum.hex()}.idx").write_bytes(index)


def _size(kind: int, size: int) -> bytes:
    """The head of an object in a pack: its kind and size, seven bits a byte."""
    head, size = bytearray([kind << 4 | size & 15]), size >> 4
    while size:
        head[-1] |= 128
        head.append(size & 127)
        size >>= 7
    return bytes(head)


def _index(entries: list[tuple[bytes, str, bytes]]) -> bytes:
    """The index, which knows contents and nothing of times, so that git compares contents."""
    body = bytearray(b"DIRC" + struct.pack(">II", 2, len(entries)))
    for path, mode, blob in entries:
        entry = struct.pack(">6IIIII", *[0] * 6, int(mode, 8), 0, 0, 0) + blob
        entry += struct.pack(">H", min(len(path), 0xFFF)) + path
        body += entry + bytes(8 - len(entry) % 8)
    return bytes(body + hashlib.sha1(body, usedforsecurity=False).digest())
