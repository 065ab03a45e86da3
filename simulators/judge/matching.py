"""Judges that compare with the truth and need no model: exact match, numbers, sets, shared words."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal

import msgspec

from agent_envs.answers import Answer, normalised, parsed_number

from .verdict import EMPTY, Verdict, digest_of


class ExactMatch(msgspec.Struct, frozen=True):
    """Right if the response is the truth, however it is spelled (`Answer.matches`).

    Args:
        truth: The answer, with its aliases or its unit.
    """

    truth: Answer

    @property
    def digest(self) -> str:
        """Digest of the truth."""
        return digest_of("ExactMatch", self)

    def decide(self, question: str, response: str, *, seed: int = 0) -> Verdict:
        """1 or 0."""
        return _right_or_wrong(response, self.truth.matches(response), self.truth.value)


class NumberMatch(msgspec.Struct, frozen=True, kw_only=True):
    """Right if the response is a number close to the truth: within the greater of the two tolerances.

    The tolerances hold for a number in the truth's unit or without one; in another unit it is right as `Answer` says.

    Args:
        truth: A number, with its unit if it has one.
        absolute: How far off a right number may be.
        relative: The same as a share of the truth.

    Raises:
        ValueError: The truth is no number, or a tolerance is no finite number from 0.
    """

    truth: Answer
    absolute: float = 0.0
    relative: float = 0.0

    def __post_init__(self) -> None:
        if self.truth.kind != "number" or parsed_number(self.truth.value) is None:
            raise ValueError(f"truth={self.truth!r}: give an Answer of kind 'number' whose value is one")
        for name in ("absolute", "relative"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value < float("inf"):
                raise ValueError(f"{name}={value!r}: give a finite number from 0")

    @property
    def digest(self) -> str:
        """Digest of the truth and the tolerances."""
        return digest_of("NumberMatch", self)

    def decide(self, question: str, response: str, *, seed: int = 0) -> Verdict:
        """1 or 0."""
        right = self.truth.matches(response) or self._close(response[:1000])
        return _right_or_wrong(response, right, f"{self.truth.value} {self.truth.unit}".strip())

    def _close(self, response: str) -> bool:
        truth, said = parsed_number(f"{self.truth.value} {self.truth.unit}"), parsed_number(response)
        if truth is None or said is None or said[1] not in ("", truth[1]):
            return False
        allowed = max(Decimal(str(self.absolute)), Decimal(str(self.relative)) * abs(truth[0]))
        return abs(said[0] - truth[0]) <= allowed


class SetMatch(msgspec.Struct, frozen=True):
    """Right if the response lists all the truths and nothing else, in any order; the score is the F1 of the two sets.

    A list is written as lines (with or without bullets), between semicolons, as a JSON array, or between commas with an
    ``and`` before the last.

    Args:
        truths: What is to be listed.

    Raises:
        ValueError: No truth.
    """

    truths: tuple[Answer, ...]

    def __post_init__(self) -> None:
        if not self.truths:
            raise ValueError("truths=(): give one Answer at least")

    @property
    def digest(self) -> str:
        """Digest of the truths."""
        return digest_of("SetMatch", self)

    def decide(self, question: str, response: str, *, seed: int = 0) -> Verdict:
        """F1, with the parts precision and recall."""
        if not response.strip():
            return EMPTY
        given = list({normalised(item): item for item in self._items(response)}.values())
        missing, surplus = list(self.truths), []
        for item in given:
            found = next((truth for truth in missing if truth.matches(item)), None)
            if found:
                missing.remove(found)
            elif not self._is_truth(item):  # a truth that is listed again, spelled otherwise, is no other item
                surplus.append(item)
        hits = len(self.truths) - len(missing)
        precision, recall = hits / max(1, hits + len(surplus)), hits / len(self.truths)
        told = [f"missing: {', '.join(truth.value for truth in missing)}"] if missing else []
        told += [f"not among them: {', '.join(surplus)[:200]}"] if surplus else []
        return Verdict(
            score=_f1(precision, recall),
            passed=not told,
            reason="; ".join(told) or "all of them, and nothing else",
            parts={"precision": precision, "recall": recall},
        )

    def _is_truth(self, item: str) -> bool:
        return any(truth.matches(item) for truth in self.truths)

    def _items(self, response: str) -> list[str]:
        """The items of the list that the response is."""
        try:
            return [str(item) for item in msgspec.json.decode(response, type=list[str | int | float])]
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            pass
        parts = response.replace(";", "\n").splitlines()
        items = [_BULLET.sub("", part).strip() for part in parts if part.strip()]
        if len(items) > 1 or self._is_truth(items[0]):
            return items
        return [piece for item in _COMMA.split(items[0]) for piece in self._parted(item.strip()) if piece]

    def _parted(self, item: str) -> list[str]:
        """An item, or the two that ``and`` joins; ``Trinidad and Tobago`` is one where it is a truth."""
        item = item.removeprefix("and ")
        return [item] if self._is_truth(item) else [piece.strip() for piece in item.split(" and ")]


_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,3}[.)])\s+")
_COMMA = re.compile(r",(?!\d{3}(?!\d))")


class TokenF1(msgspec.Struct, frozen=True):
    """The F1 of the words that response and truth share, the best of several truths.

    Words are parted by spaces: the score says little in scripts without them. Source: SQuAD (arXiv 1606.05250).

    Args:
        truths: Texts, each as right as the others.
        passes_at: The score from which the response passes.

    Raises:
        ValueError: No truth, a blank one, or `passes_at` is not above 0 and at most 1.
    """

    truths: tuple[str, ...]
    passes_at: float = 1.0

    def __post_init__(self) -> None:
        if not self.truths or not all(truth.strip() for truth in self.truths):
            raise ValueError(f"truths={self.truths!r}: give one text at least, and none that is blank")
        if not 0.0 < self.passes_at <= 1.0:
            raise ValueError(f"passes_at={self.passes_at!r}: give a number above 0 and at most 1")

    @property
    def digest(self) -> str:
        """Digest of the truths."""
        return digest_of("TokenF1", self)

    def decide(self, question: str, response: str, *, seed: int = 0) -> Verdict:
        """F1, with the parts precision and recall of the truth that is closest."""
        if not response.strip():
            return EMPTY
        said = Counter(normalised(response).split())
        score, precision, recall = max(_overlap(said, Counter(normalised(truth).split())) for truth in self.truths)
        return Verdict(
            score=score,
            passed=score >= self.passes_at,
            reason=f"{precision:.0%} of the response's words are in the truth, {recall:.0%} of the truth's in it",
            parts={"precision": precision, "recall": recall},
        )


def _overlap(said: Counter[str], truth: Counter[str]) -> tuple[float, float, float]:
    shared = (said & truth).total()
    precision, recall = shared / said.total(), shared / truth.total()
    return _f1(precision, recall), precision, recall


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _right_or_wrong(response: str, right: bool, truth: str) -> Verdict:
    if not response.strip():
        return EMPTY
    reason = f"it is {truth!r}" if right else f"{response[:100]!r} is not {truth!r}"
    return Verdict(score=float(right), passed=right, reason=reason)
