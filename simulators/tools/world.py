"""The world of `agent_envs/SimulatedTools-v0`: tools by their specification, simulated, and tasks on them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, cast, get_args

from agent_envs.envs.simulated_tools import SimulatedTask
from agent_envs.limits import at_least_one
from agent_envs.tasks import Split, TaskSet

from .simulator import Simulator
from .source import TRACKER, load_tools
from .spec import Toolset
from .tasks import make_tasks

SPLITS = ("all", *get_args(Split))


def open_world(
    *,
    spec: str | Path | Toolset = TRACKER,
    tasks: str | Path | TaskSet[SimulatedTask] = "train",
    task_count: int = 300,
    world_seed: int = 0,
    rows: int = 6,
    partial: float = 0.1,
    edge: float = 0.0,
) -> dict[str, Any]:
    """The simulated world and the tasks that `SimulatedTools` takes.

    Args:
        spec: The path of a specification (`source.load_tools`), or a toolset.
        tasks: Which split of the generated tasks (``train``, ``validation``, ``test``, ``all``), a file that
            `TaskSet.save` wrote, or a task set.
        task_count: How many tasks are generated, of all splits.
        world_seed: Names the world; another seed, other rows and tasks.
        rows: How many things of a kind there are in the beginning.
        partial: The share of changes of several fields that fail in part.
        edge: The share of values that are unusual.

    Raises:
        SpecError: The specification cannot be used, or gives no task.
        ValueError: Neither a split nor a file of tasks, or a number out of its bounds.
    """
    at_least_one("task_count", task_count)
    tools = spec if isinstance(spec, Toolset) else _loaded(Path(spec), _modified_ns(Path(spec)))
    simulator = _simulator(_Held(tools), world_seed, rows, partial, edge)
    if isinstance(tasks, TaskSet):
        return {"simulated": simulator, "tasks": tasks}
    if str(tasks) in SPLITS:
        return {"simulated": simulator, "tasks": _split(simulator, str(tasks), task_count)}
    if not Path(tasks).is_file():
        raise ValueError(f"tasks={str(tasks)!r} is no file and none of {', '.join(SPLITS)}")
    return {"simulated": simulator, "tasks": TaskSet.load(Path(tasks).stem, Path(tasks), SimulatedTask)}


class _Held:
    """A toolset, equal to another of the same source: schemas cannot be hashed."""

    def __init__(self, toolset: Toolset) -> None:
        self.toolset = toolset
        self._told = toolset.name, toolset.digest, len(toolset.tools)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and self._told == other._told

    def __hash__(self) -> int:
        return hash(self._told)


def _modified_ns(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


@lru_cache(maxsize=16)
def _loaded(path: Path, modified_ns: int) -> Toolset:
    return load_tools(path)


@lru_cache(maxsize=16)
def _simulator(held: _Held, seed: int, rows: int, partial: float, edge: float) -> Simulator:
    return Simulator(held.toolset, seed=seed, rows=rows, partial=partial, edge=edge)


@lru_cache(maxsize=64)
def _split(simulator: Simulator, split: str, count: int) -> TaskSet[SimulatedTask]:
    if split != "all":
        return _split(simulator, "all", count).split(cast(Split, split))
    return make_tasks(simulator, simulator.toolset.name, count)
