"""SQLite on immutable bytes: reads are slices, writes are refused, locks do nothing, and the clock is the episode's."""

from __future__ import annotations

import threading
from functools import cache

import apsw

_NAME = "agent-envs-image"
_STATEMENTS = 128  # kept prepared, at 5 to 10 kB each


def connect(data: bytes) -> apsw.Connection:
    """A new connection whose main database is these bytes, shared and never changed."""
    _local.opening = data
    vfs = _registered()
    try:
        return apsw.Connection("image", statementcachesize=_STATEMENTS, flags=apsw.SQLITE_OPEN_READWRITE, vfs=vfs)
    finally:
        del _local.opening


def set_clock(julian_ms: int) -> None:
    """What ``datetime('now')`` is from now on in this thread, in milliseconds of the Julian day."""
    _local.julian_ms = julian_ms


class _Local(threading.local):
    """What SQLite asks of a file system, which is not told for which connection: one of each per thread."""

    opening: bytes
    julian_ms = 0


_local = _Local()


class _Pages:
    """The file of a connection. It says nothing of being read-only, or SQLite would let no transaction write."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def xRead(self, amount: int, offset: int) -> bytes:
        return self._data[offset : offset + amount]

    def xFileSize(self) -> int:
        return len(self._data)

    def xWrite(self, data: bytes, offset: int) -> None:
        raise apsw.ReadOnlyError("an image never changes")

    def xTruncate(self, size: int) -> None:
        raise apsw.ReadOnlyError("an image never changes")

    def xSync(self, flags: int) -> None:
        raise apsw.ReadOnlyError("an image never changes")

    def xLock(self, level: int) -> None:
        pass

    def xUnlock(self, level: int) -> None:
        pass

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, operation: int, pointer: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return 4096

    def xDeviceCharacteristics(self) -> int:
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    def xClose(self) -> None:
        pass


class _ImageVfs(apsw.VFS):
    """A file system that holds the image being opened and nothing else: no journal, no temporary file."""

    def __init__(self) -> None:
        super().__init__(_NAME, base="")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> _Pages:  # type: ignore[override]
        if not flags[0] & apsw.SQLITE_OPEN_MAIN_DB:
            raise apsw.CantOpenError("an episode's database has no files")
        flags[1] = flags[0]
        return _Pages(_local.opening)

    def xFullPathname(self, name: str) -> str:
        return name

    def xAccess(self, path: str, flags: int) -> bool:
        return False

    def xDelete(self, path: str, sync: bool) -> None:
        raise apsw.ReadOnlyError("an image never changes")

    def xCurrentTimeInt64(self) -> int:
        return _local.julian_ms


@cache
def _registered() -> str:
    _kept.append(_ImageVfs())  # SQLite knows it by its name only
    return _NAME


_kept: list[_ImageVfs] = []
