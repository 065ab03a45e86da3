from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import msgspec
import pytest

import agent_envs
from agent_envs import conformance
from agent_envs.envs.simulated_tools import SimulatedTask, SimulatedTools, graded
from agent_envs.messages import ToolCall, assistant
from agent_envs.outcome import Fault, StopReason
from agent_envs.rollouts.policies import oracle
from agent_envs.rollouts.rollout import rollout
from agent_envs.stack import state_digest


def make(**settings: Any) -> SimulatedTools:
    env = gymnasium.make("agent_envs/SimulatedTools-v0", **{"task_count": 60, "tasks": "all", **settings}).unwrapped
    assert isinstance(env, SimulatedTools)
    return env


def task_like(env: SimulatedTools, beginning: str) -> SimulatedTask:
    return next(
        task for task in env.tasks if task.instruction.startswith(beginning) and "Then this" not in task.instruction
    )


@pytest.mark.parametrize("partial", [0.0, 0.5, 1.0])
def test_the_solution_earns_one_on_every_task_whatever_fails_in_part(partial: float) -> None:
    env = make(partial=partial)
    for seed in range(60):
        played = rollout(env, oracle, seed)
        assert played.reward == 1.0, (played.task, played.outcome)


def test_who_does_not_look_at_a_change_in_part_loses() -> None:
    env = make(partial=1.0)
    changes = [task for task in env.tasks if task.instruction.startswith("Change") and " and the " in task.instruction]
    env.reset(seed=0, options={"task": changes[0].id})
    for step in changes[0].steps:
        env.step(assistant(calls=(step.call,)))
    _, reward, *_, info = env.step(assistant(answer="done"))
    assert (reward, info["outcome"].parts) == (0.0, {"state": 0.0})
    assert "lacks changed" in info["outcome"].detail


def test_an_answer_must_be_right_and_nothing_else_may_change() -> None:
    env = make()
    question = task_like(env, "What is the")
    assert question.answer is not None
    right = question.answer.value
    for answer, spoil, reward in ((right, False, 1.0), ("something else", False, 0.0), (right, True, 0.0)):
        env.reset(seed=0, options={"task": question.id})
        if spoil:
            turn = '<tool_call>{"name": "create_project", "arguments": {"title": "Surplus"}}</tool_call>'
            assert "Surplus" in env.step(turn)[0][-1].content
        _, paid, terminated, *_, info = env.step(assistant(answer=answer))
        assert (paid, terminated, info["outcome"].reason) == (reward, True, StopReason.ANSWERED)


def test_a_mistake_is_told_and_the_world_goes_on_in_forks() -> None:
    env = make()
    context, info = env.reset(seed=0)
    assert [tool["function"]["name"] for tool in info["tools"]][:2] == ["list_projects", "create_project"]
    context, *_ = env.step('<tool_call>{"name": "get_project", "arguments": {"project_id": "P9"}}</tool_call>')
    assert "there is no project 'P9'; there are 'P101'" in context[-1].content
    branch = agent_envs.fork(env)
    assert state_digest(branch) == state_digest(env)
    branch.step('<tool_call>{"name": "delete_project", "arguments": {"project_id": "P101"}}</tool_call>')
    context, *_ = env.step('<tool_call>{"name": "get_project", "arguments": {"project_id": "P101"}}</tool_call>')
    assert '"project_id":"P101"' in context[-1].content
    context, *_ = branch.step('<tool_call>{"name": "get_project", "arguments": {"project_id": "P101"}}</tool_call>')
    assert "there is no project 'P101'" in context[-1].content


def test_a_fault_leaves_the_state_as_it_was() -> None:
    class Failing:
        """A world that is down."""

        def __init__(self, world: Any) -> None:
            self.world = world

        def __getattr__(self, name: str) -> Any:
            return getattr(self.world, name)

        def call(self, state: Any, call: Any, seed: int) -> Any:
            if call.name == "list_projects":
                raise Fault("down", origin="infra")
            return self.world.call(state, call, seed)

    env = make(dialect="openai")
    env.simulated = Failing(env.simulated)
    env.reset(seed=0)
    before = state_digest(env)
    with pytest.raises(Fault, match="down"):
        env.step(assistant(calls=(ToolCall.of("create_project", title="a"), ToolCall("list_projects"))))
    assert state_digest(env) == before


def test_the_grade_names_what_is_lacking_and_what_is_too_much() -> None:
    task = task_like(make(), "Delete every")
    grade = graded(task, ("created project: {}",), "done")
    assert grade.reward == 0.0
    assert f"lacks {task.gold[0]}" in grade.detail
    assert "has created project: {}" in grade.detail


def test_any_other_specification_plays_as_well(tmp_path: Path) -> None:
    def taking(required: list[str], **properties: str) -> dict[str, Any]:
        fields = {name: {"type": kind} for name, kind in properties.items()}
        return {"type": "object", "properties": fields, "required": required}

    functions = [
        {"name": "create_recipe", "parameters": taking(["title"], title="string", minutes="integer", text="string")},
        {"name": "get_recipe", "parameters": taking(["recipe_id"], recipe_id="string")},
        {"name": "list_recipes", "parameters": taking([])},
        {"name": "update_recipe", "parameters": taking(["recipe_id"], recipe_id="string", minutes="integer")},
        {"name": "delete_recipe", "parameters": taking(["recipe_id"], recipe_id="string")},
    ]
    (tmp_path / "recipes.json").write_bytes(msgspec.json.encode(functions))
    report = conformance.check(
        "agent_envs/SimulatedTools-v0",
        spec=str(tmp_path / "recipes.json"),
        task_count=20,
        tasks="all",
        checks=tuple(name for name in conformance.CHECKS if "process" not in name),
    )
    assert report.problems == ()
