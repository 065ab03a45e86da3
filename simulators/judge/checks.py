"""Instructions that code can check: length, keywords, beginning and end, JSON, script, case."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Literal, TypeAlias

import msgspec

from .counting import Unit, counted

Script = Literal[
    "latin", "cyrillic", "greek", "arabic", "hebrew", "devanagari", "thai", "han", "hangul", "japanese", "armenian"
]
_UNICODE_NAMES = {"han": ("CJK",), "japanese": ("CJK", "HIRAGANA", "KATAKANA")}
_LEAST_SHARE = 0.9


class Count(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """So many words, characters, sentences, paragraphs, lines or items of a list.

    Args:
        unit: What is counted (`counting.counted`).
        at_least: The least number.
        at_most: The greatest number; None for no bound.

    Raises:
        ValueError: Bounds that are negative or crossed, or that exclude nothing.
    """

    unit: Unit
    at_least: int = 0
    at_most: int | None = None

    def __post_init__(self) -> None:
        if self.at_least < 0 or (self.at_most is None and not self.at_least):
            raise ValueError(f"{self!r}: give at_least from 1, at_most from 0, or both")
        if self.at_most is not None and self.at_most < self.at_least:
            raise ValueError(f"{self!r}: at_most is below at_least")

    def complaint(self, response: str) -> str:
        """What is wrong; empty if nothing is."""
        number = counted(self.unit, response)
        if self.at_least <= number and (self.at_most is None or number <= self.at_most):
            return ""
        most = "more" if self.at_most is None else str(self.at_most)
        return f"it has {number:,} {self.unit}, not {self.at_least} to {most}"


class Holds(msgspec.Struct, frozen=True, tag=True):
    """Each of these words or phrases stands in it, in any case.

    Args:
        words: The words.
        times: How often each, at least.

    Raises:
        ValueError: No word, a blank one, or `times` below 1.
    """

    words: tuple[str, ...]
    times: int = 1

    def __post_init__(self) -> None:
        _demand_words(self.words)
        if self.times < 1:
            raise ValueError(f"times={self.times}: give a whole number, at least 1")

    def complaint(self, response: str) -> str:
        """What is wrong; empty if nothing is."""
        rare = [word for word in self.words if _occurrences(word, response) < self.times]
        return f"it does not say {', '.join(map(repr, rare))} {self.times} times" if rare else ""


class Lacks(msgspec.Struct, frozen=True, tag=True):
    """None of these words or phrases stands in it, in any case.

    Args:
        words: The words.

    Raises:
        ValueError: No word, or a blank one.
    """

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        _demand_words(self.words)

    def complaint(self, response: str) -> str:
        """What is wrong; empty if nothing is."""
        said = [word for word in self.words if _occurrences(word, response)]
        return f"it says {', '.join(map(repr, said))}" if said else ""


class Frame(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """It begins and ends with these texts, to the letter, but for spaces around it.

    Args:
        begins: What it begins with.
        ends: What it ends with.

    Raises:
        ValueError: Both are blank.
    """

    begins: str = ""
    ends: str = ""

    def __post_init__(self) -> None:
        if not self.begins.strip() and not self.ends.strip():
            raise ValueError("give begins, ends or both")

    def complaint(self, response: str) -> str:
        """What is wrong; empty if nothing is."""
        text, told = response.strip(), []
        if not text.startswith(self.begins.strip()):
            told.append(f"it begins with {text[:40]!r}, not {self.begins!r}")
        if not text.endswith(self.ends.strip()):
            told.append(f"it ends with {text[-40:]!r}, not {self.ends!r}")
        return "; ".join(told)


class IsJson(msgspec.Struct, frozen=True, tag=True):
    """It is JSON and nothing else; a Markdown fence around it does not matter.

    Args:
        keys: If there are some, it is an object that has them all.
    """

    keys: tuple[str, ...] = ()

    def complaint(self, response: str) -> str:
        """What is wrong; empty if nothing is."""
        text = response.strip()
        if text.startswith("```") and text.endswith("```") and "\n" in text:
            text = text.partition("\n")[2].removesuffix("```")
        try:
            value = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
            return f"it is no JSON: {str(error)[:100]}"
        missing = [key for key in self.keys if not isinstance(value, dict) or key not in value]
        return f"its JSON lacks {', '.join(map(repr, missing))}" if missing else ""


class InScript(msgspec.Struct, frozen=True, tag=True):
    """Nine tenths of its letters at least are of this script: as much as code can say of a language.

    Args:
        script: The script; ``japanese`` is Han with both kanas.
    """

    script: Script

    def complaint(self, response: str) -> str:
        """What is wrong; empty if nothing is."""
        names = _UNICODE_NAMES.get(self.script, (self.script.upper(),))
        letters = Counter(character for character in response if character.isalpha())
        fit = sum(times for letter, times in letters.items() if unicodedata.name(letter, "").startswith(names))
        if letters and fit >= _LEAST_SHARE * letters.total():
            return ""
        return f"{fit:,} of its {letters.total():,} letters are {self.script}"


class InCase(msgspec.Struct, frozen=True, tag=True):
    """All its letters that have a case have this one.

    Args:
        case: ``upper`` or ``lower``.
    """

    case: Literal["upper", "lower"]

    def complaint(self, response: str) -> str:
        """What is wrong; empty if nothing is."""
        kept = response.isupper() if self.case == "upper" else response.islower()
        return "" if kept else f"not all of it is in {self.case} case"


Check: TypeAlias = Count | Holds | Lacks | Frame | IsJson | InScript | InCase
"""An instruction; as JSON it has its kind under ``type``."""


def _demand_words(words: tuple[str, ...]) -> None:
    if not words or not all(word.strip() for word in words):
        raise ValueError(f"words={words!r}: give one at least, and none that is blank")


def _occurrences(word: str, text: str) -> int:
    """How often a word stands in a text by itself; where the script has no spaces, how often it stands there at all."""
    plain = word.strip()
    if any(unicodedata.name(character, "").startswith(_SPACELESS) for character in plain):
        return text.count(plain)
    return sum(1 for _ in re.finditer(rf"(?<!\w){re.escape(plain)}(?!\w)", text, re.IGNORECASE))


_SPACELESS = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
