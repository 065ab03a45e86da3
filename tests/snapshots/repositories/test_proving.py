"""A made bug is a task only if the grader says so: of the tree that the agent gets, and of the solution."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from agent_envs.envs.issue_task import IssueTask
from agent_envs.snapshots.repositories.bugs.proving import proved
from agent_envs.snapshots.repositories.repository_set import TREES, RepositorySet
from agent_envs.snapshots.repositories.trees import Tree

Holds = Callable[..., bool]


@pytest.fixture
def task(ledger: RepositorySet) -> IssueTask:
    return ledger.tasks[0]


@pytest.fixture
def holds(ledger: RepositorySet, task: IssueTask) -> Holds:
    kept = Tree(ledger.folder / TREES / task.repository)
    reliable = (*task.fail_to_pass, *task.pass_to_pass)

    def asked(watched: tuple[str, ...] = reliable, **other: object) -> bool:
        return proved(ledger.ground, kept, msgspec.structs.replace(task, **other), watched)

    return asked


def test_a_bug_whose_tests_fail_before_the_solution_and_pass_with_it_holds(holds: Holds) -> None:
    assert holds()
    assert holds(watched=())


def test_a_test_that_is_to_fail_and_passes_is_seen_even_beside_others_that_fail(holds: Holds, task: IssueTask) -> None:
    steady, *others = task.pass_to_pass
    assert not holds(fail_to_pass=(*task.fail_to_pass, steady), pass_to_pass=tuple(others))
    assert not holds(watched=(), fail_to_pass=(*task.fail_to_pass, steady), pass_to_pass=tuple(others))


def test_a_watched_test_that_fails_and_is_not_said_to_is_seen(holds: Holds, task: IssueTask) -> None:
    assert not holds(fail_to_pass=("tests/test_none.py::test_none",), pass_to_pass=task.fail_to_pass)


def test_a_solution_that_does_not_resolve_is_seen(holds: Holds, task: IssueTask) -> None:
    assert not holds(patch="")
    assert not holds(watched=(), pass_to_pass=(*task.pass_to_pass, "tests/test_none.py::test_none"))
