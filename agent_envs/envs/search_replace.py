"""Edits as blocks of text to search and to put in its place, the form in which a model without tools writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from itertools import takewhile

import msgspec

from agent_envs.patch_reader import is_inside

from .nearest_lines import nearest_lines
from .whole_lines import is_crlf, places, replaced, seen_by

BEGIN, MIDDLE, END = "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE"


class Block(msgspec.Struct, frozen=True):
    """One edit: lines of a file, and what takes their place.

    Args:
        path: The file, relative to the root of the repository.
        search: The lines to search, each ended by a newline; empty for a new file.
        replace: The lines to put there, each ended by a newline; empty to take lines out.
    """

    path: str
    search: str
    replace: str


class EditError(ValueError):
    """Blocks cannot be read or applied; the message is for the agent: which block, what is wrong and what to do."""


def blocks_in(text: str) -> tuple[Block, ...]:
    """The blocks of a text, each under a line ``### path``, which holds for the blocks after it too.

    Fences around blocks, and prose, are passed over. A line of ``=======`` after the first belongs to the replacement.

    Returns:
        The blocks in order; none where the text has none.

    Raises:
        EditError: A block has no path, or misses one of its three marks.
    """
    blocks: list[Block] = []
    path = ""
    search: list[str] | None = None
    replace: list[str] | None = None
    for line in text.split("\n"):
        mark, name = line.rstrip(), f"block {len(blocks) + 1}"
        if search is None:
            if mark == BEGIN and not path:
                raise EditError(f"{name} has no path: write a line '### path/to/file.py' above '{BEGIN}'")
            if mark == BEGIN:
                search = []
            elif mark.startswith(BEGIN[:7]) or mark.startswith(END[:7]):
                raise EditError(
                    f"{name}: {mark[:60]!r} stands where a block begins: write '{BEGIN}', a line of its own"
                )
            path = _path_in(line) or path
        elif mark == BEGIN or (mark == END and replace is None):
            missing = MIDDLE if replace is None else END
            raise EditError(f"{name} ({path}) is not finished: {mark!r} came where '{missing}' was to come first")
        elif mark == END and replace is not None:
            blocks.append(Block(path, "".join(search), "".join(replace)))
            search = replace = None
        elif replace is not None:
            replace.append(f"{line}\n")
        elif mark == MIDDLE:
            replace = []
        else:
            search.append(f"{line}\n")
    if search is not None:
        missing = MIDDLE if replace is None else END
        raise EditError(f"block {len(blocks) + 1} ({path}) is not finished: the text ends before its line '{missing}'")
    return tuple(blocks)


def rendered(blocks: Iterable[Block]) -> str:
    """The text that holds these blocks, as ``blocks_in`` reads it."""
    return "\n".join(
        f"### {block.path}\n{BEGIN}\n{_ended(block.search)}{MIDDLE}\n{_ended(block.replace)}{END}\n" for block in blocks
    )


def applied(blocks: Iterable[Block], read: Callable[[str], bytes | None]) -> dict[str, bytes]:
    """What the files hold after the edits, done one after another: all of them or, with an error, none.

    The text to search must stand in its file once, as whole lines. A file has one line more than newlines, so that a
    last empty line stands for the newline at its end. In a file whose lines all end with ``\\r\\n``, lines without a
    ``\\r`` match, and those that take their place get it.

    Args:
        blocks: The edits.
        read: What a file holds before; None where there is none.

    Returns:
        What the edited files hold, in the order of their first edits.

    Raises:
        EditError: An edit does not fit its file.
    """
    texts: dict[str, str | None] = {}
    for number, block in enumerate(blocks, 1):
        path, name = block.path, f"block {number} ({block.path})"
        if not is_inside(path):
            raise EditError(
                f"{name}: this is no path inside the repository: give it from the root, without './' and '..'"
            )
        if path not in texts:
            content = read(path)
            try:
                texts[path] = None if content is None else content.decode()
            except UnicodeDecodeError as error:
                raise EditError(f"{name}: the file is no UTF-8 text, and is not edited in this way") from error
        text = texts[path]
        if not block.search:
            if text:
                raise EditError(f"{name}: SEARCH is empty, but the file exists: put the lines to replace into SEARCH")
            texts[path] = _ended(block.replace)
            continue
        if text is None:
            raise EditError(f"{name}: there is no such file: correct the path, or leave SEARCH empty to make the file")
        texts[path] = edited = replaced(text, _ended(block.search), _ended(block.replace))
        if edited is None:
            raise EditError(f"{name}: {_misfit(text, block)}")
    return {path: text.encode() for path, text in texts.items() if text is not None}


def blocks_between(before: Mapping[str, bytes | None], after: Mapping[str, bytes | None]) -> tuple[Block, ...]:
    """The smallest blocks that lead from one state of some files to another, for ``applied`` as for ``rendered``.

    Args:
        before: What the files hold, by path; None where there is none.
        after: What the changed ones hold then. Others stay as they are.

    Raises:
        ValueError: A file is removed or no UTF-8, its path cannot be written, or a block would hold its own marks.
    """
    blocks: list[Block] = []
    for path in sorted(after):
        old, new = before.get(path), after[path]
        if old == new:
            continue
        if new is None:
            raise ValueError(f"{path!r} is removed, which no block can say")
        steps = tuple(_steps(path, (old or b"").decode(), new.decode()))
        if not is_inside(path) or not _is_spelled(steps):
            raise ValueError(
                f"{path!r} cannot be edited by blocks: its path or lines would be taken for marks of theirs"
            )
        blocks += steps
    return tuple(blocks)


def _steps(path: str, old: str, new: str) -> Iterator[Block]:
    if not old:
        if not new or new.endswith("\n"):
            yield Block(path, "", new)
        else:  # whole lines come first, and their place is taken by a text that has no newline at its end
            yield from (Block(path, "", "\n"), Block(path, "\n\n", f"{new}\n"))
        return
    old_lines, new_lines = old.split("\n"), new.split("\n")
    first = _alike(old_lines, new_lines)
    last = _alike(old_lines[first:][::-1], new_lines[first:][::-1])
    old_part, new_part = (lines[first : len(lines) - last] for lines in (old_lines, new_lines))
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old_part, new_part).get_opcodes():
        if kind != "equal":
            lines, start = new_lines[: first + j1] + old_lines[first + i1 :], first + j1
            yield _smallest(path, lines, start, start + i2 - i1, new_part[j1:j2])


def _smallest(path: str, lines: list[str], start: int, end: int, new: list[str]) -> Block:
    """The block with the fewest lines around those from `start` to `end` that puts `new` in their place."""
    text, wanted = "\n".join(lines), "\n".join([*lines[:start], *new, *lines[end:]])
    drops_returns = is_crlf(text) and is_crlf(wanted)

    def block(above: int, below: int) -> Block:
        head, tail = lines[max(0, start - above) : start], lines[end : end + below]
        spelled = ("".join(f"{line}\n" for line in [*head, *middle, *tail]) for middle in (lines[start:end], new))
        return Block(path, *(part.replace("\r\n", "\n") if drops_returns else part for part in spelled))

    def fits(above: int, below: int) -> bool:
        found = block(above, below)
        return bool(found.search) and replaced(text, found.search, found.replace) == wanted

    most_above, most_below = _unmarked(lines[:start][::-1]), _unmarked(lines[end:])
    around = 0
    while not fits(min(around, most_above), min(around, most_below)):
        if around >= max(most_above, most_below):
            raise ValueError(f"{path!r} holds the marks of a block at its line {start + 1} or near it")
        around = 2 * around or 1
    # What fits still does with more lines around it: while one side grows, the other shrinks.
    above, most_below = min(2 * around, most_above), min(2 * around, most_below)
    best = above, most_below
    for below in range(most_below + 1):
        while above and fits(above - 1, below):
            above -= 1
        if above + below < sum(best) and fits(above, below):
            best = above, below
    return block(*best)


def _misfit(text: str, block: Block) -> str:
    """What is wrong with a text to search that is not found, or more than once."""
    seen, search = seen_by(block.search + block.replace, text), _ended(block.search)
    if starts := [seen.count("\n", 0, at) + 1 for at in places(seen, search)]:
        first = ", ".join(map(str, starts[:5])) + (", …" if len(starts) > 5 else "")
        return f"SEARCH is found {len(starts)} times (at lines {first}): add lines around it until it is found once"
    near = nearest_lines(seen.split("\n"), search.split("\n")[:-1])
    if near is None:
        return "SEARCH is not found, nor any line like its own: read the file, and copy whole lines from it exactly"
    return f"SEARCH is not found: copy whole lines from the file exactly, spaces too. The nearest there:\n{near}"


def _path_in(line: str) -> str:
    """The path that a line names; empty where it is none of ``### path``."""
    return line.removeprefix("### ").strip().strip("`") if line.startswith("### ") else ""


def _is_spelled(blocks: tuple[Block, ...]) -> bool:
    try:
        return blocks_in(rendered(blocks)) == blocks
    except EditError:
        return False


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _alike(old: list[str], new: list[str]) -> int:
    """How many lines come before the first that differs."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _unmarked(lines: list[str]) -> int:
    """How many lines come before the first that would be taken for a mark."""
    marks = (number for number, line in enumerate(lines) if line.rstrip() in (BEGIN, MIDDLE, END))
    return next(marks, len(lines))
