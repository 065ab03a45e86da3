"""The react dialect: Thought, Action, Action Input and Final Answer as labels of lines, one call a turn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec

from agent_envs.messages import Action, Message, ToolCall

from .base import NOT_JSON, FormatError, Parsed, Tags, arguments_in, unspelled

_TAGS = Tags(r"(?:Thought|Action Input|Action|Observation|Final Answer):", lead=r"^[ \t]*")
_LABEL = re.compile(r"^[ \t]*(Thought|Action Input|Action|Final Answer): ?", re.MULTILINE)
_FORM = "a line 'Action: name' and behind it a line 'Action Input: its arguments as a JSON object'"

_TOOLS = """{system}

# Tools

You can call these functions; each line is the JSON schema of one:
{tools}

To call a function, write:
Thought: what you think
Action: the function's name
Action Input: its arguments as one JSON object
Call one function a turn and stop behind its input; its result comes back as a line that begins with Observation:
When you know the answer, or have something to say, write:
Thought: what you think
Final Answer: the answer alone"""


class ReAct:
    """Source: ReAct (arXiv 2210.03629), with the input of an action on a line of its own, as most agents write it.

    A label counts at the start of a line. Text that holds one there is escaped with a backslash (``\\Action:``) by
    `render`; `parse` undoes it. Text before the first label is what the agent says.
    """

    name = "react"
    several_calls = False
    keeps_thinking = True
    thought = ("Thought: ", "\n")
    tools_beside_text = False
    stop = ("\nObservation:",)
    answer_tools: tuple[dict[str, Any], ...] = ()

    def parse(self, action: Action, tools: Sequence[dict[str, Any]] = ()) -> Parsed:
        """Read a turn; of several calls, the first is executed."""
        raw = action if isinstance(action, str) else self.render(action)
        raw = f"\n{raw}".partition(self.stop[0])[0][1:]  # a turn may begin with what stops it
        sections = _sections(raw)
        errors: list[FormatError] = []
        calls, read = _read_calls(sections, errors)
        answers = [text for label, text in sections if label == "Final Answer"]
        turn = Message(
            "assistant",
            sections[0][1],
            "\n".join(text for label, text in sections if label == "Thought"),
            tuple(calls[:1]),
            answers[0] if answers else None,
        )
        return Parsed(turn, Message("assistant", raw), tuple(errors), max(0, read - 1))

    def render(self, turn: Message) -> str:
        """Spell a turn: text, thought, calls, answer."""
        parts = [_TAGS.escape(turn.content)] if turn.content else []
        if turn.thinking:
            parts.append(f"Thought: {_TAGS.escape(turn.thinking)}")
        for call in turn.calls:
            parts.append(f"Action: {_name(call.name)}\nAction Input: {_TAGS.embed(call.arguments)}")
        if turn.answer is not None:
            parts.append(f"Final Answer: {_TAGS.escape(turn.answer)}")
        return "\n".join(parts)

    def instruct(self, system: str, tools: Sequence[dict[str, Any]]) -> Message:
        """The system message, with the tools and the format written out."""
        lines = "\n".join(msgspec.json.encode(tool).decode() for tool in tools)
        return Message("system", _TOOLS.format(system=system, tools=lines))

    def reply(self, text: str, call: ToolCall | None) -> Message:
        """A user's message that holds the observation; labels within it are escaped, so that no page speaks as one."""
        return Message("user", f"Observation: {_TAGS.escape(text)}")

    def without_thinking(self, written: Message) -> Message:
        """The raw turn but for what stands behind its labels of thoughts."""
        return msgspec.structs.replace(written, content=_unthought(written.content), thinking="")

    def first_thought(self, raw: str) -> tuple[int, int] | None:
        """What stands behind the first label of a thought, up to the next label."""
        found = [*_LABEL.finditer(raw), None]
        for label, after in pairwise(found):
            if label and label[1] == "Thought":
                return label.end(), after.start() - 1 if after else len(raw)
        return None


def _sections(raw: str) -> list[tuple[str, str]]:
    """The text before the first label, under the label "", and what stands behind each."""
    found = list(_LABEL.finditer(raw))
    starts = [("", 0), *((label[1], label.end()) for label in found)]
    ends = [*(label.start() for label in found), len(raw)]
    texts = [raw[start:end] for (_, start), end in zip(starts, ends, strict=True)]
    # a line break parts a section from the label behind it
    texts[:-1] = [text.removesuffix("\n") for text in texts[:-1]]
    return [(label, _TAGS.unescape(text)) for (label, _), text in zip(starts, texts, strict=True)]


def _unthought(raw: str) -> str:
    """The turn without the sections of thoughts."""
    found = list(_LABEL.finditer(raw))
    starts = [("", 0), *((label[1], label.start()) for label in found)]
    ends = [*(label.start() for label in found), len(raw)]
    parts = zip(starts, ends, strict=True)
    kept = "".join(raw[start:end] for (label, start), end in parts if label != "Thought")
    return kept.removesuffix("\n") if starts[-1][0] == "Thought" else kept  # the line break before it was its own


def _read_calls(sections: list[tuple[str, str]], errors: list[FormatError]) -> tuple[list[ToolCall], int]:
    """The calls, and how many were begun; errors are those of the first, since no other is executed."""
    calls: list[ToolCall] = []
    begun = 0
    following = [*sections[1:], ("", "")]
    for place, ((label, text), (after, arguments)) in enumerate(zip(sections, following, strict=True)):
        if label == "Action Input" and sections[place - 1][0] != "Action" and not begun:
            message = f"an Action Input came without its Action; a call is {_FORM}"
            errors.append(FormatError("bad_call", message))
        if label != "Action":
            continue
        begun += 1
        if begun > 1:
            continue
        if after != "Action Input":
            message = f"the turn has no Action Input for its Action {text.strip()[:100]!r}; a call is {_FORM}"
            errors.append(FormatError("unclosed_action", message))
            continue
        try:
            calls.append(ToolCall(unspelled(text), arguments_in(arguments)))
        except NOT_JSON as error:
            message = f"the Action Input {arguments.strip()[:100]!r} is not JSON: {error}; write one JSON object"
            errors.append(FormatError("bad_json", message))
    return calls, begun


def _name(name: str) -> str:
    """A name as it is, or as a JSON string where it would not come back from one line."""
    plain = name == name.strip() and not name.startswith('"') and "\n" not in name and not _TAGS.stand_in(name)
    return name if plain else msgspec.json.encode(name).decode()
