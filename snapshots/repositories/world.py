"""The world of `agent_envs/RepoTask-v0`: a set of repositories with tasks on them, made at first use or by the user."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any, cast, get_args

from agent_envs.envs.issue_task import IssueTask
from agent_envs.snapshots.cache import cache_path
from agent_envs.snapshots.progress import progress_bar
from agent_envs.tasks import Split, TaskSet

from .building import VERSION, Source, build_set
from .repository_set import ABOUT, RepositorySet
from .sets import REAL, real_set
from .task_python import task_python
from .tiny.generate import generate
from .trees import Tree

TINY = "tiny"
TINY_SPLITS: tuple[Split, ...] = ("train", "validation", "test")
TINY_TASKS = 10
SPLITS = ("all", *get_args(Split))
_building = threading.RLock()


def open_world(
    *,
    repos: str | Path = TINY,
    tasks: str | Path | TaskSet[IssueTask] = "train",
    backend: str = "",
    trusted: bool = False,
) -> dict[str, Any]:
    """The repositories and the tasks that `RepoTask`, `BugFixer` and `TestWriter` take.

    Args:
        repos: ``tiny``, the generated repositories that are made at first use; ``real``, those that ``agent-envs build
            repos`` made; or the folder of a set that it made elsewhere.
        tasks: Which split of the tasks (``train``, ``validation``, ``test``, ``all``), a file that `TaskSet.save`
            wrote, or a task set.
        backend: Name of the sandboxes' backend; empty for the best that isolates.
        trusted: Whether a backend may be used that does not isolate: only where no agent's code is run.

    Raises:
        FileNotFoundError: There is no such set; the message says how to build it.
        ModuleNotFoundError: A distribution that the tests need is not installed.
        ValueError: Neither a split that has tasks nor a file of them, or no such backend.
        CacheFull: What is built does not fit on the disk.
        Fault: No sandbox can be started here, and the set is not built yet.
    """
    with _building:
        folder = tiny_set() if str(repos) == TINY else real_set() if str(repos) == REAL else Path(repos).absolute()
        if not (folder / ABOUT).is_file():
            how = "agent-envs build repos" + ("" if str(repos) == REAL else f" … --out {repos}")
            raise FileNotFoundError(f"there is no set of repositories at {folder}: build it with: {how}")
        found = _opened(folder, backend, trusted)
        return {"repositories": found, "tasks": tasks if isinstance(tasks, TaskSet) else _tasks(found, str(tasks))}


@lru_cache(maxsize=8)
def _opened(folder: Path, backend: str, trusted: bool) -> RepositorySet:
    return RepositorySet(folder, backend, trusted)


def _tasks(found: RepositorySet, tasks: str) -> TaskSet[IssueTask]:
    if tasks in SPLITS:
        return found.tasks if tasks == "all" else found.tasks.split(cast(Split, tasks))
    if not Path(tasks).is_file():
        raise ValueError(f"tasks={tasks!r} is no file and none of {', '.join(SPLITS)}")
    return TaskSet.load(Path(tasks).stem, Path(tasks), IssueTask)


def tiny_set() -> Path:
    """The folder of the generated repositories, made unless it is there."""
    repositories = [generate(seed) for seed in range(len(TINY_SPLITS))]
    held = repr([sorted(one.items()) for one in repositories])
    made_from = f"{held} {TINY_TASKS} {TINY_SPLITS} {VERSION} {task_python().digest}"
    target = cache_path("repository-sets", TINY, hashlib.blake2b(made_from.encode(), digest_size=16).hexdigest())
    if target.exists():
        return target
    with tempfile.TemporaryDirectory() as scratch, progress_bar("putting bugs into tiny repositories") as progress:
        sources = []
        for number, (files, split) in enumerate(zip(repositories, TINY_SPLITS, strict=True)):
            folder = Path(scratch, f"tiny-{number}")
            for path, content in files.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)
            sources.append(Source(folder.name, Tree(folder), split))
        done = iter(range(1, len(sources) + 1))
        return build_set(target, TINY, sources, count=TINY_TASKS, report=lambda _: progress(next(done), len(sources)))
