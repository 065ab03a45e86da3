"""One call of a model: what is asked, what is answered, and whoever answers."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from agent_envs.messages import Context, Message


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: all of it, so that equal calls may have one answer.

    Args:
        model: Name of the model.
        messages: The conversation so far.
        tools: JSON schemas of the tools that it may call.
        sampling: Parameters such as ``temperature`` and ``max_tokens``, as the endpoint names them.
        seed: Seed of the episode that asks.
        index: How many calls the episode has made before.
    """

    model: str
    messages: Context
    tools: tuple[dict[str, Any], ...] = ()
    sampling: dict[str, Any] = {}
    seed: int = 0
    index: int = 0


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered.

    Args:
        message: The assistant's message.
        finish_reason: Why it ends: ``stop``, ``length``, ``tool_calls``, or what the endpoint says.
        prompt_tokens: Tokens of the question; 0 where the endpoint does not tell.
        completion_tokens: Tokens of the answer; 0 where the endpoint does not tell.
    """

    message: Message
    finish_reason: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Chat(Protocol):
    """Whoever answers calls: safe in any number of threads."""

    def __call__(self, call: Call, /) -> Reply:
        """The answer.

        Raises:
            Fault: There is none, and it is not the agent's doing.
        """
