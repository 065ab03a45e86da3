"""What an episode may cost, and how the answer is forced at a limit."""

from __future__ import annotations

import msgspec

from agent_envs.messages import Context, Message

FORCED_ANSWER = (
    "You have reached the limit ({limit}). No more calls are possible. "
    "Give your final answer now, from what you have read so far; this is your last turn."
)
LEFT_OUT = "(left out: the context is full)"
RESERVE_TOKENS = 1024
"""How far the context may stand over its limit for a forced answer; a turn that is longer ends the episode."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What an episode may cost. Source of the defaults: Tongyi DeepResearch's code and report.

    Args:
        turns: Turns of the agent.
        calls: Tool calls that are executed.
        tokens: Size of the context.

    Raises:
        ValueError: A limit that is no whole number or below 1.
    """

    turns: int = 100
    calls: int = 128
    tokens: int = 128 * 1024

    def __post_init__(self) -> None:
        for name in ("turns", "calls", "tokens"):
            at_least_one(f"limit_{name}", getattr(self, name))


def at_least_one(name: str, value: object) -> None:
    """Refuse a parameter that is to be a positive whole number and is none.

    Raises:
        ValueError: It is none.
    """
    if type(value) is not int or value < 1:
        raise ValueError(f"{name}={value!r}: give a whole number, at least 1")


def with_prompt(new: Context, prompt: str) -> Context:
    """A turn and its answers, the last of which is replaced by a prompt and the others left out; who answers stays."""
    turn, *answers = new
    *others, last = (msgspec.structs.replace(answer, content=LEFT_OUT) for answer in answers or (Message("user"),))
    return (turn, *others, msgspec.structs.replace(last, content=prompt))
