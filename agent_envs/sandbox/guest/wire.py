"""Messages between a sandbox and its owner: a header in JSON, and bytes."""

from __future__ import annotations

import json
import os
import select
import struct
import time
from typing import Any

LIMIT_BYTES = 3 << 29
_SIZES = struct.Struct(">II")
_CHUNK = 1 << 20


def send(fd: int, header: dict[str, Any], payload: bytes = b"") -> None:
    """Write a message.

    Raises:
        BrokenPipeError: The other side has ended.
        ValueError: It is longer than `LIMIT_BYTES`.
    """
    head = json.dumps(header).encode()
    if len(head) + len(payload) > LIMIT_BYTES:
        raise ValueError(f"a message of {len(head) + len(payload):,} bytes: at most {LIMIT_BYTES:,} are sent")
    for part in (_SIZES.pack(len(head), len(payload)) + head, payload):
        left = memoryview(part)
        while left:
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
        ValueError: It is longer than `LIMIT_BYTES`.
    """
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    sizes = _exactly(fd, _SIZES.size, deadline)
    if sizes is None:
        return None
    head_bytes, payload_bytes = _SIZES.unpack(sizes)
    if head_bytes + payload_bytes > LIMIT_BYTES:
        raise ValueError(f"a message of {head_bytes + payload_bytes:,} bytes: at most {LIMIT_BYTES:,} are read")
    head, payload = _exactly(fd, head_bytes, deadline), _exactly(fd, payload_bytes, deadline)
    return None if head is None or payload is None else (json.loads(head), payload)


def _exactly(fd: int, count: int, deadline: float | None) -> bytes | None:
    read = bytearray()
    poller = select.poll()
    poller.register(fd, select.POLLIN)
    while len(read) < count:
        if deadline is not None and not poller.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise TimeoutError("no answer in time")
        chunk = os.read(fd, min(_CHUNK, count - len(read)))
        if not chunk:
            return None
        read += chunk
    return bytes(read)
