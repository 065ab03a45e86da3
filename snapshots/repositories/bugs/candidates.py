"""Changes of a repository's code that may be bugs, in an order that gives each kind of change its turn."""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import NamedTuple

from ..trees import Tree
from .mutants import Mutant


class Change(NamedTuple):
    """A mutant without the text around it.

    Args:
        path: The file.
        operator: What it was made by.
        function: The function's qualified name.
        line: First of the lines that it takes the place of.
        end_line: The last of them.
        text: What stands there instead.
    """

    path: str
    operator: str
    function: str
    line: int
    end_line: int
    text: str

    def made(self, source: str) -> str:
        """The file with this change."""
        lines = lines_of(source)
        return "".join((*lines[: self.line - 1], self.text, *lines[self.end_line :]))


def lines_of(text: str) -> list[str]:
    """The lines of a text as Python counts them, with their ends."""
    return list(io.StringIO(text, newline="\n"))


def code_files(tree: Tree) -> dict[str, str]:
    """The Python files of a project's code that are UTF-8, in order."""
    found = {}
    for path in tree.files:
        content = tree.read(path) if path.endswith(".py") and tree.layout.is_source(path) else None
        if content is not None:
            try:
                found[path] = content.decode()
            except UnicodeDecodeError:
                continue
    return found


def candidates(tree: Tree, mutants: Callable[[str], Iterator[Mutant]], seed: int) -> Iterator[Change]:
    """All changes of a repository, operators in turn, each operator's in an order that the seed chooses.

    Args:
        tree: The repository.
        mutants: Gives the mutants of a file.
        seed: Chooses the order.
    """
    by_operator: dict[str, list[Change]] = defaultdict(list)
    seen = set()
    for path, source in code_files(tree).items():
        try:
            for one in mutants(source):
                change = _as_change(path, source, one)
                if (path, change.line, change.end_line, change.text) not in seen:
                    seen.add((path, change.line, change.end_line, change.text))
                    by_operator[one.operator].append(change)
        except SyntaxError:  # of another version of Python, or a template
            continue
    shuffled = [sorted(found, key=lambda one: _chance(seed, one)) for _, found in sorted(by_operator.items())]
    for turn in zip_longest(*shuffled):
        yield from (one for one in turn if one is not None)


def _as_change(path: str, source: str, one: Mutant) -> Change:
    lines, after = lines_of(source), lines_of(one.source)
    text = "".join(after[one.line - 1 : len(after) - (len(lines) - one.end_line)])
    return Change(path, one.operator, one.function, one.line, one.end_line, text)


def _chance(seed: int, one: Change) -> bytes:
    return hashlib.blake2b(repr((seed, *one)).encode(), digest_size=8).digest()
