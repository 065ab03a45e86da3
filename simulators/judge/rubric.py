"""A rubric: weighted criteria, each decided by a model that must quote what it has found."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from typing import Annotated, Any

import msgspec

from .critic import Critic, Hearing, Unreadable, Words
from .fence import fenced
from .verdict import EMPTY, Verdict, digest_of

LIMIT_CRITERIA = 64
PROMPT = """You check a response against a list of criteria, one by one, each by itself.

A criterion describes something. It is found if it stands in the response, and the proof is a quote: a passage of the \
response, copied to the letter, that shows it by itself. What you cannot quote is not found. Whether it would be good \
or bad to find it is not your concern. If the response is a dialogue, what counts is what the \
assistant says and does in it.

Answer with one JSON object and nothing else, with one entry for every criterion:
{"criteria": [{"name": "name of the criterion", "reason": "one sentence", "found": true or false, \
"quote": "the passage; empty if it is not found"}]}"""


class Criterion(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is looked for in a response.

    Args:
        name: What it is called in the verdict.
        text: What is looked for, in one or two sentences.
        weight: How much it counts.
        forbidden: It is met if the thing is not found.

    Raises:
        ValueError: No name, no text, or a weight that is no finite number from 0.
    """

    name: str
    text: str
    weight: float = 1.0
    forbidden: bool = False

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.text.strip():
            raise ValueError(f"{self!r}: a criterion has a name and a text")
        weight: Any = self.weight
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0.0 <= weight < math.inf:
            raise ValueError(f"weight={weight!r} of the criterion {self.name!r}: give a finite number from 0")


class Rubric(msgspec.Struct, frozen=True):
    """Criteria and when a response passes. It is data: a task may carry one.

    Args:
        criteria: At least one, at most 64, of different names.
        passes_at: The share of the weights from which a response passes.

    Raises:
        ValueError: No criterion or too many, one name twice, weights that sum to 0 or to no finite number, or
            `passes_at` is not above 0 and at most 1.
    """

    criteria: tuple[Criterion, ...]
    passes_at: float = 1.0

    def __post_init__(self) -> None:
        if not 1 <= len(self.criteria) <= LIMIT_CRITERIA:
            raise ValueError(f"a rubric of {len(self.criteria)} criteria: give 1 to {LIMIT_CRITERIA}")
        twice = sorted(name for name, times in Counter(one.name for one in self.criteria).items() if times > 1)
        if twice:
            raise ValueError(f"several criteria are named {', '.join(twice)}: give each a name of its own")
        total = sum(one.weight for one in self.criteria)
        if not 0.0 < total < math.inf:
            raise ValueError(f"the weights of the criteria sum to {total}: one of them at least must count")
        if not 0.0 < self.passes_at <= 1.0:
            raise ValueError(f"passes_at={self.passes_at!r}: give a number above 0 and at most 1")


class _Finding(msgspec.Struct):
    name: str
    found: bool
    reason: Words = ""
    quote: Words | None = ""


class _Findings(msgspec.Struct):
    criteria: Annotated[list[_Finding], msgspec.Meta(max_length=2 * LIMIT_CRITERIA)]


class RubricJudge:
    """Scores the share of the weights whose criteria are met.

    Every finding needs a quote that really stands in the response, but for case, spaces and the shape of quotation
    marks. If one does not, the model is asked once more, and what it still cannot quote is not found: a criterion
    cannot be earned by asking for it, nor a forbidden one be held against a response on hearsay.
    Source: rubrics of Kimi K2's task synthesis (arXiv 2507.20534 §3.1.1); the rule of quotes is ours.

    Args:
        critic: Who is asked.
        rubric: What is looked for.
    """

    def __init__(self, critic: Critic, rubric: Rubric) -> None:
        self.critic, self.rubric = critic, rubric

    @property
    def digest(self) -> str:
        """Digest of the prompt, the critic and the rubric."""
        return digest_of("RubricJudge", PROMPT, self.critic.digest, self.rubric)

    def decide(self, question: str, response: str, *, seed: int = 0) -> Verdict:
        """The weighted share of the criteria that are met; the parts are 1 or 0 by criterion.

        Raises:
            Fault: No verdict is to be had.
        """
        if not response.strip():
            return EMPTY
        text = _flat(response)

        def proved(finding: _Finding) -> bool:
            quote = _flat(finding.quote or "").strip("\"'.… ")
            return bool(quote) and quote in text

        def doubt(answer: _Findings) -> str:
            self._demand_each_once(answer)
            named = ", ".join(one.name for one in answer.criteria if one.found and not proved(one))
            return f"what you quote for {named} does not stand in the response; copy it to the letter" if named else ""

        listed = "\n".join(f"- {one.name}: {one.text}" for one in self.rubric.criteria)
        user = f"The criteria:\n{listed}\n\n{fenced(self.critic.limit_chars, question=question, response=response)}"
        hearing = Hearing(self.critic, seed)
        answer = hearing.ask(PROMPT, user, _Findings, doubt)
        return self._verdict({one.name: (one, proved(one)) for one in answer.criteria}, hearing.digest)

    def _demand_each_once(self, answer: _Findings) -> None:
        expected, given = (
            Counter(one.name for one in self.rubric.criteria),
            Counter(one.name for one in answer.criteria),
        )
        if missing := expected - given:
            raise Unreadable(f"it lacks the criteria {', '.join(missing)}")
        if surplus := given - expected:
            raise Unreadable(f"it has {surplus.total()} entries that are none of the criteria, or one of them twice")

    def _verdict(self, findings: dict[str, tuple[_Finding, bool]], prompt_digest: str) -> Verdict:
        parts, unmet = {}, []
        for criterion in self.rubric.criteria:
            finding, proved = findings[criterion.name]
            met = (finding.found and proved) != criterion.forbidden
            parts[criterion.name] = float(met)
            if not met:
                unproved = finding.found and not proved
                unmet.append(f"{criterion.name}: {'its quote does not stand there' if unproved else finding.reason}")
        weights = [criterion.weight for criterion in self.rubric.criteria]
        score = math.fsum(w * part for w, part in zip(weights, parts.values(), strict=True)) / math.fsum(weights)
        return Verdict(
            score=score,
            passed=score >= self.rubric.passes_at,
            reason="; ".join(unmet) or "every criterion is met",
            parts=parts,
            prompt_digest=prompt_digest,
        )


def _flat(text: str) -> str:
    """The text without what may differ in a quote of it."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_MARKS).casefold().split())


_MARKS = str.maketrans("“”„«»‘’‚`", '"""""\'\'\'\'')
