"""What a judge is and what it finds: a verdict on a response to a question."""

from __future__ import annotations

import hashlib
from typing import Protocol

import msgspec


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a judge finds.

    Args:
        score: From 0 to 1.
        passed: Whether the response is good enough.
        reason: Why, for people.
        parts: The score by name of its parts, before they were combined.
        prompt_digest: Digest of every call that was made of a model for it; empty where none was.

    Raises:
        ValueError: A score outside 0 to 1.
    """

    score: float
    passed: bool
    reason: str
    parts: dict[str, float] = {}
    prompt_digest: str = ""

    def __post_init__(self) -> None:
        if not 0.0 <= self.score <= 1.0:
            raise ValueError(f"score={self.score!r}: a verdict's score is a number from 0 to 1")


EMPTY = Verdict(score=0.0, passed=False, reason="the response is empty")
"""The verdict on a response that holds nothing: no model is asked."""


class Judge(Protocol):
    """Whoever decides how good a response is; the same for equal arguments, and safe in any number of threads."""

    @property
    def digest(self) -> str:
        """Digest of all that decides its verdicts, but for the answers of a model."""

    def decide(self, question: str, response: str, *, seed: int = 0) -> Verdict:
        """Judge a response.

        Args:
            question: What was asked.
            response: What was answered: a final answer or a dialogue.
            seed: Seed of the episode, for the calls of a model.

        Raises:
            Fault: The judge failed (origin ``judge``), or the endpoint did. It is never a score of 0.
        """


def digest_of(*parts: object) -> str:
    """Digest of values that JSON can spell."""
    return hashlib.blake2b(msgspec.json.encode(parts, order="deterministic"), digest_size=16).hexdigest()
