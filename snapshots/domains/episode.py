"""The database of one episode: an image and what was changed in it, forked and reset at once, never half-changed."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from itertools import islice
from types import TracebackType
from typing import Any

import apsw

from agent_envs.tools import ToolError

from .connection import Connection, Mode, pool_of
from .difference import Difference, Value
from .errors import SqlError, check, told_of
from .image import Image
from .queries.warehouse import Warehouse
from .vfs import set_clock

_CHUNK_ROWS = 16
_LIMIT_RESULT_BYTES = 10_000_000
_UNIX_EPOCH_JULIAN_MS = 210_866_760_000_000


class EpisodeDatabase:
    """A database that begins as its image; what an episode changes is its own and is never written anywhere.

    Its state is the image and one changeset. A connection with a transaction that is never committed shows the two;
    it is taken from a pool when it is first needed, in whatever process that is, and thrown away when in doubt. One
    thread at a time may use an episode; two episodes never meet.

    A tool call runs within `call`. Statements outside of one only read. Rows come in no order of their own, and
    forks may differ in it: say ORDER BY.

    Args:
        image: What it begins as.
        clock: The time of ``datetime('now')``, with a time zone. The modifier ``'localtime'`` asks the machine
            for its zone: do not use it.
        limit_steps: Steps of SQLite's machine that one call may take, counted in thousands. The default takes a tenth
            of a second, but a function on a long text is one step too: where the agent writes SQL of its own, grant
            100,000, which take a second at the worst.
        limit_rows: Rows that one statement may return.
        warehouse: The tables that stay in DuckDB, if the domain has such; nothing changes them.

    Raises:
        ValueError: A clock without a time zone.
    """

    def __init__(
        self,
        image: Image,
        clock: datetime,
        *,
        limit_steps: int = 10_000_000,
        limit_rows: int = 10_000,
        warehouse: Warehouse | None = None,
    ) -> None:
        self._connection: Connection | None = None
        if clock.tzinfo is None:
            raise ValueError(f"the clock {clock} has no time zone; give one, such as datetime.UTC")
        self.image = image
        self.clock = clock.astimezone(UTC)
        self.limit_steps = limit_steps
        self.limit_rows = limit_rows
        self._warehouse = warehouse
        self._julian_ms = _UNIX_EPOCH_JULIAN_MS + (clock - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
            milliseconds=1
        )
        self._pool = pool_of(image)
        self._changeset = b""
        self._call: Mode | None = None

    @property
    def warehouse(self) -> Warehouse:
        """The tables that stay in DuckDB.

        Raises:
            AttributeError: The domain has none.
        """
        if self._warehouse is None:
            raise AttributeError("this domain has no warehouse: its schema.sql creates tables in 'main' only")
        return self._warehouse

    @property
    def now(self) -> str:
        """The time as the columns hold it: ``2026-03-01 09:30:00``, in UTC."""
        return self.clock.strftime("%Y-%m-%d %H:%M:%S")

    def rows(self, sql: str, *parameters: Value) -> list[dict[str, Any]]:
        """Run a statement.

        Args:
            sql: One statement with a ``?`` for each parameter.
            parameters: Texts, 64-bit integers, finite floats, booleans (which become 0 and 1) and None.

        Returns:
            The rows, each as a dictionary by column name.

        Raises:
            ToolError: The values are refused, by a constraint, their type or their size, or a limit was reached.
            SqlError: The statement is wrong, or writes outside of a writing call.
            TypeError: A parameter of another type.
        """
        names, rows = self._run(sql, parameters)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def row(self, sql: str, *parameters: Value) -> dict[str, Any] | None:
        """The first row, or None where there is none; otherwise as `rows`. The others are not looked for."""
        names, rows = self._run(sql, parameters, only_first=True)
        return dict(zip(names, rows[0], strict=True)) if rows else None

    def scalar(self, sql: str, *parameters: Value) -> Any:
        """The first column of the first row, or None where there is none; otherwise as `rows`."""
        _, rows = self._run(sql, parameters, only_first=True)
        return rows[0][0] if rows else None

    def write(self, sql: str, *parameters: Value) -> int:
        """Run an INSERT, UPDATE or DELETE within a writing call; otherwise as `rows`.

        Returns:
            How many rows it wrote.
        """
        self._run(sql, parameters)
        return self._connected().rows_changed

    def call(self, *, writes: bool = False) -> Call:
        """One call of a tool, as a context: whatever is raised within leaves the state exactly as it was.

        Args:
            writes: Whether statements within may write.
        """
        return Call(self, writes)

    def reset(self) -> None:
        """Back to the image.

        Raises:
            RuntimeError: A call is under way.
        """
        self._between_calls("reset")
        self._changeset = b""
        self.close()

    def fork(self) -> EpisodeDatabase:
        """An independent database in the same state; it takes a connection when it is first used.

        Raises:
            RuntimeError: A call is under way.
        """
        self._between_calls("fork")
        twin = EpisodeDatabase(
            self.image,
            self.clock,
            limit_steps=self.limit_steps,
            limit_rows=self.limit_rows,
            warehouse=self._warehouse,
        )
        twin._changeset = self._changeset
        return twin

    def diff(self) -> Difference:
        """What differs from the image, as of the last call that ended well."""
        return Difference.of(self._changeset, self.image.tables)

    def digest(self) -> str:
        """Hash of the image and the net difference, in hexadecimal: equal for equal rows, in every process.

        It costs time in what was changed, whatever the size of the image; what was undone leaves no trace.
        """
        return hashlib.blake2b(f"{self.image.digest} {self.diff().digest()}".encode(), digest_size=16).hexdigest()

    def close(self) -> None:
        """Give the connection back to the pool; the database goes on in its state if it is used again."""
        if (connection := self._connection) is not None:
            self._connection = None
            self._pool.give(connection)

    def __del__(self) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"EpisodeDatabase({self.image!r}, {len(self.diff())} rows changed)"

    def _connected(self) -> Connection:
        connection = self._connection
        if connection is not None and connection.pid == os.getpid():
            return connection
        if self._call is Mode.WRITE:
            raise RuntimeError("the process was forked within a writing call; fork between calls")
        self.close()
        connection = self._pool.take(self.image)
        try:
            if self._changeset:
                connection.apply(self.diff())
        except BaseException:
            connection.close()
            raise
        connection.mode = Mode.READ
        connection.allow_steps(self.limit_steps)
        self._connection = connection
        return connection

    def _run(
        self, sql: str, parameters: tuple[Value, ...], only_first: bool = False
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The names of the columns, where there are rows, and the rows."""
        check(parameters)
        connection = self._connected()
        set_clock(self._julian_ms)
        if self._call is None:
            connection.allow_steps(self.limit_steps)
        elif not connection.in_transaction:
            raise SqlError("an earlier statement of this call failed and ended its transaction; the call must end too")
        try:
            cursor = connection.execute(sql, parameters)
            try:
                names = [column[0] for column in cursor.get_description()]
            except apsw.ExecutionCompleteError:
                return [], []
            if len(set(names)) < len(names):
                raise SqlError(f"two columns of the result have one name in {names}; name them apart with AS")
            if only_first:
                first = list(islice(cursor, 1))
                cursor.close(True)
                return names, first
            return names, self._fetched(cursor)
        except (apsw.Error, UnicodeError, OverflowError, MemoryError) as error:
            told = told_of(error, connection, sql, self.limit_steps)
            if not connection.in_transaction and self._call is not Mode.WRITE:
                self.close()  # without memory, a reading statement too ends the transaction; the next one finds another
            raise told from None

    def _fetched(self, cursor: apsw.Cursor) -> list[tuple[Any, ...]]:
        """All rows, as long as they are not too many."""
        rows = chunk = list(islice(cursor, _CHUNK_ROWS))
        size_bytes = 0
        while len(chunk) == _CHUNK_ROWS:
            size_bytes += sum(len(value) for row in chunk for value in row if isinstance(value, str | bytes))
            if len(rows) > self.limit_rows or size_bytes > _LIMIT_RESULT_BYTES:
                cursor.close(True)
                raise ToolError(
                    f"the result has more than {self.limit_rows:,} rows or {_LIMIT_RESULT_BYTES:,} characters;"
                    " ask for less"
                )
            chunk = list(islice(cursor, _CHUNK_ROWS))
            rows = rows + chunk
        return rows

    def _between_calls(self, what: str) -> None:
        if self._call is not None:
            raise RuntimeError(f"cannot {what} within a call of a tool")


class Call:
    """One call of a tool on a database; `EpisodeDatabase.call` makes it."""

    def __init__(self, database: EpisodeDatabase, writes: bool) -> None:
        self._database = database
        self._mode = Mode.WRITE if writes else Mode.READ

    def __enter__(self) -> None:
        database = self._database
        database._between_calls("begin a call")
        connection = database._connected()
        connection.allow_steps(database.limit_steps)
        if self._mode is Mode.WRITE:
            database._connection = None  # in doubt until this is done
            connection.savepoint()
            connection.mode = Mode.WRITE
            database._connection = connection
        database._call = self._mode

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        database = self._database
        database._call = None
        if self._mode is Mode.READ:
            return
        connection, database._connection = database._connection, None  # in doubt until this is done
        assert connection is not None
        if not connection.in_transaction:
            database._pool.give(connection)
            if kind is None:
                raise SqlError("a statement of this call failed and ended its transaction; the call was undone")
            return
        if kind is None:
            connection.release()
            database._changeset = connection.changeset()
        elif connection.is_bloated:
            database._pool.give(connection)
            return
        else:
            connection.undo()
        connection.mode = Mode.READ
        database._connection = connection
