"""A call and its reply as OpenAI's chat completions write them, whole or as a stream of parts."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from agent_envs.messages import Message, ToolCall
from agent_envs.wire import on_wire

from .protocol import Call, Reply

_OWN_FIELDS = {"model", "messages", "tools", "stream", "stream_options", "n"}
_DONE = b"[DONE]"
_EVENT = re.compile(rb"^data:[ ]?(.*?)\r?$", re.MULTILINE)


class Unusable(Exception):
    """An answer that is no reply.

    Args:
        message: What came, and what to do.
        again: Whether the same request may fare better.
        after_s: How long the endpoint wants to be left alone before; None where it does not say.
    """

    def __init__(self, message: str, *, again: bool, after_s: float | None = None) -> None:
        super().__init__(message)
        self.again = again
        self.after_s = after_s


def request(call: Call, *, stream: bool = False) -> dict[str, Any]:
    """What is sent: the seed is the call's, unless its sampling names another.

    Args:
        call: What is asked.
        stream: Whether the answer is to come in parts.

    Raises:
        ValueError: Its sampling names what the call itself settles.
    """
    if taken := sorted(_OWN_FIELDS & call.sampling.keys()):
        raise ValueError(f"sampling names {taken}: these are no sampling parameters; the call settles them itself")
    body = {"model": call.model, "messages": [*map(on_wire, call.messages)], "seed": call.seed, **call.sampling}
    if call.tools:
        body["tools"] = list(call.tools)
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return body


def reply(answer: bytes, call: Call) -> Reply:
    """Read an answer; whether it came whole or in parts makes no difference.

    Args:
        answer: The body as it came.
        call: What was asked.

    Raises:
        Unusable: It breaks off, is no chat completion, or is not what was asked for.
    """
    streamed = not answer.lstrip().startswith((b"{", b"<")) and b"data:" in answer
    parts = _EVENT.findall(answer) if streamed else [answer]
    said = _Told()
    for part in parts:
        if part != _DONE:
            try:
                said.add(_decode(part))
            except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
                told = f"what is no chat completion, or only half of one ({error}): {excerpt(part)}"
                raise Unusable(f"{told}; is this the address of a chat completions API?", again=True) from error
    if not said.choices:
        raise Unusable(f"no choice: {excerpt(answer)}; ask for fewer tokens, or see its log", again=True)
    if streamed and not said.finish_reason and _DONE not in parts:
        raise Unusable(f"a stream that breaks off after {len(parts)} parts; see its log", again=True)
    return said.reply(call)


def excerpt(answer: bytes) -> str:
    """The beginning of an answer, for messages."""
    return repr(answer[:200].decode(errors="replace"))


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: msgspec.Raw = msgspec.Raw(b'""')  # JSON text in a string; some endpoints send the object itself

    def text(self) -> str:
        written = bytes(self.arguments)
        if written == b"null":
            return ""
        return msgspec.json.decode(written, type=str) if written.startswith(b'"') else written.decode()


class _CallPart(msgspec.Struct):
    function: _Function
    index: int | None = None
    id: str | None = None


class _Part(msgspec.Struct):
    """A message, or what a stream adds to it."""

    role: str | None = None
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None  # the newer name of the same
    tool_calls: tuple[_CallPart, ...] | None = None


class _Choice(msgspec.Struct):
    message: _Part | None = None
    delta: _Part | None = None
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Chunk(msgspec.Struct):
    choices: tuple[_Choice, ...]
    usage: _Usage | None = None


_decode = msgspec.json.Decoder(_Chunk).decode


class _Told:
    """What the parts so far amount to; an answer that comes whole is one part."""

    def __init__(self) -> None:
        self.choices = 0
        self.finish_reason = ""
        self._usage = _Usage()
        self._role = ""
        self._content: list[str] = []
        self._thinking: list[str] = []
        self._calls: dict[int, list[str]] = {}  # id, name, pieces of the arguments

    def add(self, chunk: _Chunk) -> None:
        self._usage = chunk.usage or self._usage
        for choice in chunk.choices[:1]:
            self.choices += 1
            self.finish_reason = choice.finish_reason or self.finish_reason
            part = choice.message or choice.delta or _Part()
            self._role = part.role or self._role
            self._content.append(part.content or "")
            self._thinking.append(part.reasoning_content or part.reasoning or "")
            for place, call in enumerate(part.tool_calls or ()):
                known = self._calls.setdefault(place if call.index is None else call.index, ["", ""])
                known[0] = known[0] or call.id or ""
                known[1] = known[1] or call.function.name or ""
                known.append(call.function.text())

    def reply(self, call: Call) -> Reply:
        calls = tuple(
            ToolCall(name, "".join(arguments) or "{}", id) for _, (id, name, *arguments) in sorted(self._calls.items())
        )
        if self._role not in ("", "assistant"):
            raise Unusable(f"in the role {self._role!r:.80}, not 'assistant': another model is needed", again=False)
        if calls and not call.tools:
            names = ", ".join(repr(each.name) for each in calls)
            told = f"with calls of {names:.200} where no tools were offered"
            raise Unusable(f"{told}: another model or chat template is needed", again=False)
        return Reply(
            message=Message("assistant", "".join(self._content), "".join(self._thinking), calls),
            finish_reason=self.finish_reason or "stop",
            prompt_tokens=self._usage.prompt_tokens or 0,
            completion_tokens=self._usage.completion_tokens or 0,
        )
