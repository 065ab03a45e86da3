"""Patches against tests: every patch of some under every test of some, and the scores that choose the best patch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from agent_envs.envs.issue_task import IssueTask
from agent_envs.envs.self_play import self_play_scores

from .repository_set import RepositorySet


class SelfPlay(NamedTuple):
    """What came of patches against tests.

    Args:
        scores: The score of each patch, from 0 to 2.
        kept: Which of the tests count, by number: those of which something fails without a patch.
        before: Whether each case of the kept tests passes without a patch.
        after: The same with each patch, a row a patch.
    """

    scores: list[float]
    kept: tuple[int, ...]
    before: list[bool]
    after: list[list[bool]]


def self_play(
    repositories: RepositorySet,
    task: IssueTask,
    patches: Sequence[Mapping[str, bytes]],
    tests: Sequence[Mapping[str, bytes]],
    *,
    workers: int = 2,
) -> SelfPlay:
    """Run every test with every patch, the same of either once, and score the patches.

    Tests of which nothing fails without a patch tell nothing, and are left out, as Kimi-Dev (arXiv 2509.23045) does.

    Args:
        repositories: Where the task is from.
        task: The issue.
        patches: For each, what files of the project's code hold.
        tests: For each, what files of tests hold.
        workers: How many sandboxes are used at once; the scores do not depend on it.

    Raises:
        Fault: A sandbox is lost, or cannot be started.
    """
    with ThreadPoolExecutor(workers) as pool:
        unpatched = list(pool.map(lambda test: repositories.run(task, {}, test), tests))
        kept = tuple(
            number for number, run in enumerate(unpatched) if run.tests and not all(map(run.passed, run.tests))
        )
        cases = [(number, case) for number in kept for case in sorted(unpatched[number].tests)]
        distinct = list(
            {repr((sorted(patch.items()), number)): (patch, number) for patch in patches for number in kept}.values()
        )
        list(pool.map(lambda pair: repositories.run(task, pair[0], tests[pair[1]]), distinct))  # they are kept there
    after = []
    for patch in patches:
        runs = {number: repositories.run(task, patch, tests[number]) for number in kept}
        after.append([runs[number].passed(case) for number, case in cases])
    before = [unpatched[number].passed(case) for number, case in cases]
    return SelfPlay(self_play_scores(before, after), kept, before, after)
