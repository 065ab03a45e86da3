"""Puts lines in the place of others in a text, where these stand once and as whole lines.

Lines to search and to put are ended by newlines. A text has one line more than newlines, so that a last empty line
stands for the newline at its end. In a text whose lines all end with ``\\r\\n``, lines without a ``\\r`` match, and
those that take their place get it.
"""

from __future__ import annotations

from collections.abc import Iterator


def replaced(text: str, search: str, replace: str) -> str | None:
    """The text with some lines in the place of others; None unless these stand in it once."""
    seen = seen_by(search + replace, text)
    starts = places(seen, search)
    at = next(starts, None)
    if at is None or next(starts, None) is not None:
        return None
    end = at + len(search) - 1
    if replace:
        edited = seen[:at] + replace[:-1] + seen[end:]
    elif end < len(seen):
        edited = seen[:at] + seen[end + 1 :]
    else:
        edited = seen[: max(0, at - 1)]
    return edited if seen == text else edited.replace("\n", "\r\n")


def places(text: str, search: str) -> Iterator[int]:
    """The offsets at which some lines stand in a text."""
    lines, wanted = f"\n{text}\n", f"\n{search}"
    at = lines.find(wanted)
    while at >= 0:
        yield at
        at = lines.find(wanted, at + 1)


def seen_by(lines: str, text: str) -> str:
    """A text as some lines see it: without the ``\\r`` of its line ends, unless they hold any."""
    return text.replace("\r\n", "\n") if is_crlf(text) and "\r" not in lines else text


def is_crlf(text: str) -> bool:
    """Whether all lines of a text end with ``\\r\\n``."""
    rest = text.replace("\r\n", "")
    return len(rest) < len(text) and "\r" not in rest and "\n" not in rest
