"""A run as a Parquet file: a row an episode, flat columns to choose by, and the whole record."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_READ = """{"env": "VARCHAR", "wrappers": ["VARCHAR"], "world": "VARCHAR", "task": "VARCHAR", "task_digest": "VARCHAR",
    "seed": "BIGINT", "segments": [{"turns": [{"reward": "DOUBLE"}]}],
    "outcome": {"reason": "VARCHAR", "success": "BOOLEAN"}, "fault": {"origin": "VARCHAR"}}"""
_COLUMNS = """
    env, wrappers, world, task, task_digest, seed,
    CASE WHEN fault.origin IS NULL THEN list_sum([0.0] || rewards) END AS reward,
    outcome.reason AS reason, coalesce(outcome.success, false) AS success, fault.origin AS fault,
    len(rewards) AS turns, len(segments) AS segments, record
"""
ROWS_A_GROUP = 2048  # about as many are held in memory at once
_FETCHED_ROWS = 64


def required() -> None:
    """Find out that duckdb is missing before hours are spent.

    Raises:
        ImportError: It is; the message names the command that installs it.
    """
    try:
        import duckdb  # noqa: F401
    except ImportError as error:
        raise ImportError("a run in Parquet needs duckdb: pip install duckdb") from error


def pack(lines: Path, path: Path) -> None:
    """Write lines of records as a Parquet file, whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    with lines.open("rb") as records:
        longest = max(map(len, records), default=0)
    source = f"read_json_objects($lines, format = 'newline_delimited', maximum_object_size = {longest + 2**20})"
    form = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROWS_A_GROUP}"
    query = f"""
        WITH parsed AS (SELECT record, from_json(record, '{_READ}') AS told FROM {source} AS found(record)),
        flat AS (SELECT record, unnest(told) FROM parsed),
        paid AS (SELECT *, flatten([[turn.reward FOR turn IN part.turns] FOR part IN segments]) AS rewards FROM flat)
        SELECT {_COLUMNS} FROM paid
    """
    with _connected() as database:
        database.execute(f"COPY ({query}) TO $part ({form})", {"lines": str(lines), "part": str(part)})
    _put(part, path)


def unpack(path: Path, lines: Path) -> None:
    """Write the records of a Parquet file as lines, all or none."""
    part = lines.with_name(f"{lines.name}.part")
    with part.open("wb") as written:
        for record in records(path):
            written.write(record.encode() + b"\n")
    _put(part, lines)


def records(path: Path) -> Iterator[str]:
    """The records of a Parquet file, in their order.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no Parquet file, or none of a run.
    """
    path.open("rb").close()
    with _connected() as database:
        rows = database.execute("SELECT record FROM read_parquet($path)", {"path": str(path)})
        while some := rows.fetchmany(_FETCHED_ROWS):
            for (record,) in some:
                yield record


@contextmanager
def _connected() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with one thread, so that the same rows are the same bytes."""
    required()
    import duckdb

    try:
        with duckdb.connect(config={"threads": 1}) as database:
            yield database
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise OSError(str(error)) from error
    except duckdb.Error as error:
        raise ValueError(f"no run: {error}") from error


def _put(part: Path, path: Path) -> None:
    with part.open("rb") as written:
        os.fsync(written)
    part.replace(path)
