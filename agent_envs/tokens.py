"""Counting tokens: a counter is a function of the text, so that a message is counted once, when it is new."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from agent_envs.messages import Message

_PROBE = (
    'How long is the Danube?\n<tool_call>{"name": "search", "arguments": {"query": ["río", "多瑙河", "🜁"]}}</tool_call>'
)
_REMEMBERED_TEXTS = 512
_REMEMBERED_CHARS = 128 * 1024
"""Longer texts are counted each time: at 4 bytes a character or fewer, 256 MiB are remembered at most."""


class TokenCounter(Protocol):
    """Counts the tokens of a text; the same text always counts the same. Counters are hashable."""

    def __call__(self, text: str, /) -> int:
        """The number of tokens of `text`."""

    def __hash__(self) -> int: ...


def bytes_over_4(text: str, /) -> int:
    """A quarter of the UTF-8 bytes, rounded up: close for English prose, about 20 % too low for JSON."""
    return (len(text.encode()) + 3) // 4


def checked(count: TokenCounter) -> TokenCounter:
    """The counter, once it was seen to count.

    Raises:
        ValueError: It gives no whole number from 0, or another for the same text.
        TypeError: It is not hashable.
    """
    hash(count)
    once, twice, nothing = count(_PROBE), count(_PROBE), count("")
    for given in (once, twice, nothing):
        if type(given) is not int or given < 0:
            raise ValueError(f"count_tokens gives {given!r}; it is to give a whole number from 0")
    if once != twice:
        raise ValueError(f"count_tokens gives {once} and then {twice} for the same text; it is to be a function of it")
    return count


def name_of(count: TokenCounter) -> str:
    """What tells a counter from others, for digests."""
    name: str = getattr(count, "__qualname__", type(count).__qualname__)
    return name


def count_message(message: Message, count: TokenCounter) -> int:
    """Tokens of a message: its texts and its calls, and 4 for the role and the frame around it."""
    tokens = 4 + _counted(count, message.content)
    if message.thinking:
        tokens += _counted(count, message.thinking)
    if message.answer:
        tokens += _counted(count, message.answer)
    for call in message.calls:
        tokens += _counted(count, call.name) + _counted(count, call.arguments)
    return tokens


def _counted(count: TokenCounter, text: str) -> int:
    if count is bytes_over_4 or len(text) > _REMEMBERED_CHARS:  # it counts as fast as a memory looks up
        return count(text)
    return _remembered(count, text)


@lru_cache(_REMEMBERED_TEXTS)
def _remembered(count: TokenCounter, text: str) -> int:
    """One memory for all: the environment and each wrapper around it count the same messages."""
    return count(text)
