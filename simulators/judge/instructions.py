"""Following instructions, decided by code: the share of the checks that hold, and nothing for a false claim."""

from __future__ import annotations

import msgspec

from .checks import Check
from .claims import false_claims
from .verdict import EMPTY, Verdict, digest_of


class InstructionJudge(msgspec.Struct, frozen=True):
    """Scores the share of the checks that a response keeps; one that claims of itself what is not so gets 0.

    Source: verifiable instructions of IFEval (arXiv 2311.07911), hack check of Kimi K2 (arXiv 2507.20534 §3.2.1).

    Args:
        checks: What was asked for.

    Raises:
        ValueError: No check.
    """

    checks: tuple[Check, ...]

    def __post_init__(self) -> None:
        if not self.checks:
            raise ValueError("checks=(): give one at least")

    @property
    def digest(self) -> str:
        """Digest of the checks."""
        return digest_of("InstructionJudge", self)

    def decide(self, question: str, response: str, *, seed: int = 0) -> Verdict:
        """The share of the checks that hold; the parts are 1 or 0 by check, as ``1 Count``, and ``honest``."""
        if not response.strip():
            return EMPTY
        told = {
            f"{number} {type(check).__name__}": check.complaint(response) for number, check in enumerate(self.checks, 1)
        }
        claims = false_claims(response, self.checks)
        reasons = [f"{name}: {complaint}" for name, complaint in told.items() if complaint]
        reasons += [f"it claims {claim[:200]!r}, which is not so" for claim in claims]
        parts = {name: float(not complaint) for name, complaint in told.items()}
        score = 0.0 if claims else sum(parts.values()) / len(parts)
        return Verdict(
            score=score,
            passed=not reasons,
            reason="; ".join(reasons) or "every instruction was followed",
            parts={**parts, "honest": float(not claims)},
        )
