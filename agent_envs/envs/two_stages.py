"""An issue in two turns: which files matter, and then the edits; without a shell. The form of Kimi-Dev."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Protocol

import msgspec

from agent_envs.core import Transition
from agent_envs.dialects import Dialect, Parsed, dialect_named
from agent_envs.limits import Limits
from agent_envs.messages import Action, assistant
from agent_envs.outcome import StopReason
from agent_envs.tasks import TaskSet
from agent_envs.tokens import TokenCounter, bytes_over_4
from agent_envs.tools import Toolbox, ToolError

from . import search_replace
from .issue_task import IssueTask
from .tool_loop import Grade, LoopState, ToolLoop
from .workbench import Verdict

MOST_FILES = 5
LIMIT_NAMES = 1000
_BULLET = re.compile(r"^(?:[-*+•]|#+|\(?\d+[.):])\s+")
BLOCKS = (
    "Write each edit as a block under a line with its path; SEARCH holds lines of the file as they are, and must occur"
    " once; an empty SEARCH makes a new file:\n"
    "### path/to/file.py\n<<<<<<< SEARCH\nlines as they are\n=======\nlines as they are to be\n>>>>>>> REPLACE"
)


class Sources(Protocol):
    """Repositories that can be read without a sandbox, and their hidden tests."""

    @property
    def digest(self) -> str:
        """Digest of the repositories and of the Python that tests see."""

    def tree_digest(self, task: IssueTask) -> str:
        """Digest of the tree of a task."""

    def files(self, task: IssueTask) -> tuple[str, ...]:
        """The Python files of the tree, in order."""

    def read(self, task: IssueTask, path: str) -> bytes | None:
        """What a file of the tree holds; None where there is none."""

    def grade_changes(self, task: IssueTask, changes: Mapping[str, bytes]) -> Verdict:
        """What hidden tests say of changes of the project's code."""

    def grade_tests(self, task: IssueTask, tests: Mapping[str, bytes]) -> Verdict:
        """Whether tests fail before the solution and pass with it."""

    def solution(self, task: IssueTask) -> Mapping[str, tuple[bytes | None, bytes | None]]:
        """What the files of the solution hold before and after it; None where there is no file."""

    def hidden_tests(self, task: IssueTask) -> Mapping[str, tuple[bytes | None, bytes | None]]:
        """What the files of hidden tests hold in the tree, and with the tests; None where there is no file."""


class StageState(LoopState, frozen=True, kw_only=True):
    """The state of an issue in two turns.

    Args:
        chosen: The files that were chosen; empty in the first turn.
    """

    chosen: tuple[str, ...] = ()


