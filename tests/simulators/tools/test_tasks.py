from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from agent_envs.envs.simulated_tools import SimulatedTask
from agent_envs.messages import ToolCall
from agent_envs.simulators.tools import TRACKER, Simulator, SpecError, load_tools
from agent_envs.simulators.tools.tasks import make_tasks, proved
from agent_envs.simulators.tools.world import open_world
from agent_envs.tasks import TaskSet


@pytest.fixture(scope="module")
def world() -> Simulator:
    return Simulator(load_tools(TRACKER))


@pytest.fixture(scope="module")
def tasks(world: Simulator) -> TaskSet[SimulatedTask]:
    return make_tasks(world, "tracker", 120)


def test_every_task_is_proved_and_no_two_are_alike(world: Simulator, tasks: TaskSet[SimulatedTask]) -> None:
    assert len(tasks) == 120
    assert len({task.instruction for task in tasks}) == 120
    assert [proved(world, task) for task in tasks] == [""] * 120


def test_they_are_of_all_kinds_and_of_one_to_many_calls(tasks: TaskSet[SimulatedTask]) -> None:
    for beginning in ("Create a new", "Change the", "Delete every", "What is the", "How many"):
        assert sum(task.instruction.startswith(beginning) for task in tasks) > 5
    assert {task.difficulty for task in tasks} >= {1, 2, 3, 4}
    assert {task.split for task in tasks} == {"train", "validation", "test"}


def test_the_same_world_gives_the_same_tasks(world: Simulator, tasks: TaskSet[SimulatedTask]) -> None:
    assert make_tasks(Simulator(load_tools(TRACKER), partial=1.0), "tracker", 120).digest == tasks.digest
    assert make_tasks(Simulator(load_tools(TRACKER), seed=1), "tracker", 120).digest != tasks.digest


def test_a_task_that_is_free_or_wrong_is_not_proved(world: Simulator, tasks: TaskSet[SimulatedTask]) -> None:
    change = next(task for task in tasks if task.instruction.startswith("Change") and not task.answer)
    replace = msgspec.structs.replace
    assert proved(world, replace(change, steps=())) == "doing nothing earns something"
    cut = replace(change, steps=(*change.steps[:-1], replace(change.steps[-1], leaves=("something else",))))
    assert proved(world, cut) == "its solution does not earn 1"
    question = next(task for task in tasks if task.steps[-1].call.name == "get_issue" and not task.gold)
    assert proved(world, replace(question, steps=question.steps[:1])) == "no call shows its answer"
    twice = replace(change, steps=(*change.steps, change.steps[-1]))
    assert "it earns 1 as well" in proved(world, twice)


def test_tools_without_entities_give_no_task() -> None:
    with pytest.raises(SpecError, match="give tasks= of your own"):
        make_tasks(Simulator(load_tools([{"name": "ping"}])), "ping", 5)


def test_a_world_opens_with_a_split_a_file_or_a_task_set(tmp_path: Path, tasks: TaskSet[SimulatedTask]) -> None:
    assert {task.split for task in open_world(tasks="test", task_count=120)["tasks"]} == {"test"}
    tasks.save(tmp_path / "mine.jsonl")
    assert open_world(tasks=tmp_path / "mine.jsonl")["tasks"].digest == tasks.digest
    assert open_world(tasks=tasks)["tasks"] is tasks
    with pytest.raises(ValueError, match="no file and none of all, train"):
        open_world(tasks="tests")
    with pytest.raises(SpecError, match="cannot be read"):
        open_world(spec=tmp_path / "missing.json")
    with pytest.raises(ValueError, match="task_count=0"):
        open_world(task_count=0)


def test_a_toolset_can_be_cut_to_some_tools() -> None:
    tools = load_tools(TRACKER).only("list_projects", "get_project")
    assert [tool.name for tool in tools.tools] == ["list_projects", "get_project"]
    with pytest.raises(KeyError, match="has no tool nothing"):
        tools.only("nothing")
    _, reply = Simulator(tools).call(Simulator(tools).begin(), ToolCall.of("get_project", project_id="P101"), 0)
    assert '"project_id":"P101"' in reply


def test_a_list_that_wants_a_choice_is_told_its_first() -> None:
    def function(name: str, **parameters: dict[str, object]) -> dict[str, object]:
        schema = {"type": "object", "properties": parameters, "required": list(parameters)}
        return {"name": name, "description": name, "parameters": schema}

    text: dict[str, object] = {"type": "string"}
    choice: dict[str, object] = {"type": "string", "enum": ["all", "open"]}
    tools = load_tools(
        [
            function("list_notes", status=choice),
            function("update_note", note_id=text, title=text),
            function("delete_note", note_id=text),
        ]
    )
    world = Simulator(tools)
    tasks = make_tasks(world, "notes", 10)
    calls = [step.call for task in tasks for step in task.steps if step.call.name == "list_notes"]
    assert {call.arguments for call in calls} == {'{"status":"all"}'}
    assert [proved(world.certain(), task) for task in tasks] == [""] * len(tasks)
