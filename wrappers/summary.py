"""A context that is summarised before it is full, and goes on from the question and the summary alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

import msgspec
from gymnasium import Env

from agent_envs.core import Result
from agent_envs.dialects import Parsed
from agent_envs.limits import LEFT_OUT, at_least_one
from agent_envs.messages import Action, Context, Message, ToolCall, checked_action
from agent_envs.stack import Wrapper
from agent_envs.tokens import TokenCounter, bytes_over_4, checked, name_of

from .size import ContextSize, size_at_reset

REQUEST = Message(
    "user",
    "The context is nearly full. Write a summary now, and nothing else: what was asked, what you have found, with its "
    "sources, and what is still open. Call no tool. You go on from the question and this summary alone.",
)
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "summarize",
        "description": "Make room: you are asked for a summary, and go on from the question and the summary alone.",
        "parameters": {"type": "object", "properties": {}},
    },
}
_IN_TEXT = "You can also call this function, in the same way, alone in its turn:\n{tool}"
_CALLED = "Write the summary in your next turn."


class Summariser(Protocol):
    """Writes summaries in the agent's place: a function of what it is given, and of nothing else."""

    def __call__(self, question: str, messages: Context, last_summary: str, /) -> str:
        """A summary.

        Args:
            question: What the agent was asked.
            messages: All that stands in the context behind the question.
            last_summary: The summary from which the agent went on; empty at the first.
        """


