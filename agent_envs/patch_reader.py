"""Reads a unified diff, as git or diff spells it: which files it changes, and by which hunks."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+\d{1,9}(?:,(\d{1,9}))? @@", re.ASCII)
_HEADER = re.compile(
    r"((?:old|new|deleted file|new file) mode|(?:rename|copy) (?:from|to)|(?:dis)?similarity index|index) (.*)"
)
_QUOTED = re.compile(r'"((?:[^"\\]|\\[abtnvfr"\\]|\\[0-3][0-7]{2})*)"')
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
ESCAPES = dict(zip(b'abtnvfr"\\', b'\a\b\t\n\v\f\r"\\', strict=True))
_SUBMODULE = re.compile(r"[+-]Subproject commit [0-9a-f]+(?:-dirty)?\n?")


class PatchError(ValueError):
    """A patch cannot be read, made or applied; the message names the place and what was expected there."""


class Hunk(msgspec.Struct, frozen=True):
    """Lines that take the place of others.

    Args:
        start: Line of the old file that it says it begins at.
        old: The lines that it expects there.
        new: What takes their place.
        closes: Whether no context follows its last change, which says that the file ends there.
        line: Line of the patch that it begins at.
    """

    start: int
    old: list[bytes]
    new: list[bytes]
    closes: bool
    line: int


class Part(msgspec.Struct, frozen=True):
    """What a patch does to one file.

    Args:
        old: Its path before; None where the file is new.
        new: Its path after; None where it is removed.
        hunks: Its changes, from the top down.
        is_copy: Whether the old file stays beside the new one.
        may_create: Whether the file may be new although it has an old path, as ``diff -N`` says it.
    """

    old: str | None
    new: str | None
    hunks: list[Hunk]
    is_copy: bool
    may_create: bool

    @property
    def path(self) -> str:
        """Its path after, or before where it is removed."""
        return str(self.new or self.old)

    @property
    def is_moved(self) -> bool:
        """Whether it is a rename or a copy."""
        return self.old is not None and self.new is not None and self.old != self.new


def parts_of(patch: str) -> list[Part]:
    """What a patch does, file by file, in its order.

    Raises:
        PatchError: It is malformed or prose alone, or changes what is no text of a file in the tree.
    """
    parts = _Reader(patch).parts()
    if not parts and (said := patch.strip()):
        raise PatchError(f"the patch changes no file, and begins with {said[:40]!r}: give a unified diff")
    return parts


def is_inside(path: str) -> bool:
    """Whether a path is that of a file in the tree; what is git's own is none."""
    return "\0" not in path and not any(
        folder in ("", ".", "..") or folder.lower() == ".git" for folder in path.split("/")
    )


