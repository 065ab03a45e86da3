"""Answers and when a given one is right: text, numbers with units, dates; right or wrong, nothing between."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
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
        equal in value; one without a unit is read in the truth's unit, one in another unit is the truth rounded to as
        many digits as are given, four at least if the truth has them. A date is equal to the same precision.
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

    Signs that do tell answers apart stay: ``C++``, ``C#``, ``3.5``, ``50 %``, ``UTC-4``. Accents are those of Latin,
    Greek and Cyrillic letters; in other scripts such marks are letters of their own.
    """
    kept = text.lower().translate(_KEPT_OF_ASCII) if text.isascii() else _kept_letters(text)
    words = _LONE_DASH.sub(" ", _LONE_DOT.sub("", kept)).split()
    if len(words) > 1 and words[0] in ("the", "a", "an"):
        words = words[1:]
    return " ".join(words) or text.strip().casefold()


def _kept_letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.replace("−", "-")).casefold()
    kept: list[str] = []
    accented = False
    for character in decomposed:
        if unicodedata.combining(character):
            if not accented:
                kept.append(character)
            continue
        accented = unicodedata.name(character, "").startswith(("LATIN", "GREEK", "CYRILLIC"))
        kept.append(_kept(character))
    return "".join(kept)


def _kept(character: str) -> str:
    if character in ".#%&@-":
        return character
    if character in "'’‘ʻʼ`´":
        return ""
    return " " if unicodedata.category(character)[0] in "PZC" else character


_KEPT_OF_ASCII = {number: _kept(chr(number)) for number in range(128)}
_LONE_DOT = re.compile(r"\.(?!\d)|(?<!\d)\.")
_LONE_DASH = re.compile(r"-(?!(?<=[\s]-)\d|(?<=^-)\d|(?<=utc-)\d|(?<=gmt-)\d)")
_NUMBER = re.compile(r"([-+−]?)(\d{1,3}(?:[,  ]\d{3})+|\d+)(\.\d+)?(?:[eE]([-+]?\d{1,2}))?\s*(.*)", re.DOTALL)
_SCALES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
LIMIT_DIGITS = 30
LEAST_DIGITS = 4
"""A number in another unit is rounded; with fewer digits than this, or than the truth has, it says too little."""
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
_FACTORS: dict[str, tuple[str, Decimal]] = {
    unit: (dimension, Decimal(factor))
    for dimension, units in {
        "length": "m 1 km 1000 cm 0.01 mm 0.001 ft 0.3048 mi 1609.344 in 0.0254",
        "area": "m2 1 km2 1000000 ha 10000 sqmi 2589988.110336",
        "mass": "kg 1 g 0.001 t 1000 lb 0.45359237",
        "time": "h 3600 min 60 s 1",
    }.items()
    for unit, factor in zip(units.split()[::2], units.split()[1::2], strict=True)
}


def parsed_number(text: str) -> tuple[Decimal, str] | None:
    """The number and its unit, in our spelling of units; None where the text is anything else or more than that."""
    found = _NUMBER.fullmatch(text.strip().rstrip(".").lstrip("~≈"))
    if not found or len(found[2]) > LIMIT_DIGITS:
        return None
    sign, whole, fraction, exponent, rest = found.groups()
    number = Decimal(re.sub(r"\D", "", whole) + (fraction or "") + (f"e{exponent}" if exponent else ""))
    scale, _, after = rest.partition(" ")
    if scale.casefold() in _SCALES:
        number, rest = number.scaleb(_SCALES[scale.casefold()]), after
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
    digits = len(said[0].as_tuple().digits)
    if digits < min(len(truth[0].as_tuple().digits), LEAST_DIGITS):
        return False
    try:
        return (truth[0] * there[1] / here[1]).quantize(said[0]) == said[0]
    except InvalidOperation:  # more digits than a number here has
        return False


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
