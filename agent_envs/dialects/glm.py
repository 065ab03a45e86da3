"""The glm dialect (GLM-4.5): calls as a name with keys and values in tags, several a turn; a tool for the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from agent_envs.messages import Action, Message, ToolCall

from .base import NOT_JSON, FormatError, Parsed, Scan, Tags, is_json, quoted, unspelled
from .openai import OpenAI

_TAGS = Tags(
    r"(?:/?(?:think|tool_call|tool_response|arg_key|arg_value)|\|(?:system|user|assistant|observation|endoftext)\|)>"
)
_NAME = re.compile(r"\s*([^\s<{][^\n<]*)")
_KEY = re.compile(r"\s*<arg_key>([^<]*)</arg_key>\s*<arg_value>")
_CLOSING = re.compile(r"\s*</tool_call>")
_WHOLE = re.compile(r'\s*("[^\n<]*")\s*</tool_call>')  # arguments that are no object, as `render` writes them
_FORM = (
    "<tool_call>name, then for each argument a line <arg_key>its name</arg_key> "
    "and a line <arg_value>its value</arg_value>, then </tool_call>"
)
_OPENAI = OpenAI()  # an answer is a call of the same tool there

_TOOLS = """{system}

# Tools

You can call these functions; each line within <tools></tools> is the JSON schema of one:
<tools>
{tools}
</tools>

