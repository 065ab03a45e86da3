"""Rows by counter: a row is a function of its seed, table and number, so that any one can be made alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")

_BITS = 64
_MASK = (1 << _BITS) - 1
FIRST_KEY = 1_000_000
NEIGHBOURS = 64


class Row:
    """One row to be made: its number, and chance of its own.

    Each field draws from its own stream, which is named by the seed, the table, the number and the field: a row that
    is made again draws the same, and one field more shifts no other. All arithmetic is on integers, so that every
    machine draws the same. The mixer is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014), public domain.

    Args:
        seed: Names the world.
        table: The table whose row is made.
        number: Which of its rows, from 0.
        counts: How many numbers each table of the world has, for `other`.
    """

    __slots__ = ("_base", "counts", "number", "seed", "table")

    def __init__(self, seed: int, table: str, number: int, counts: Mapping[str, int]) -> None:
        self.seed, self.table, self.number, self.counts = seed, table, number, counts
        self._base = _mixed(table_stream(seed, table) ^ number)

    def at(self, table: str, number: int) -> Row:
        """The row of this number of a table of the same world."""
        return Row(self.seed, table, number, self.counts)

    def part(self, index: int) -> Row:
        """One of several rows that this number makes, such as a line of an order; it draws from streams of its own."""
        part = Row(self.seed, self.table, self.number, self.counts)
        part._base = _mixed(self._base + index + 1 & _MASK)
        return part

    def other(self, field: str, table: str, *, skew: int = 3) -> Row:
        """A row that this one refers to; a few rows are referred to often, as in real data.

        The popular rows stand among all others: of every 64 neighbours the first are popular. So no single row's
        share grows with the table, and the row of a number is popular at every size.

        Args:
            field: Names the stream.
            table: Where the other row is.
            skew: How uneven it is. 1 is even; at 3 the most popular fifth of the rows takes three fifths of all
                references, at 2 under a half.

        Raises:
            ValueError: The table has no rows.
        """
        count = self.counts.get(table, 0)
        if not count:
            raise ValueError(f"{self.table!r} refers to a row of {table!r}, which has none; counts() must give it some")
        near = self._bits(f"{field} near") * count >> _BITS
        first = near - near % NEIGHBOURS
        return self.at(table, first + self._below(field, min(NEIGHBOURS, count - first), skew))

    def key(self, prefix: str, index: int = 0, parts: int = 1) -> str:
        """A readable key: ``row.key("O")`` of number 17 is ``O1000017``. Keys of one length sort as their numbers do.

        Args:
            prefix: What it begins with.
            index: Which of the rows that this number makes.
            parts: How many rows a number makes at most.
        """
        return f"{prefix}{FIRST_KEY + self.number * parts + index}"

    def integer(self, field: str, low: int, high: int, *, skew: int = 1) -> int:
        """A whole number from `low` to `high`, both included; a `skew` above 1 leans to `low`."""
        return low + self._below(field, high - low + 1, skew)

    def cents(self, field: str, low: int, high: int, *, step: int = 1) -> int:
        """An amount of money in cents: `low`, or any number of steps more, up to `high`."""
        return low + step * self._below(field, (high - low) // step + 1, 1)

    def chance(self, field: str, share: float) -> bool:
        """Whether something is so that is so of this share of the rows, from 0 to 1."""
        return self._bits(field) < share * (_MASK + 1)

    def pick(self, field: str, options: Sequence[T]) -> T:
        """One of the options, all equally likely."""
        return options[self._below(field, len(options), 1)]

    def choice(self, field: str, weights: Mapping[T, int]) -> T:
        """One of the options, which are given with their weights."""
        left = self._below(field, sum(weights.values()), 1)
        for option, weight in weights.items():
            left -= weight
            if left < 0:
                return option
        raise AssertionError("the weights add up to more than was drawn")

    def date(self, field: str, first: date, last: date) -> date:
        """A day from `first` to `last`, both included."""
        return first + timedelta(days=self._below(field, (last - first).days + 1, 1))

    def time(self, field: str, first: datetime, last: datetime, *, skew: int = 1) -> datetime:
        """A time from `first` to `last`, in whole seconds; a `skew` above 1 leans to `last`."""
        return last - timedelta(seconds=self._below(field, (last - first) // timedelta(seconds=1) + 1, skew))

    def __repr__(self) -> str:
        return f"Row({self.seed}, {self.table!r}, {self.number})"

    def _bits(self, field: str) -> int:
        """64 bits of chance."""
        bits = self._base ^ field_stream(field)  # `_mixed`, written out: it is most of the time of making rows
        bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        bits = (bits ^ bits >> 27) * 0x94D049BB133111EB & _MASK
        return bits ^ bits >> 31

    def _below(self, field: str, limit: int, skew: int) -> int:
        """A number from 0 to `limit` - 1: a fraction to the power of `skew`, times `limit`."""
        if limit < 1:
            raise ValueError(f"{self!r} has nothing to draw from for {field!r}: its range is empty")
        bits = self._bits(field)
        if skew == 1:
            return bits * limit >> _BITS
        fraction = bits
        for _ in range(skew - 1):
            fraction = fraction * bits >> _BITS
        return fraction * limit >> _BITS


def _mixed(bits: int) -> int:
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB & _MASK
    return bits ^ bits >> 31


@lru_cache(maxsize=1024)
def table_stream(seed: int, table: str) -> int:
    """64 bits that name a table of a world."""
    return int.from_bytes(hashlib.blake2b(f"{seed} {table}".encode(), digest_size=8).digest(), "big")


@lru_cache(maxsize=4096)
def field_stream(field: str) -> int:
    """64 bits that name a field."""
    return int.from_bytes(hashlib.blake2b(field.encode(), digest_size=8).digest(), "big")
