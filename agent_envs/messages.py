"""What flows between a policy and an environment: messages, tool calls, and the context that they make up."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

Role = Literal["system", "user", "assistant", "tool"]


class ToolCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call of a tool, as the model wrote it.

    Args:
        name: Name of the tool.
        arguments: The arguments as JSON text, not yet validated: it may be anything that a model writes.
        id: Names the call for its result where the dialect has ids; empty elsewhere.
    """

    name: str
    arguments: str = "{}"
    id: str = ""

    @classmethod
    def of(cls, name: str, /, **arguments: Any) -> ToolCall:
        """A call with these arguments."""
        return cls(name, msgspec.json.encode(arguments).decode())


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of a conversation; immutable, hashable, equal by value.

    Args:
        role: Who speaks.
        content: Its text. In a context of a text dialect an assistant's content is the raw completion, tags and all.
        thinking: What the model thought before it spoke.
        calls: The tools it calls.
        answer: Its final answer; None while it has none.
        call_id: In a tool's message, the id of the call that it answers.
    """

    role: Role
    content: str = ""
    thinking: str = ""
    calls: tuple[ToolCall, ...] = ()
    answer: str | None = None
    call_id: str = ""


Context: TypeAlias = tuple[Message, ...]
"""What the model is to be given now, complete in itself."""


def continued(context: Context, new: Context) -> Context:
    """The context with new messages behind it; what an assistant adds to an assistant's message continues that one."""
    messages = list(context)
    for message in new:
        if messages and messages[-1].role == message.role == "assistant":
            messages[-1] = _joined(messages[-1], message)
        else:
            messages.append(message)
    return tuple(messages)


def _joined(one: Message, other: Message) -> Message:
    return Message(
        "assistant",
        one.content + other.content,
        one.thinking + other.thinking,
        one.calls + other.calls,
        one.answer if other.answer is None else other.answer,
    )


Action: TypeAlias = str | Message
"""The assistant's turn: its raw completion, or a message with structured calls."""


def assistant(content: str = "", *, calls: tuple[ToolCall, ...] = (), answer: str | None = None) -> Message:
    """An assistant's turn."""
    return Message("assistant", content, calls=calls, answer=answer)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Message).decode


def checked_action(action: object) -> Action:
    """The action, its text made fit for UTF-8: what a model writes may hold lone surrogates.

    Raises:
        TypeError: It is neither text nor a message of role ``assistant`` whose fields are what they are to be.
    """
    if isinstance(action, str):
        return _utf8(action)
    if not isinstance(action, Message) or action.role != "assistant":
        raise TypeError(f"an action is text or a message of role 'assistant', not {action!r:.200}")
    try:
        return _decode(_encode(action))  # what comes from other code may hold a None or a list where text belongs
    except UnicodeError:
        return checked_action(_utf8_all(action))
    except (msgspec.ValidationError, TypeError) as error:
        raise TypeError(f"this message is none: {error}; it came as {action!r:.200}") from None


def _utf8(text: str) -> str:
    try:
        text.encode()
    except UnicodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _utf8_all(value: Any) -> Any:
    if isinstance(value, str):
        return _utf8(value)
    if isinstance(value, tuple):
        return tuple(map(_utf8_all, value))
    return type(value)(*map(_utf8_all, msgspec.structs.astuple(value))) if isinstance(value, msgspec.Struct) else value
