"""Counting tokens: a counter is a function of the text, so that a message is counted once, when it is new."""

from __future__ import annotations

from typing import Protocol

from agent_envs.messages import Message


class TokenCounter(Protocol):
    """Counts the tokens of a text; the same text always counts the same."""

    def __call__(self, text: str, /) -> int:
        """The number of tokens of `text`."""


def bytes_over_4(text: str, /) -> int:
    """A quarter of the UTF-8 bytes, rounded up: close for English prose, about 20 % too low for JSON."""
    return (len(text.encode()) + 3) // 4


def count_message(message: Message, count: TokenCounter) -> int:
    """Tokens of a message: its texts and its calls, and 4 for the role and the frame around it."""
    tokens = 4 + count(message.content)
    if message.thinking:
        tokens += count(message.thinking)
    if message.answer:
        tokens += count(message.answer)
    for call in message.calls:
        tokens += count(call.name) + count(call.arguments)
    return tokens


def checked(count: TokenCounter) -> TokenCounter:
    """The counter, once it was seen to count."""
    return count
