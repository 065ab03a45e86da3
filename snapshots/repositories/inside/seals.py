"""Seals on lines: who reads a pipe sees whether they were written by who held the key, in this order, and none else."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

KEY_BYTES = 32
_HASH_BYTES = 16


def sealed(text: bytes, number: int, key: bytes, *, blake2b: Any = hashlib.blake2b) -> bytes:
    """A line with its seal in front.

    Args:
        text: The line.
        number: Which one it is.
        key: What the reader knows as well.
        blake2b: What makes the seal, whatever its name stands for later.
    """
    digest: bytes = blake2b(number.to_bytes(8, "big") + text, key=key, digest_size=_HASH_BYTES).digest()
    return digest.hex().encode() + b" " + text


def unsealed(said: bytes, key: bytes) -> list[bytes]:
    """The lines of an output whose seals are right, as they were before they were sealed; all else is left out."""
    found: list[bytes] = []
    for line in said.split(b"\n"):
        text = line.partition(b" ")[2]
        if hmac.compare_digest(line, sealed(text, len(found), key)):
            found.append(text)
    return found
