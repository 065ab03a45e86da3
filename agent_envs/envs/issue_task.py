"""An issue in a repository: what the agent reads, and the tests that decide whether it is solved."""

from __future__ import annotations

from typing import Literal

from agent_envs.tasks import Task


class IssueTask(Task, frozen=True, kw_only=True):
    """An issue with its hidden tests, in the terms of SWE-bench; the instruction is its text.

    Args:
        repository: Name of the repository in its world.
        kind: Where it is from: a bug that was ``made``, a feature that was ``removed``, a commit that was ``mined``,
            two ``release`` archives, or ``given`` in a file.
        setup: Unified diff from the repository as it is kept to the tree that the agent gets: the bug, and the hidden
            tests taken out. Empty where the agent gets it as it is kept.
        patch: The solution: unified diff on the agent's tree, without tests.
        test_patch: The hidden tests: unified diff on the agent's tree.
        fail_to_pass: Tests that fail before the solution and must pass after it, as ``file::name``.
        pass_to_pass: Tests that pass before and must pass after it.
        operators: What the bug was made by; empty for others.
        test_s: Seconds that all these tests took when the task was made.
    """

    repository: str
    kind: Literal["made", "removed", "mined", "release", "given"]
    setup: str = ""
    patch: str
    test_patch: str
    fail_to_pass: tuple[str, ...]
    pass_to_pass: tuple[str, ...]
    operators: tuple[str, ...] = ()
    test_s: float = 0.0
