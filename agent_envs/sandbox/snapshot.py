"""The folder that a sandbox begins with, which nobody may change: what is in it, and its digest."""

from __future__ import annotations

import hashlib
import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from .guest.entries import MODULUS, hashed, walk


class Snapshot:
    """A frozen folder; what is worked out of it is kept here, for all sandboxes that begin with it.

    Args:
        path: The folder. Nothing may change it as long as a sandbox that began with it is open.

    Raises:
        NotADirectoryError: It is no folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).resolve()
        if not self.path.is_dir():
            raise NotADirectoryError(f"{path} is no folder: give the folder with which a sandbox is to begin")

    @cached_property
    def has_one_owner(self) -> bool:
        """Whether all of it belongs to the owner of the folder: only then can changes be laid over it."""
        owner = self.path.stat()
        for folder, folders, files in os.walk(self.path):
            for name in (*folders, *files):
                found = os.lstat(f"{folder}/{name}")
                if (found.st_uid, found.st_gid) != (owner.st_uid, owner.st_gid):
                    return False
        return True

    @cached_property
    def _hashes(self) -> dict[str, int]:
        fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            return {one.path: hashed(fd, one) for one in walk(fd) if one.kind != "other"}
        finally:
            os.close(fd)

    @cached_property
    def _paths(self) -> list[str]:
        return sorted(self._hashes)

    @cached_property
    def _sum(self) -> int:
        return sum(self._hashes.values()) % MODULUS

    def digest(self, removed: Iterable[str] = (), present: Iterable[tuple[str, str]] = (), added: int = 0) -> str:
        """Digest of this folder, or of what it has become by changes; it costs time in the number of changes.

        Args:
            removed: Paths that are gone, with all below them.
            present: Paths and kinds of the entries that are new or touched.
            added: The sum of the hashes of those.
        """
        gone: set[str] = set()
        for path in removed:
            gone.update(self._below(path))
        for path, kind in present:
            gone.update([path] if kind == "folder" and path in self._hashes else self._below(path))
        total = (self._sum - sum(self._hashes[path] for path in gone) + added) % MODULUS
        return hashlib.blake2b(total.to_bytes(32, "big"), digest_size=16).hexdigest()

    def _below(self, path: str) -> Iterator[str]:
        """A path and what is below it, as far as they are in the snapshot."""
        if path in self._hashes:
            yield path
        prefix = f"{path}/"
        for number in range(bisect_left(self._paths, prefix), len(self._paths)):
            if not self._paths[number].startswith(prefix):
                return
            yield self._paths[number]
