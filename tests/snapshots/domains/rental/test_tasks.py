"""Tasks of the rental are of many kinds, and any calls of its tools keep what they promise."""

from __future__ import annotations

from typing import Any

import pytest

from agent_envs.simulators.user.agenda import AgendaUser
from agent_envs.snapshots.domains.compose import composed
from agent_envs.snapshots.domains.domain import Domain
from agent_envs.snapshots.domains.proof import prove
from agent_envs.snapshots.domains.world import DomainWorld
from agent_envs.testing import tool_machine

TestRental = tool_machine("rental")


@pytest.fixture(scope="module")
def world(domain: Domain) -> DomainWorld:
    return DomainWorld(domain, 1_000, 0)


def test_tasks_are_of_many_kinds_and_each_kind_is_proved(domain: Domain, world: DomainWorld) -> None:
    tasks: dict[str, Any] = {}
    longest = None
    db = world.database()
    for subject in domain.subjects(db):
        for draft in composed(db, domain.tools, domain.user_tools, subject):
            task = draft.task(f"rental-{len(tasks)}", subject.name, domain.tools, domain.user_tools)
            tasks.setdefault(draft.shape, task)
            longest = task if longest is None or task.difficulty > longest.difficulty else longest
    assert len(tasks) >= 30
    assert sum(task.script.wants[0].kind == "refused" for task in tasks.values()) >= 10
    assert sum(any(want.bounds for want in task.script.wants) for task in tasks.values()) >= 2
    assert longest is not None and longest.difficulty >= 10
    assert min(task.difficulty for task in tasks.values()) == 1
    assert [shape for shape, task in tasks.items() if not prove(world, AgendaUser(), task).holds] == []
    assert prove(world, AgendaUser(), longest).holds
