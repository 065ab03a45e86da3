"""The tables that stay in DuckDB, and how episodes query them: through a process of their own that may be killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple
from weakref import finalize

from agent_envs.outcome import Fault
from agent_envs.tools import ToolError

from .worker import MEMORY_MB, Answer, Query, read, write

LIMIT_ROWS = 100
LIMIT_CPU_S = 5
_KEPT = 256


class Result(NamedTuple):
    """What a query found.

    Args:
        columns: Names of the columns.
        rows: The rows: numbers, texts, truth values, None, lists and dictionaries; days and times as ISO texts.
        more: Whether there are more rows than these.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool


class Warehouse:
    """The tables of one schema of a DuckDB file, for SQL that an agent writes.

    A query is one SELECT on these tables. It runs in another process, on one thread, so that the same query always has
    the same result; the process is ended when a query takes too much, because DuckDB's own limits do not stop every
    query, and begun anew for the next one. All episodes of a process share it; results are kept, for nothing changes
    them. It may be used by several threads, one query at a time, and after a fork, where it begins a process anew.

    Args:
        path: The file.
        schema: The schema.
        limit_cpu_s: Seconds of processor time for a query. It is the one limit of this package that may depend on the
            machine: a query so near to it that it now passes and now does not is told apart by nothing else.
    """

    def __init__(self, path: Path, schema: str, *, limit_cpu_s: int = LIMIT_CPU_S) -> None:
        self.path, self.schema, self.limit_cpu_s = path, schema, limit_cpu_s
        self._lock = Lock()
        self._pid = os.getpid()
        self._worker: subprocess.Popen[bytes] | None = None
        self._end: finalize[..., Warehouse] | None = None
        self._kept: OrderedDict[tuple[str, int], Answer] = OrderedDict()

    def query(self, sql: str, *, limit_rows: int = LIMIT_ROWS) -> Result:
        """Run a query.

        Args:
            sql: One SELECT statement.
            limit_rows: Rows of its result that are returned.

        Raises:
            ToolError: It is wrong, not allowed, or takes too much.
            Fault: The process does not start.
        """
        if self._pid != os.getpid():  # a fork has the parent's process and perhaps its lock: it needs its own
            self._lock, self._worker, self._end, self._pid = Lock(), None, None, os.getpid()
        with self._lock:
            answer = self._kept.pop((sql, limit_rows), None) or self._asked(sql, limit_rows)
            self._kept[sql, limit_rows] = answer
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        if answer.exhausted:
            raise ToolError(
                f"this query takes more than {self.limit_cpu_s} s of processor time or {MEMORY_MB:,} MB of memory;"
                " ask for less: fewer rows, no products of tables, no long texts or lists"
            )
        if answer.refused:
            raise ToolError(f"this query does not run: {answer.refused}")
        return Result(answer.columns, answer.rows, answer.more)

    def close(self) -> None:
        """End the process; the next query begins another."""
        if self._end is not None and self._pid == os.getpid():
            self._end()
        self._worker = self._end = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (self.path, self.schema, self.limit_cpu_s)

    def _asked(self, sql: str, limit_rows: int) -> Answer:
        try:
            sql.encode()
        except UnicodeError:
            return Answer(refused="it is not valid Unicode")
        worker = self._worker
        if worker is None or worker.poll() is not None:
            worker = self._begun()
        assert worker.stdin is not None and worker.stdout is not None
        write(worker.stdin, Query(sql, limit_rows, self.limit_cpu_s))
        answer = read(worker.stdout, Answer)
        if answer is None or answer.exhausted:
            self.close()
        return answer or Answer(exhausted=True)

    def _begun(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"{__package__}.worker", str(self.path), self.schema]
        env = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PATH": os.environ.get("PATH", "")}
        worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
        assert worker.stdout is not None
        if read(worker.stdout, Answer) is None:
            worker.kill()
            raise Fault(f"the process that queries {self.path} ended with {worker.wait()} as it began", origin="env")
        self._worker, self._end = worker, finalize(self, _ended, worker, self._pid)
        return worker


def _ended(worker: subprocess.Popen[bytes], pid: int) -> None:
    if pid == os.getpid():  # a fork that exits leaves its parent's process alone
        worker.kill()
        worker.communicate()


def _reopened(path: Path, schema: str, limit_cpu_s: int) -> Warehouse:
    return Warehouse(path, schema, limit_cpu_s=limit_cpu_s)
