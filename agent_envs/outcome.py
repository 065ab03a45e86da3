"""How an episode ends, and what fails without being anyone's score: stop reasons, outcomes, faults."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec


class StopReason(StrEnum):
    """Why an episode ended. Where a limit ended it, `Outcome.answered` says whether an answer was still given."""

    ANSWERED = "answered"
    """The agent gave its answer."""
    NO_ANSWER = "no_answer"
    """The agent ended the episode with an answer that holds nothing."""
    SUBMITTED = "submitted"
    """The agent handed in its work."""
    FORMAT_ERROR = "format_error"
    """A turn broke its dialect's form, where that ends the episode."""
    USER_STOP = "user_stop"
    """The user ended the dialogue."""
    TRANSFERRED = "transferred"
    """The agent handed the user over to a human."""
    CALL_LIMIT = "call_limit"
    """No tool call was left."""
    TURN_LIMIT = "turn_limit"
    """No turn was left."""
    TOKEN_LIMIT = "token_limit"
    """The context grew over its limit."""


LIMITS = (StopReason.CALL_LIMIT, StopReason.TURN_LIMIT, StopReason.TOKEN_LIMIT)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The end of an episode.

    Args:
        reason: Why it ended.
        reward: What the last step paid.
        parts: The reward by name of its parts, before they were combined.
        success: Whether the task is solved.
        answered: Whether the agent gave an answer, in its own time or when it was forced.
        detail: For people: what was wrong.
    """

    reason: StopReason
    reward: float = 0.0
    parts: dict[str, float] = {}
    success: bool = False
    answered: bool = False
    detail: str = ""

    @property
    def truncated(self) -> bool:
        """Whether a limit ended the episode before the agent answered: such a rollout has no fair score."""
        return not self.answered and self.reason in LIMITS


Origin = Literal["env", "infra", "user", "judge"]


class Fault(Exception):
    """The world failed, not the agent: an endpoint is down, an archive is damaged. It is never a reward of 0.

    Args:
        message: What failed, and what to do.
        origin: Whose failure it is.
    """

    def __init__(self, message: str, *, origin: Origin) -> None:
        super().__init__(message)
        self.origin = origin

    def __reduce__(self) -> tuple[object, ...]:
        return _fault, (str(self), self.origin)


def _fault(message: str, origin: Origin) -> Fault:
    return Fault(message, origin=origin)
