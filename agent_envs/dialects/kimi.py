"""The kimi dialect (Kimi K2): calls with ids as JSON between special tokens, several a turn; a tool for the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from agent_envs.messages import Action, Message, ToolCall

from .base import NOT_JSON, FormatError, Parsed, Scan, Tags, arguments_in, end_of_json
from .openai import OpenAI

_SECTION = ("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>")
_CALL = ("<|tool_call_begin|>", "<|tool_call_end|>")
_ARGUMENTS = "<|tool_call_argument_begin|>"
_TAGS = Tags(
    r"(?:/?think|\|(?:tool_calls_section_begin|tool_calls_section_end|tool_call_begin|tool_call_argument_begin|"
    r"tool_call_end|im_system|im_user|im_assistant|im_middle|im_end)\|)>"
)
_BEGIN = re.compile(r"\s*" + re.escape(_CALL[0]))
_END = re.compile(r"\s*" + re.escape(_SECTION[1]))
_ID = re.compile(r"functions\.(.*):[0-9]+", re.DOTALL)
_FORM = f"{_CALL[0]}functions.name:number{_ARGUMENTS}its arguments as a JSON object{_CALL[1]}"
_OPENAI = OpenAI()  # an answer is a call of the same tool there

_TOOLS = """{system}

# Tools

You can call these functions; each line is the JSON schema of one:
{tools}

To call functions, write one section of calls at the end of the turn, in it one call behind the other:
{section[0]}{form}{section[1]}
The number counts your calls from 0 on; each result comes back under its call's id, such as functions.name:0. \
You may think within <think></think> first."""


class Kimi:
    """Source: Kimi K2's chat template and tool-call guidance (moonshotai/Kimi-K2-Instruct); thoughts are K2 Thinking's.

    A call's id is ``functions.name:number``, kept as the model wrote it: results name it. `render` gives a call without
    an id of this form the number of its place in the turn.
    Text that holds a token of it is escaped with a backslash (``<\\|im_end|>``) by `render`; `parse` undoes it.
    """

    name = "kimi"
    several_calls = True
    keeps_thinking = True
    thought = ("<think>", "</think>")
    tools_beside_text = False
    stop = ("<|im_end|>",)
    answer_tools = OpenAI.answer_tools

    def parse(self, action: Action, tools: Sequence[dict[str, Any]] = ()) -> Parsed:
        """Read a turn; a call of the tool ``answer`` is the answer."""
        raw = action if isinstance(action, str) else self.render(action)
        raw = raw.partition(self.stop[0])[0]
        scan = _Scan(raw)
        read = _OPENAI.parse(Message("assistant", scan.content, scan.thinking, tuple(scan.calls)))
        return Parsed(read.turn, Message("assistant", raw), (*scan.errors, *read.errors))

    def render(self, turn: Message) -> str:
        """Spell a turn: thought, text, a section of calls, in it the answer as a call of the tool ``answer``."""
        calls = turn.calls if turn.answer is None else (*turn.calls, ToolCall.of("answer", answer=turn.answer))
        spelled = "".join(
            f"{_CALL[0]}{_TAGS.escape(_id(call, place))}{_ARGUMENTS}{_TAGS.embed(call.arguments)}{_CALL[1]}"
            for place, call in enumerate(calls)
        )
        thought = f"<think>{_TAGS.escape(turn.thinking)}</think>" if turn.thinking else ""
        section = f"{_SECTION[0]}{spelled}{_SECTION[1]}" if calls else ""
        return f"{thought}{_TAGS.escape(turn.content)}{section}"

    def instruct(self, system: str, tools: Sequence[dict[str, Any]]) -> Message:
        """The system message, with the tools and the format written out."""
        lines = "\n".join(msgspec.json.encode(tool).decode() for tool in tools)
        return Message("system", _TOOLS.format(system=system, tools=lines, section=_SECTION, form=_FORM))

    def reply(self, text: str, call: ToolCall | None) -> Message:
        """A tool's message that names the call, or a user's where there was none; tokens within it are escaped."""
        text = _TAGS.escape(text)
        return Message("tool", text, call_id=call.id) if call else Message("user", text)

    def without_thinking(self, written: Message) -> Message:
        """The raw turn but for its thoughts."""
        return msgspec.structs.replace(written, content=_Scan(written.content).unthought, thinking="")

    def first_thought(self, raw: str) -> tuple[int, int] | None:
        """What stands between the tags of the first thought."""
        return _Scan(raw).first_thought


class _Scan(Scan):
    tags = _TAGS
    opening = re.compile(r"<(think|\|tool_calls_section_begin\||\|tool_call_begin\|)>")
    call = _CALL
    blank = re.compile("")  # nothing does

    def __init__(self, raw: str) -> None:
        self.calls: list[ToolCall] = []
        super().__init__(raw)

    def read(self, tag: str, start: int) -> int:
        """Take down a section of calls."""
        self.acted = True
        if tag == "|tool_call_begin|":
            message = (
                f"a call stands outside of a section; write {_SECTION[0]} before the first and {_SECTION[1]} at the end"
            )
            self.errors.append(FormatError("bad_section", message))
            end = self.end_of_call(start)
            return end + len(_CALL[1]) if end >= 0 else len(self.text)
        at = start
        while begin := _BEGIN.match(self.text, at):
            end = self.end_of_call(begin.end())
            if end < 0:
                return self.unclosed("tool_call")
            self._read_call(begin.end(), end)
            at = end + len(_CALL[1])
        if closing := _END.match(self.text, at):
            return closing.end()
        end = self.text.find(_SECTION[1], at)
        if end < 0:
            return self.unclosed("tool_calls_section")
        came = self.text[at:end].strip()[:100]
        message = f"a section holds calls alone, each {_FORM}, but {came!r} stands in this one; write it again"
        self.errors.append(FormatError("bad_section", message))
        return end + len(_SECTION[1])

    def end_of_call(self, start: int) -> int:
        """Where the call's JSON ends; where it has none, at its first end."""
        first = self.text.find(_CALL[1], start)
        head = self.text.find(_ARGUMENTS, start, first) if first >= 0 else -1
        return end_of_json(self.text, _CALL[1], head + len(_ARGUMENTS)) if head >= 0 else first

    def _read_call(self, start: int, end: int) -> None:
        head, parted, arguments = self.text[start:end].partition(_ARGUMENTS)
        call_id = _TAGS.unescape(head.strip())
        named = _ID.fullmatch(call_id)
        if named is None or not parted:
            message = f"a call is {_FORM}, but this one begins with {call_id[:100]!r}; write it again"
            self.errors.append(FormatError("bad_call", message))
            return
        try:
            arguments = arguments_in(arguments)
        except NOT_JSON as error:
            message = f"the arguments of {call_id[:100]!r} are not JSON: {error}; give a JSON object"
            self.errors.append(FormatError("bad_json", message))
            return
        self.calls.append(ToolCall(named[1], arguments, call_id))


def _id(call: ToolCall, place: int) -> str:
    named = _ID.fullmatch(call.id)
    return call.id if named and named[1] == call.name else f"functions.{call.name}:{place}"
