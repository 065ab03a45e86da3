"""An issue in a repository: read it, find the place, mend it, hand it in; hidden tests decide."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import msgspec

from agent_envs.core import Transition
from agent_envs.dialects import Dialect, Parsed, dialect_named
from agent_envs.limits import Limits
from agent_envs.messages import Action, Context, ToolCall, assistant
from agent_envs.outcome import StopReason
from agent_envs.tasks import TaskSet
from agent_envs.tokens import TokenCounter, bytes_over_4
from agent_envs.tools import Toolbox, ToolError

from . import search_replace
from .editing import bash, edit, edits_between
from .issue_task import IssueTask
from .tool_loop import Grade, LoopState, ToolLoop
from .workbench import Repositories, Workbench

SUBMIT: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "submit",
        "description": "Hand your work in. This ends the task.",
        "parameters": {"type": "object", "properties": {}},
    },
}
SYSTEM = (
    "You mend a Python project. The current folder of the shell is its repository; the issue below tells what is wrong."
    " Find the cause, change the project's code, check that it works, and hand your work in with `submit`.\n"
    "Hidden tests decide. What counts are your changes of the project's own code: tests, settings and files beside it"
    " are put back before the hidden tests run. Code that reaches for the tests or for the interpreter's inner parts is"
    " not accepted. There is no network, and no process outlives its command.\n"
    "Instead of calling `edit` you may also write blocks of this form, under a line with the path:\n"
    "### path/to/file.py\n<<<<<<< SEARCH\nlines as they are\n=======\nlines as they are to be\n>>>>>>> REPLACE"
)


class RepoState(LoopState, frozen=True, kw_only=True):
    """The state of work on an issue; the tree's own is in the sandbox.

    Args:
        submitted: Whether the agent handed its work in.
    """

    submitted: bool = False


class RepoTask(ToolLoop[IssueTask, RepoState]):
    """An issue in a repository, a shell and an editor in a sandbox, and hidden tests.

    The reward is 1 where all hidden tests pass and nothing that passed before fails, in a fresh tree into which nothing
    was taken but the changes of the project's code; 0 otherwise. Only work that is handed in is graded.

    Source of the form: SWE-bench (tasks), mini-swe-agent and R2E-Gym (tools), Kimi-Dev (SEARCH/REPLACE).

    Args:
        repositories: Where the trees and tests are from.
        tasks: The issues.
        dialect: How turns are spelled: a name in `agent_envs.dialects.DIALECTS`, or a dialect.
        limit_turns: Turns of the agent.
        limit_calls: Tool calls that are executed.
        limit_tokens: Size of the context.
        count_tokens: How tokens are counted.
    """

    name: ClassVar[str] = "RepoTask-v0"
    world: Workbench

    def __init__(
        self,
        repositories: Repositories,
        tasks: TaskSet[IssueTask],
        *,
        dialect: str | Dialect = "hermes",
        limit_turns: int = Limits().turns,
        limit_calls: int = Limits().calls,
        limit_tokens: int = Limits().tokens,
        count_tokens: TokenCounter = bytes_over_4,
    ) -> None:
        super().__init__(
            tasks,
            Toolbox((bash, edit)),
            Workbench(repositories),
            system=SYSTEM,
            dialect=dialect_named(dialect),
            limits=Limits(turns=limit_turns, calls=limit_calls, tokens=limit_tokens),
            count_tokens=count_tokens,
            extra_schemas=(SUBMIT,),
        )

    def open(self, task: IssueTask, seed: int) -> tuple[RepoState, dict[str, Any]]:
        """The rules, and the issue."""
        self.world.begin(task)
        return RepoState(seed=seed, **self.opening(task, task.instruction)), self.fresh_schemas()

    def ended_by(self, state: RepoState, parsed: Parsed) -> None:
        """No turn ends the work by its form; an answer is something said."""

    def hear(self, state: RepoState, parsed: Parsed) -> Transition[RepoState]:
        """Make the edits that a turn spells out; one without any is told what it could do."""
        text = "\n".join(filter(None, (parsed.turn.content, parsed.turn.answer)))
        try:
            told = self._edited(text)
        except (ToolError, search_replace.EditError) as error:
            told = f"Error: {error}"
        return self.proceed(state, (parsed.written, self.dialect.reply(told, None)))

    def run(self, state: RepoState, call: ToolCall) -> tuple[RepoState, str]:
        """Execute a call in the sandbox; behind the one that hands the work in, nothing is."""
        if state.submitted:
            raise ToolError("your work is handed in already: this was not executed")
        if call.name == SUBMIT["function"]["name"]:
            return msgspec.structs.replace(state, submitted=True), "Your work is handed in."
        return super().run(state, call)

    def proceed(self, state: RepoState, new: Context) -> Transition[RepoState]:
        """Go on, or end with what was handed in."""
        if not state.submitted:
            return super().proceed(state, new)
        verdict = self.world.repositories.grade(self.task, self.world.sandbox)
        parts = {"fail_to_pass": verdict.fail_to_pass, "pass_to_pass": verdict.pass_to_pass}
        grade = Grade(parts, float(verdict.resolved), verdict.resolved, verdict.detail)
        return self.end(state, new, StopReason.SUBMITTED, grade, answered=True)

    def solution(self) -> tuple[Action, ...]:
        """The edits that lead to the solution, one a turn, and handing it in."""
        calls: list[ToolCall] = []
        for path, (before, after) in self.world.repositories.solution(self.task).items():
            calls += edits_between(path, before, after)
        calls.append(ToolCall.of("submit"))
        return tuple(assistant(calls=(call,)) for call in calls)

    def fork(self) -> Self:
        """An independent copy, its tree too."""
        twin = super().fork()
        twin.world = self.world.fork()
        return twin

    def close(self) -> None:
        """End the sandbox."""
        self.world.close()

    def world_digest(self) -> str:
        """The repositories, the tree as it is now, and what decides how much is shown."""
        return f"{self.world.repositories.digest} {self.world.digest()} {self.dialect.name} {self.limits}"

    def _edited(self, text: str) -> str:
        blocks = search_replace.blocks_in(text)
        if not blocks:
            raise ToolError(f"this turn calls no tool and holds no edit. The tools are {self.tool_names}")
        try:
            changed = search_replace.applied(blocks, self.world.read)
            self.world.write(changed)
        except OSError as error:
            raise ToolError(f"nothing was changed: {error.filename}: {error.strerror}") from None
        return f"Changed: {', '.join(sorted(changed))}."
