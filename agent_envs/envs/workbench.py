"""Where an agent works on an issue: the tree of a repository in a sandbox, and what it edited there."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from typing import NamedTuple, Protocol, Self

from agent_envs.sandbox import Sandbox

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
    """What a file held before it was edited; None where there was none."""

    path: str
    before: bytes | None


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

    def write(self, path: str, content: bytes) -> None:
        """Let a file hold this, and remember what it held.

        Raises:
            OSError: The path leaves the tree, is no file, or there is no room.
        """
        before = self.read(path)
        self.sandbox.write(path, content)
        self.edits = (*self.edits[-MOST_UNDONE + 1 :], Edit(path, before))

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
