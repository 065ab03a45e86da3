"""What a text mentions: the numbers, dates, times of day and words in it, however they are spelled."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import NamedTuple

from agent_envs.answers import normalised

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = "|".join(f"{month}|{month[:3]}" for month in _MONTHS)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DATES = tuple(
    re.compile(rf"(?<![\w-]){pattern}(?!\w)", re.IGNORECASE | re.ASCII)
    for pattern in (
        r"(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})",
        rf"{_DAY}(?: of)? (?P<month>{_MONTH})\.?(?:,? (?P<year>\d{{4}}))?",
        rf"(?P<month>{_MONTH})\.? {_DAY}(?:,? (?P<year>\d{{4}}))?",
    )
)
_TIME = re.compile(
    r"(?<![\w:.])(?:(?P<hour>[01]?\d|2[0-3])[:.](?P<minute>[0-5]\d)(?::[0-5]\d)?\s*(?P<half>[ap]\.?m\b)?"
    r"|(?P<only>1[0-2]|[1-9])\s*(?P<only_half>[ap]\.?m\b))Z?(?![\w:])",
    re.IGNORECASE | re.ASCII,
)
_DOTTED = re.compile(r"\d+\.\d+")
_NUMBER = re.compile(
    r"(?<![\w.,])(?P<money>[£$€]\s?)?(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?!\w|[.,]\d)", re.ASCII
)
_NUMERIC = re.compile(r"[£$€]?\d[\d,]*(?:\.\d+)? ?%?", re.ASCII)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CLOCK = re.compile(r"\d{2}:\d{2}", re.ASCII)
_GLUE = re.compile(r"[\u00a0\u202f]|(?<=\d)T(?=\d)")
_DECORATION = re.compile(r"[*`]")
LIMIT_CHARS = 20_000
"""What stands further on in a text is not read: a turn may be a megabyte."""


class Day(NamedTuple):
    """A day that a text names, with the year where it says one."""

    year: int | None
    month: int
    day: int

    def iso(self, year: int) -> str:
        """The day as ``2026-03-02``, in this year where the text names none."""
        return f"{self.year or year:04d}-{self.month:02d}-{self.day:02d}"


class Mentions:
    """What a text mentions.

    Args:
        text: The text; only its first `LIMIT_CHARS` are read.
    """

    def __init__(self, text: str) -> None:
        self._text = _DECORATION.sub("", _GLUE.sub(" ", text[:LIMIT_CHARS]))

    def hold(self, value: str) -> bool:
        """Whether the text says this value.

        A number is equal in value, whatever its separators, its currency or per cent sign; a date such as
        ``2026-03-02`` and a time of day such as ``14:00`` may be written in words (``2 March``, ``2 pm``); anything
        else stands in the text but for case, accents, punctuation and spaces.
        """
        if _NUMERIC.fullmatch(value):
            return Decimal(re.sub(r"[^\d.]", "", value)) in self.numbers
        if _ISO_DATE.fullmatch(value):
            return any(day.iso(int(value[:4])) == value for day in self.days)
        if _CLOCK.fullmatch(value):
            return value in self.times
        return f" {normalised(value)} " in self.words

    @cached_property
    def words(self) -> str:
        """The text without what makes no word another one, between spaces."""
        return f" {normalised(self._text)} "

    @cached_property
    def days(self) -> tuple[Day, ...]:
        """The days that it names."""
        return self._dates_and_rest[0]

    @cached_property
    def times(self) -> frozenset[str]:
        """The times of day that it names, as ``14:00``. ``9.30`` may be one and an amount of money as well."""
        return frozenset(_clock(found) for found in _TIME.finditer(self._dates_and_rest[1]))

    @cached_property
    def numbers(self) -> frozenset[Decimal]:
        """The numbers that stand by themselves: in no date, time of day or id."""
        return frozenset(number for number, _ in self._numbers)

    @cached_property
    def amounts(self) -> frozenset[Decimal]:
        """The amounts of money: numbers with two decimals or a currency sign."""
        return frozenset(number for number, is_money in self._numbers if is_money)

    @cached_property
    def _dates_and_rest(self) -> tuple[tuple[Day, ...], str]:
        days: list[Day] = []
        rest = self._text
        for pattern in _DATES:
            for found in pattern.finditer(rest):
                parts = found.groupdict()
                name = (parts.get("month") or "").lower()[:3]
                month = int(parts.get("number") or 0) or 1 + [each[:3] for each in _MONTHS].index(name)
                days.append(Day(int(parts["year"]) if parts["year"] else None, month, int(parts["day"])))
            rest = pattern.sub(" ; ", rest)
        return tuple(days), rest

    @cached_property
    def _numbers(self) -> list[tuple[Decimal, bool]]:
        def blank(found: re.Match[str]) -> str:
            return found[0] if _DOTTED.fullmatch(found[0].strip()) else " ; "

        rest = _TIME.sub(blank, self._dates_and_rest[1])
        return [
            (Decimal(found["number"].replace(",", "")), bool(found["money"]) or found["number"][-3:-2] == ".")
            for found in _NUMBER.finditer(rest)
        ]


def mentions_of(text: str) -> Mentions:
    """What a text mentions; kept for a while, because the user, the grader and every value ask anew."""
    return _mentions_of(text[:LIMIT_CHARS])


@lru_cache(maxsize=512)
def _mentions_of(text: str) -> Mentions:
    return Mentions(text)


def _clock(found: re.Match[str]) -> str:
    hour = int(found["hour"] or found["only"])
    half = (found["half"] or found["only_half"] or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return f"{hour:02d}:{found['minute'] or '00'}"
