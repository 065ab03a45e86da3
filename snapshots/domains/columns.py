"""Many rows by counter at once: what `Row` draws for one number, drawn for an array of them, bit for bit the same."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .rows import FIRST_KEY, NEIGHBOURS, field_stream, table_stream

Bits: TypeAlias = NDArray[np.uint64]
Numbers: TypeAlias = NDArray[np.int64]
Columns: TypeAlias = Mapping[str, NDArray[Any]]
"""Rows by column: each an array of one value a row."""

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


class Rows:
    """Rows of one table to be made together; otherwise as `agent_envs.snapshots.domains.rows.Row`.

    For tables of a million rows: a field of so many is drawn in some 50 ms, against 2 s one by one. Ranges reach up to
    2**32 values.

    Args:
        seed: Names the world.
        table: The table whose rows are made.
        numbers: Which of its rows, int64 [rows].
        counts: How many numbers each table of the world has, for `other`.
    """

    def __init__(self, seed: int, table: str, numbers: Numbers, counts: Mapping[str, int]) -> None:
        self.seed, self.table, self.numbers, self.counts = seed, table, numbers, counts
        self._base = _mixed(np.uint64(table_stream(seed, table)) ^ numbers.astype(np.uint64))

    def at(self, table: str, numbers: Numbers) -> Rows:
        """The rows of these numbers of a table of the same world."""
        return Rows(self.seed, table, numbers, self.counts)

    def other(self, field: str, table: str, *, skew: int = 3) -> Rows:
        """Rows that these refer to, int64 [rows]; a few are referred to often."""
        count = self.counts.get(table, 0)
        if not count:
            raise ValueError(f"{self.table!r} refers to a row of {table!r}, which has none; counts() must give it some")
        near = _scaled(self._bits(f"{field} near"), count)
        first = near - near % np.uint64(NEIGHBOURS)
        limits = np.minimum(np.uint64(NEIGHBOURS), np.uint64(count) - first)
        return self.at(table, (first + _scaled(self._skewed(field, skew), limits)).astype(np.int64))

    def keys(self) -> Numbers:
        """Whole numbers that name these rows, all of one length."""
        return self.numbers + FIRST_KEY

    def integers(self, field: str, low: int, high: int, *, skew: int = 1) -> Numbers:
        """Whole numbers from `low` to `high`, both included; a `skew` above 1 leans to `low`."""
        drawn: Numbers = low + _scaled(self._skewed(field, skew), high - low + 1).astype(np.int64)
        return drawn

    def chances(self, field: str, share: float) -> NDArray[np.bool_]:
        """Whether something is so that is so of this share of the rows, from 0 to 1."""
        limit = math.ceil(share * 2**64)
        bits = self._bits(field)
        return np.ones(len(bits), np.bool_) if limit >= 2**64 else bits < np.uint64(limit)

    def picks(self, field: str, options: Sequence[Any]) -> NDArray[Any]:
        """One of the options for each row, all equally likely."""
        return np.array(options)[self.integers(field, 0, len(options) - 1)]

    def choices(self, field: str, weights: Mapping[Any, int]) -> NDArray[Any]:
        """One of the options for each row, which are given with their weights."""
        ends = np.cumsum(list(weights.values()))
        return np.array(list(weights))[np.searchsorted(ends, self.integers(field, 0, int(ends[-1]) - 1), "right")]

    def dates(self, field: str, first: date, last: date) -> NDArray[np.datetime64]:
        """Days from `first` to `last`, both included."""
        days: NDArray[np.datetime64] = np.datetime64(first) + self.integers(field, 0, (last - first).days)
        return days

    def _bits(self, field: str) -> Bits:
        return _mixed(self._base ^ np.uint64(field_stream(field)))

    def _skewed(self, field: str, skew: int) -> Bits:
        """64 bits of chance, as a fraction to the power of `skew`."""
        bits = fraction = self._bits(field)
        for _ in range(skew - 1):
            fraction = _high(fraction, bits)
        return fraction


def _mixed(bits: Bits) -> Bits:
    bits = (bits ^ bits >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ bits >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    mixed: Bits = bits ^ bits >> np.uint64(31)
    return mixed


def _scaled(bits: Bits, limit: int | Bits) -> Bits:
    """The upper 64 bits of `bits` times a limit below 2**32."""
    limits = np.asarray(limit, np.uint64)
    scaled: Bits = ((bits >> _HALF) * limits + ((bits & _LOW) * limits >> _HALF)) >> _HALF
    return scaled


def _high(one: Bits, other: Bits) -> Bits:
    """The upper 64 bits of products of 64 bits."""
    one_high, one_low, high, low = one >> _HALF, one & _LOW, other >> _HALF, other & _LOW
    middle = (one_low * low >> _HALF) + (one_high * low & _LOW) + (one_low * high & _LOW)
    product: Bits = one_high * high + (one_high * low >> _HALF) + (one_low * high >> _HALF) + (middle >> _HALF)
    return product
