"""Kimi-Dev's TestWriter: write a test that fails as long as an issue is there, and passes when it is solved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from agent_envs import patches
from agent_envs.tasks import TaskSet
from agent_envs.tools import ToolError

from .issue_task import IssueTask
from .two_stages import BLOCKS, MOST_FILES, TwoStages
from .workbench import Verdict

SYSTEM = (
    "You write a test for an issue of a Python project, in two turns. In the first, name the files that have to be read"
    f" to write it: at most {MOST_FILES}, each path on a line of its own, the file of tests that it belongs in among"
    " them. You then see what they hold. In the second, give the edits of one file of tests (test_*.py). Some test of"
    " that file must fail as long as the issue is there; all of its tests must pass once it is solved.\n" + BLOCKS
)


class TestWriter(TwoStages):
    """A test for an issue, written in two turns.

    The reward is 1 where the file's tests fail in the tree as it is, still fail where the solution's files were changed
    without a meaning, and pass with the solution; 0 otherwise.
    Source: Kimi-Dev (arXiv 2509.23045), the TestWriter.

    Args:
        repositories: Where the trees and tests are from.
        tasks: The issues; those none of whose failing tests is in a change of the hidden ones are left out.
        dialect: How turns are spelled: a name in `agent_envs.dialects.DIALECTS`, or a dialect.
        limit_turns: Turns of the agent: two, and those that cannot be read.
        limit_tokens: Size of the context.
        count_tokens: How tokens are counted.
    """

    __test__ = False  # for pytest, which takes it for a test by its name
    name: ClassVar[str] = "TestWriter-v0"
    system: ClassVar[str] = SYSTEM

    @staticmethod
    def playable(tasks: TaskSet[IssueTask]) -> TaskSet[IssueTask]:
        """Those one of whose failing tests is in a file that the hidden ones change."""
        return TaskSet(f"{tasks.name}-tests", (task for task in tasks if _file_of(task)))

    def judge(self, changed: Mapping[str, bytes]) -> Verdict:
        """What the tests say without and with the solution."""
        stems = [path.rpartition("/")[2].removesuffix(".py") for path in changed if path.endswith(".py")]
        if len(changed) != 1 or not any(
            stem.startswith("test_") or stem.endswith(("_test", "_tests")) for stem in stems
        ):
            raise ToolError(
                f"the edits are of {', '.join(sorted(changed))}; give those of one file of tests, test_*.py"
            )
        return self.world.grade_tests(self.task, changed)

    def right_choice(self) -> tuple[str, ...]:
        """The file of a hidden test, if it is there."""
        path = _file_of(self.task)
        return (path,) if self.world.read(self.task, path) is not None else self.world.files(self.task)[:1]

    def right_edits(self) -> Mapping[str, tuple[bytes | None, bytes | None]]:
        """The hidden tests of one file."""
        path = _file_of(self.task)
        return {path: self.world.hidden_tests(self.task)[path]}


def _file_of(task: IssueTask) -> str:
    """The first file of failing tests that the hidden tests change; empty where there is none."""
    changed = patches.touched(task.test_patch)
    return next((path for path in (test.partition("::")[0] for test in task.fail_to_pass) if path in changed), "")