class Notes(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered.

    Args:
        size: How long the context is.
        head: System and question, as the episode began.
        summary: The last summary.
        before: The context to return to if the summary that is awaited is blank; empty when none is awaited.
        turns: Turns since the last summary, or the last attempt at one.
    """

    size: ContextSize
    head: Context
    summary: str = ""
    before: Context = ()
    turns: int = 0


class Summary(Wrapper):
    """ReSum: when the context is nearly full it is summarised, and system, question and summary are all that remains.

    The policy is asked for the summary in a turn of its own, which the wrapped environment does not see; with a
    `summariser` nobody is asked. Thoughts are left out of a summary, calls in it are not executed, one that is too long
    is cut, and a blank one changes nothing. Budgets and limits of the environment count on. Results that alone overfill
    the context are left out, so that the summary can still be asked for.
    Source: ReSum (arXiv 2509.13313), whose rule, sizes and form these are; the words of the request are ours.

    Args:
        env: What is wrapped.
        limit_tokens: Size of the context.
        reserve_tokens: How much of it is kept free.
        share: The context is summarised from this share of the rest on.
        every_turns: It is also summarised after so many turns; None for never.
        tool: Whether the agent may call for a summary itself, by a tool ``summarize``; not twice without a turn
            between: the environment does not know the tool and says so, at the cost of a turn.
        summariser: Who writes the summaries; None for the policy.
        limit_summary_tokens: Size of a summary.
        count_tokens: How tokens are counted.

    Raises:
        ValueError: A limit below 1, or nothing is left of the context to be filled.
    """

    memory: Notes
    not_over: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "ContextLength": "it would end or cut the context before it is summarised; put it outside",
            "Workspace": "both replace the context; take one of them",
            "Summary": "both replace the context; take one of them",
            "ThinkingMode": "the turn that it begins must stay the last; put it outside",
            "ThinkingBudget": "the turn that it begins must stay the last; put it outside",
        }
    )

    def __init__(
        self,
        env: Env[Context, Action],
        limit_tokens: int = 32 * 1024,
        *,
        reserve_tokens: int = 1000,
        share: float = 0.9,
        every_turns: int | None = None,
        tool: bool = False,
        summariser: Summariser | None = None,
        limit_summary_tokens: int = 4096,
        count_tokens: TokenCounter = bytes_over_4,
    ) -> None:
        super().__init__(env)
        for name, value in (("limit_tokens", limit_tokens), ("limit_summary_tokens", limit_summary_tokens)):
            at_least_one(name, value)
        if every_turns is not None:
            at_least_one("every_turns", every_turns)
        if not 0 <= reserve_tokens < limit_tokens:
            raise ValueError(f"reserve_tokens={reserve_tokens}: give a number from 0 that is below {limit_tokens=}")
        if not 0.0 < share <= 1.0:
            raise ValueError(f"share={share}: give a share of the context, above 0 and at most 1")
        self.limit_tokens, self.every_turns, self.tool = limit_tokens, every_turns, tool
        self.fires_at_tokens = share * (limit_tokens - reserve_tokens)
        self.summariser, self.limit_summary_tokens = summariser, limit_summary_tokens
        self.count_tokens = checked(count_tokens)
        name = getattr(summariser, "__qualname__", type(summariser).__qualname__)
        counted = (limit_tokens, self.fires_at_tokens, limit_summary_tokens, name_of(count_tokens))
        self.settings = (*counted, every_turns, tool, name)

    def reset(self, **kwargs: Any) -> tuple[Context, dict[str, Any]]:
        """Begin an episode."""
        context, info = self.env.reset(**kwargs)
        if self.tool:
            context, info = self._with_tool(context, info)
        head = context[: 1 + next(number for number, message in enumerate(context) if message.role == "user")]
        self.memory = Notes(size=size_at_reset(self.core, info, self.count_tokens), head=head)
        return context, info

    def step(self, action: Action) -> Result:
        """Take a turn, or the summary that was asked for."""
        core, notes = self.core, self.memory
        if core.state.outcome is None and notes.before and core.state.context[-1] == REQUEST:
            return self._take(core.dialect.parse(checked_action(action)))
        if core.state.outcome is None and self.tool and notes.turns:
            parsed = core.dialect.parse(checked_action(action))
            if any(call.name == TOOL["function"]["name"] for call in parsed.turn.calls):
                return self._called(parsed)
        if self.summariser is None:
            return self._step(action)
        with self.undone_by_errors():
            return self._step(action)

    def _step(self, action: Action) -> Result:
        """Take a turn of the wrapped environment, and see to the context's length."""
        core, notes = self.core, self.memory
        result = self.env.step(action)
        size = notes.size.grown(core.state, self.count_tokens)
        turns = notes.turns + 1
        self.memory = msgspec.structs.replace(notes, size=size, turns=turns, before=())
        due = size.tokens >= self.fires_at_tokens or turns == self.every_turns
        return self._summarise(result) if due and not (result[2] or result[3]) else result

    def oracle_turn(self, turn: Callable[[], Action]) -> Action:
        """A summary where one is asked for."""
        asked = self.memory.before and REQUEST in self.core.state.context[-2:]  # a turn may be begun behind it
        return Message("assistant", "All goes well.") if asked else turn()

    def _summarise(self, result: Result) -> Result:
        """Ask for a summary, or have it written."""
        core = self.core
        if self.memory.size.tokens > self.limit_tokens:
            written, *answers = core.state.new
            short = [msgspec.structs.replace(answer, content=LEFT_OUT) for answer in answers]
            core.amend(tuple(short), drop=len(short), new=(written, *short))
        context, new = core.state.context, core.state.new
        if self.summariser is None:
            core.amend((REQUEST,), drop=0, new=(*new, REQUEST))
            self._remember(before=context)
        else:
            question = self.memory.head[-1].content
            text = self.summariser(question, context[len(self.memory.head) :], self.memory.summary)
            if not self._go_on_from(core.dialect.parse(checked_action(text)), new):
                self._remember()
        return self.result(result)

    def _take(self, parsed: Parsed) -> Result:
        """The policy's summary."""
        new = (parsed.written,)
        if not self._go_on_from(parsed, new):
            self.core.replace_context(self.memory.before, new=new)
            self._remember(before=())
        return self.core.result(0.0)

    def _go_on_from(self, parsed: Parsed, new: Context) -> bool:
        """Go on from a summary, unless it is blank; whether it was not."""
        text = (parsed.turn.content.strip() or parsed.turn.answer or "").strip()
        text = self._cut(text.removeprefix("<summary>").removesuffix("</summary>").strip())
        if not text:
            return False
        *system, question = self.memory.head
        asked = msgspec.structs.replace(question, content=f"{question.content}\n\n<summary>\n{text}\n</summary>")
        self.core.replace_context((*system, asked), new=new)
        self._remember(summary=text, before=())
        return True

    def _remember(self, **changes: Any) -> None:
        size = self.memory.size.grown(self.core.state, self.count_tokens)
        self.memory = msgspec.structs.replace(self.memory, size=size, turns=0, **changes)

    def _cut(self, text: str) -> str:
        """The summary, or as much of it as is allowed."""
        while text and (tokens := self.count_tokens(text)) > self.limit_summary_tokens:
            text = text[: min(len(text) - 1, len(text) * self.limit_summary_tokens // tokens)]
        return text.rstrip()

    def _called(self, parsed: Parsed) -> Result:
        """The agent called for a summary; nothing else of its turn is executed."""
        core = self.core
        calls = tuple(
            call if call.id else ToolCall(call.name, call.arguments, f"summarize_{number}")
            for number, call in enumerate(parsed.written.calls)
        )
        written = msgspec.structs.replace(parsed.written, calls=calls)
        replies = [core.dialect.reply(_CALLED, call) for call in calls or parsed.turn.calls]
        self.add((written, *replies))
        self._remember()
        return self._summarise(core.result(0.0))

    def _with_tool(self, context: Context, info: dict[str, Any]) -> tuple[Context, dict[str, Any]]:
        """The opening with the tool in it, where the model looks for tools."""
        info = {**info, "tools": [*info.get("tools", ()), TOOL]}
        if not self.core.dialect.tools_beside_text:
            text = _IN_TEXT.format(tool=msgspec.json.encode(TOOL).decode())
            first = msgspec.structs.replace(context[0], content=f"{context[0].content}\n\n{text}")
            context = (first, *context[1:])
            self.core.amend(context, drop=len(context), new=context)
        return context, {**info, "new": context}
