"""A judge's verdict as a factor of the reward."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, TypeAlias

import msgspec
from gymnasium import Env

from agent_envs.core import Result
from agent_envs.messages import Action, Context, Message
from agent_envs.outcome import Outcome, StopReason
from agent_envs.stack import Wrapper

JUDGED = (StopReason.ANSWERED, StopReason.SUBMITTED, StopReason.USER_STOP, StopReason.TRANSFERRED)
"""The ends behind which there is something to judge; a limit at which the agent still answered is one too."""


class Judged(Protocol):
    """What a judge finds, such as `agent_envs.simulators.judge.Verdict`."""

    @property
    def score(self) -> float:
        """From 0 to 1."""

    @property
    def passed(self) -> bool:
        """Whether the response is good enough."""

    @property
    def reason(self) -> str:
        """Why, for people."""

    @property
    def prompt_digest(self) -> str:
        """Digest of what a model was asked; empty if none was."""


class Judge(Protocol):
    """Whoever judges, such as those of `agent_envs.simulators.judge`; the same for equal arguments."""

    @property
    def digest(self) -> str:
        """Digest of all that decides its verdicts, but for the answers of a model."""

    def decide(self, question: str, response: str, *, seed: int = 0) -> Judged:
        """Judge a response; raises `Fault` where no verdict is to be had."""


JudgePerTask: TypeAlias = Judge | Callable[[Any], Judge]
"""One judge for every task, or a function from the task to its own."""


class Held(msgspec.Struct, frozen=True):
    """What is remembered: digest of the episode's judge, and the sum of the rewards so far."""

    judge: str
    paid: float = 0.0


class RubricReward(Wrapper):
    """Multiplies what an episode earns by what a judge thinks of it.

    With ``weight`` w and the judge's score s, an episode earns its own sum of rewards times ``1 - w * (1 - s)``; a sum
    below 0 stays. It is a product and no sum, as τ²-bench combines its parts: a fine style must not pay for a wrong
    answer or for doing nothing. The outcome gets the part ``rubric`` (s), the judge's reason and prompt digest in its
    detail, and succeeds only if the judge passes it as well; ``info["verdict"]`` holds the whole verdict.

    Judged is the final answer, or else the dialogue, as the context still holds it and without the system message. An
    episode that ends with nothing to judge (a limit without an answer, a blank answer, a broken form) has the score 0,
    and nobody is asked. A `Fault` of the judge is raised, and the state is as it was before the step; every step forks
    what is wrapped for this.

    Args:
        env: What is wrapped.
        judge: Who judges, the same for every task or by a function from the task.
        weight: How much of the reward is the judge's, above 0 and at most 1.

    Raises:
        ValueError: A weight out of these bounds.
    """

    memory: Held
    not_over: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"RubricReward": "both write the part 'rubric'; give one judge all the criteria"}
    )

    def __init__(self, env: Env[Context, Action], judge: JudgePerTask, weight: float = 1.0) -> None:
        super().__init__(env)
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0.0 < weight <= 1.0:
            raise ValueError(f"weight={weight!r}: give a number above 0 and at most 1")
        self._judge = judge
        self.settings = self.weight = float(weight)

    @property
    def reward_range(self) -> tuple[float, float]:
        """Where the environment pays something for certain, the judge may take the weight's share of it."""
        least, most = super().reward_range
        return min(least, least * (1.0 - self.weight)), most

    def reset(self, **kwargs: Any) -> tuple[Context, dict[str, Any]]:
        """Begin an episode."""
        context, info = self.env.reset(**kwargs)
        self.memory = Held(self.judge.digest)
        return context, info

    @property
    def judge(self) -> Judge:
        """The judge of the task that is played."""
        return self._judge(self.core.task) if callable(self._judge) else self._judge

    def step(self, action: Action) -> Result:
        """Take a turn; if it ends the episode, have it judged."""
        if self.core.state.outcome is not None:
            return self.env.step(action)
        with self.undone_by_errors():
            return self._step(action)

    def _step(self, action: Action) -> Result:
        result = self.env.step(action)
        core, before = self.core, self.memory.paid
        own, outcome = before + float(result[1]), core.state.outcome
        self.memory = msgspec.structs.replace(self.memory, paid=own)
        if outcome is None:
            return result
        verdict = self._verdict(outcome)
        score = verdict.score if verdict else 0.0
        earned = own * (1.0 - self.weight * (1.0 - score)) if own > 0.0 else own
        self.memory = msgspec.structs.replace(self.memory, paid=earned)
        core.finish(
            msgspec.structs.replace(
                outcome,
                reward=earned - before,
                parts={**outcome.parts, "rubric": score},
                success=outcome.success and verdict is not None and verdict.passed,
                detail="; ".join(filter(None, (outcome.detail, _told(verdict)))),
            )
        )
        context, reward, terminated, truncated, info = self.result(result, earned - before)
        return context, reward, terminated, truncated, {**info, "verdict": verdict}

    def _verdict(self, outcome: Outcome) -> Judged | None:
        """What the judge finds; None where there is nothing to judge."""
        if not outcome.answered and outcome.reason not in JUDGED:
            return None
        state, task = self.core.state, self.core.task
        verdict = self.judge.decide(task.instruction, self._response(outcome), seed=state.seed)
        if not 0.0 <= verdict.score <= 1.0:
            raise ValueError(f"the judge gave the score {verdict.score!r}; it is to be a number from 0 to 1")
        return verdict

    def _response(self, outcome: Outcome) -> str:
        """The final answer; the dialogue where there is none."""
        context, dialect = self.core.state.context, self.core.dialect
        if outcome.answered and context[-1].role == "assistant":
            written = context[-1]
            answer = dialect.parse(written if dialect.tools_beside_text else written.content).turn.answer
            if answer is not None:
                return answer
        return "\n".join(
            f"[{number} {message.role}]\n"
            + _indented(dialect.without_thinking(message) if message.role == "assistant" else message)
            for number, message in enumerate(context)
            if message.role != "system"
        )


def _indented(message: Message) -> str:
    """What a message says, set in, so that none of its lines can pass for the heading of another message."""
    calls = (f"calls {call.name} {call.arguments}" for call in message.calls)
    said = "\n".join(filter(None, (message.content, *calls, message.answer)))
    return "\n".join(f"  {line}" for line in said.splitlines())


def _told(verdict: Judged | None) -> str:
    """What the outcome's detail tells of a verdict."""
    if verdict is None:
        return "rubric: nothing to judge"
    asked = f" (prompts {verdict.prompt_digest})" if verdict.prompt_digest else ""
    return f"rubric: {verdict.reason[:1000]}{asked}"
