"""Whether an answer is right, decided by a model where the rules do not see it."""

from __future__ import annotations

import msgspec

from agent_envs.answers import Answer

from .critic import Critic, Hearing, Words
from .fence import fenced
from .verdict import EMPTY, Verdict, digest_of

PROMPT = """You decide whether a response to a question is correct.

The reference answer is true. The response is correct if it gives the same answer: other words, another language, more \
detail or another unit do not matter. It is not correct if it contradicts the reference, leaves part of it out, gives \
several answers to choose from, or gives none.

Answer with one JSON object and nothing else:
{"reason": "one or two sentences", "correct": true or false}"""


class _Answered(msgspec.Struct):
    reason: Words
    correct: bool


class Correctness:
    """Right or wrong: by the rules where they say that it is right (`Answer.matches`), by a model otherwise.

    The form follows the judges of question answering, such as SimpleQA's (arXiv 2411.04368); the words are ours.

    Args:
        critic: Who is asked.
        truth: The reference answer.
    """

    def __init__(self, critic: Critic, truth: Answer) -> None:
        self.critic, self.truth = critic, truth

    @property
    def digest(self) -> str:
        """Digest of the prompt, the critic and the truth."""
        return digest_of("Correctness", PROMPT, self.critic.digest, self.truth)

    def decide(self, question: str, response: str, *, seed: int = 0) -> Verdict:
        """1 or 0, with the model's reason.

        Raises:
            Fault: No verdict is to be had.
        """
        if not response.strip():
            return EMPTY
        if self.truth.matches(response):
            return Verdict(score=1.0, passed=True, reason=f"it is {self.truth.value!r}")
        reference = " ".join(filter(None, (self.truth.value, self.truth.unit)))
        also = "".join(f"\nalso right: {alias}" for alias in self.truth.aliases)
        hearing = Hearing(self.critic, seed)
        texts = {"question": question, "reference": reference + also, "response": response}
        answer = hearing.ask(PROMPT, fenced(self.critic.limit_chars, **texts), _Answered)
        return Verdict(
            score=float(answer.correct), passed=answer.correct, reason=answer.reason, prompt_digest=hearing.digest
        )
