"""Sets from files of instances in SWE-bench's format, on local git repositories."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent_envs import patches
from agent_envs.envs.issue_task import IssueTask

from .building import build_set
from .fresh import Ground
from .git import GitRepository
from .instances import Instance, read_instances
from .mining import Rejection
from .trees import Tree, copy_tree


def build_instances(
    file: Path, clones: Path, out: Path, *, needs: Sequence[str] = (), rejected: Rejection = lambda name, why: None
) -> Path:
    """Keep the trees of instances in SWE-bench's format, and their tasks.

    Args:
        file: The instances: ``.json``, ``.jsonl`` or ``.parquet``.
        clones: Holds a git repository for each ``repo``, as ``owner__name``, ``owner/name`` or ``name``.
        out: The folder to make.
        needs: Distributions that the tests import, beside pytest; they are installed where this runs.
        rejected: Is told which instance cannot be taken, and why.

    Returns:
        The folder.

    Raises:
        FileExistsError: The folder is there already.
        ValueError: The file is none of instances, or none of them can be taken.
        GitError: Git is not installed, or a repository is damaged.
    """
    if out.exists():
        raise FileExistsError(f"{out} is there already; give a folder that is not, or remove it")

    def given(ground: Ground, kept: Path) -> Iterator[IssueTask]:
        kept.mkdir(parents=True, exist_ok=True)
        for one in read_instances(file):
            try:
                yield _given(one, clones, kept)
            except ValueError as error:
                rejected(one.instance_id, str(error))

    return build_set(out, out.name, (), needs=needs, count=0, others=given)


def _given(one: Instance, clones: Path, kept: Path) -> IssueTask:
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
            repository.export(one.base_commit, Path(scratch, "tree"))
            copy_tree(Tree(Path(scratch, "tree")), kept / name)
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


def _clone(repo: str, clones: Path) -> Path:
    names = (repo.replace("/", "__"), repo, repo.rpartition("/")[2])
    for name in (*names, *(f"{name}.git" for name in names)):
        if (clones / name).is_dir():
            return clones / name
    raise ValueError(f"no repository of {repo} in {clones}: it holds none of {', '.join(names)}")
