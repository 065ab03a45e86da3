"""Answers and when a given one is right: text, numbers with units, dates; right or wrong, nothing between."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Literal

import msgspec

AnswerKind = Literal["text", "number", "date"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The truth of a question.

    Args:
        kind: How a given answer is compared.
        value: The answer as its source has it.
        unit: Unit of a number, such as ``km``; empty without one.
        aliases: Other texts that are as right, for kind ``text``.
    """

    kind: AnswerKind
    value: str
    unit: str = ""
    aliases: tuple[str, ...] = ()

    def matches(self, given: str) -> bool:
        """Whether the given text is this answer, however it is spelled; containing it is not enough.

        Text is equal to the value or an alias but for case, accents, punctuation and a leading article. A number is
        equal in value; one without a unit is read in the truth's unit, one in another unit may differ by a thousandth,
        for rounding. A date is equal to the same precision.
        """
        if len(given) > 1000:
            return False
        match self.kind:
            case "text":
                return normalised(given) in {normalised(text) for text in (self.value, *self.aliases)}
            case "number":
                return _same_number(given, self.value, self.unit)
            case "date":
                truth = parsed_date(self.value)
                return truth == parsed_date(given) if truth else normalised(given) == normalised(self.value)


def normalised(text: str) -> str:
    """The text without what does not make an answer another one: case, accents, punctuation, a leading article.

    Signs that do tell answers apart stay: ``C++``, ``C#``, ``3.5``, ``50 %``.
    """
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(_kept(character) for character in decomposed if not unicodedata.combining(character))
    kept = re.sub(r"\.(?!\d)|(?<!\d)\.", "", kept)
    words = kept.split()
    if len(words) > 1 and words[0] in ("the", "a", "an"):
        words = words[1:]
    return " ".join(words) or text.strip().casefold()


def _kept(character: str) -> str:
    if character in ".#%&@":
        return character
    if character in "'’‘ʻʼ`´":
        return ""
    return " " if unicodedata.category(character)[0] in "PZC" else character


_NUMBER = re.compile(r"([-+−]?)(\d{1,3}(?:[,  ]\d{3})+|\d+)(\.\d+)?(?:[eE]([-+]?\d{1,2}))?\s*(.*)", re.DOTALL)
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_SYNONYMS = {
    "m": "m metre metres meter meters",
    "km": "km kilometre kilometres kilometer kilometers",
    "cm": "cm centimetre centimetres centimeter centimeters",
    "mm": "mm millimetre millimetres millimeter millimeters",
    "ft": "ft foot feet",
    "mi": "mi mile miles",
    "in": "in inch inches",
    "km2": "km2 km² sqkm squarekilometre squarekilometres squarekilometer squarekilometers",
    "m2": "m2 m² sqm squaremetre squaremetres squaremeter squaremeters",
    "ha": "ha hectare hectares",
    "sqmi": "sqmi mi² mi2 squaremile squaremiles",
    "kg": "kg kilogram kilograms",
    "g": "g gram grams",
    "t": "t tonne tonnes",
    "lb": "lb lbs pound pounds",
    "h": "h hour hours",
    "min": "min minute minutes",
    "s": "s sec second seconds",
    "%": "% percent percentage",
    "°c": "°c celsius degreescelsius degreecelsius",
    "k": "k kelvin kelvins",
}
_UNITS = {name: unit for unit, names in _SYNONYMS.items() for name in names.split()}
# Each unit as a multiple of the base of its dimension.
_FACTORS: dict[str, tuple[str, float]] = {
    "m": ("length", 1.0),
    "km": ("length", 1e3),
    "cm": ("length", 1e-2),
    "mm": ("length", 1e-3),
    "ft": ("length", 0.3048),
    "mi": ("length", 1609.344),
    "in": ("length", 0.0254),
    "m2": ("area", 1.0),
    "km2": ("area", 1e6),
    "ha": ("area", 1e4),
    "sqmi": ("area", 1609.344**2),
    "kg": ("mass", 1.0),
    "g": ("mass", 1e-3),
    "t": ("mass", 1e3),
    "lb": ("mass", 0.45359237),
    "h": ("time", 3600.0),
    "min": ("time", 60.0),
    "s": ("time", 1.0),
}


def parsed_number(text: str) -> tuple[float, str] | None:
    """The number and its unit, in our spelling of units; None where the text is anything else or more than that."""
    found = _NUMBER.fullmatch(text.strip().rstrip(".").lstrip("~≈"))
    if not found:
        return None
    sign, whole, fraction, exponent, rest = found.groups()
    number = float(re.sub(r"\D", "", whole) + (fraction or "") + (f"e{exponent}" if exponent else ""))
    scale, _, after = rest.partition(" ")
    if scale.casefold() in _SCALES:
        number, rest = number * _SCALES[scale.casefold()], after
    unit = re.sub(r"[\s.]", "", rest).casefold()
    return (-number if sign in ("-", "−") else number), _UNITS.get(unit, unit)


def _same_number(given: str, value: str, unit: str) -> bool:
    truth, said = parsed_number(f"{value} {unit}"), parsed_number(given)
    if truth is None or said is None:
        return truth is None and normalised(given) == normalised(value)
    if said[1] in ("", truth[1]):
        return said[0] == truth[0]
    here, there = _FACTORS.get(said[1]), _FACTORS.get(truth[1])
    if here is None or there is None or here[0] != there[0]:
        return False
    return math.isclose(said[0] * here[1], truth[0] * there[1], rel_tol=1e-3)


_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = "|".join(f"{month}|{month[:3]}" for month in _MONTHS)
_DATES = tuple(
    re.compile(pattern.replace("MONTH", f"(?P<month>{_MONTH})").replace("YEAR", r"(?P<year>\d{1,4})"))
    for pattern in (
        r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?: of)? MONTH,? YEAR",
        r"MONTH (?P<day>\d{1,2})(?:st|nd|rd|th)?,? YEAR",
        r"MONTH,? YEAR",
        r"YEAR-(?P<number>\d{2})-(?P<day>\d{2})",
        r"YEAR",
    )
)


def parsed_date(text: str) -> tuple[int, int, int] | None:
    """Year (negative before our era), month and day, 0 for what the text does not say; None where it is no date."""
    plain = " ".join(text.casefold().replace(".", "").split())
    era = re.search(r" ?(bce?|ad|ce)$", plain)
    plain = plain[: era.start()] if era else plain.removeprefix("ad ")
    for pattern in _DATES:
        if found := pattern.fullmatch(plain):
            parts = found.groupdict()
            year = int(parts["year"]) * (-1 if era and era[1].startswith("bc") else 1)
            month = int(parts.get("number") or 0)
            if parts.get("month"):
                month = next(i for i, name in enumerate(_MONTHS, 1) if name.startswith(parts["month"]))
            day = int(parts.get("day") or 0)
            return (year, month, day) if month <= 12 and day <= 31 else None
    return None
