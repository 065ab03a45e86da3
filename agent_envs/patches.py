"""Changes to files as text: unified diffs as git spells them, made from two states and applied without guessing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher

from agent_envs.patch_reader import ESCAPES, Hunk, Part, PatchError, is_inside, parts_of

__all__ = ["PatchError", "applied", "made", "touched"]

_LETTERS = {code: f"\\{chr(letter)}" for letter, code in ESCAPES.items()}
_CONTEXT_LINES = 3
_NO_NEWLINE = "\\ No newline at end of file\n"


def made(before: Mapping[str, bytes], after: Mapping[str, bytes | None]) -> str:
    """The patch that leads from one state of some files to another, with three lines of context.

    Args:
        before: The files that exist, by path.
        after: What the changed ones hold then; None where a file is removed. Others stay as they are.

    Returns:
        A unified diff as ``git diff`` writes it, files in the order of their paths; empty where nothing changes.

    Raises:
        PatchError: A changed file is binary or no UTF-8, or its path leaves the tree.
    """
    changed = ((path, before.get(path), after[path]) for path in sorted(after))
    return "".join(_spelled(path, old, new) for path, old, new in changed if old != new)


def applied(patch: str, read: Callable[[str], bytes | None]) -> dict[str, bytes | None]:
    """What the files hold after a patch: all of it or, with an error, nothing.

    A hunk fits where its old lines stand exactly: at the line that it states, or at the only other place after the
    hunks before it. As with ``git apply``, one that states line 1 fits at the start only, and one whose last line is a
    change at the end only. Modes are not kept: a changed mode changes nothing.

    Args:
        patch: A unified diff, with or without git's headers, with or without prose around it. Paths begin with a folder
            that is left out, as in ``a/`` and ``b/``.
        read: What a file holds before; None where there is none.

    Returns:
        What the changed files hold, in the order of the patch; None where one is removed.

    Raises:
        PatchError: The patch is malformed or prose alone, does not fit, or holds what is no text of a file in the tree.
    """
    parts = parts_of(patch)
    result: dict[str, bytes | None] = {}
    edited = {part.new for part in parts if part.old == part.new and part.hunks}
    leaving = {part.old for part in parts if part.old != part.new and not part.is_copy}
    for part in parts:
        before: bytes | None = b""
        if part.old is not None:  # renames and copies name files as they were before the patch, in any order
            before = result[part.old] if part.old in result and not part.is_moved else read(part.old)
        if before is None and part.may_create:
            before = b""
        if before is None:
            raise PatchError(f"the patch changes {part.old!r}, and there is no such file")
        if part.new is not None and part.new != part.old:
            there = result.get(part.new) if part.new in result or part.new in leaving else read(part.new)
            if there is not None:
                raise PatchError(f"the patch makes {part.new!r} anew, and there is such a file already")
        after = _patched(before, part)
        if part.new is None:
            if after:
                raise PatchError(f"the patch removes {part.old!r}, and does not remove all that it holds")
            result[part.path] = None
            continue
        if part.old is not None and part.old != part.new and not part.is_copy:
            if part.old in edited:
                raise PatchError(f"the patch both changes and renames {part.old!r}: apply one commit at a time")
            result.setdefault(part.old, None)
        if part.hunks or part.old != part.new:
            result[part.new] = after
    return result


def touched(patch: str) -> tuple[str, ...]:
    """The paths that a patch names as changed, new, removed or renamed (both paths), in its order.

    Raises:
        PatchError: The patch is malformed or prose alone, or holds what is no text of a file in the tree.
    """
    paths = [path for part in parts_of(patch) for path in (None if part.is_copy else part.old, part.new)]
    return tuple(dict.fromkeys(path for path in paths if path is not None))


def _patched(before: bytes, part: Part) -> bytes:
    lines, done = _lines(before), 0
    left: list[bytes | None] = [*lines]
    out: list[bytes] = []
    for hunk in part.hunks:
        at = _place(left, hunk, done, part.path)
        out += lines[done:at] + hunk.new
        done = at + len(hunk.old)
        left[at:done] = [None] * len(hunk.old)
    return b"".join(out + lines[done:])


def _place(lines: list[bytes | None], hunk: Hunk, done: int, path: str) -> int:
    """Index of the line where a hunk fits, after the lines that are done; lines that have changed are None."""
    size = len(hunk.old)
    stated, last = hunk.start - (size > 0), len(lines) - size
    first = max(0, last) if hunk.closes else 0
    last = min(last, 0) if hunk.start <= 1 else last
    places = [at for at in range(first, last + 1) if lines[at : at + size] == hunk.old]
    chosen = stated if stated in places else places[0] if len(places) == 1 else -1
    if chosen >= done:
        return chosen
    where = f"the hunk of line {hunk.line} of the patch does not fit {path!r}"
    if places:
        found = ", ".join(str(at + 1) for at in places[:5])
        raise PatchError(f"{where} at line {hunk.start}, but at {found}; it needs one place, after the hunks before it")
    for at, wanted in enumerate(hunk.old, max(0, stated)):
        if at >= len(lines):
            raise PatchError(f"{where}: it expects {_shown(wanted)} at line {at + 1}, the file has {len(lines)} lines")
        if lines[at] != wanted:
            raise PatchError(f"{where}: it expects {_shown(wanted)} at line {at + 1}, which is {_shown(lines[at])}")
    edge = "no context after its last change, so it ends the file" if hunk.closes else "line 1, so it begins the file"
    raise PatchError(f"{where}: it has {edge}, and other lines or hunks stand there")


def _spelled(path: str, old: bytes | None, new: bytes | None) -> str:
    if not is_inside(path):
        raise PatchError(f"{path!r} is no path of a file in the tree")
    try:
        old_lines, new_lines = ([line.decode() for line in _lines(content or b"")] for content in (old, new))
    except UnicodeDecodeError as error:
        raise PatchError(f"{path!r} is no UTF-8, and a patch holds text only: {error}") from error
    if b"\0" in (old or b"") + (new or b""):
        raise PatchError(f"{path!r} is binary (it holds a zero byte), and a patch holds text only")
    a, b = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    out = [f"diff --git {a} {b}\n"]
    if old is None or new is None:
        out.append(f"{'new' if old is None else 'deleted'} file mode 100644\n")
    tab = "\t" if " " in path else ""  # as git has it: else a reader may take what follows a space for a date
    sides = "/dev/null" if old is None else a + tab, "/dev/null" if new is None else b + tab
    for number, group in enumerate(SequenceMatcher(None, old_lines, new_lines).get_grouped_opcodes(_CONTEXT_LINES)):
        if number == 0:
            out.append(f"--- {sides[0]}\n+++ {sides[1]}\n")
        (_, i1, _, j1, _), (_, _, i2, _, j2) = group[0], group[-1]
        out.append(f"@@ -{_span(i1, i2)} +{_span(j1, j2)} @@\n")
        for kind, a1, a2, b1, b2 in group:
            if kind == "equal":
                out += [f" {line}" for line in old_lines[a1:a2]]
            else:
                out += [f"-{line}" for line in old_lines[a1:a2]] + [f"+{line}" for line in new_lines[b1:b2]]
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in out)


def _quoted(name: str) -> str:
    """A name as git prints it: in quotes where it holds more than printable ASCII."""
    spelled = "".join(
        _LETTERS.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}")
        for byte in name.encode(errors="surrogateescape")
    )
    return name if spelled == name else f'"{spelled}"'


def _span(start: int, end: int) -> str:
    size = end - start
    return f"{start + (size > 0)}" + (f",{size}" if size != 1 else "")


def _lines(content: bytes) -> list[bytes]:
    return re.findall(rb"[^\n]*\n|[^\n]+", content)


def _shown(line: bytes | None) -> str:
    return "changed already" if line is None else repr(line.decode(errors="backslashreplace")[:80])
