"""Tasks on a simulated world: drawn by number, and kept when they are proved."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from agent_envs.answers import Answer
from agent_envs.envs.simulated_tools import DONE, SimulatedTask, Step, graded
from agent_envs.messages import ToolCall
from agent_envs.snapshots.domains.rows import Row
from agent_envs.tasks import Split, TaskSet
from agent_envs.tools import ToolError

from .scene import Scene, Unfit
from .simulator import Simulator
from .spec import SpecError
from .state import Place, SimState
from .values import Unmade
from .wants import KINDS, Request

TRIES = 20
"""How many numbers are tried for each task that is wanted."""
CHAIN_SHARE = 0.35


def make_tasks(world: Simulator, name: str, count: int) -> TaskSet[SimulatedTask]:
    """Proved tasks: one request, or two of which the second begins where the first ends.

    Args:
        world: The world; partial failures play no part in making tasks.
        name: What the task set is called.
        count: How many are wanted. There are fewer where the entities give no more.

    Raises:
        SpecError: The entities give none.
    """
    certain = world.certain()
    kept: dict[str, SimulatedTask] = {}
    for number in range(TRIES * count if certain.entities else 0):
        if len(kept) == count:
            break
        task = _task(certain, f"{name}-{len(kept):05d}", Row(world.seed, "task", number, {}))
        if task is not None and task.instruction not in kept:
            kept[task.instruction] = task
    if not kept:
        told = ", ".join(f"{one.name} ({', '.join(one.tools)})" for one in certain.entities.values())
        raise SpecError(f"no task can be made of {name}: its entities are {told or 'none'}; give tasks= of your own")
    return TaskSet(name, kept.values())


def proved(world: Simulator, task: SimulatedTask) -> str:
    """What is wrong with a task, in words; empty where it is proved.

    Its calls earn 1 and its values stand in what they reply, doing nothing earns 0, and so does the solution without
    any one of the calls that change something.

    Args:
        world: A world without partial failures.
        task: The task.
    """
    answer = task.answer.value if task.answer else DONE
    calls = [step.call for step in task.steps]
    state, replies = played(world, calls)
    if not graded(task, world.difference(state), answer).success:
        return "its solution does not earn 1"
    if task.answer is not None and not task.answer.value.isdecimal() and task.answer.value not in "".join(replies):
        return "no call shows its answer"
    if graded(task, (), "" if task.answer else DONE).reward:
        return "doing nothing earns something"
    before: tuple[str, ...] = ()
    for number, step in enumerate(task.steps):
        if step.leaves != before:
            try:
                damaged, _ = played(world, calls[:number] + calls[number + 1 :])
            except ToolError:
                continue
            if graded(task, world.difference(damaged), answer).success:
                return f"without call {number} it earns 1 as well"
        before = step.leaves
    return ""


def played(world: Simulator, calls: Sequence[ToolCall]) -> tuple[SimState, list[str]]:
    """The state after calls, and their replies."""
    state, replies = world.begin(), []
    for call in calls:
        state, reply = world.call(state, call, 0)
        replies.append(reply)
    return state, replies


def _task(world: Simulator, task_id: str, row: Row) -> SimulatedTask | None:
    """The task of a number, if there is one."""
    texts: list[str] = []
    steps: list[Step] = []
    answer: Answer | None = None
    state = world.begin()
    try:
        for part in range(2 if row.chance("chain", CHAIN_SHARE) else 1):
            request = _request(world, state, row.part(part), answer is None)
            texts.append(request.text)
            answer = request.answer or answer
            for call in request.calls:
                state, _ = world.call(state, call, 0)
                steps.append(Step(call, world.difference(state)))
    except (Unfit, Unmade, ToolError):
        return None
    text = " Then this: ".join(texts)
    place = hashlib.blake2b(text.encode(), digest_size=8).digest()[0] % 10
    split: Split = "validation" if place == 8 else "test" if place == 9 else "train"
    task = SimulatedTask(
        id=task_id, instruction=text, split=split, difficulty=len(steps), steps=tuple(steps), answer=answer
    )
    return None if proved(world, task) else task


def _request(world: Simulator, state: SimState, row: Row, may_ask: bool) -> Request:
    """One request in a state."""
    entity = row.pick("entity", tuple(world.entities.values()))
    scopes = world.beginning.scopes(entity)
    if not scopes:
        raise Unfit(f"no {entity.name} lives anywhere")
    kinds = [kind for kind in KINDS if may_ask or kind not in ("question", "count")]
    scene = Scene(world, state, entity, Place(entity.home, row.pick("scope", scopes)), row)
    return KINDS[row.pick("kind", kinds)](scene)
