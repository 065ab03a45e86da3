"""Where an agent works on an issue: the tree of a repository in a sandbox, and what it edited there."""

from __future__ import annotations

import contextlib
import copy
import errno
import hashlib
import shlex
from collections.abc import Mapping
from typing import NamedTuple, Protocol, Self

from agent_envs.outcome import Fault
from agent_envs.sandbox import Result, Sandbox
from agent_envs.tools import ToolError

from .issue_task import IssueTask

GIT_INDEX = ".git/index"
"""It holds times: its changes are no part of a state."""
MOST_UNDONE = 20


class Verdict(Protocol):
    """What hidden tests say."""

    @property
    def fail_to_pass(self) -> float:
        """Share of the tests that are to pass now, and do."""

    @property
    def pass_to_pass(self) -> float:
        """Share of the tests that passed before, and still do."""

    @property
    def resolved(self) -> bool:
        """Whether all of both pass, and can be believed."""

    @property
    def detail(self) -> str:
        """For people: what does not pass, and what of the changes did not count."""


class Repositories(Protocol):
    """Repositories, the trees of tasks on them, and their hidden tests."""

    @property
    def digest(self) -> str:
        """Digest of the repositories and of the Python that commands and tests see."""

    def tree_digest(self, task: IssueTask) -> str:
        """Digest of the tree that the agent gets, as its sandbox gives it."""

    def sandbox(self, task: IssueTask) -> Sandbox:
        """The tree that the agent gets."""

    def grade(self, task: IssueTask, sandbox: Sandbox) -> Verdict:
        """What hidden tests say of what the agent did there."""

    def solution(self, task: IssueTask) -> Mapping[str, tuple[bytes | None, bytes | None]]:
        """What the files of the solution hold before and after it; None where there is no file."""


class Edit(NamedTuple):
    """An edit that can be undone.

    Args:
        path: The file.
        before: What it held before; None where there was none.
        after: Digest of what it held then: what was changed since by other means is not to be lost.
    """

    path: str
    before: bytes | None
    after: bytes


class Workbench:
    """The tree of an episode's task; its sandbox is started when it is first asked for.

    Args:
        repositories: Where the trees are from.
    """

    def __init__(self, repositories: Repositories) -> None:
        self.repositories = repositories
        self._task: IssueTask | None = None
        self._sandbox: Sandbox | None = None
        self.edits: tuple[Edit, ...] = ()

    @property
    def task(self) -> IssueTask:
        """The task."""
        assert self._task is not None, "a bench without an episode"
        return self._task

    @property
    def sandbox(self) -> Sandbox:
        """The tree, as the agent left it.

        Raises:
            Fault: It cannot be started.
        """
        if self._sandbox is None:
            self._sandbox = self.repositories.sandbox(self.task)
        return self._sandbox

    def begin(self, task: IssueTask) -> None:
        """Let go of the last tree, and take that of a task."""
        self.close()
        self._task, self.edits = task, ()

    def shell(self, command: str, timeout_s: float) -> Result:
        """Run a command in the shell session; one that ends the sandbox itself loses the tree, and a new one is begun.

        Raises:
            ToolError: The command ended the sandbox, or the system does not take it.
            Fault: No sandbox can be started.
        """
        with contextlib.suppress(OSError):
            self.sandbox.read(".")  # what is lost before the command is not its doing
        try:
            return self.sandbox.shell(command, timeout_s=timeout_s)
        except ValueError as error:
            raise ToolError(str(error)) from None
        except Fault:
            self.close()
            self.edits = ()
            self.sandbox.run("true")  # where this fails too, it was not the command
            raise ToolError(
                "this command ended the sandbox and all that it held: the repository is as it was at the beginning"
            ) from None

    def write(self, changes: Mapping[str, bytes]) -> None:
        """Let files hold this, all of them or, with an error, none; what they held is remembered.

        Raises:
            OSError: A path leaves the tree, is no file, or there is no room.
        """
        before = {path: self.read(path) for path in changes}
        tried: list[str] = []
        try:
            for path, content in changes.items():
                tried.append(path)
                self.sandbox.write(path, content)
        except OSError:
            for path in reversed(tried):  # a part of the last one may be written
                self._put(path, before[path])
            raise
        made = (Edit(path, before[path], _digest(content)) for path, content in changes.items())
        self.edits = (*self.edits, *made)[-MOST_UNDONE:]

    def undo(self, path: str) -> None:
        """Take back the last edit of a file.

        Raises:
            ToolError: There is none, or the file was changed since by other means.
            OSError: The path leaves the tree, is no file, or there is no room.
        """
        number = max((number for number, edit in enumerate(self.edits) if edit.path == path), default=None)
        if number is None:
            raise ToolError(f"no edit of {path} is left to be taken back")
        edit, now = self.edits[number], self.read(path)
        if now is None or _digest(now) != edit.after:
            raise ToolError(f"{path} was changed since its last edit by other means: nothing was taken back")
        self._put(path, edit.before)
        self.edits = self.edits[:number] + self.edits[number + 1 :]

    def read(self, path: str) -> bytes | None:
        """What a file holds; None where there is none.

        Raises:
            OSError: The path leaves the tree, or is no file.
        """
        try:
            return self.sandbox.read(path)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def fork(self) -> Self:
        """An independent copy of the tree and of all else."""
        twin = copy.copy(self)
        if self._sandbox is not None:
            twin._sandbox = self._sandbox.fork()
        return twin

    def digest(self) -> str:
        """Digest of the tree, of the shell session, and of what can be undone; temporary files are no part of it."""
        if self._task is None:
            return ""
        if self._sandbox is None:
            return self.repositories.tree_digest(self.task)
        undo = hashlib.blake2b(repr(self.edits).encode(), digest_size=16).hexdigest() if self.edits else ""
        return f"{self._sandbox.digest(ignoring=[GIT_INDEX])} {undo}".strip()

    def close(self) -> None:
        """End the sandbox."""
        if self._sandbox is not None:
            self._sandbox.close()
            self._sandbox = None

    def _put(self, path: str, content: bytes | None) -> None:
        """Let a file hold this again; where there was none, folders that are empty without it go with it."""
        if content is not None:
            self.sandbox.write(path, content)
            return
        place, folder = shlex.quote(f"./{path}"), shlex.quote(f"./{path.rpartition('/')[0]}")
        done = self.sandbox.run(  # what a link leads to is what was written
            f"realpath -mz -- {place} | xargs -0 rm -f -- || exit 1;"
            f" rmdir -p --ignore-fail-on-non-empty -- {folder} 2> /dev/null; true"
        )
        if done.exit_code:
            raise PermissionError(errno.EACCES, "it cannot be removed", path)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()
