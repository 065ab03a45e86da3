"""Messages in the form of chat completions, which endpoints and chat templates share."""

from __future__ import annotations

from typing import Any

from agent_envs.messages import Message, ToolCall


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
