"""What a sandbox is: a copy of a folder in which untrusted commands run under limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

import msgspec

LIMIT_FILE_BYTES = 16 << 20
TIMEOUT_S = 60.0


class Result(msgspec.Struct, frozen=True):
    """How a command ended.

    Args:
        exit_code: What it returned: 128 + n where signal n ended it, 124 where it took too long.
        output: What it wrote to both of its outputs. Bytes that are no UTF-8 are shown as ``\\xff``; where the middle
            is cut, a note says how much.
        timed_out: Whether it took too long, and was ended.
        cut: Whether the middle of the output is cut.
    """

    exit_code: int
    output: str
    timed_out: bool = False
    cut: bool = False


class Changed(msgspec.Struct, frozen=True):
    """What differs between a tree and its snapshot, by names alone.

    Args:
        removed: Paths that are no longer what they were, with all below them.
        present: Paths and kinds (``file``, ``folder``, ``link``, ``pipe``) of what is new or was touched, those below a
            removed path among them.
    """

    removed: tuple[str, ...]
    present: tuple[tuple[str, str], ...]


class Sandbox(Protocol):
    """A tree of files, and commands that run in it; used by one thread at a time.

    No process outlives the command that started it. What persists between commands is what they wrote in the tree and
    in the folder for temporary files; all else is read-only or not there.
    """

    @property
    def root(self) -> str:
        """Where commands see the tree, which is where they begin."""

    def run(self, command: str, *, timeout_s: float = TIMEOUT_S) -> Result:
        """Run a command in a fresh shell.

        Args:
            command: What bash is to run.
            timeout_s: How long it may take.

        Raises:
            ValueError: The command holds a zero byte or is longer than the system takes.
            Fault: The sandbox is lost.
        """

    def shell(self, command: str, *, timeout_s: float = TIMEOUT_S) -> Result:
        """Run a command in the shell session of this sandbox, which goes on where its last command ended.

        The working directory, variables, functions, aliases and options are kept, and forks have them too. Background
        processes are not. After a command that took too long, or that replaced or killed its shell, the session is as
        it was before.

        Args:
            command: What bash is to run.
            timeout_s: How long it may take.

        Raises:
            ValueError: The command holds a zero byte or is longer than the system takes.
            Fault: The sandbox is lost.
        """

    def read(self, path: str, *, limit_bytes: int = LIMIT_FILE_BYTES) -> bytes:
        """What a file of the tree holds.

        Args:
            path: Relative to the tree.
            limit_bytes: The largest file that is read.

        Raises:
            OSError: The fitting one: there is no such file, it is no regular file, it is too large, or the path leaves
                the tree.
            Fault: The sandbox is lost.
        """

    def write(self, path: str, content: bytes) -> None:
        """Let a file of the tree hold this; folders on its way are made.

        Args:
            path: Relative to the tree.
            content: All that it is to hold.

        Raises:
            OSError: The fitting one: there is no room, it is no regular file, or the path leaves the tree.
            Fault: The sandbox is lost.
        """

    def fork(self) -> Self:
        """An independent copy: the tree, the temporary files, and the shell session.

        Raises:
            OSError: The changes are too large to be carried over.
            Fault: The sandbox is lost, or another cannot be started.
        """

    def changed(self) -> Changed:
        """What differs from the snapshot; costs what `digest` costs.

        Raises:
            Fault: The sandbox is lost.
        """

    def digest(self, *, ignoring: Sequence[str] = ()) -> str:
        """Digest of the tree and the shell session, equal for equal ones in every process and backend.

        It is made of names, contents, links and what owners may do; neither of times, nor owners, nor temporary files.

        Args:
            ignoring: Paths whose changes do not count, such as those of files that hold times.

        Raises:
            Fault: The sandbox is lost.
        """

    def close(self) -> None:
        """End all processes and forget the tree; closing it again does nothing."""
