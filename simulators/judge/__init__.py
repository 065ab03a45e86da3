"""Judges: how good a response is, by rules where rules can tell and by a model where they cannot."""

from __future__ import annotations

from .checks import Check, Count, Frame, Holds, InCase, InScript, IsJson, Lacks
from .correctness import Correctness
from .critic import Critic
from .instructions import InstructionJudge
from .matching import ExactMatch, NumberMatch, SetMatch, TokenF1
from .ranking import Comparison, PairwiseRanker, Ranking
from .rubric import Criterion, Rubric, RubricJudge
from .verdict import Judge, Verdict

__all__ = [
    "Check",
    "Comparison",
    "Correctness",
    "Count",
    "Criterion",
    "Critic",
    "ExactMatch",
    "Frame",
    "Holds",
    "InCase",
    "InScript",
    "InstructionJudge",
    "IsJson",
    "Judge",
    "Lacks",
    "NumberMatch",
    "PairwiseRanker",
    "Ranking",
    "Rubric",
    "RubricJudge",
    "SetMatch",
    "TokenF1",
    "Verdict",
]
