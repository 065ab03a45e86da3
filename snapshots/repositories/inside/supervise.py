"""Runs tests in a process of their own, and tells what came of them where that process cannot reach: on its output."""

# ruff: noqa: PTH108, PTH120, PTH123
from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import select
import sys
from typing import Any

from .seals import KEY_BYTES, unsealed

_SET_DUMPABLE = 4
_LIMIT_BYTES = 1 << 24
_WORK = "import sys; sys.path.append(sys.argv[1]); __import__('inside.work', fromlist=['main']).main()"


def main() -> None:
    """Do the job that is described in the file named on the command line, and forget that file first."""
    ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)  # our memory and descriptors are not the tests' to read
    with open(sys.argv[1]) as file:
        job: dict[str, Any] = json.load(file)
    os.unlink(sys.argv[1])
    nonce = job.pop("nonce")
    frozen = _held(job["frozen"])
    lines = _events(job)
    if _held(job["frozen"]) == frozen:
        _write(1, f"\n{nonce} [{','.join(lines)}]\n".encode())


def _held(paths: list[str]) -> list[bytes]:
    """Digests of what files hold; empty for one that cannot be read."""
    found = []
    for path in paths:
        try:
            with open(path, "rb") as file:
                found.append(hashlib.sha256(file.read()).digest())
        except OSError:
            found.append(b"")
    return found


def _events(job: dict[str, Any]) -> list[str]:
    """What the worker says, line by line; what others say on its pipe, or let pass of what it says, is left out."""
    key = os.urandom(KEY_BYTES)
    events, tell = os.pipe()
    give, asked = os.pipe()
    child = os.fork()
    if not child:
        _become_worker(os.path.dirname(os.path.dirname(__file__)), give, tell, (asked, events))
    for fd in (tell, give):
        os.close(fd)
    with contextlib.suppress(BrokenPipeError):
        _write(asked, json.dumps({**job, "tell": tell, "key": key.hex()}).encode())
    os.close(asked)
    return [line.decode() for line in unsealed(_read_until_it_ends(events, child), key)]


def _become_worker(place: str, give: int, tell: int, ours: tuple[int, ...]) -> None:
    try:
        for fd in ours:
            os.close(fd)
        nothing = os.open("/dev/null", os.O_RDWR)
        for fd, target in ((give, 0), (nothing, 1), (nothing, 2)):
            os.dup2(fd, target)
        os.set_inheritable(tell, True)
        os.execv(sys.executable, [sys.executable, "-I", "-B", "-c", _WORK, place])
    finally:
        os._exit(1)


def _read_until_it_ends(events: int, child: int) -> bytes:
    """All that is said before the worker ends; what it leaves running may hold the pipe open, and is not waited for."""
    said = bytearray()
    process = os.pidfd_open(child)
    poller = select.poll()
    for fd in (events, process):
        poller.register(fd, select.POLLIN)
    os.set_blocking(events, False)
    ended = False
    while not ended:
        ready = dict(poller.poll())
        ended = process in ready
        while piece := _piece(events):
            said += piece[: _LIMIT_BYTES - len(said)]
        if events in ready and not ready[events] & select.POLLIN:
            poller.unregister(events)
    os.waitpid(child, 0)
    return bytes(said)


def _piece(fd: int) -> bytes:
    try:
        return os.read(fd, 1 << 16)
    except BlockingIOError:
        return b""


def _write(fd: int, text: bytes) -> None:
    while text:
        text = text[os.write(fd, text) :]
