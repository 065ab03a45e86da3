"""A judge whose scores are settled beforehand, and turns to be judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent_envs import ToolCall
from agent_envs.messages import assistant
from agent_envs.outcome import Fault
from agent_envs.simulators.judge import Verdict

Make = Callable[..., Any]
SEARCH = assistant(calls=(ToolCall.of("search", query=["river"]),))
RIGHT, WRONG, BLANK = (assistant(answer=text) for text in ("Grossglockner", "Danube", " "))


class Fixed:
    """A judge with a score of its own, which remembers what it was shown."""

    digest = "fixed"

    def __init__(self, *scores: float | Fault) -> None:
        self.scores = list(scores)
        self.shown: list[tuple[str, str, int]] = []

    def decide(self, question: str, response: str, *, seed: int = 0) -> Verdict:
        self.shown.append((question, response, seed))
        score = self.scores.pop(0) if len(self.scores) > 1 else self.scores[0]
        if isinstance(score, Fault):
            raise score
        return Verdict(score=score, passed=score == 1.0, reason=f"worth {score}", prompt_digest="d1")
