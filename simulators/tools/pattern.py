"""Texts for patterns: enough of regular expressions for the identifiers and codes of API documents."""

from __future__ import annotations

import re
import string

from agent_envs.snapshots.domains.rows import Row

_LETTERS = string.ascii_lowercase
_CLASSES = {"d": string.digits, "w": f"{_LETTERS}{string.digits}_", "s": " ", "S": _LETTERS, "D": _LETTERS, "W": "-"}
_MORE = 4
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_TIMES = re.compile(r"\{(\d{1,4})(?:(,)(\d{1,4})?)?\}|([*+?])")


def text_for(pattern: str, row: Row, name: str) -> str | None:
    """A text that a pattern fits, or None where the pattern is beyond what is understood here.

    Understood are characters, classes, escapes, groups, alternatives and their repetitions; not what looks around or
    back.

    Args:
        pattern: A regular expression.
        row: Where chance comes from.
        name: Names its stream.
    """
    writer = _Writer(pattern, row, name)
    try:
        text = writer.alternatives()
    except _Beyond:
        return None
    return text if writer.at == len(pattern) and re.search(pattern, text) else None


class _Beyond(ValueError):
    """A pattern holds what is not understood."""


class _Writer:
    """Reads a pattern once from left to right, and writes as it reads."""

    def __init__(self, pattern: str, row: Row, name: str) -> None:
        self.pattern, self.row, self.name, self.at = pattern, row, name, 0
        self._drawn = 0

    def alternatives(self) -> str:
        """One of the alternatives that begin here."""
        texts = [self._sequence()]
        while self._take("|"):
            texts.append(self._sequence())
        return self.row.pick(self._stream(), texts)

    def _sequence(self) -> str:
        text = ""
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            begin = self.at
            one = self._atom()
            end = self.at
            times = _TIMES.match(self.pattern, end)
            if times is None:
                text += one
                continue
            for _ in range(self.row.integer(self._stream(), *_bounds(times))):
                self.at = begin
                text += self._atom()
            self.at = times.end() + self.pattern.startswith("?", times.end())  # a lazy one is as good
        return text

    def _atom(self) -> str:
        if self._take("("):
            if self._take("?") and not self._take(":"):
                raise _Beyond
            text = self.alternatives()
            if not self._take(")"):
                raise _Beyond
            return text
        if found := _CLASS.match(self.pattern, self.at):
            self.at = found.end()
            accepts = re.compile(found[0])
            return self._one([letter for letter in string.printable[:95] if accepts.match(letter)])
        letter = self.pattern[self.at]
        self.at += 1
        if letter == "\\" and self.at < len(self.pattern):
            escaped = self.pattern[self.at]
            self.at += 1
            if escaped.isalnum() and escaped not in _CLASSES:
                raise _Beyond
            return self._one(list(_CLASSES.get(escaped, escaped)))
        return "" if letter in "^$" else "x" if letter == "." else letter

    def _one(self, letters: list[str]) -> str:
        if not letters:
            raise _Beyond
        return self.row.pick(self._stream(), letters)

    def _take(self, letter: str) -> bool:
        found = self.pattern.startswith(letter, self.at)
        self.at += found
        return found

    def _stream(self) -> str:
        self._drawn += 1
        return f"{self.name} {self._drawn}"


def _bounds(found: re.Match[str]) -> tuple[int, int]:
    if found[4]:
        return {"*": (0, _MORE), "+": (1, _MORE), "?": (0, 1)}[found[4]]
    least = int(found[1])
    return least, (int(found[3]) if found[3] else least + _MORE) if found[2] else least
