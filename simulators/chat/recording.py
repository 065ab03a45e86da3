"""The file of a recording: one row a call in SQLite, written by any number of threads and processes at once."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from .protocol import Call, Reply

_MAGIC = 0x63617373  # SQLite's application_id: tells our files from other databases
_WAIT_S = 60.0
_SCHEMA = """
CREATE TABLE calls (
    key   TEXT PRIMARY KEY, -- digest of the call
    seed  INTEGER NOT NULL,
    step  INTEGER NOT NULL, -- index of the call in its episode
    call  TEXT NOT NULL,    -- JSON
    reply TEXT NOT NULL     -- JSON
) WITHOUT ROWID
"""
_encode = msgspec.json.Encoder(order="deterministic").encode


class Recorded(NamedTuple):
    """One recorded call.

    Args:
        key: Digest of the call, 32 hexadecimal digits.
        call: What was asked.
        reply: What was answered.
    """

    key: str
    call: Call
    reply: Reply


def digest(call: Call) -> str:
    """What names a call: equal for equal content, in every process."""
    return hashlib.blake2b(_encode(call), digest_size=16).hexdigest()


class Recording:
    """The calls in a file: one that is kept stays as it is.

    Each process has its own handle, opened when it first needs one; its threads take turns.

    Args:
        path: The file.
        writes: Whether calls are to be kept in it; it is then made where it does not exist.

    Raises:
        FileNotFoundError: It is only to be read, and does not exist.
        ValueError: It is something else.
        OSError: It cannot be opened.
    """

    def __init__(self, path: Path, *, writes: bool) -> None:
        self._path, self._writes = path, writes
        self._handles: dict[int, sqlite3.Connection] = {}  # by process: one that was inherited must not be touched
        self._turns: dict[int, threading.Lock] = {}
        with self._handle():
            pass

    def find(self, call: Call) -> Reply | None:
        """What was answered; None where nothing is kept."""
        with self._handle() as handle:
            row = handle.execute("SELECT reply FROM calls WHERE key = ?", (digest(call),)).fetchone()
        return msgspec.json.decode(row[0], type=Reply) if row else None

    def keep(self, call: Call, reply: Reply) -> Reply:
        """Keep an answer unless there is one; return the one that is kept.

        Raises:
            OSError: It cannot be written; what is kept stays.
        """
        key = digest(call)
        row = (key, call.seed, call.index, _encode(call).decode(), _encode(reply).decode())
        with self._handle() as handle:
            handle.execute("INSERT INTO calls VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)
            (kept,) = handle.execute("SELECT reply FROM calls WHERE key = ?", (key,)).fetchone()
        return msgspec.json.decode(kept, type=Reply)

    def __iter__(self) -> Iterator[Recorded]:
        with self._handle() as handle:
            rows = handle.execute("SELECT key, call, reply FROM calls ORDER BY seed, step, key").fetchall()
        for key, call, reply in rows:
            yield Recorded(key, msgspec.json.decode(call, type=Call), msgspec.json.decode(reply, type=Reply))

    def close(self) -> None:
        """Close the file; whoever leaves last leaves it as one file."""
        with self._turn:
            handle = self._handles.pop(os.getpid(), None)
            if handle:
                if self._writes:
                    with suppress(sqlite3.OperationalError):  # others still write to it
                        handle.execute("PRAGMA busy_timeout = 0")
                        handle.execute("PRAGMA journal_mode = DELETE")
                handle.close()

    @property
    def _turn(self) -> threading.Lock:
        return self._turns.setdefault(os.getpid(), threading.Lock())

    @contextmanager
    def _handle(self) -> Iterator[sqlite3.Connection]:
        """The handle of this process, for one thread at a time."""
        with self._turn:
            try:
                if os.getpid() not in self._handles:
                    self._handles[os.getpid()] = self._opened()
                yield self._handles[os.getpid()]
            except sqlite3.OperationalError as error:
                told = f"{self._path}: {error}; see that its disk has room, and that the file may be read and written"
                raise OSError(told) from error
            except sqlite3.DatabaseError as error:
                raise ValueError(f"{self._path} is no recording: {error}; give another file") from error

    def _opened(self) -> sqlite3.Connection:
        if not self._writes and not self._path.exists():
            raise FileNotFoundError(f"no recording at {self._path}; make one with mode='record'")
        handle = sqlite3.connect(self._path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
        try:
            if self._writes:
                handle.execute("PRAGMA synchronous = NORMAL")  # what is kept outlasts a kill; with WAL, no call waits
                handle.execute("BEGIN IMMEDIATE")
                if not handle.execute("SELECT 1 FROM sqlite_master").fetchone():
                    handle.execute(_SCHEMA)
                    handle.execute(f"PRAGMA application_id = {_MAGIC}")
                handle.execute("COMMIT")
            if handle.execute("PRAGMA application_id").fetchone() != (_MAGIC,):
                raise sqlite3.DatabaseError("it is a database of something else")
            if self._writes:
                with suppress(sqlite3.OperationalError):  # another process does so at this moment
                    handle.execute("PRAGMA journal_mode = WAL")
        except BaseException:
            handle.close()
            raise
        return handle
