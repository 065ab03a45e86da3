"""Sets from files of instances in SWE-bench's format, on local git repositories."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import ceil
from pathlib import Path

import msgspec

from agent_envs import patches
from agent_envs.envs.issue_task import IssueTask

from .building import build_set
from .fresh import Ground
from .git import GitError, GitRepository
from .instances import Instance, read_instances
from .mining import LeftOut, Rejection
from .repository_set import built, objection
from .staging import Stage
from .trees import Tree, copy_tree

LEAST_TIMEOUT_S = 600.0
"""How long the tests of an instance may take while it is proved: their file does not say."""


def build_instances(
    file: Path,
    clones: Path,
    out: Path,
    *,
    needs: Sequence[str] = (),
    workers: int = 2,
    rejected: Rejection = lambda name, why: None,
    taken: Callable[[str], None] = lambda name: None,
    left_out: LeftOut = lambda name, files: None,
) -> Path:
    """Keep the trees of instances in SWE-bench's format, and the tasks of those that the grader itself accepts.

    Args:
        file: The instances: ``.json``, ``.jsonl`` or ``.parquet``.
        clones: Holds a git repository for each ``repo``, as ``owner__name``, ``owner/name`` or ``name``.
        out: The folder to make.
        needs: Distributions that the tests import, beside pytest; they are installed where this runs.
        workers: How many sandboxes are used at once; the set does not depend on it.
        rejected: Is told which instance cannot be taken, and why.
        taken: Is told which instance is.
        left_out: Is told which files of a commit are not taken, as those of submodules, and why.

    Returns:
        The folder.

    Raises:
        FileExistsError: The folder is there already.
        ValueError: The file is none of instances, or none of them can be taken.
        GitError: Git is not installed, or a folder of clones is no repository.
        Fault: A sandbox cannot be started, or is lost.
    """
    if out.exists():
        raise FileExistsError(f"{out} is there already; give a folder that is not, or remove it")

    def given(ground: Ground, kept: Path) -> Iterator[IssueTask]:
        kept.mkdir(parents=True, exist_ok=True)
        patient = ground._replace(least_timeout_s=LEAST_TIMEOUT_S)
        instances, tasks = list(read_instances(file)), []
        if not instances:
            raise ValueError(f"there is no instance in {file}")
        for one in instances:
            try:
                tasks.append(_given(one, clones, kept, left_out))
            except ValueError as error:
                rejected(one.instance_id, str(error))
        used = set()
        with ThreadPoolExecutor(workers) as pool:
            for task, came in zip(tasks, pool.map(partial(_proved, patient, kept), tasks), strict=True):
                if isinstance(came, str):
                    rejected(task.id, came)
                else:
                    used.add(came.repository)
                    taken(came.id)
                    yield came
        for folder in sorted(kept.iterdir()):
            if folder.name not in used:
                shutil.rmtree(folder)

    return build_set(out, out.name, (), needs=needs, count=0, others=given)


def _given(one: Instance, clones: Path, kept: Path, left_out: LeftOut) -> IssueTask:
    """The task of an instance; its tree is kept.

    Raises:
        ValueError: It cannot be taken; the message says why.
    """
    if not one.fail_to_pass or any("::" not in test for test in (*one.fail_to_pass, *one.pass_to_pass)):
        raise ValueError("its tests are not named as pytest names them, file::name")
    name = f"{one.repo.replace('/', '__')}-{one.base_commit[:12]}"
    if not (kept / name).exists():
        repository = GitRepository(_clone(one.repo, clones))
        with tempfile.TemporaryDirectory() as scratch:
            try:
                without = repository.export(one.base_commit, Path(scratch, "tree")).left_out
            except GitError as error:
                raise ValueError(f"{one.repo} has no such commit that can be read: {error}") from error
            tree = Tree(Path(scratch, "tree"))
            _ = tree.layout  # what is no project of Python is not kept
            copy_tree(tree, kept / name)
        if without:
            left_out(one.repo, without)
    tree = Tree(kept / name)
    patches.applied(one.patch, tree.read)
    patches.applied(one.test_patch, tree.read)
    return IssueTask(
        id=one.instance_id,
        instruction=one.problem_statement,
        difficulty=max(1, one.patch.count("\n@@ ")),
        repository=name,
        kind="given",
        patch=one.patch,
        test_patch=one.test_patch,
        fail_to_pass=one.fail_to_pass,
        pass_to_pass=one.pass_to_pass,
    )


def _proved(ground: Ground, kept: Path, task: IssueTask) -> IssueTask | str:
    """The task with how long its tests take, or why it cannot be taken."""
    tree = Tree(kept / task.repository)
    if reason := objection(ground, tree, task):
        return reason
    with built(tree, task) as base:
        run = Stage(ground, base.snapshot, base.tree, base.hidden).play(base.gold).run
    seconds = sum(one.seconds for one in run.tests.values())
    return msgspec.structs.replace(task, test_s=float(ceil(seconds)))  # of two runs mostly the same


def _clone(repo: str, clones: Path) -> Path:
    names = (repo.replace("/", "__"), repo, repo.rpartition("/")[2])
    for name in (*names, *(f"{name}.git" for name in names)):
        if (clones / name).is_dir():
            return clones / name
    raise ValueError(f"no repository of {repo} in {clones}: it holds none of {', '.join(names)}")
