"""A control group that limits the memory of all processes of a sandbox together, where one may make one."""

from __future__ import annotations

import contextlib
import os
import time
from functools import cache
from pathlib import Path

_WAIT_S = 2.0
_PREFIX = "agent-envs-"


class MemoryGroup:
    """A control group with a limit of memory.

    Args:
        name: Its name, which no other of this process has.
        limit_bytes: Memory of all its processes, with the files that they keep in memory.

    Raises:
        OSError: The system has none, or does not let us make one.
    """

    def __init__(self, name: str, limit_bytes: int) -> None:
        parent, limit = _parent()
        _sweep(parent)
        self.path = parent / f"{_PREFIX}{os.getpid()}-{name}"
        self.path.mkdir()
        try:
            (self.path / limit).write_text(str(limit_bytes))
        except OSError:
            self.path.rmdir()
            raise

    def add(self, process: int) -> None:
        """Put a process in; what it starts will be in as well."""
        (self.path / "cgroup.procs").write_text(str(process))

    def close(self) -> None:
        """Remove it, once its processes have ended."""
        deadline = time.monotonic() + _WAIT_S
        while self.path.exists():
            with contextlib.suppress(FileNotFoundError):
                try:
                    self.path.rmdir()
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    os.sched_yield()


@cache
def _sweep(parent: Path) -> None:
    """Remove the groups of processes that were killed before they could."""
    for path in parent.glob(f"{_PREFIX}*"):
        owner = path.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path("/proc", owner).exists():
            with contextlib.suppress(OSError):
                path.rmdir()


def _parent() -> tuple[Path, str]:
    """Our own group in the hierarchy that limits memory, and the name of the limit there.

    Raises:
        OSError: There is none.
    """
    ours = dict(line.split(":", 2)[1:] for line in Path("/proc/self/cgroup").read_text().splitlines())
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    for _, at, kind, options, *_ in mounts:
        if kind == "cgroup" and "memory" in options.split(",") and "memory" in ours:
            return Path(at, ours["memory"].lstrip("/")), "memory.limit_in_bytes"
        if kind == "cgroup2" and "" in ours and at == "/sys/fs/cgroup":
            group = Path(at, ours[""].lstrip("/"))
            if "memory" in (group / "cgroup.subtree_control").read_text().split():
                return group, "memory.max"
    raise FileNotFoundError("no control groups that limit memory")
