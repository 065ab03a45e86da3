"""Kimi-Dev's BugFixer: name the files that an issue is about, then mend them; hidden tests decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from agent_envs.tasks import TaskSet

from .issue_task import IssueTask
from .two_stages import BLOCKS, MOST_FILES, TwoStages
from .workbench import Verdict

_REMOVED = "\n+++ /dev/null"
SYSTEM = (
    "You mend a Python project in two turns. In the first, name the files that have to be read or changed to solve the"
    f" issue: at most {MOST_FILES}, each path on a line of its own. You then see what they hold. In the second, give"
    f" the edits. Hidden tests decide; only changes of the project's own code count.\n{BLOCKS}"
)


class BugFixer(TwoStages):
    """An issue, mended in two turns.

    The reward is 1 where all hidden tests pass and nothing that passed before fails; 0 otherwise.
    Source: Kimi-Dev (arXiv 2509.23045), the BugFixer.

    Args:
        repositories: Where the trees and tests are from.
        tasks: The issues; those whose solution removes a file, which no edit can say, are left out.
        dialect: How turns are spelled: a name in `agent_envs.dialects.DIALECTS`, or a dialect.
        limit_turns: Turns of the agent: two, and those that cannot be read.
        limit_tokens: Size of the context.
        count_tokens: How tokens are counted.
    """

    name: ClassVar[str] = "BugFixer-v0"
    system: ClassVar[str] = SYSTEM

    @staticmethod
    def playable(tasks: TaskSet[IssueTask]) -> TaskSet[IssueTask]:
        """Those whose solution removes no file."""
        return TaskSet(tasks.name, (task for task in tasks if _REMOVED not in task.patch))

    def judge(self, changed: Mapping[str, bytes]) -> Verdict:
        """What hidden tests say."""
        return self.world.grade_changes(self.task, changed)

    def right_choice(self) -> tuple[str, ...]:
        """The files that the solution changes, as far as they are there."""
        there = tuple(path for path, (before, _) in self.right_edits().items() if before is not None)
        return there[:MOST_FILES] or self.world.files(self.task)[:1]

    def right_edits(self) -> Mapping[str, tuple[bytes | None, bytes | None]]:
        """The solution."""
        return self.world.solution(self.task)
