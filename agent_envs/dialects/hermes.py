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
_OPENING = re.compile(r"<(tool_call|answer)>")

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
    stop = ("<tool_response>",)
    extra_tools: tuple[dict[str, Any], ...] = ()

    def parse(self, action: Action) -> Parsed:
        """Read a turn. A completion that starts inside a thought, as some chat templates make it, is understood."""
        raw = action if isinstance(action, str) else self.render(action)
        raw = raw.partition(self.stop[0])[0]
        errors: list[FormatError] = []
        thinking, text = _split_thinking(raw, errors)
        content, calls, answer, left_out = _scan(text, errors)
        turn = Message("assistant", content, thinking, calls, answer)
        return Parsed(turn, Message("assistant", raw), tuple(errors), left_out)

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


def _split_thinking(raw: str, errors: list[FormatError]) -> tuple[str, str]:
    before, closed, after = raw.partition("</think>")
    text, opened, thinking = before.partition("<think>")
    if closed and not opened:
        text, thinking = "", before
    elif opened and not closed:
        errors.append(FormatError("unclosed_think", "the turn ended inside its think; close it and go on"))
    if closed:
        after = after.removeprefix("\n\n") if after.startswith("\n\n") else after.removeprefix("\n")
    return _unescape(thinking.removeprefix("\n").removesuffix("\n")), text + after


def _scan(text: str, errors: list[FormatError]) -> tuple[str, tuple[ToolCall, ...], str | None, int]:
    """Text outside tags, the first call, the first answer, and how many calls were left out; one pass."""
    texts: list[str] = []
    call: ToolCall | None = None
    answer: str | None = None
    at, found = 0, 0
    while opening := _OPENING.search(text, at):
        tag = opening[1]
        texts.append(text[at : opening.start()])
        end = text.find(f"</{tag}>", opening.end())
        if end < 0:
            errors.append(FormatError(f"unclosed_{tag}", f"the turn ended inside its {tag}; write it again, whole"))
            at = len(text)
            break
        body, at = text[opening.end() : end], end + len(tag) + 3
        if tag == "answer":
            answer = _unescape(body) if answer is None else answer
            continue
        found += 1
        if found == 1:
            call = _read_call(body, errors)
    texts.append(text[at:])
    first, *rest = texts
    content = first.removesuffix("\n") if rest else first
    content += "".join(piece for piece in rest if not piece.isspace())
    return _unescape(content), (call,) if call else (), answer, max(0, found - 1)


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
