"""A connection to an image: one transaction that is never committed, what it changed, and what a statement may do."""

from __future__ import annotations

import atexit
import os
from collections import deque
from enum import IntEnum
from weakref import WeakKeyDictionary, WeakSet

import apsw

from .difference import Difference, Value
from .image import LIMIT_TEXT_BYTES, Image
from .vfs import connect

_STEPS_PER_CHECK = 1_000
_IDLE_CONNECTIONS = 64
_BLOATED_BYTES = 4 << 20
_HEAP_HEADROOM_BYTES = 512 << 20
_LIMITS = {
    apsw.SQLITE_LIMIT_LENGTH: LIMIT_TEXT_BYTES,
    apsw.SQLITE_LIMIT_SQL_LENGTH: LIMIT_TEXT_BYTES,
    apsw.SQLITE_LIMIT_COLUMN: 200,
    apsw.SQLITE_LIMIT_EXPR_DEPTH: 100,
    apsw.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    apsw.SQLITE_LIMIT_FUNCTION_ARG: 32,
    apsw.SQLITE_LIMIT_ATTACHED: 0,
    apsw.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    apsw.SQLITE_LIMIT_VARIABLE_NUMBER: 1_000,
    apsw.SQLITE_LIMIT_TRIGGER_DEPTH: 10,
    apsw.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_SWITCHES = {
    apsw.SQLITE_DBCONFIG_DEFENSIVE: 1,
    apsw.SQLITE_DBCONFIG_ENABLE_QPSG: 1,  # or a plan follows the values, and is made anew for each
    apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA: 0,
    apsw.SQLITE_DBCONFIG_DQS_DML: 0,
    apsw.SQLITE_DBCONFIG_DQS_DDL: 0,
}
_PRAGMAS = ("foreign_keys = ON", "journal_mode = MEMORY", "cache_spill = OFF", "temp_store = MEMORY", "cache_size = 16")
# Chance, and what depends on the connection or the build of SQLite and not on the episode.
_FORBIDDEN_FUNCTIONS = {"random", "randomblob", "zeroblob", "changes", "total_changes", "last_insert_rowid"}
_FORBIDDEN_FUNCTIONS |= {"load_extension", "sqlite_compileoption_get", "sqlite_compileoption_used", "sqlite_log"}
_FORBIDDEN_FUNCTIONS |= {"sqlite_offset", "sqlite_source_id", "sqlite_version"}
_CHANGES = {apsw.SQLITE_INSERT: "INSERT", apsw.SQLITE_UPDATE: "UPDATE", apsw.SQLITE_DELETE: "DELETE"}


class Mode(IntEnum):
    """On whose behalf a statement runs. The values are flags of prepared statements that change nothing else.

    What may run is decided when a statement is prepared, and prepared statements are kept; those of different flags
    are kept apart, so that none is prepared in one mode and run in another.
    """

    READ = 0
    WRITE = apsw.SQLITE_PREPARE_NORMALIZE
    OURS = apsw.SQLITE_PREPARE_PERSISTENT


class Connection:
    """A connection of one process; it belongs to one episode at a time.

    Args:
        image: What it stands on.
    """

    def __init__(self, image: Image) -> None:
        # It is one limit for the process: what is open, and room for one statement that runs away.
        apsw.hard_heap_limit(max(apsw.hard_heap_limit(-1), apsw.memory_used() + _HEAP_HEADROOM_BYTES))
        self.pid = os.getpid()
        self.mode = Mode.OURS
        self.checks_left = 0
        self.denied = ""
        self._tables = image.tables
        self._sqlite = connect(image.data)
        for limit, value in _LIMITS.items():
            self._sqlite.limit(limit, value)
        for switch, on in _SWITCHES.items():
            self._sqlite.config(switch, on)
        for pragma in _PRAGMAS:
            self._sqlite.execute(f"PRAGMA {pragma}", can_cache=False).close()
        self._sqlite.set_authorizer(self._authorize)
        self._sqlite.set_progress_handler(self._out_of_steps, _STEPS_PER_CHECK)
        self._sqlite.set_exec_trace(self._is_the_first)
        self._sqlite.set_commit_hook(lambda: True)
        self.is_closed = False
        self._begin()
        _open.add(self)

    def allow_steps(self, limit_steps: int) -> None:
        """Grant this many steps of SQLite's machine to the statements that follow."""
        self.checks_left = limit_steps // _STEPS_PER_CHECK

    def execute(self, sql: str, parameters: tuple[Value, ...] = ()) -> apsw.Cursor:
        """Run one statement in the present mode; the second of several is an `apsw.ExecTraceAbort`."""
        self._statements = 0
        return self._sqlite.execute(sql, parameters, prepare_flags=self.mode)

    def prepares(self, sql: str) -> bool:
        """Whether a statement is right in itself, so that it was its values that failed."""
        self._statements = 0
        try:
            self._sqlite.execute(sql, None, prepare_flags=self.mode, explain=1).close()
        except apsw.BindingsError:
            return True
        except apsw.Error:
            return False
        return True

    @property
    def in_transaction(self) -> bool:
        """Whether the transaction is still there: an interrupted write or ``OR ROLLBACK`` ends it without a word."""
        return self._sqlite.in_transaction

    @property
    def rows_changed(self) -> int:
        """How many rows the last statement wrote."""
        return self._sqlite.changes()

    def savepoint(self) -> None:
        """Mark the point to which `undo` goes back."""
        self._ours("SAVEPOINT call")

    def undo(self) -> None:
        """Back to the savepoint, which is gone then."""
        self._ours("ROLLBACK TO call")
        self._ours("RELEASE call")

    def release(self) -> None:
        """Keep what was done since the savepoint, which is gone then."""
        self._ours("RELEASE call")

    @property
    def is_bloated(self) -> bool:
        """Whether it wrote so much that it is better closed: it keeps the memory of its pages after a rollback."""
        return self._sqlite.status(apsw.SQLITE_DBSTATUS_CACHE_USED)[0] > _BLOATED_BYTES

    def changeset(self) -> bytes:
        """The net change since the image."""
        return self._session.changeset()

    def rewind(self) -> None:
        """Back to the image."""
        self._session.close()
        if self._sqlite.in_transaction:
            self._ours("ROLLBACK")
        self._begin()

    def apply(self, difference: Difference) -> None:
        """Go from the image to a state that differs from it so.

        Rows are deleted first and inserted then, with foreign keys unchecked, because the state is known to be whole:
        SQLite's own way to apply a changeset updates row by row and fails where two rows swapped a unique value.
        """
        self._sqlite.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 0)
        rows: list[tuple[str, tuple[Value, ...]]] = []
        for change in difference:
            table = self._tables[change.table]
            row = dict(change.after or {})
            if change.before is not None:
                this = f"FROM {_quoted(table.name)} WHERE {' AND '.join(f'{_quoted(name)} = ?' for name in table.key)}"
                found = self.execute(f"SELECT * {this}", change.key).fetchall()
                row = dict(zip(table.columns, found[0], strict=True)) | row
                self.execute(f"DELETE {this}", change.key)
            if change.after is not None:
                rows.append((table.name, tuple(row[column] for column in table.columns)))
        for name, values in rows:
            self.execute(f"INSERT INTO {_quoted(name)} VALUES ({', '.join('?' * len(values))})", values)
        self._sqlite.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 1)

    def close(self) -> None:
        """Give its memory back."""
        self.is_closed = True
        self._session.close()
        self._sqlite.close(True)

    def _ours(self, sql: str) -> None:
        self.mode = Mode.OURS
        self.execute(sql)

    def _begin(self) -> None:
        self._session = apsw.Session(self._sqlite, "main")
        self._session.attach()
        self._ours("BEGIN")

    def _is_the_first(self, cursor: apsw.Cursor, sql: str, parameters: apsw.Bindings | None) -> bool:
        self._statements += 1
        return self._statements == 1

    def _out_of_steps(self) -> bool:
        self.checks_left -= 1
        return self.checks_left < 0 and self.mode is not Mode.OURS

    def _authorize(self, action: int, one: str | None, two: str | None, database: str | None, by: str | None) -> int:
        if self.mode is Mode.OURS or action in (apsw.SQLITE_SELECT, apsw.SQLITE_RECURSIVE):
            return apsw.SQLITE_OK
        if action == apsw.SQLITE_READ:
            # No column is read by count(*), which is asked for as well where its table is a subquery of some name.
            allowed = one in self._tables or one == "json_each" or two == ""
        elif action == apsw.SQLITE_FUNCTION:
            allowed = two is not None and two.lower() not in _FORBIDDEN_FUNCTIONS
        elif action in _CHANGES:
            allowed = self.mode is Mode.WRITE and one in self._tables
        else:  # the session asks for a table's columns when the table is first written
            allowed = action == apsw.SQLITE_PRAGMA and one == "table_xinfo"
        if allowed:
            return apsw.SQLITE_OK
        what = str(apsw.mapping_authorizer_function[action]).removeprefix("SQLITE_")
        self.denied = f"{what} {two if action == apsw.SQLITE_FUNCTION else one or ''}".rstrip()
        return apsw.SQLITE_DENY


