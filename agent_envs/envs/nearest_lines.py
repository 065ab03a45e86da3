"""Shows where lines that are not found in a text most likely stand, so that who searched can see what differs."""

from __future__ import annotations

import difflib
from collections import Counter

LIMIT_LINES = 6
LIMIT_CHARS = 120
_LOOKED_AT_LINES = 40


def nearest_lines(lines: list[str], wanted: list[str]) -> str | None:
    """The place in a text where most of the wanted lines stand, or else where one like the first of them does.

    Space at the ends of lines is not looked at, nor what comes after the first 40 wanted lines.

    Args:
        lines: The lines of the text.
        wanted: The lines that are not found there as a whole.

    Returns:
        The lines there with their numbers, cut short; None where no line is like the first of the wanted ones.
    """
    at = _place([line.strip() for line in lines], [line.strip() for line in wanted[:_LOOKED_AT_LINES]])
    if at is None:
        return None
    shown = lines[at : at + min(len(wanted), LIMIT_LINES)]
    return "\n".join(f"{number:>5} {line[:LIMIT_CHARS]}" for number, line in enumerate(shown, at + 1))


def _place(lines: list[str], wanted: list[str]) -> int | None:
    places: dict[str, list[int]] = {}
    for at, line in enumerate(lines):
        places.setdefault(line, []).append(at)
    starts = [at - offset for offset, line in enumerate(wanted) if line for at in places.get(line, [])]
    votes = Counter(start for start in starts if start >= 0)
    if votes:
        return min(votes, key=lambda start: (-votes[start], start))
    first = next((line for line in wanted if line), "")
    like = difflib.get_close_matches(first[:LIMIT_CHARS], places, n=1)
    return places[like[0]][0] if like else None
