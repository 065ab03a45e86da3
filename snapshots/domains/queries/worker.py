"""The process that runs queries: one DuckDB file, read only, one thread, under limits that end the process."""

from __future__ import annotations

import math
import resource
import sys
from collections.abc import Set
from datetime import date, datetime, time
from typing import IO, Any, TypeVar

import duckdb
import msgspec

from .allowed import LIMIT_SQL_CHARS, NotAllowed, check

MEMORY_MB = 1024
_SPACE_MB = 4096
_LIMIT_CELL_CHARS = 2_000
_LIMIT_RESULT_CHARS = 100_000
_SETTINGS = f"""
    SET threads = 1; SET memory_limit = '{MEMORY_MB}MB'; SET max_temp_directory_size = '0B'; SET TimeZone = 'UTC';
    SET python_enable_replacements = false; SET autoinstall_known_extensions = false;
    SET autoload_known_extensions = false; SET enable_external_access = false; SET lock_configuration = true
"""


class Query(msgspec.Struct, frozen=True):
    """What is asked of the worker.

    Args:
        sql: The query.
        limit_rows: Rows of its result that are returned.
        limit_cpu_s: Seconds of processor time, after which the process ends.
    """

    sql: str
    limit_rows: int
    limit_cpu_s: int


class Answer(msgspec.Struct, frozen=True):
    """What the worker answers.

    Args:
        columns: Names of the columns.
        rows: The rows, as JSON can hold them: days and times are ISO texts.
        more: Whether there are more rows than these.
        refused: Why there is no result; empty where there is one.
        exhausted: Whether it took too much memory.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    more: bool = False
    refused: str = ""
    exhausted: bool = False


M = TypeVar("M", bound=msgspec.Struct)


def read(source: IO[bytes], kind: type[M]) -> M | None:
    """The next message: four bytes of length, and as many of MessagePack; None where the other side has ended."""
    head = source.read(4)
    body = source.read(int.from_bytes(head, "big"))
    if len(head) < 4 or len(body) < int.from_bytes(head, "big"):
        return None
    return msgspec.msgpack.decode(body, type=kind)


def write(target: IO[bytes], message: msgspec.Struct) -> None:
    """Send a message."""
    body = msgspec.msgpack.encode(message)
    target.write(len(body).to_bytes(4, "big") + body)
    target.flush()


def serve(path: str, schema: str, source: IO[bytes], target: IO[bytes]) -> None:
    """Answer queries until there are none; the first answer, to no query, says that the file could be opened."""
    connection = duckdb.connect(path, read_only=True)
    of_schema = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = $1 ORDER BY 1", [schema])
    tables = [name for (name,) in of_schema.fetchall()]
    connection.execute(f"SET schema = '{schema}'; {_SETTINGS}")
    resource.setrlimit(resource.RLIMIT_AS, (_SPACE_MB << 20, _SPACE_MB << 20))
    write(target, Answer())
    while (query := read(source, Query)) is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = math.ceil(used.ru_utime + used.ru_stime) + query.limit_cpu_s
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
        write(target, _answered(connection, query, set(tables), schema))


def _answered(connection: duckdb.DuckDBPyConnection, query: Query, tables: Set[str], schema: str) -> Answer:
    if len(query.sql) > LIMIT_SQL_CHARS:
        return Answer(refused=f"it has {len(query.sql):,} characters; {LIMIT_SQL_CHARS:,} are allowed")
    try:
        serialized = connection.execute("SELECT json_serialize_sql($1)", [query.sql]).fetchall()
        check(serialized[0][0], tables, schema)
        result = connection.execute(query.sql)
        columns = tuple(column[0] for column in result.description or ())
        rows = result.fetchmany(query.limit_rows + 1)
    except (duckdb.OutOfMemoryException, MemoryError):
        return Answer(exhausted=True)
    except (NotAllowed, duckdb.Error, UnicodeError) as error:
        return Answer(refused=" ".join(str(error).split())[:1_000])
    shown: list[tuple[Any, ...]] = []
    left = _LIMIT_RESULT_CHARS
    for row in rows[: query.limit_rows]:
        cells = tuple(_plain(cell) for cell in row)
        left -= len(str(cells))
        if left < 0:
            break
        shown.append(cells)
    return Answer(columns, tuple(shown), more=len(rows) > len(shown))


def _plain(cell: Any) -> Any:
    """A cell as JSON can hold it."""
    match cell:
        case None | bool():
            return cell
        case int():
            return cell if -(2**63) <= cell < 2**64 else str(cell)
        case float():
            return cell if math.isfinite(cell) else str(cell)
        case datetime():
            return cell.isoformat(" ")
        case date() | time():
            return cell.isoformat()
        case list() | tuple():
            return [_plain(one) for one in cell]
        case dict():
            return {str(key): _plain(value) for key, value in cell.items()}
    text = cell if isinstance(cell, str) else str(cell)
    return text if len(text) <= _LIMIT_CELL_CHARS else f"{text[:_LIMIT_CELL_CHARS]}… ({len(text):,} characters)"


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], sys.stdin.buffer, sys.stdout.buffer)
