"""Asking a model for a verdict: what is sent, how its JSON is read, and when its failure is a fault."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec

from agent_envs.limits import at_least_one
from agent_envs.messages import Message
from agent_envs.outcome import Fault

from ..chat import Call, Chat
from .verdict import digest_of

LIMIT_ANSWER_CHARS = 64 * 1024
_TRIES = 2
_MAX_BRACES = 256
_AGAIN = "\n\nYour last answer to this was of no use: {problem}. Answer with the JSON object that is asked for, alone."

Words: TypeAlias = Annotated[str, msgspec.Meta(max_length=4000)]
"""What a model may say in one field of its answer."""

T = TypeVar("T", bound=msgspec.Struct)


class Unreadable(ValueError):
    """A model's answer that is not what was asked for; the message says to it why."""


class Critic:
    """A model that judges.

    Args:
        chat: Who answers.
        model: Its name there.
        sampling: Parameters of every call; None for temperature 0.
        limit_chars: How much of a question or a response it is shown.

    Raises:
        ValueError: A limit below 1.
    """

    def __init__(
        self, chat: Chat, model: str, *, sampling: Mapping[str, Any] | None = None, limit_chars: int = 40_000
    ) -> None:
        at_least_one("limit_chars", limit_chars)
        self.chat, self.model, self.limit_chars = chat, model, limit_chars
        self.sampling = {"temperature": 0.0} if sampling is None else dict(sampling)

    @property
    def digest(self) -> str:
        """Digest of the model's name and of what is sent with every call."""
        return digest_of(self.model, self.sampling, self.limit_chars)


class Hearing:
    """The calls that lead to one verdict, numbered from 0.

    Args:
        critic: Who is asked.
        seed: Seed of the episode.
    """

    def __init__(self, critic: Critic, seed: int) -> None:
        self._critic, self._seed = critic, seed
        self._calls: list[Call] = []

    @property
    def digest(self) -> str:
        """Digest of all calls so far; empty while there is none."""
        return digest_of(self._calls) if self._calls else ""

    def ask(self, system: str, user: str, form: type[T], doubt: Callable[[T], str] = lambda answer: "") -> T:
        """What the model answers, read as `form`; it is asked a second time, and told why, if that cannot be used.

        Args:
            system: What it is to do.
            user: What it is to judge.
            form: The JSON object that it is to answer with.
            doubt: What is wrong with an answer, in words for the model; empty if nothing is. It may raise `Unreadable`.
                A doubt that is left the second time is the caller's to weigh.

        Raises:
            Fault: The endpoint failed, or the second answer cannot be read either (origin ``judge``).
        """
        told = user
        for number in range(_TRIES):
            last = number + 1 == _TRIES
            text = self._say(system, told)
            try:
                answer = read(text, form)
                problem = doubt(answer)
            except Unreadable as error:
                if last:
                    raise Fault(
                        f"{self._critic.model} gave no verdict in {_TRIES} answers: {error}; the last: {text!r:.200}",
                        origin="judge",
                    ) from None
                problem = str(error)
            else:
                if last or not problem:
                    return answer
            told = user + _AGAIN.format(problem=problem)
        raise AssertionError("the last try returns or raises")

    def _say(self, system: str, user: str) -> str:
        call = Call(
            model=self._critic.model,
            messages=(Message("system", system), Message("user", user)),
            sampling=self._critic.sampling,
            seed=self._seed,
            index=len(self._calls),
        )
        self._calls.append(call)
        return self._critic.chat(call).message.content


def read(text: str, form: type[T]) -> T:
    """The one JSON object of this form in a text, whatever stands around it; thoughts in tags are not read.

    Raises:
        Unreadable: There is none, or there are two that differ; or the text is longer than any verdict.
    """
    text = text.rpartition("</think>")[2]
    if len(text) > LIMIT_ANSWER_CHARS:
        raise Unreadable(f"it has {len(text):,} characters, and {LIMIT_ANSWER_CHARS:,} are read")
    fit: list[T] = []
    why = "it holds no JSON object"
    for value in _objects(text):
        try:
            answer = msgspec.convert(value, form)
        except msgspec.ValidationError as error:
            why = f"its JSON object is another one: {str(error)[:200]}"
        else:
            fit += [answer] if answer not in fit else []
    if len(fit) != 1:
        raise Unreadable("it holds several JSON objects that differ" if fit else why)
    return fit[0]


def _objects(text: str) -> list[Any]:
    """The JSON objects in a text that stand in no other."""
    found, at = [], text.find("{")
    for _ in range(_MAX_BRACES):
        if at < 0:
            break
        try:
            value, end = _DECODER.raw_decode(text, at)
            found.append(value)
        except (ValueError, RecursionError):
            end = at + 1
        at = text.find("{", end)
    return found


_DECODER = json.JSONDecoder()
