"""The tasks of every embedded domain: many, of many kinds, and the same for every kind of person who brings them."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from agent_envs.catalog import CATALOG
from agent_envs.envs.domain_task import DomainTask, Persona
from agent_envs.envs.tool_domain import ToolDomain
from agent_envs.snapshots.domains.world import open_world
from agent_envs.tasks import TaskSet

DOMAINS = [entry.given["domain"] for entry in CATALOG if entry.given]
ROWS = 5_000
PERSONAS: tuple[Persona, ...] = get_args(Persona)


@pytest.fixture(scope="module", params=DOMAINS)
def world(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A domain at the least size of the field, with all its tasks."""
    return open_world(domain=request.param, tasks="all", rows=ROWS)


@pytest.fixture(scope="module")
def tasks(world: dict[str, Any]) -> TaskSet[DomainTask]:
    tasks: TaskSet[DomainTask] = world["tasks"]
    return tasks


def played(env: ToolDomain, task: DomainTask, persona: Persona) -> tuple[float, tuple[str, ...]]:
    """What the oracle earns, and what the user said."""
    script = msgspec.structs.replace(task.script, persona=persona)
    env.tasks = TaskSet("one", [msgspec.structs.replace(task, script=script)])
    context, _ = env.reset(seed=0)
    said, total = [context[-1].content], 0.0
    for turn in env.follow():
        context, reward, terminated, *_ = env.step(turn)
        said.append(context[-1].content)
        total += reward
        if terminated:
            break
    return total, tuple(said)


def test_there_are_two_hundred_tasks_from_one_call_to_ten(tasks: TaskSet[DomainTask]) -> None:
    assert len(tasks) >= 200
    difficulties = {task.difficulty for task in tasks}
    assert min(difficulties) == 1
    assert max(difficulties) >= 10
    assert len(difficulties) >= 8


def test_every_split_has_tasks_and_none_shares_a_user_with_another(tasks: TaskSet[DomainTask]) -> None:
    facts = {split: {task.script.facts for task in tasks.split(split)} for split in ("train", "validation", "test")}
    assert all(len(tasks.split(split)) >= 5 for split in ("train", "validation", "test"))
    nobody: tuple[tuple[str, str], ...] = ()
    assert facts["train"] & facts["test"] <= {nobody}
    assert facts["train"] & facts["validation"] <= {nobody}


def test_users_want_what_the_policy_forbids_and_several_things_at_once(tasks: TaskSet[DomainTask]) -> None:
    refused = [task for task in tasks if any(want.kind == "refused" for want in task.script.wants)]
    nothing_changes = [task for task in refused if "called" in task.parts]
    assert len(refused) >= 30
    assert nothing_changes
    assert len({len(task.script.wants) for task in tasks}) >= 5
    assert any(task.secret for task in tasks)
    assert any(want.at_first for task in tasks for want in task.script.wants)


def test_every_persona_talks_otherwise_and_the_oracle_earns_the_same(
    world: dict[str, Any], tasks: TaskSet[DomainTask]
) -> None:
    env = ToolDomain(world["domain"], tasks, world["user"], limit_turns=100)
    held_out = [*tasks.split("test"), *tasks.split("validation")]
    for task in held_out:
        results = [played(env, task, persona) for persona in PERSONAS]
        assert [reward for reward, _ in results] == [1.0] * len(PERSONAS), (task.id, results)
        assert len({said for _, said in results}) > 1, task.id
    env.close()
