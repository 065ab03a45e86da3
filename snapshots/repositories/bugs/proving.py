"""The proof of a made bug: what the grader says of the tree that the agent gets, and of the solution."""

from __future__ import annotations

from collections.abc import Collection

from agent_envs.envs.issue_task import IssueTask

from ..fresh import Ground
from ..grading import grade
from ..repository_set import built
from ..submission import Submission
from ..trees import Tree


def proved(ground: Ground, kept: Tree, task: IssueTask, watched: Collection[str]) -> bool:
    """Whether all tests that are to fail do so in the agent's tree, and no other, and all pass with the solution.

    Args:
        ground: Where tests are run.
        kept: The repository as it is kept.
        task: The task.
        watched: The tests that are run in the agent's tree, beside those that are to fail; with the solution, all are.

    Raises:
        Fault: A sandbox is lost, or cannot be started.
    """
    with built(kept, task) as base:
        kept_passing = tuple(test for test in base.hidden.pass_to_pass if test in watched)
        before = base.hidden._replace(pass_to_pass=kept_passing)
        nothing = grade(ground, base.snapshot, base.tree, Submission({}, {}), before, base.gold)
        if nothing.fail_to_pass > 0 or nothing.pass_to_pass < 1:  # also where it cannot be believed
            return False
        solution = Submission(dict(base.gold), {})
        return grade(ground, base.snapshot, base.tree, solution, base.hidden, base.gold).resolved
