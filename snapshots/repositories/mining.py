"""Tasks from the history of a git repository: commits that changed code and tests together."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from agent_envs.envs.issue_task import IssueTask
from agent_envs.tasks import Split

from .fresh import Ground
from .git import GitRepository
from .history import Candidate, Rejected, candidates
from .real_changes import NoTask, RealChange, task_of
from .trees import Tree, copy_tree

Rejection = Callable[[str, str], None]
"""Is told what made no task, and why."""
LeftOut = Callable[[str, Mapping[str, str]], None]
"""Is told which files of a git repository are not taken, and for each of them why."""


def name_of(path: Path) -> str:
    """What a repository at a path is called."""
    name = path.absolute().name
    return name.removesuffix(".git").removesuffix(".zip").removesuffix(".tar.gz").removesuffix(".tgz") or "repository"


def is_git(path: Path) -> bool:
    """Whether a folder is a git repository, with a work tree or without."""
    return (path / ".git").exists() or (path / "objects").is_dir()


def mined_tasks(
    ground: Ground, path: Path, kept: Path, limit: int, split: Split, workers: int, rejected: Rejection
) -> Iterator[IssueTask]:
    """Tasks from commits that change code and tests together, in the order of the commits, newest first.

    Args:
        ground: Where tests are run.
        path: A git repository.
        kept: Where the tree before each commit is kept.
        limit: How many commits are looked at.
        split: Which part of a set they belong to.
        workers: How many commits are tried at once; the tasks do not depend on it.
        rejected: Is told which commit makes no task, and why.

    Raises:
        GitError: Git is not installed, or the repository is damaged.
        Fault: A sandbox cannot be started, or is lost.
    """
    repository = GitRepository(path)
    found: list[Candidate] = []
    for one in candidates(repository, limit=limit):
        if isinstance(one, Rejected):
            rejected(f"{name_of(path)} {one.commit[:12]}", one.reason)
        else:
            found.append(one)

    def attempt(one: Candidate) -> IssueTask | str:
        name = f"{name_of(path)}-{one.parent[:12]}"
        with tempfile.TemporaryDirectory() as scratch:
            repository.export(one.parent, Path(scratch, "tree"))
            tree = Tree(Path(scratch, "tree"))
            change = RealChange(
                f"{name_of(path)}-{one.commit[:12]}", name_of(path), name, "mined", tree, one.sources, one.tests
            )
            try:
                task = task_of(ground, change, split)
            except (NoTask, ValueError) as error:
                return str(error)
            copy_tree(tree, kept / name)
            return task

    with ThreadPoolExecutor(workers) as pool:
        for one, came in zip(found, pool.map(attempt, found), strict=True):
            if isinstance(came, str):
                rejected(f"{name_of(path)} {one.commit[:12]}", came)
            else:
                yield came
