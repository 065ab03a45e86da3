"""A run on disk: every episode is written as soon as it is over, and a run that was cut off goes on where it ended."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import msgspec

from . import parquet
from .trajectory import Trajectory, decode, encode

BEGINNING = b'{"env":"'
"""What every line begins with."""


def read(path: Path | str) -> Iterator[Trajectory]:
    """The episodes of a run, finished or not; one that is being written is left out.

    Args:
        path: What `collect` wrote: ``*.jsonl`` or ``*.parquet``.

    Raises:
        OSError: There is no such file.
        ValueError: It holds something else than episodes; the message names the place.
        ImportError: Parquet needs duckdb.
    """
    path = Path(path)
    journal = _journal(path)
    if journal == path or journal.exists():
        return _lines(journal)
    return _rows(path)


class Run:
    """A run that is being written: one line of JSON an episode, on the disk before the next one is taken.

    Parquet cannot grow: the lines stand beside it, in ``*.parquet.jsonl``, until the run is finished and they become
    the Parquet file. A finished run may be prolonged.

    Args:
        path: ``*.jsonl`` or ``*.parquet``.

    Raises:
        ValueError: It is named otherwise.
        ImportError: Parquet needs duckdb.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._journal = path, _journal(path)
        self._file: io.FileIO | None = None
        if self._in_parquet:
            parquet.required()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def recorded(self) -> Iterator[Trajectory]:
        """The episodes that are already there."""
        return read(self.path) if self.path.exists() or self._journal.exists() else iter(())

    def add(self, played: Trajectory) -> None:
        """Write one more episode; when this returns, it outlasts a failure of power.

        Raises:
            OSError: It cannot be written; the file holds the episodes before it.
            ValueError: It holds what cannot be read back, such as a logprob that is no number.
        """
        line = encode(played) + b"\n"
        try:
            whole = decode(line) == played
        except msgspec.MsgspecError:
            whole = False
        if not whole:
            raise ValueError(f"the episode of seed {played.seed} holds what JSON cannot, such as a logprob of -inf")
        file = self._opened()
        end = file.tell()
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file)
        except OSError as error:
            file.truncate(end)
            told = f"{error.strerror}: the episodes before seed {played.seed} are kept; make room and do the same again"
            raise OSError(error.errno, told, str(self._journal)) from error

    def finish(self) -> None:
        """Say that no episode is to come.

        Raises:
            OSError: The Parquet file cannot be written; the lines stay and the run can be finished later.
        """
        if self._in_parquet and self._journal.exists():
            self._opened()
            parquet.pack(self._journal, self.path)
            self._journal.unlink()

    @property
    def _in_parquet(self) -> bool:
        return self._journal != self.path

    def _opened(self) -> io.FileIO:
        """The file of lines, at the end of its last whole line; not before there is something to write."""
        if self._file is None:
            if self._in_parquet and self.path.exists() and not self._journal.exists():
                parquet.unpack(self.path, self._journal)
            self._file = io.FileIO(self._journal, "a")
            with self._journal.open("rb") as lines:
                end = sum(len(line) for line in lines if line.endswith(b"\n"))
            self._file.truncate(end)
            self._file.seek(end)
        return self._file


def _journal(path: Path) -> Path:
    """The file of lines that a run is written to."""
    if path.suffix == ".jsonl":
        return path
    if path.suffix == ".parquet":
        return path.with_name(f"{path.name}.jsonl")
    raise ValueError(f"{path}: a run is stored in a file *.jsonl or *.parquet")


def _lines(path: Path) -> Iterator[Trajectory]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n") and (line.startswith(BEGINNING) or BEGINNING.startswith(line)):
                return  # it was not written to its end
            yield _decoded(line, f"{path}:{number}")


def _rows(path: Path) -> Iterator[Trajectory]:
    for number, record in enumerate(parquet.records(path), 1):
        yield _decoded(record, f"{path}, row {number},")


def _decoded(record: bytes | str, where: str) -> Trajectory:
    try:
        return decode(record)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise ValueError(f"{where} is no recorded episode: {error}") from error
