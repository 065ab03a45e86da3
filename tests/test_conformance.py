from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import numpy as np
import pytest

from agent_envs.conformance import CHECKS, check
from agent_envs.core import Transition
from agent_envs.dialects import DIALECTS
from agent_envs.envs.tool_loop import Grade, LoopState
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.messages import Action, Message
from agent_envs.outcome import Fault

Make = Callable[..., WikiSearch]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_tiny_environment_keeps_the_contract(make_tiny: Make, dialect: str) -> None:
    report = check(make_tiny, dialect=dialect)
    assert report.problems == ()
    assert [finding.check for finding in report.findings] == list(CHECKS)


def with_reply(state: LoopState, text: str) -> LoopState:
    """The state with a text added to the last message."""
    *new, last = state.new
    last = msgspec.structs.replace(last, content=last.content + text)
    context = (*state.context[: -len(state.new)], *new, last)
    return msgspec.structs.replace(state, context=context, new=(*new, last))


class HashOrdered(WikiSearch):
    def respond(self, state: LoopState, action: Action) -> Transition[LoopState]:
        reached = super().respond(state, action)
        return Transition(with_reply(reached.state, str(hash("a string"))), reached.reward)


class Remembering(WikiSearch):
    """Keeps a list that its forks share."""

    said: list[str]

    def open(self, task: Any, seed: int) -> Any:
        self.said = []
        return super().open(task, seed)

    def respond(self, state: LoopState, action: Action) -> Transition[LoopState]:
        self.said.append("x")
        reached = super().respond(state, action)
        return Transition(with_reply(reached.state, "".join(self.said)), reached.reward)


class Crowded(WikiSearch):
    """Counts the steps of all episodes together."""

    steps: ClassVar = [0]

    def respond(self, state: LoopState, action: Action) -> Transition[LoopState]:
        self.steps[0] += 1
        reached = super().respond(state, action)
        return Transition(with_reply(reached.state, str(self.steps[0])), reached.reward)


class Gambling(WikiSearch):
    def respond(self, state: LoopState, action: Action) -> Transition[LoopState]:
        np.random.rand()  # noqa: NPY002
        return super().respond(state, action)


class Generous(WikiSearch):
    def grade(self, task: Any, answer: str) -> Grade:
        return Grade({"answer": 2.0}, 2.0, True)


class Unsolvable(WikiSearch):
    def grade(self, task: Any, answer: str) -> Grade:
        return Grade({"answer": 0.0}, 0.0, False)


class Free(WikiSearch):
    def respond(self, state: LoopState, action: Action) -> Transition[LoopState]:
        return super().respond(state, action)._replace(reward=0.01) if action == "" else super().respond(state, action)


class Touchy(WikiSearch):
    def respond(self, state: LoopState, action: Action) -> Transition[LoopState]:
        if isinstance(action, str) and "🜁" in action:
            raise UnicodeError("what is this?")
        return super().respond(state, action)


class Forgetful(WikiSearch):
    def step(self, action: Action) -> Any:
        context, reward, terminated, truncated, info = super().step(action)
        return context, reward, terminated, truncated, {**info, "new": ()}


class Listing(WikiSearch):
    def step(self, action: Action) -> Any:
        context, *rest = super().step(action)
        return (list(context), *rest)


class Permissive(WikiSearch):
    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        return super().reset(seed=seed)


class Leaking(WikiSearch):
    held: ClassVar[list[Any]] = []

    def open(self, task: Any, seed: int) -> Any:
        self.held.append(Path("/dev/null").open())  # noqa: SIM115
        return super().open(task, seed)


class Hoarding(WikiSearch):
    held: ClassVar[list[bytes]] = []

    def open(self, task: Any, seed: int) -> Any:
        self.held.append(bytes(range(256)) * 1000)
        return super().open(task, seed)


class Threaded(WikiSearch):
    def open(self, task: Any, seed: int) -> Any:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        return super().open(task, seed)


PLANTED = [
    (HashOrdered, "processes and hash seeds", r"at step 1 the observation differs: message 1, character \d+: "),
    (Remembering, "forks and replay", "a replay, of which no forks were made, gives another result"),
    (Crowded, "other episodes and global chance", "at step 1 the observation differs"),
    (Gambling, "other episodes and global chance", "draws from the process's global random state"),
    (Generous, "observations, rewards and infos", "the rewards sum to 2.0, outside 0.0 to 1.0"),
    (Unsolvable, "oracle 1, no-op 0, damaged less", "the oracle earns 0.0"),
    (Free, "oracle 1, no-op 0, damaged less", "doing nothing earns 1"),
    (Free, "awkward turns", "earns 0.01"),
    (Touchy, "awkward turns", "UnicodeError: what is this"),
    (Forgetful, "observations, rewards and infos", "the context is not the old one and info"),
    (Listing, "observations, rewards and infos", "the observation is not in the observation space"),
    (Permissive, "wrong use", "an unknown option is accepted; it is to raise ValueError"),
    (Leaking, "close and leaks", "leave 60 open files"),
    (Hoarding, "close and leaks", "MiB behind"),
    (Threaded, "close and leaks", "leave 60 threads behind"),
]


@pytest.mark.parametrize(("planted", "name", "words"), PLANTED, ids=lambda value: getattr(value, "__name__", None))
def test_a_planted_fault_is_found_and_told(make_tiny: Make, planted: type[WikiSearch], name: str, words: str) -> None:
    tiny = make_tiny()

    def make() -> WikiSearch:
        return planted(tiny.world.book, tiny.tasks)

    (problem,) = check(make, checks=(name,)).problems
    assert problem.startswith(f"{name}: ")
    assert re.search(words, problem), problem


def test_a_fault_of_the_world_is_recorded_and_is_no_reward(make_tiny: Make) -> None:
    from agent_envs.rollouts.policies import oracle
    from agent_envs.rollouts.rollout import rollout

    class Down(WikiSearch):
        def respond(self, state: LoopState, action: Action) -> Transition[LoopState]:
            raise Fault("the archive is gone", origin="infra")

    tiny = make_tiny()
    played = rollout(Down(tiny.world.book, tiny.tasks), oracle, 0)
    assert played.fault is not None
    assert (played.reward, played.fault.origin, played.outcome) == (None, "infra", None)
    assert Message("user", tiny.tasks[0].instruction) in played.opening
