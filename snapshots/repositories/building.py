"""Building a set: repositories kept side by side, and tasks made on each of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import msgspec

from agent_envs.envs.issue_task import IssueTask
from agent_envs.snapshots.cache import build_once
from agent_envs.tasks import Split, TaskSet

from .bugs.baseline import UnfitRepository, baseline
from .bugs.making import Maker, Yield
from .fresh import Ground
from .repository_set import ABOUT, TASKS, TREES, About
from .task_python import task_python
from .trees import Tree, copy_tree

VERSION = 3
"""Raise it when the same repositories give other tasks."""


class Source(NamedTuple):
    """A repository of which tasks are made.

    Args:
        name: What it is called in the set.
        tree: Its files.
        split: Which part of the set its tasks belong to.
    """

    name: str
    tree: Tree
    split: Split


class Made(NamedTuple):
    """What a repository gave.

    Args:
        name: Its name.
        tasks: Its tasks.
        came_of: What became of the changes that were tried.
        reliable: How many of its tests are reliable.
        unfit: Why it gave none; empty where it did.
    """

    name: str
    tasks: list[IssueTask]
    came_of: Yield
    reliable: int = 0
    unfit: str = ""


Report = Callable[[Made], None]
Others = Callable[[Ground, Path], Iterable[IssueTask]]


def made_on(source: Source, ground: Ground, needs: Sequence[str], count: int, seed: int, workers: int) -> Made:
    """The tasks made on one repository; none where its tests cannot judge.

    Raises:
        Fault: A sandbox cannot be started, or is lost.
    """
    try:
        base = baseline(ground, source.tree, needs)
    except UnfitRepository as error:
        return Made(source.name, [], Yield(Counter(), Counter(), Counter()), unfit=str(error))
    maker = Maker(ground, source.name, source.tree, base, seed, workers)
    tasks = maker.tasks(count, source.split)
    return Made(source.name, tasks, maker.came_of, len(base.passed))


def build_set(
    target: Path,
    name: str,
    sources: Sequence[Source],
    *,
    needs: Sequence[str] = (),
    count: int,
    seed: int = 0,
    workers: int = 2,
    others: Others = lambda ground, trees: (),
    report: Report = lambda _: None,
) -> Path:
    """Build a set, unless it is there.

    Args:
        target: Its folder.
        name: Its name.
        sources: The repositories.
        needs: Distributions that their tests import, beside pytest.
        count: Bugs to make on each.
        seed: Chooses among all the changes there are.
        workers: How many sandboxes are used at once; the set does not depend on it.
        others: Makes further tasks, and may keep further repositories in the folder that it is given.
        report: Is told what each repository gave.

    Raises:
        ValueError: No repository gives a task.
        Fault: A sandbox cannot be started, or is lost.
        CacheFull: The disk is full.
    """
    ground = Ground(task_python(tuple(needs)))

    def build(folder: Path) -> None:
        of_each = []
        for source in sources:
            copy_tree(source.tree, folder / TREES / source.name)
            kept = source._replace(tree=Tree(folder / TREES / source.name))
            made = made_on(kept, ground, needs, count, seed, workers)
            report(made)
            of_each.append(made.tasks)
        tasks = [task for turn in zip_longest(*of_each) for task in turn if task is not None]
        tasks += others(ground, folder / TREES)
        if not tasks:
            raise ValueError("no task came of it: there is no set without tasks")
        TaskSet(name, tasks).save(folder / TASKS)
        (folder / ABOUT).write_bytes(msgspec.json.encode(About(name, _digest(folder), tuple(needs))))

    return build_once(target, build)


def splits(names: Iterable[str]) -> dict[str, Split]:
    """Which part of a set each repository belongs to: an eighth to test, one to validation, the others to train."""
    ordered = sorted(names, key=lambda name: hashlib.blake2b(name.encode(), digest_size=8).digest())
    few = max(1, len(ordered) // 8) if len(ordered) > 2 else 0
    test, validation = set(ordered[:few]), set(ordered[few : 2 * few])
    return {name: "test" if name in test else "validation" if name in validation else "train" for name in ordered}


def _digest(folder: Path) -> str:
    """Digest of all that a set holds."""
    state = hashlib.blake2b(f"{VERSION}".encode(), digest_size=16)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        state.update(f"{path.relative_to(folder)}\0{len(content)}\0".encode() + content)
    return state.hexdigest()
