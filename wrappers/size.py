"""The size of a context in tokens, kept up to date at the cost of its new messages."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_envs.core import Env, State
from agent_envs.tokens import TokenCounter, count_message


class ContextSize(msgspec.Struct, frozen=True):
    """How long the context is.

    Args:
        tokens: Its tokens, and those of the tools' schemas where the model gets these beside the messages.
        beside: Tokens of the schemas alone.
        messages: Its messages.
        segment: The segment that it is in.
    """

    tokens: int
    beside: int
    messages: int
    segment: int

    def grown(self, state: State, count: TokenCounter) -> ContextSize:
        """The size in a later state: its new messages are counted, or all where the context was replaced."""
        length = len(state.context)
        if state.segment == self.segment and length == self.messages + len(state.new):
            tokens = self.tokens + sum(count_message(message, count) for message in state.new)
        else:
            tokens = self.beside + sum(count_message(message, count) for message in state.context)
        return ContextSize(tokens, self.beside, length, state.segment)


def size_at_reset(env: Env[Any, Any], info: dict[str, Any], count: TokenCounter) -> ContextSize:
    """The size of the context in which an episode begins."""
    beside = count(msgspec.json.encode(info.get("tools", ())).decode()) if env.dialect.tools_beside_text else 0
    return ContextSize(0, beside, -1, -1).grown(env.state, count)