To call a function, write its name, and the name and the value of each argument, within <tool_call></tool_call>:
<tool_call>the function's name
<arg_key>name of an argument</arg_key>
<arg_value>its value</arg_value>
</tool_call>
A string is written as it is, without quotes, unless it could be read as JSON, such as "42" or "true"; \
any other value is written as JSON. You may call several functions a turn, one behind the other; \
each result comes back within <tool_response></tool_response>. You may think within <think></think> first."""


class GLM:
    """Source: GLM-4.5's chat template (zai-org/GLM-4.5) and arXiv 2508.06471.

    Strings stand raw in their tags, other values as JSON. The string ``42`` is told from the number by the tool's
    schema, as the published parsers do; `render` knows no schemas, and writes a string that could be read as JSON in
    quotes.
    Text that holds a tag of the dialect is escaped with a backslash (``<\\think>``) by `render`; `parse` undoes it.
    """

    name = "glm"
    several_calls = True
    keeps_thinking = False
    thought = ("<think>", "</think>\n")
    tools_beside_text = False
    stop = ("<tool_response>", "<|observation|>", "<|user|>", "<|endoftext|>")
    answer_tools = OpenAI.answer_tools

    def parse(self, action: Action, tools: Sequence[dict[str, Any]] = ()) -> Parsed:
        """Read a turn; a call of the tool ``answer`` is the answer."""
        raw = action if isinstance(action, str) else self.render(action)
        for stop in self.stop:
            raw = raw.partition(stop)[0]
        text = raw.lstrip()  # the template has a line break before a thought
        scan = _Scan(text if text.startswith("<think>") else raw, tools)
        read = _OPENAI.parse(Message("assistant", scan.content, scan.thinking, tuple(scan.calls)))
        return Parsed(read.turn, Message("assistant", raw), (*scan.errors, *read.errors))

    def render(self, turn: Message) -> str:
        """Spell a turn: thought, text, calls, the answer as a call of the tool ``answer``.

        The arguments of a call come back as the same JSON, with no space around its keys and values.
        """
        calls = turn.calls if turn.answer is None else (*turn.calls, ToolCall.of("answer", answer=turn.answer))
        parts = [_TAGS.escape(turn.content)] if turn.content else []
        parts += [f"<tool_call>{_name(call.name)}\n{_spell(call.arguments)}</tool_call>" for call in calls]
        thought = f"<think>{_TAGS.escape(turn.thinking)}</think>\n" if turn.thinking else ""
        return thought + "\n".join(parts)

    def instruct(self, system: str, tools: Sequence[dict[str, Any]]) -> Message:
        """The system message, with the tools and the format written out."""
        lines = "\n".join(msgspec.json.encode(tool).decode() for tool in tools)
        return Message("system", _TOOLS.format(system=system, tools=lines))

    def reply(self, text: str, call: ToolCall | None) -> Message:
        """A tool's message, which the chat template frames, or a user's where there was no call; tags are escaped."""
        return Message("tool" if call else "user", _TAGS.escape(text))

    def without_thinking(self, written: Message) -> Message:
        """The raw turn but for its thoughts."""
        return msgspec.structs.replace(written, content=_Scan(written.content).unthought, thinking="")

    def first_thought(self, raw: str) -> tuple[int, int] | None:
        """What stands between the tags of the first thought."""
        return _Scan(raw).first_thought


class _Scan(Scan):
    tags = _TAGS
    opening = re.compile(r"<(think|tool_call)>")
    call = ("<tool_call>", "</tool_call>")
    blank = re.compile(r"\r?\n")
    joint = "\n"

    def __init__(self, raw: str, tools: Sequence[dict[str, Any]] = ()) -> None:
        self.calls: list[ToolCall] = []
        self.tools = (*tools, *OpenAI.answer_tools)
        super().__init__(raw)

    def read(self, tag: str, start: int) -> int:
        """Take down a call."""
        name = _NAME.match(self.text, start)
        at = name.end() if name else start
        whole = _WHOLE.match(self.text, at)
        if name and whole:
            return self._take(unspelled(name[1]), unspelled(whole[1]), whole.end())
        pairs: list[tuple[str, str]] = []
        while key := _KEY.match(self.text, at):
            end = self.text.find("</arg_value>", key.end())
            if end < 0:
                return self.unclosed(tag)
            pairs.append((unspelled(key[1]), _TAGS.unescape(self.text[key.end() : end])))
            at = end + len("</arg_value>")
        closing = _CLOSING.match(self.text, at)
        if closing is None:
            end = self.text.find("</tool_call>", at)
            if end < 0:
                return self.unclosed(tag)
            return self._refuse(f"{self.text[at:end].strip()[:100]!r} stands within it", end + len("</tool_call>"))
        if name is None:
            return self._refuse("no function is named", closing.end())
        if len(dict(pairs)) < len(pairs):
            return self._refuse("an argument is given twice", closing.end())
        found = unspelled(name[1])
        try:
            return self._take(found, _arguments(pairs, _strings(self.tools, found)), closing.end())
        except UnicodeError as error:
            return self._refuse(f"a value is no valid Unicode: {error}", closing.end())

    def _take(self, name: str, arguments: str, end: int) -> int:
        self.acted = True
        self.calls.append(ToolCall(name, arguments))
        return end

    def _refuse(self, why: str, end: int) -> int:
        self.acted = True
        self.errors.append(FormatError("bad_call", f"a call is {_FORM}, but in this one {why}; write it again"))
        return end


def _strings(tools: Sequence[dict[str, Any]], name: str) -> set[str]:
    """The parameters of a tool that are strings and nothing else."""
    for tool in tools:
        if tool["function"]["name"] == name:
            parameters = tool["function"]["parameters"].get("properties", {})
            return {parameter for parameter, schema in parameters.items() if schema.get("type") == "string"}
    return set()


def _arguments(pairs: list[tuple[str, str]], strings: set[str]) -> str:
    """The JSON of arguments, given those that are strings."""
    fields = []
    for key, value in pairs:
        is_value = is_json(value) and (key not in strings or value.lstrip().startswith('"'))
        text = value.strip() if is_value else msgspec.json.encode(value).decode()
        fields.append(f"{msgspec.json.encode(key).decode()}:{text}")
    return f"{{{','.join(fields)}}}"


def _spell(arguments: str) -> str:
    """The arguments in tags where they are an object; as one JSON string otherwise."""
    try:
        fields = msgspec.json.decode(arguments, type=dict[str, msgspec.Raw])
    except NOT_JSON:
        return f"{quoted(arguments)}\n"
    return "".join(
        f"<arg_key>{_name(key)}</arg_key>\n<arg_value>{_TAGS.escape(_value(bytes(value).decode()))}</arg_value>\n"
        for key, value in fields.items()
    )


def _value(json: str) -> str:
    """A string as it is, unless it would be read as another value; JSON otherwise."""
    if not json.startswith('"'):
        return json
    text = msgspec.json.decode(json, type=str)
    return msgspec.json.encode(text).decode() if is_json(text) else text


def _name(name: str) -> str:
    """A name as it is, or as a JSON string where it would not come back."""
    plain = name and name == name.strip() and name[0] not in '"{' and not set("\n<") & set(name)
    return name if plain else quoted(name)
