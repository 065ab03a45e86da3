"""Messages in the form of chat completions, which endpoints and chat templates share."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_envs.messages import Message, ToolCall


class _Function(msgspec.Struct):
    name: str
    arguments: msgspec.Raw = msgspec.Raw(b"{}")  # JSON text in a string; some endpoints send the object itself


class WireCall(msgspec.Struct):
    """A call as an assistant's message of chat completions holds it."""

    function: _Function
    id: str | None = ""

    def read(self) -> ToolCall:
        """The call, its arguments as JSON text."""
        arguments = bytes(self.function.arguments)
        text = msgspec.json.decode(arguments, type=str) if arguments.startswith(b'"') else arguments.decode()
        return ToolCall(self.function.name, text, self.id or "")


def on_wire(message: Message) -> dict[str, Any]:
    """A message as endpoints and chat templates take it; an answer beside the text is a call of the tool ``answer``.

    Arguments of calls stay the JSON text that the model wrote.
    """
    given: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.thinking:
        given["reasoning_content"] = message.thinking
    calls = message.calls
    if message.answer is not None:
        calls = (*calls, ToolCall.of("answer", answer=message.answer))
    if calls:
        given["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in calls
        ]
    if message.role == "tool":
        given["tool_call_id"] = message.call_id
    return given
