"""Runs tests of one changed tree after another, in forks of a process that has loaded pytest and no project."""

# ruff: noqa: PTH109, PTH123
from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import time
from typing import Any

import pytest

from .seals import KEY_BYTES, unsealed
from .work import Reporter, arguments, prepare


def main() -> None:
    """Do the job in the file named on the command line; a line of JSON on the output for each of its trees."""
    with open(sys.argv[1]) as file:
        job: dict[str, Any] = json.load(file)
    prepare(job)
    said = os.dup(1)
    nothing = os.open("/dev/null", os.O_WRONLY)
    for fd in (1, 2):
        os.dup2(nothing, fd)
    for change in job["changes"]:
        result = _tried(change)
        _write(said, f"\n{job['nonce']} {json.dumps(result)}\n".encode())


def _tried(change: dict[str, Any]) -> dict[str, Any]:
    """What tests say while files hold something else."""
    before = {}
    for path, text in change["files"].items():
        with open(path, "rb") as file:
            before[path] = file.read()
        with open(path, "wb") as file:
            file.write(text.encode())
    try:
        return _run(change)
    finally:
        for path, content in before.items():
            with open(path, "wb") as file:
                file.write(content)


def _run(change: dict[str, Any]) -> dict[str, Any]:
    key = os.urandom(KEY_BYTES)
    events, tell = os.pipe()
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        os.close(events)
        reporter = Reporter(tell, key, change["wanted"], True)
        options = arguments(os.getcwd(), change["tests"], describe=True, most_failures=change["most_failures"])
        os._exit(int(pytest.main(options, plugins=[reporter])))
    os.close(tell)
    said = bytearray()
    deadline = time.monotonic() + change["timeout_s"]
    timed_out = True
    while (left_s := deadline - time.monotonic()) > 0 and select.select([events], [], [], left_s)[0]:
        piece = os.read(events, 1 << 16)
        if not piece:
            timed_out = False
            break
        said += piece
    os.close(events)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return {"timed_out": timed_out, "lines": [json.loads(line) for line in unsealed(bytes(said), key)]}


def _write(fd: int, text: bytes) -> None:
    while text:
        text = text[os.write(fd, text) :]


if __name__ == "__main__":
    main()
