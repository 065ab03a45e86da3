"""The sets that users build: of real projects from the package index, and of repositories of their own."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from agent_envs.envs.issue_task import IssueTask
from agent_envs.snapshots.cache import cache_path
from agent_envs.tasks import Split

from .building import VERSION, Report, Source, build_set, splits
from .fetch import fetch_sdist, unpack
from .fresh import Ground
from .git import GitRepository
from .layout import is_test
from .mining import LeftOut, Rejection, is_git, mined_tasks, name_of
from .projects import PROJECTS, Project
from .real_changes import NoTask, RealChange, task_of
from .task_python import task_python
from .trees import Tree, copy_tree

REAL = "real"
REAL_TASKS = 40


def real_set() -> Path:
    """Where the set of real projects belongs, whether it is built or not."""
    pinned = " ".join(f"{one.name} {one.sha256} {one.previous}" for one in PROJECTS)
    made_from = f"{pinned} {REAL_TASKS} {VERSION} {task_python().digest}"
    return cache_path("repository-sets", REAL, hashlib.blake2b(made_from.encode(), digest_size=16).hexdigest())


def build_real(
    *,
    workers: int = 2,
    report: Report = lambda made: None,
    rejected: Rejection = lambda name, why: None,
    out: Path | None = None,
    projects: Sequence[Project] = PROJECTS,
    count: int = REAL_TASKS,
    seed: int = 0,
) -> Path:
    """Fetch real projects and make tasks on them: bugs, and the changes between two releases.

    Args:
        workers: How many sandboxes are used at once; the set does not depend on it.
        report: Is told what each project gave.
        rejected: Is told which pair of releases makes no task, and why.
        out: The folder to make; None for the place of `real_set`, where the other arguments keep their defaults.
        projects: The projects.
        count: Bugs to make on each.
        seed: Chooses among all the changes there are.

    Returns:
        The folder.

    Raises:
        FetchError: A project cannot be fetched.
        Fault: A sandbox cannot be started, or is lost.
        CacheFull: The disk is full.
    """
    target = real_set() if out is None else out
    if target.exists():
        return target
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        part = splits(one.name for one in projects)
        trees = {one.name: _fetched(one.name, one.version, one.sha256, scratch) for one in projects}

        def releases(ground: Ground, kept: Path) -> Iterator[IssueTask]:
            for one in projects:
                if one.previous is not None:
                    name = f"{one.name}-{one.previous.version}"
                    copy_tree(_fetched(one.name, one.previous.version, one.previous.sha256, scratch), kept / name)
                    change = _between(one.name, name, Tree(kept / name), trees[one.name])
                    yield from _tried(ground, change, part[one.name], rejected)

        sources = [Source(f"{one.name}-{one.version}", trees[one.name], part[one.name]) for one in projects]
        needs = sorted({need for one in projects for need in one.needs})
        return build_set(
            target,
            REAL,
            sources,
            needs=needs,
            count=count,
            seed=seed,
            workers=workers,
            others=releases,
            report=report,
        )


def build_local(
    paths: Sequence[Path],
    out: Path,
    *,
    count: int = REAL_TASKS,
    mine: int = 0,
    seed: int = 0,
    needs: Sequence[str] = (),
    workers: int = 2,
    report: Report = lambda made: None,
    rejected: Rejection = lambda name, why: None,
    left_out: LeftOut = lambda name, files: None,
) -> Path:
    """Make tasks on repositories of one's own.

    Args:
        paths: Each the folder of a project, a git repository, or a source distribution.
        out: The folder to make.
        count: Bugs to make on each.
        mine: How many of the newest commits of each git repository are looked at for changes of code and tests.
        seed: Chooses among all the changes there are.
        needs: Distributions that the tests import, beside pytest; they are installed where this runs.
        workers: How many sandboxes are used at once; the set does not depend on it.
        report: Is told what each repository gave.
        rejected: Is told which commit makes no task, and why.
        left_out: Is told which files of a git repository are not taken, as those of submodules, and why.

    Returns:
        The folder.

    Raises:
        FileExistsError: The folder is there already.
        ValueError: Two repositories have one name, or none gives a task.
        OSError: A repository cannot be read.
        GitError: Git is not installed, or a repository is damaged.
        Fault: A sandbox cannot be started, or is lost.
    """
    if out.exists():
        raise FileExistsError(f"{out} is there already; give a folder that is not, or remove it")
    part = splits(name_of(path) for path in paths)
    if len(part) != len(paths):
        raise ValueError(f"two of the repositories have one name: {', '.join(sorted(map(name_of, paths)))}")
    with tempfile.TemporaryDirectory() as folder:
        sources = [
            Source(name_of(path), _local(path, Path(folder, name_of(path)), left_out), part[name_of(path)])
            for path in paths
        ]

        def mined(ground: Ground, kept: Path) -> Iterator[IssueTask]:
            for path in paths if mine else ():
                if is_git(path):
                    yield from mined_tasks(ground, path, kept, mine, part[name_of(path)], workers, rejected)

        chosen = sources if count else []
        return build_set(
            out, out.name, chosen, needs=needs, count=count, seed=seed, workers=workers, others=mined, report=report
        )


def _fetched(name: str, version: str, sha256: str, scratch: Path) -> Tree:
    folder = scratch / f"{name}-{version}"
    if not folder.exists():
        unpack(fetch_sdist(name, version, sha256, scratch), folder)
    return Tree(folder)


def _between(project: str, repository: str, old: Tree, new: Tree) -> RealChange:
    """What changed between two releases, of the project's code and of its tests."""
    changed = {path: new.read(path) for path in sorted({*old.files, *new.files}) if old.read(path) != new.read(path)}
    sources = {
        path: content for path, content in changed.items() if new.layout.is_source(path) or old.layout.is_source(path)
    }
    tests = {path: content for path, content in changed.items() if is_test(path)}
    return RealChange(f"{repository}-release", project, repository, "release", old, sources, tests)


def _tried(ground: Ground, change: RealChange, split: Split, rejected: Rejection) -> Iterable[IssueTask]:
    try:
        return [task_of(ground, change, split)]
    except NoTask as error:
        rejected(change.repository, str(error))
        return []


def _local(path: Path, scratch: Path, left_out: LeftOut) -> Tree:
    """The files of a repository as they are committed, packed or lie there."""
    if not path.exists():
        raise FileNotFoundError(f"there is no file and no folder {path}")
    if path.is_file():
        unpack(path, scratch)
        tree = Tree(scratch)
    elif is_git(path):
        if without := GitRepository(path).export("HEAD", scratch).left_out:
            left_out(name_of(path), without)
        tree = Tree(scratch)
    else:
        tree = Tree(path)
    if not tree.files:
        raise ValueError(f"{path} is empty: give the folder of a project")
    return tree
