"""What the tests of judges share: scripted models, which are plain functions from a call to a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, repeat

import pytest

from agent_envs.messages import Message
from agent_envs.simulators.chat import Call, Reply
from agent_envs.simulators.judge import Critic


class Scripted:
    """A model that says what a function makes of the call; it remembers what it was asked."""

    def __init__(self, answer: Callable[[Call], str]) -> None:
        self.answer = answer
        self.calls: list[Call] = []

    def __call__(self, call: Call) -> Reply:
        self.calls.append(call)
        return Reply(message=Message("assistant", self.answer(call)))

    @property
    def critic(self) -> Critic:
        return Critic(self, "scripted")


@pytest.fixture(scope="session")
def make_model() -> Callable[[Callable[[Call], str]], Scripted]:
    """Makes a model of a function."""
    return Scripted


@pytest.fixture(scope="session")
def say() -> Callable[..., Scripted]:
    """Makes a model that says these texts, and the last of them for ever."""

    def make(*texts: str) -> Scripted:
        said = chain(texts, repeat(texts[-1]))
        return Scripted(lambda call: next(said))

    return make


@pytest.fixture(scope="session")
def shown() -> Callable[[Call], dict[str, str]]:
    """Reads the fenced texts of a call, by name, as an honest model would."""

    def read(call: Call) -> dict[str, str]:
        user = call.messages[1].content
        label = user.split("Marks with the label ", 1)[1].split(" ", 1)[0]
        names: Sequence[str] = ("question", "reference", "response", "response_A", "response_B")
        texts = {}
        for name in names:
            if f"<{name} {label}>\n" in user:
                texts[name] = user.split(f"<{name} {label}>\n", 1)[1].split(f"\n</{name} {label}>", 1)[0]
        return texts

    return read
