"""Chance that is the same on every machine and in every version: each throw is a digest of its number."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Throws that depend on the key alone.

    Args:
        key: Numbers that name this sequence of throws, such as a seed and an index.
    """

    def __init__(self, *key: int) -> None:
        self._key = hashlib.blake2b(repr(key).encode()).digest()
        self._thrown = 0

    def below(self, limit: int) -> int:
        """A number from 0 to `limit` - 1; 64 bits make the bias too small to be seen."""
        self._thrown += 1
        thrown = hashlib.blake2b(b"%d" % self._thrown, key=self._key, digest_size=8).digest()
        return int.from_bytes(thrown, "big") % limit

    def choice(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.below(len(options))]
