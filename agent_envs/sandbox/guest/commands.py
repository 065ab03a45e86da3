"""Running one command under limits, and ending everything that it has started."""

# ruff: noqa: PTH123
from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import time
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from . import linux

_CHUNK = 1 << 16
_TIMED_OUT = 124
_NOT_STARTED = 127
_WORST_OOM_SCORE = "1000"


class OwnerEnded(Exception):
    """Nobody waits for the command any more."""


class Setting(NamedTuple):
    """What every command of a sandbox has in common.

    Args:
        folder: Where it begins.
        environment: All of its variables.
        limit_cpu_s: Seconds of processor time of each process.
        limit_memory_bytes: Memory of each process.
        limit_output_bytes: How much of its output is kept.
        end_others: Ends every process of the sandbox but this one.
    """

    folder: str
    environment: dict[str, str]
    limit_cpu_s: int
    limit_memory_bytes: int
    limit_output_bytes: int
    end_others: Callable[[], None]


class Kept:
    """The beginning and the end of an output that may be long without limit."""

    def __init__(self, limit_bytes: int) -> None:
        self._head_bytes = limit_bytes // 2
        self._tail_bytes = limit_bytes - self._head_bytes
        self.head, self.tail, self.total_bytes = bytearray(), bytearray(), 0

    def add(self, piece: bytes) -> None:
        """Take what comes next."""
        self.total_bytes += len(piece)
        room = self._head_bytes - len(self.head)
        self.head += piece[:room]
        self.tail += piece[room:]
        if len(self.tail) > self._tail_bytes + 16 * _CHUNK:
            self.trim()

    def trim(self) -> None:
        """Forget what is too far from the end."""
        del self.tail[: max(0, len(self.tail) - self._tail_bytes)]


def limit(resource_number: int, most: int) -> None:
    """Limit what this process and those that it starts may take of a resource, if it is not limited to less already."""
    _, hard = resource.getrlimit(resource_number)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource_number, (most, most))


def run(argv: list[str], timeout_s: float, setting: Setting, owner_fd: int) -> tuple[dict[str, Any], bytes]:
    """Run a command, and end all that it leaves behind.

    Args:
        argv: The program and its arguments.
        timeout_s: How long it may take.
        setting: What every command has in common.
        owner_fd: Where the owner speaks; when it has ended, all ends.

    Returns:
        How it ended, and the beginning and the end of its output.

    Raises:
        OwnerEnded: The owner has ended while it ran.
    """
    kept = Kept(setting.limit_output_bytes)
    output, into = os.pipe2(os.O_CLOEXEC)
    child = os.fork()
    if not child:
        _become(argv, setting, into)
    os.close(into)
    os.set_blocking(output, False)
    process = os.pidfd_open(child)
    try:
        timed_out = not _follow(process, output, owner_fd, time.monotonic() + timeout_s, kept)
        if timed_out:
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        setting.end_others()
        while _take(output, kept):
            pass
    finally:
        os.close(process)
        os.close(output)
    kept.trim()
    code = os.waitstatus_to_exitcode(status)
    header = {
        "exit_code": _TIMED_OUT if timed_out else code if code >= 0 else 128 - code,
        "timed_out": timed_out,
        "head_bytes": len(kept.head),
        "total_bytes": kept.total_bytes,
    }
    return header, bytes(kept.head + kept.tail)


def _become(argv: list[str], setting: Setting, into: int) -> NoReturn:
    try:
        os.setsid()
        empty = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        for fd, target in ((empty, 0), (into, 1), (into, 2)):
            os.dup2(fd, target)
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
            score.write(_WORST_OOM_SCORE)
        limit(resource.RLIMIT_CPU, setting.limit_cpu_s)
        limit(resource.RLIMIT_AS, setting.limit_memory_bytes)
        for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):  # we ignore them, and what we start would
            signal.signal(number, signal.SIG_DFL)
        linux.fix_addresses()  # they stand in what programs print
        os.chdir(setting.folder)
        os.execve(argv[0], argv, setting.environment)
    except BaseException as error:
        os.write(2, f"{argv[0]} does not start: {error}\n".encode(errors="replace"))
    os._exit(_NOT_STARTED)


def _follow(process: int, output: int, owner_fd: int, deadline: float, kept: Kept) -> bool:
    """Take output until the process ends; False where it does not in time."""
    poller = select.poll()
    for fd in (process, output):
        poller.register(fd, select.POLLIN)
    poller.register(owner_fd, 0)  # only to see it hang up
    while True:
        left_s = deadline - time.monotonic()
        ready = dict(poller.poll(max(0.0, left_s) * 1000))
        if owner_fd in ready:
            raise OwnerEnded
        if output in ready and not _take(output, kept):
            poller.unregister(output)
        if process in ready:
            return True
        if left_s <= 0:
            return False


def _take(output: int, kept: Kept) -> bool:
    try:
        piece = os.read(output, _CHUNK)
    except BlockingIOError:
        return False
    kept.add(piece)
    return bool(piece)
