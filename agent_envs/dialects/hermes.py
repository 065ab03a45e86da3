"""The hermes dialect (Hermes, Qwen, Tongyi): calls as JSON in tags, one executed a turn, the answer in a tag too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from agent_envs.messages import Action, Message, ToolCall

from .base import FormatError, Parsed

_TAG = re.compile(r"<(\\*)(/?(?:think|tool_call|tool_response|answer))>")
_ESCAPED = re.compile(r"<\\(\\*)(/?(?:think|tool_call|tool_response|answer))>")
_OPENING = re.compile(r"<(think|tool_call|answer)>")
_BLANK = re.compile(r"(?:\r?\n){1,2}")
_CLOSINGS_TRIED = 8

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
    tools_beside_text = False
    stop = ("<tool_response>",)
    answer_tools: tuple[dict[str, Any], ...] = ()

    def parse(self, action: Action) -> Parsed:
        """Read a turn. A completion that starts inside a thought, as some chat templates make it, is understood."""
        raw = action if isinstance(action, str) else self.render(action)
        raw = raw.partition(self.stop[0])[0]  # generation stopped there, whatever it stood in
        scan = _Scan(raw)
        calls = (scan.call,) if scan.call else ()
        turn = Message("assistant", scan.content, "\n".join(scan.thoughts), calls, scan.answer)
        return Parsed(turn, Message("assistant", raw), tuple(scan.errors), max(0, scan.calls - 1))

    def render(self, turn: Message) -> str:
        """Spell a turn: thought, text, calls, answer."""
        parts = [_escape(turn.content)] if turn.content else []
        for call in turn.calls:
            name, arguments = msgspec.json.encode(call.name).decode(), _embed(call.arguments)
            parts.append(f'<tool_call>\n{{"name": {_guard(name)}, "arguments": {arguments}}}\n</tool_call>')
        if turn.answer is not None:
            parts.append(f"<answer>{_escape(turn.answer)}</answer>")
        thought = f"<think>\n{_escape(turn.thinking)}\n</think>\n\n" if turn.thinking else ""
        return thought + "\n".join(parts)

    def instruct(self, system: str, tools: Sequence[dict[str, Any]]) -> Message:
        """The system message, with the tools and the format written out."""
        lines = "\n".join(msgspec.json.encode(tool).decode() for tool in tools)
        return Message("system", _TOOLS.format(system=system, tools=lines))

    def reply(self, text: str, call: ToolCall | None) -> Message:
        """A user's message that holds the response; tags within it are escaped, so that no page can speak as a tool."""
        return Message("user", f"<tool_response>\n{_escape(text)}\n</tool_response>")


class _Scan:
    """One pass over a turn: thoughts, calls and answers, each up to its own end, and the text between them."""

    def __init__(self, raw: str) -> None:
        self.errors: list[FormatError] = []
        self.thoughts: list[str] = []
        self.call: ToolCall | None = None
        self.calls = 0
        self.answer: str | None = None
        self._head: list[str] = []  # text before the first call or answer
        self._rest: list[str] = []
        self._text = raw
        at = self._started_inside_a_thought()
        while opening := _OPENING.search(raw, at):
            self._add_text(raw[at : opening.start()])
            at = self._read(opening[1], opening.end())
        self._add_text(raw[at:])

    @property
    def content(self) -> str:
        """The text outside of tags; the line break that parts it from a call is none of it."""
        head = "".join(self._head)
        if self.calls or self.answer is not None:
            head = head.removesuffix("\n")
        return _unescape(head + "".join(piece for piece in self._rest if not piece.isspace()))

    def _add_text(self, text: str) -> None:
        (self._rest if self.calls or self.answer is not None else self._head).append(text)

    def _started_inside_a_thought(self) -> int:
        """Where the text goes on after a thought that some chat templates open in the prompt."""
        end = self._text.find("</think>")
        if end < 0 or "<think>" in self._text[:end]:
            return 0
        call = self._text.rfind("<tool_call>", 0, end)
        if call >= 0 and self._end_of_call(call + len("<tool_call>")) > end:
            return 0  # the tag stands in the arguments of a call
        return self._thought(0, end)

    def _read(self, tag: str, start: int) -> int:
        """Take down what a tag holds; returns where the text goes on."""
        end = self._end_of_call(start) if tag == "tool_call" else self._text.find(f"</{tag}>", start)
        if end < 0:
            message = f"the turn ended inside its {tag}; write it again, whole"
            self.errors.append(FormatError(f"unclosed_{tag}", message))
            return len(self._text)
        if tag == "think":
            return self._thought(start, end)
        if tag == "answer":
            self.answer = _unescape(self._text[start:end]) if self.answer is None else self.answer
        else:
            self.calls += 1
            if self.calls == 1:
                self.call = _read_call(self._text[start:end], self.errors)
        return end + len(f"</{tag}>")

    def _thought(self, start: int, end: int) -> int:
        self.thoughts.append(_unescape(self._text[start:end].removeprefix("\n").removesuffix("\n")))
        blank = _BLANK.match(self._text, end + len("</think>"))
        return blank.end() if blank else end + len("</think>")

    def _end_of_call(self, start: int) -> int:
        """Where the call's body ends: at the first closing tag that leaves JSON, for its strings may hold the tag."""
        first = end = self._text.find("</tool_call>", start)
        for _ in range(_CLOSINGS_TRIED):
            if end < 0:
                break
            if _is_json(self._text[start:end]):
                return end
            end = self._text.find("</tool_call>", end + 1)
        return first


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
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        errors.append(FormatError("bad_json", f"what stands within tool_call is not JSON: {error}"))
    return None


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return False
    return True


def _embed(arguments: str) -> str:
    """The arguments as they stand where they are a JSON object without a tag of ours; as a JSON string otherwise."""
    try:
        plain = arguments == arguments.strip() and isinstance(msgspec.json.decode(arguments), dict)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        plain = False
    return arguments if plain and not _TAG.search(arguments) else _guard(msgspec.json.encode(arguments).decode())


def _guard(json: str) -> str:
    return json.replace("<", "\\u003c")


def _escape(text: str) -> str:
    return _TAG.sub(r"<\\\1\2>", text) if "<" in text else text


def _unescape(text: str) -> str:
    return _ESCAPED.sub(r"<\1\2>", text) if "<\\" in text else text
