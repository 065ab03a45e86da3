"""A workspace in place of a history: the agent keeps a report, and sees that and its last action alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import msgspec
from gymnasium import Env

from agent_envs.core import Result
from agent_envs.messages import Action, Context, Message, ToolCall, checked_action
from agent_envs.stack import Wrapper

_FORM = (
    "You see the question, your report, and your last action with what came of it; nothing else of what was before. So "
    "each turn holds three things: what you think, which you will not see again; your report within {tags}, whole, for "
    "it takes the place of the one before: all that you know and plan; and one action: a call, or what you say."
)
_NO_REPORT = (
    "Error: this turn holds no report within {tags}; it was not executed. Write the whole report and the action."
)


class Space(msgspec.Struct, frozen=True):
    """What is remembered: the opening of the episode, where its question stands, and the report."""

    opening: Context
    question: int
    report: str = ""


class _Written(NamedTuple):
    report: str | None
    action: Action


class Workspace(Wrapper):
    """IterResearch: a turn is thinking, report and action; the next context is question, report, action and response.

    It is Markov: question, report, action and response decide the context, whatever came before. The calls in it are
    numbered anew, so that ids do not count turns. A turn without a report is told so and not executed, unless it
    answers; it costs a turn of the environment, which is given an empty one. Every turn is a segment.
    Source: WebResearcher (arXiv 2509.13309); the tags are not published there, and these are ours.

    Args:
        env: What is wrapped.
        tags: What stands around the report, in the turn and in the context. It stands in what the agent says, outside
            of thoughts and calls.

    Raises:
        ValueError: Tags that are blank or the same.
    """

    memory: Space
    not_over: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "ContextLength": "the context that it cuts is made anew each turn; put it outside",
            "Summary": "both replace the context; take one of them",
            "Workspace": "both replace the context; take one of them",
            "ThinkingMode": "the turn that it begins must stay the last; put it outside",
            "ThinkingBudget": "the turn that it begins must stay the last; put it outside",
        }
    )

    def __init__(self, env: Env[Context, Action], tags: tuple[str, str] = ("<report>", "</report>")) -> None:
        super().__init__(env)
        begin, end = tags
        if not begin.strip() or not end.strip() or begin == end:
            raise ValueError(f"tags={tags!r}: give two different tags")
        self.settings = self.tags = (begin, end)
        self._block = re.compile(rf"{re.escape(begin)}(.*?){re.escape(end)}\n?", re.DOTALL)

    def reset(self, **kwargs: Any) -> tuple[Context, dict[str, Any]]:
        """Begin an episode, with an empty report."""
        context, info = self.env.reset(**kwargs)
        form = _FORM.format(tags="".join(self.tags))
        system = msgspec.structs.replace(context[0], content=f"{context[0].content}\n\n{form}")
        opening = (system, *context[1:])
        question = next(number for number, message in enumerate(context) if message.role == "user")
        self.memory = Space(opening, question)
        context = self._opening()
        self.core.amend(context, drop=len(context), new=context)
        return context, {**info, "new": context}

    def step(self, action: Action) -> Result:
        """Take a turn, and show what it leads to in a new context."""
        core = self.core
        if core.state.outcome is not None:
            return self.env.step(action)
        parsed = core.dialect.parse(checked_action(action))
        report, inner = self._read(parsed.turn)
        missing = report is None and not parsed.errors and parsed.turn.answer is None
        result = self.env.step("" if missing else action if parsed.errors else inner)
        acted, *answers = core.state.new
        written = parsed.written
        if missing:
            acted = msgspec.structs.replace(written, calls=())
            answers.insert(0, core.dialect.reply(_NO_REPORT.format(tags="".join(self.tags)), None))
        elif len(acted.calls) == len(written.calls):
            written = msgspec.structs.replace(written, calls=acted.calls)  # by now each has an id
        new = (written, *answers)
        if result[2] or result[3]:
            core.amend(new, drop=len(core.state.new), new=new)
            return self.result(result)
        if report is not None:
            self.memory = msgspec.structs.replace(self.memory, report=report)
        last = core.dialect.without_thinking(acted)
        last = msgspec.structs.replace(last, content=self._block.sub("", last.content))
        core.replace_context((*self._opening(), *_renumbered((last, *answers))), new=new)
        return self.result(result)

    def oracle_turn(self, turn: Callable[[], Action]) -> Action:
        """The inner turn with a report in it."""
        said = self.core.dialect.parse(turn()).turn
        report = f"{self.tags[0]}\nAll goes well.\n{self.tags[1]}\n"
        return msgspec.structs.replace(said, content=report + said.content)

    def _opening(self) -> Context:
        """The opening of the episode, with the report behind its question."""
        space = self.memory
        question = space.opening[space.question]
        text = f"{question.content}\n\n{self.tags[0]}\n{space.report}\n{self.tags[1]}"
        asked = msgspec.structs.replace(question, content=text)
        return (*space.opening[: space.question], asked, *space.opening[space.question + 1 :])

    def _read(self, turn: Message) -> _Written:
        """The report of a turn, None where there is none, and the turn without report and thoughts."""
        found = self._block.search(turn.content)
        report = found[1].strip() if found else ""
        rest = self._block.sub("", turn.content)
        return _Written(report or None, msgspec.structs.replace(turn, content=rest.strip(), thinking=""))


def _renumbered(messages: Context) -> Context:
    """A turn and its results with ids of calls that follow from their order alone."""
    acted, *answers = messages
    ids = {call.id: f"call_{number}" for number, call in enumerate(acted.calls) if call.id}
    calls = tuple(ToolCall(call.name, call.arguments, ids.get(call.id, "")) for call in acted.calls)
    named = (msgspec.structs.replace(answer, call_id=ids.get(answer.call_id, answer.call_id)) for answer in answers)
    return (msgspec.structs.replace(acted, calls=calls), *named)