class Pool:
    """The connections of an image that no episode holds; threads may share it, processes never do."""

    def __init__(self) -> None:
        self._idle: deque[Connection] = deque()  # whose pop and append are atomic

    def take(self, image: Image) -> Connection:
        """A connection at the image, used before or new."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return Connection(image)
            if connection.pid == os.getpid():
                connection.rewind()
                return connection
            _inherited.append(connection)

    def give(self, connection: Connection) -> None:
        """Take back a connection in whatever state it is."""
        if connection.is_closed:
            return
        if connection.pid != os.getpid():
            _inherited.append(connection)
        elif len(self._idle) < _IDLE_CONNECTIONS and not connection.is_bloated:
            _open.add(connection)  # again: the collector forgets the weak references of what a finaliser saves
            self._idle.append(connection)
        else:
            connection.close()


def pool_of(image: Image) -> Pool:
    """The pool of an image; it goes when the image goes, which its connections do not hold."""
    return _pools.setdefault(image, Pool())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


_inherited: list[Connection] = []  # of the process that forked this one; SQLite forbids even to close them
_open: WeakSet[Connection] = WeakSet()
_pools: WeakKeyDictionary[Image, Pool] = WeakKeyDictionary()


@atexit.register
def _close_all() -> None:
    """Close what is open before the interpreter takes itself apart: closing asks the VFS, which is gone by then."""
    for connection in list(_open):
        if connection.pid == os.getpid() and not connection.is_closed:
            connection.close()
