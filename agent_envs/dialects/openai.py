"""The openai dialect: structured calls, several a turn, and a tool for the final answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from agent_envs.messages import Action, Message, ToolCall
from agent_envs.wire import WireCall, on_wire

from .base import FormatError, Parsed


class _Call(WireCall):
    type: Literal["function"] = "function"


class _Wire(msgspec.Struct):
    """An assistant's message as a chat endpoint returns it."""

    role: Literal["assistant"]
    content: str | None = None
    reasoning_content: str | None = ""
    tool_calls: tuple[_Call, ...] | None = ()


class _Answer(msgspec.Struct, forbid_unknown_fields=True):
    answer: str


_decode = msgspec.json.Decoder(_Wire).decode
_ANSWER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "answer",
        "description": "Give the final answer. This ends the episode.",
        "parameters": {
            "type": "object",
            "properties": {"answer": {"type": "string", "description": "The answer alone, without an explanation."}},
            "required": ["answer"],
        },
    },
}


class OpenAI:
    """Source: the message format of OpenAI's chat completions, which most endpoints and chat templates share.

    A raw turn is a message of that format as JSON text; any other text is a message with that content.
    """

    name = "openai"
    several_calls = True
    keeps_thinking = True
    thought = ("", "")
    tools_beside_text = True
    stop: tuple[str, ...] = ()
    answer_tools = (_ANSWER,)

    def parse(self, action: Action, tools: Sequence[dict[str, Any]] = ()) -> Parsed:
        """Read a turn; a call of the tool ``answer`` is the answer."""
        if isinstance(action, Message):
            return _with_answer(action)
        if action.lstrip().startswith("{"):
            try:
                wire = _decode(action)
                calls = tuple(call.read() for call in wire.tool_calls or ())
            except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
                if '"tool_calls"' not in action:
                    return _with_answer(Message("assistant", action))
                message = f"this turn is not a valid assistant's message: {error}"
                written = Message("assistant", action)
                return Parsed(written, written, (FormatError("bad_json", message),))
            return _with_answer(Message("assistant", wire.content or "", wire.reasoning_content or "", calls))
        return _with_answer(Message("assistant", action))

    def render(self, turn: Message) -> str:
        """The turn as JSON text, its answer as a call of the tool ``answer``."""
        return msgspec.json.encode(on_wire(turn)).decode()

    def instruct(self, system: str, tools: Sequence[dict[str, Any]]) -> Message:
        """The system message as it is: the endpoint or the chat template tells the model of the tools."""
        return Message("system", system)

    def reply(self, text: str, call: ToolCall | None) -> Message:
        """A tool's message for a call, a user's where there was none."""
        return Message("tool", text, call_id=call.id) if call else Message("user", text)

    def without_thinking(self, written: Message) -> Message:
        """The turn but for its thoughts."""
        return msgspec.structs.replace(written, thinking="")

    def first_thought(self, raw: str) -> None:
        """None: thoughts stand beside the text."""


def _with_answer(written: Message) -> Parsed:
    """The turn with its answer moved out of the calls."""
    given = next((call for call in written.calls if call.name == "answer"), None)
    if given is None:
        return Parsed(written, written)
    try:
        answer = msgspec.json.decode(given.arguments, type=_Answer).answer
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        message = f'the tool answer takes {{"answer": string}}: {error}'
        return Parsed(written, written, (FormatError("bad_answer", message),))
    calls = tuple(call for call in written.calls if call is not given)
    return Parsed(msgspec.structs.replace(written, calls=calls, answer=answer), written)
