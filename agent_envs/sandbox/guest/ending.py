"""Ending every process of a sandbox but the one that serves it."""

# ruff: noqa: PTH123, PTH208
from __future__ import annotations

import contextlib
import os
import signal

FIRST_UID = 1_000_000_000
"""Users from here on are those of sandboxes, each of which has one of its own where root starts it."""

FORGET = ("/bin/sh", "-c", 'chmod -R u+rwX -- "$0"; rm -rf -- "$0"')
"""The command that removes the folder named after it; these programs take trees of any depth."""
PROGRAMS = {"PATH": "/usr/bin:/bin"}


def end_all() -> None:
    """End all that may be signalled: the whole PID namespace, or all processes of a sandbox's own user.

    Raises:
        RuntimeError: This process may signal others than those.
    """
    if os.getpid() != 1 and os.geteuid() < FIRST_UID:
        raise RuntimeError(f"process {os.getpid()} of user {os.geteuid()} would end processes outside of its sandbox")
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:  # an orphan becomes ours to wait for when its parent has ended
            os.waitpid(-1, 0)


def end_descendants() -> None:
    """End all processes that descend from this one, which must be a subreaper.

    They are stopped first, until no new one is found: what is stopped starts no others.
    """
    known: set[int] = set()
    while found := _descendants() - known:
        known |= found
        _signal(found, signal.SIGSTOP)
    _signal(known, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
            _signal(_descendants(), signal.SIGKILL)


def _signal(processes: set[int], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process, number)


def _descendants() -> set[int]:
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
                if fields[0] != b"Z":
                    parents[int(name)] = int(fields[1])
    found: set[int] = set()
    grown = {os.getpid()}
    while grown:
        grown = {child for child, parent in parents.items() if parent in grown} - found
        found |= grown
    return found