class TwoStages(ToolLoop[IssueTask, StageState]):
    """An issue in two turns; a turn that cannot be read is told so, and may be tried again.

    Args:
        repositories: Where the trees and tests are from.
        tasks: The issues; those that are not `playable` are left out.
        dialect: How turns are spelled: a name in `agent_envs.dialects.DIALECTS`, or a dialect.
        limit_turns: Turns of the agent: two, and those that cannot be read.
        limit_tokens: Size of the context.
        count_tokens: How tokens are counted.
    """

    world: Sources
    system: ClassVar[str]
    """What is to be done."""

    def __init__(
        self,
        repositories: Sources,
        tasks: TaskSet[IssueTask],
        *,
        dialect: str | Dialect = "hermes",
        limit_turns: int = 6,
        limit_tokens: int = Limits().tokens,
        count_tokens: TokenCounter = bytes_over_4,
    ) -> None:
        super().__init__(
            self.playable(tasks),
            Toolbox[Any](()),
            repositories,
            system=self.system,
            dialect=dialect_named(dialect),
            limits=Limits(turns=limit_turns, tokens=limit_tokens),
            count_tokens=count_tokens,
        )

    @staticmethod
    @abstractmethod
    def playable(tasks: TaskSet[IssueTask]) -> TaskSet[IssueTask]:
        """The issues whose solution can be said in this form."""

    @abstractmethod
    def judge(self, changed: Mapping[str, bytes]) -> Verdict:
        """What edits are worth.

        Raises:
            ToolError: They are of files that may not be edited.
        """

    @abstractmethod
    def right_choice(self) -> tuple[str, ...]:
        """The files that the solution needs."""

    @abstractmethod
    def right_edits(self) -> Mapping[str, tuple[bytes | None, bytes | None]]:
        """What the files of the solution hold before and after it."""

    def open(self, task: IssueTask, seed: int) -> tuple[StageState, dict[str, Any]]:
        """The issue, and the names of all files."""
        names = self.world.files(task)
        more = [f"[{len(names) - LIMIT_NAMES} more]"] if len(names) > LIMIT_NAMES else []
        listed = "\n".join((*names[:LIMIT_NAMES], *more))
        first = f"{task.instruction}\n\nThe Python files of the repository:\n\n{listed}"
        return StageState(seed=seed, **self.opening(task, first)), self.fresh_schemas()

    def ended_by(self, state: StageState, parsed: Parsed) -> None:
        """No turn ends the work by its form."""

    def hear(self, state: StageState, parsed: Parsed) -> Transition[StageState]:
        """Take the choice, then the edits."""
        text = "\n".join(filter(None, (parsed.turn.content, parsed.turn.answer)))
        try:
            if not state.chosen:
                names = self.world.files(self.task)
                chosen = _chosen(line for line in map(_as_path, text.splitlines()) if line in names)
                reply = self.dialect.reply(self._shown(chosen), None)
                return self.proceed(msgspec.structs.replace(state, chosen=chosen), (parsed.written, reply))
            verdict = self.judge(self._edited(text))
        except (ToolError, search_replace.EditError) as error:
            return self.proceed(state, (parsed.written, self.dialect.reply(f"Error: {error}", None)))
        parts = {"fail_to_pass": verdict.fail_to_pass, "pass_to_pass": verdict.pass_to_pass}
        grade = Grade(parts, float(verdict.resolved), verdict.resolved, verdict.detail)
        return self.end(state, (parsed.written,), StopReason.SUBMITTED, grade, answered=True)

    def solution(self) -> tuple[Action, ...]:
        """The choice, and the edits."""
        before = {path: old for path, (old, _) in self.right_edits().items()}
        after = {path: new for path, (_, new) in self.right_edits().items()}
        blocks = search_replace.rendered(search_replace.blocks_between(before, after))
        return assistant("\n".join(self.right_choice())), assistant(blocks)

    def world_digest(self) -> str:
        """The repositories, and what decides how much is shown."""
        return f"{self.world.digest} {self.dialect.name} {self.limits}"

    def _shown(self, chosen: tuple[str, ...]) -> str:
        held = ((path, self.world.read(self.task, path) or b"") for path in chosen)
        files = [f"### {path}\n```python\n{content.decode(errors='replace')}\n```" for path, content in held]
        return "\n\n".join((*files, BLOCKS))

    def _edited(self, text: str) -> dict[str, bytes]:
        blocks = search_replace.blocks_in(text)
        if not blocks:
            raise ToolError(f"this turn holds no edit. {BLOCKS}")
        return search_replace.applied(blocks, lambda path: self.world.read(self.task, path))


def _as_path(line: str) -> str:
    """A line that names a path, without what models put around it."""
    return _BULLET.sub("", line.strip(), count=1).strip("`'\"*:, ").removeprefix("./")


def _chosen(named: Iterator[str]) -> tuple[str, ...]:
    """The files that a turn names, each once.

    Raises:
        ToolError: There is none, or there are too many.
    """
    found = tuple(dict.fromkeys(named))
    if not 1 <= len(found) <= MOST_FILES:
        raise ToolError(
            f"this turn names {len(found)} files of the repository; name 1 to {MOST_FILES}, each on a line of its own"
        )
    return found
