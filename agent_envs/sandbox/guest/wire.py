"""Messages between a sandbox and its owner: a header in JSON, and bytes."""

from __future__ import annotations

import json
import os
import select
import struct
import time
from typing import Any

GREETING = b"agent-envs sandbox\n"
LIMIT_BYTES = 3 << 29
_SIZES = struct.Struct(">II")
_CHUNK = 1 << 20
_LIMIT_SHOWN_BYTES = 2_000


class Garbled(ValueError):
    """What came is nothing that the other side would say.

    Args:
        came: Its first bytes.
    """

    def __init__(self, came: bytes) -> None:
        super().__init__(f"what came is no message: {came!r}")


def greet(fd: int) -> None:
    """Say that one is there, before anything else."""
    os.write(fd, GREETING)


def await_greeting(fd: int, timeout_s: float) -> None:
    """Wait until the other side is there.

    Raises:
        TimeoutError: It is not, in time.
        EOFError: It has ended before it was.
        Garbled: Something else speaks.
    """
    came, deadline = b"", _deadline(timeout_s)
    while came != GREETING:
        more = _read(fd, 1, deadline)
        came += more
        if not came:
            raise EOFError("the other side has ended")
        if not more or not GREETING.startswith(came):
            raise Garbled(came + available(fd))


def available(fd: int) -> bytes:
    """What has come and was not read, as far as it is short; a pipe is not waited for."""
    os.set_blocking(fd, False)
    try:
        return os.read(fd, _LIMIT_SHOWN_BYTES)
    except BlockingIOError:
        return b""
    finally:
        os.set_blocking(fd, True)


def send(fd: int, header: dict[str, Any], payload: bytes = b"", timeout_s: float | None = None) -> None:
    """Write a message.

    Args:
        fd: Where to.
        header: What goes before the bytes.
        payload: The bytes.
        timeout_s: How long the other side may take to read it, if the descriptor does not block by itself.

    Raises:
        BrokenPipeError: The other side has ended.
        TimeoutError: It was not read in time.
        ValueError: It is longer than `LIMIT_BYTES`.
    """
    head = json.dumps(header).encode()
    if len(head) + len(payload) > LIMIT_BYTES:
        raise ValueError(f"a message of {len(head) + len(payload):,} bytes: at most {LIMIT_BYTES:,} are sent")
    deadline = _deadline(timeout_s)
    for part in (_SIZES.pack(len(head), len(payload)) + head, payload):
        left = memoryview(part)
        while left:
            _await(fd, select.POLLOUT, deadline)
            left = left[os.write(fd, left[:_CHUNK]) :]


def receive(fd: int, timeout_s: float | None = None) -> tuple[dict[str, Any], bytes] | None:
    """Read a message.

    Args:
        fd: Where from.
        timeout_s: How long to wait for the whole of it; None waits as long as it takes.

    Returns:
        The header and the bytes; None where the other side has ended.

    Raises:
        TimeoutError: It did not come in time.
        Garbled: It is longer than `LIMIT_BYTES`, or no message.
    """
    deadline = _deadline(timeout_s)
    sizes = _read(fd, _SIZES.size, deadline)
    if len(sizes) < _SIZES.size:
        return None
    head_bytes, payload_bytes = _SIZES.unpack(sizes)
    if head_bytes + payload_bytes > LIMIT_BYTES:
        raise Garbled(sizes + available(fd))
    head, payload = _read(fd, head_bytes, deadline), _read(fd, payload_bytes, deadline)
    if len(head) < head_bytes or len(payload) < payload_bytes:
        return None
    try:
        return json.loads(head), payload
    except ValueError:
        raise Garbled(sizes + head[:_LIMIT_SHOWN_BYTES]) from None


def _read(fd: int, count: int, deadline: float | None) -> bytes:
    """So many bytes, or fewer if the other side has ended."""
    read = bytearray()
    while len(read) < count:
        _await(fd, select.POLLIN, deadline)
        chunk = os.read(fd, min(_CHUNK, count - len(read)))
        if not chunk:
            break
        read += chunk
    return bytes(read)


def _deadline(timeout_s: float | None) -> float | None:
    return None if timeout_s is None else time.monotonic() + timeout_s


def _await(fd: int, event: int, deadline: float | None) -> None:
    poller = select.poll()
    poller.register(fd, event)
    if not poller.poll(None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError("the other side is silent")
