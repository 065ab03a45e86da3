"""Ranking the responses to one question by comparing them in pairs, in both orders."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Literal, NamedTuple

import msgspec

from .critic import Critic, Hearing, Words
from .fence import fenced
from .verdict import digest_of

LIMIT_RESPONSES = 8
CORE = (
    "Clear and relevant: it gives what was asked for, in a shape that fits, and no padding.",
    "Fluent: it reads as natural talk with this person, at the right length and in the right tone.",
    "Objective and grounded: it says what can be known, neither flatters nor lectures, and talks of its subject.",
)
PRESCRIPTIVE = (
    "It opens with no praise, neither of the question nor of whoever asks.",
    "It does not explain why it is itself good, complete or in line with what was asked.",
)
PROMPT = """You compare two responses, A and B, to the same question.

What makes a response the better one:
{better}

What no response may break, however good it is otherwise; one that does loses against one that does not:
{prescriptive}

Their order and their length mean nothing. Say "tie" if neither is better.

Answer with one JSON object and nothing else:
{{"reason": "one or two sentences", "winner": "A" or "B" or "tie"}}"""


class _Compared(msgspec.Struct):
    reason: Words
    winner: Literal["A", "B", "tie"]


class Comparison(msgspec.Struct, frozen=True):
    """One pair.

    Args:
        first: Number of the one response.
        second: Number of the other.
        winner: Number of the better one; None for a tie.
        reason: Why, for people.
    """

    first: int
    second: int
    winner: int | None
    reason: str


class Ranking(msgspec.Struct, frozen=True, kw_only=True):
    """How responses compare.

    Args:
        scores: The share of the others that each response beats, a tie counted as a half; a lone one has a half.
        comparisons: Every pair of them.
        prompt_digest: Digest of every call that was made of a model for it; empty where none was.
    """

    scores: tuple[float, ...]
    comparisons: tuple[Comparison, ...] = ()
    prompt_digest: str = ""

    @property
    def ranks(self) -> tuple[int, ...]:
        """The place of each response, 1 for the best; equal scores share the better place."""
        return tuple(1 + sum(other > score for other in self.scores) for score in self.scores)


class _Outcome(NamedTuple):
    winner: str | None  # the better text
    reason: str


class PairwiseRanker:
    """Self-critique: a critic, often the policy's own model, compares every two of up to 8 responses.

    Each pair is asked for in both orders, and answers that disagree are a tie: a preference for a place decides
    nothing. Responses are compared in an order of their own, equal ones once and with a tie, so that ranking a
    permutation makes the very same calls. An empty response loses against any other, and nobody is asked.

    The scalar is the share of wins, not a Bradley-Terry strength: where every pair was compared equally often both rank
    alike (Zermelo 1929), and the share is bounded, needs no iteration, and exists where a response wins always or
    preferences run in a circle.
    Source: Kimi K2's self-critique rubric reward (arXiv 2507.20534 §3.2.2, appendix F); the words are ours.

    Args:
        critic: Who compares.
        task: What makes a response to this kind of question better, beside what holds for all.
    """

    def __init__(self, critic: Critic, task: Sequence[str] = ()) -> None:
        self.critic = critic
        self.prompt = PROMPT.format(better=_listed((*CORE, *task)), prescriptive=_listed(PRESCRIPTIVE))

    @property
    def digest(self) -> str:
        """Digest of the prompt and the critic."""
        return digest_of("PairwiseRanker", self.prompt, self.critic.digest)

    def rank(self, question: str, responses: Sequence[str], *, seed: int = 0) -> Ranking:
        """Compare responses.

        Args:
            question: What was asked.
            responses: One to eight of them.
            seed: Seed of the episode, for the calls of the model.

        Raises:
            ValueError: No response, or more than eight.
            Fault: No verdict is to be had.
        """
        if not 1 <= len(responses) <= LIMIT_RESPONSES:
            raise ValueError(f"{len(responses)} responses: give 1 to {LIMIT_RESPONSES}; every two are compared")
        hearing = Hearing(self.critic, seed)
        texts = sorted({response.strip() for response in responses})
        outcomes = {pair: self._compare(hearing, question, *pair) for pair in combinations(texts, 2)}
        comparisons = tuple(
            _comparison(first, second, responses, outcomes) for first, second in combinations(range(len(responses)), 2)
        )
        return Ranking(
            scores=tuple(_share_of_wins(number, comparisons) for number in range(len(responses))),
            comparisons=comparisons,
            prompt_digest=hearing.digest,
        )

    def _compare(self, hearing: Hearing, question: str, one: str, other: str) -> _Outcome:
        """Two texts that differ, in both orders."""
        if not one or not other:
            return _Outcome(one or other, "the other response is empty")
        winners, reasons = [], []
        for a, b in ((one, other), (other, one)):
            user = fenced(self.critic.limit_chars, question=question, response_A=a, response_B=b)
            answer = hearing.ask(self.prompt, user, _Compared)
            winners.append({"A": a, "B": b}.get(answer.winner))
            reasons.append(answer.reason)
        if winners[0] == winners[1]:
            return _Outcome(winners[0], reasons[0])
        return _Outcome(None, f"the two orders disagree: {' / '.join(reasons)}")


def _comparison(
    first: int, second: int, responses: Sequence[str], outcomes: dict[tuple[str, str], _Outcome]
) -> Comparison:
    one, other = responses[first].strip(), responses[second].strip()
    if one == other:
        return Comparison(first, second, None, "they are equal")
    winner, reason = outcomes[(min(one, other), max(one, other))]
    number = None if winner is None else first if winner == one else second
    return Comparison(first, second, number, reason)


def _share_of_wins(number: int, comparisons: tuple[Comparison, ...]) -> float:
    own = [one for one in comparisons if number in (one.first, one.second)]
    points = sum(0.5 if one.winner is None else float(one.winner == number) for one in own)
    return points / len(own) if own else 0.5


def _listed(rules: Sequence[str]) -> str:
    return "\n".join(f"- {rule}" for rule in rules)
