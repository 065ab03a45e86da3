"""The hermes dialect (Hermes, Qwen, Tongyi): calls as JSON in tags, one executed a turn, the answer in a tag too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from agent_envs.messages import Action, Message, ToolCall

from .base import NOT_JSON, FormatError, Parsed, Scan, Tags, end_of_json, guarded

_TAGS = Tags(r"/?(?:think|tool_call|tool_response|answer)>")

_TOOLS = """{system}

# Tools

You can call these functions; each line within <tools></tools> is the JSON schema of one:
<tools>
{tools}
</tools>

To call a function, write its name and its arguments as one JSON object within <tool_call></tool_call>:
<tool_call>
{{"name": "the function's name", "arguments": {{"its": "arguments"}}}}
</tool_call>
Call one function a turn; its result comes back within <tool_response></tool_response>. \
You may think within <think></think> first. When you know the answer, write it within <answer></answer>."""


class _Call(msgspec.Struct):
    name: str
    arguments: msgspec.Raw = msgspec.Raw(b"{}")


_decode_call = msgspec.json.Decoder(_Call).decode


class Hermes:
    """Source: the Hermes function-calling format as Qwen's chat template and Tongyi DeepResearch use it.

    Text that holds a tag of the dialect is escaped with a backslash (``<\\answer>``) by `render`; `parse` undoes it.
    """

    name = "hermes"
    several_calls = False
    keeps_thinking = False
    thought = ("<think>\n", "\n</think>\n\n")
    tools_beside_text = False
    stop = ("<tool_response>",)
    answer_tools: tuple[dict[str, Any], ...] = ()

    def parse(self, action: Action, tools: Sequence[dict[str, Any]] = ()) -> Parsed:
        """Read a turn. A completion that starts inside a thought, as some chat templates make it, is understood."""
        raw = action if isinstance(action, str) else self.render(action)
        raw = raw.partition(self.stop[0])[0]  # generation stopped there, whatever it stood in
        scan = _Scan(raw)
        calls = (scan.first,) if scan.first else ()
        turn = Message("assistant", scan.content, scan.thinking, calls, scan.answer)
        return Parsed(turn, Message("assistant", raw), tuple(scan.errors), max(0, scan.calls - 1))

    def render(self, turn: Message) -> str:
        """Spell a turn: thought, text, calls, answer."""
        parts = [_TAGS.escape(turn.content)] if turn.content else []
        for call in turn.calls:
            name, arguments = msgspec.json.encode(call.name).decode(), _TAGS.embed(call.arguments)
            parts.append(f'<tool_call>\n{{"name": {guarded(name)}, "arguments": {arguments}}}\n</tool_call>')
        if turn.answer is not None:
            parts.append(f"<answer>{_TAGS.escape(turn.answer)}</answer>")
        thought = f"<think>\n{_TAGS.escape(turn.thinking)}\n</think>\n\n" if turn.thinking else ""
        return thought + "\n".join(parts)

    def instruct(self, system: str, tools: Sequence[dict[str, Any]]) -> Message:
        """The system message, with the tools and the format written out."""
        lines = "\n".join(msgspec.json.encode(tool).decode() for tool in tools)
        return Message("system", _TOOLS.format(system=system, tools=lines))

    def reply(self, text: str, call: ToolCall | None) -> Message:
        """A user's message that holds the response; tags within it are escaped, so that no page can speak as a tool."""
        return Message("user", f"<tool_response>\n{_TAGS.escape(text)}\n</tool_response>")

    def without_thinking(self, written: Message) -> Message:
        """The raw turn but for its thoughts."""
        return msgspec.structs.replace(written, content=_Scan(written.content).unthought, thinking="")

    def first_thought(self, raw: str) -> tuple[int, int] | None:
        """What stands between the tags of the first thought."""
        return _Scan(raw).first_thought


class _Scan(Scan):
    tags = _TAGS
    opening = re.compile(r"<(think|tool_call|answer)>")
    call = ("<tool_call>", "</tool_call>")
    pad = joint = "\n"
    blank = re.compile(r"(?:\r?\n){1,2}")

    def __init__(self, raw: str) -> None:
        self.first: ToolCall | None = None
        self.calls = 0
        self.answer: str | None = None
        super().__init__(raw)

    def read(self, tag: str, start: int) -> int:
        """Take down a call or an answer."""
        end = self.end_of_call(start) if tag == "tool_call" else self.text.find(f"</{tag}>", start)
        if end < 0:
            return self.unclosed(tag)
        self.acted = True
        body = self.text[start:end]
        if tag == "answer":
            self.answer = _TAGS.unescape(body) if self.answer is None else self.answer
        else:
            self.calls += 1
            if self.calls == 1:
                self.first = _read_call(body, self.errors)
        return end + len(f"</{tag}>")

    def end_of_call(self, start: int) -> int:
        """Where the call's JSON ends."""
        return end_of_json(self.text, self.call[1], start)


def _read_call(body: str, errors: list[FormatError]) -> ToolCall | None:
    try:
        read = _decode_call(body)
        arguments = bytes(read.arguments)
        if arguments.startswith(b'"'):
            return ToolCall(read.name, msgspec.json.decode(arguments, type=str))
        return ToolCall(read.name, arguments.decode())
    except msgspec.ValidationError as error:
        message = f'a call is {{"name": string, "arguments": object}}, but this is not: {error}'
        errors.append(FormatError("bad_call", message))
    except NOT_JSON as error:
        errors.append(FormatError("bad_json", f"what stands within tool_call is not JSON: {error}"))
    return None