class _Reader:
    """Reads a patch from its first line to its last."""

    def __init__(self, patch: str) -> None:
        try:
            patch.encode()
        except UnicodeEncodeError as error:
            raise PatchError(f"the patch is no text: {error}") from error
        self._lines = _LINE.findall(patch)
        self._at = 0

    def parts(self) -> list[Part]:
        parts = []
        while line := self._line():
            if line.startswith("diff --git ") or self._is_pair():
                if line.endswith("\r\n"):
                    raise self._error("it ends in CR LF; the headers of a patch end in LF, whatever its files do")
                parts.append(self._part())
            elif line.startswith("GIT binary patch") or re.fullmatch(r"Binary files .* differ\n?", line):
                raise self._error("a change of a binary file; a patch may change text only")
            elif _HUNK.match(line):
                raise self._error("a hunk, and no file is named before it by --- and +++")
            else:
                self._at += 1
        return parts

    def _part(self) -> Part:
        is_git, both, said = not self._is_pair(), None, dict[str, str]()
        if is_git:
            both = self._common_path(self._line().removeprefix("diff --git ").removesuffix("\n"))
            self._at += 1
            while header := _HEADER.match(self._line()):
                self._check_mode(header[1], header[2])
                said[header[1]] = header[2]
                self._at += 1
        pair, hunks = None, list[Hunk]()
        if self._is_pair():
            pair = self._side("--- "), self._side("+++ ")
            hunks = self._hunks()
        old, new = self._paths(both, said, pair)
        may_create = not is_git and len(hunks) == 1 and hunks[0].start == 0 and not hunks[0].old  # diff -N
        return Part(old, new, hunks, "copy from" in said, may_create)

    def _paths(
        self, both: str | None, said: Mapping[str, str], pair: tuple[str | None, str | None] | None
    ) -> tuple[str | None, str | None]:
        """The old and the new path, from the three places that may name them and must agree."""
        old, new = both, both
        moved = [said.get(f"rename {end}") or said.get(f"copy {end}") for end in ("from", "to")]
        if any(moved):
            old, new = (self._path(name) if name else None for name in moved)
            if old is None or new is None or old == new:
                raise self._error(f"a rename or copy from {old!r} to {new!r}; it needs both paths")
        if "new file mode" in said:
            old = None
        if "deleted file mode" in said:
            new = None
        if pair is not None:
            is_known = both is not None or any(moved)
            differs = any(a != b and (any(moved) or a is not None) for a, b in zip(pair, (old, new), strict=True))
            if is_known and differs:
                raise self._error(f"a file whose --- and +++ say {pair}, and whose other headers say {(old, new)}")
            old, new = pair
            if not any(moved) and None not in pair and old != new:
                raise self._error(f"a file with two names, {old!r} and {new!r}; a rename needs rename from, rename to")
        if old is None and new is None:
            raise self._error("a file that its headers do not name")
        return old, new

    def _side(self, mark: str) -> str | None:
        """The path on a line of --- or +++, without what follows a tab; None for no file."""
        name = self._line().removeprefix(mark).removesuffix("\n").partition("\t")[0]
        path = None if name == "/dev/null" else self._path(name, leaves_out_first=True)
        self._at += 1
        return path

    def _common_path(self, names: str) -> str | None:
        """The path in ``a/path b/path``, quoted or not; None where they are two."""
        half = len(names) // 2
        old, new = names[:half], names[half + 1 :]
        if names[half : half + 1] != " " or "/" not in old or old.partition("/")[2] != new.partition("/")[2]:
            return None
        return self._path(old, leaves_out_first=True)

    def _path(self, name: str, leaves_out_first: bool = False) -> str:
        path = name
        if name.startswith('"'):
            found = _QUOTED.fullmatch(name)
            if found is None:
                raise self._error(f"the quoted path {name}, which is spelled wrongly")
            path = _ESCAPE.sub(_unescaped, found[1].encode()).decode(errors="surrogateescape")
        is_allowed = is_inside(path)
        if leaves_out_first:
            first, slash, path = path.partition("/")
            if not slash:
                raise self._error(f"the path {name!r}; it begins with a folder that is left out, as in a/ and b/")
            is_allowed = is_inside(path) and first not in ("", "..")
        if not is_allowed:
            raise self._error(f"the path {name!r}, which is none of a file in the tree")
        return path

    def _hunks(self) -> list[Hunk]:
        hunks = list[Hunk]()
        while not hunks or self._line().startswith("@@"):
            hunks.append(self._hunk())
        if self._line()[:1] in ("+", "-", " ") and not self._is_pair() and self._line().rstrip() != "--":
            raise self._error(f"one line more than the hunk says: {self._line()[:80]!r}")
        return hunks

    def _hunk(self) -> Hunk:
        begin, header = self._at + 1, _HUNK.match(self._line())
        if header is None:
            raise self._error(f"{self._line()[:80]!r}, where a hunk begins: @@ -line,count +line,count @@")
        old_count, new_count = (int(count) if count else 1 for count in header.group(2, 3))
        old, new, mark = list[bytes](), list[bytes](), ""
        self._at += 1
        while len(old) < old_count or len(new) < new_count:
            line = self._line()
            mark, text = (" ", "") if line == "\n" else (line[:1], line[1:])  # mail programs strip blank context lines
            if mark not in ("+", "-", " "):
                break
            if _SUBMODULE.fullmatch(line):
                raise self._error("a change of a submodule; a patch may change text only")
            self._at += 1
            content = text.removesuffix("\n").encode() + b"\n"  # the last line may end the patch without a newline
            if self._line().startswith("\\"):
                content = content[:-1]
                self._at += 1
            old += [content] if mark != "+" else []
            new += [content] if mark != "-" else []
        if (len(old), len(new)) != (old_count, new_count):
            counts = f"{old_count} old and {new_count} new lines, and holds {len(old)} and {len(new)}"
            raise self._error(f"the end of the hunk of line {begin}, which says {counts}")
        if any(not line.endswith(b"\n") for line in old[:-1] + new[:-1]):
            raise self._error(f"the end of the hunk of line {begin}, with a line in its middle that has no newline")
        return Hunk(int(header[1]), old, new, mark != " ", begin)

    def _check_mode(self, header: str, value: str) -> None:
        mode = value.rpartition(" ")[2]
        if header.endswith(("mode", "index")) and mode in ("120000", "160000"):
            what = "a symbolic link" if mode == "120000" else "a submodule"
            raise self._error(f"a change of {what} (mode {mode}); a patch may change text only")

    def _line(self) -> str:
        return self._lines[self._at] if self._at < len(self._lines) else ""

    def _is_pair(self) -> bool:
        following = self._lines[self._at + 1 : self._at + 2]
        return self._line().startswith("--- ") and bool(following) and following[0].startswith("+++ ")

    def _error(self, what: str) -> PatchError:
        return PatchError(f"line {self._at + 1} of the patch: {what}")


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8) if len(code) == 3 else ESCAPES[code[0]]])
