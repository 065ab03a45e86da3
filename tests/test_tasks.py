from __future__ import annotations

from pathlib import Path

import pytest

from agent_envs.tasks import Task, TaskSet

tasks = TaskSet(
    "numbers", [Task(id=f"n-{i}", instruction="Count.", split="test" if i % 2 else "train") for i in range(4)]
)


def test_saved_tasks_load_with_the_same_digest(tmp_path: Path) -> None:
    tasks.save(tmp_path / "tasks.jsonl")
    assert TaskSet.load("again", tmp_path / "tasks.jsonl", Task).digest == tasks.digest


def test_order_and_content_make_the_digest() -> None:
    assert TaskSet("back", reversed(tasks)).digest != tasks.digest


def test_a_split_holds_its_tasks_in_order() -> None:
    assert [task.id for task in tasks.split("test")] == ["n-1", "n-3"]


def test_an_empty_split_is_an_error_that_names_the_others() -> None:
    with pytest.raises(ValueError, match="'numbers' has no task of split 'validation', but of test, train"):
        tasks.split("validation")


def test_repeated_ids_are_an_error() -> None:
    with pytest.raises(ValueError, match="1 repeated ids"):
        TaskSet("twice", [tasks[0], tasks[0]])


def test_an_unknown_task_is_an_error_that_shows_how_they_are_named() -> None:
    with pytest.raises(KeyError, match="named like 'n-0'"):
        tasks.named("m-0")


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "tasks.jsonl").write_text('{"id":"a","instruction":"b"}\n{"id":1}\n')
    with pytest.raises(ValueError, match=r"tasks\.jsonl:2: not a Task"):
        TaskSet.load("broken", tmp_path / "tasks.jsonl", Task)
