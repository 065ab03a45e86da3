from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ClassVar

import gymnasium
import msgspec
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit
from msgspec import Meta

from agent_envs.conformance import CHECKS, check
from agent_envs.core import Transition
from agent_envs.dialects import DIALECTS
from agent_envs.envs.answer_loop import AnswerState
from agent_envs.envs.tool_loop import Grade
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.messages import Action, Message
from agent_envs.outcome import Fault
from agent_envs.tools import Toolbox, tool

Make = Callable[..., WikiSearch]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_tiny_environment_keeps_the_contract(make_tiny: Make, dialect: str) -> None:
    report = check(make_tiny, dialect=dialect)
    assert report.problems == ()
    assert [finding.check for finding in report.findings] == list(CHECKS)


def with_reply(state: AnswerState, text: str) -> AnswerState:
    """The state with a text added to the last message."""
    *new, last = state.new
    last = msgspec.structs.replace(last, content=last.content + text)
    context = (*state.context[: -len(state.new)], *new, last)
    return msgspec.structs.replace(state, context=context, new=(*new, last))


class HashOrdered(WikiSearch):
    def respond(self, state: AnswerState, action: Action) -> Transition[AnswerState]:
        reached = super().respond(state, action)
        return Transition(with_reply(reached.state, str(hash("a string"))), reached.reward)


class Remembering(WikiSearch):
    """Keeps a list that its forks share."""

    said: list[str]

    def open(self, task: Any, seed: int) -> Any:
        self.said = []
        return super().open(task, seed)

    def respond(self, state: AnswerState, action: Action) -> Transition[AnswerState]:
        self.said.append("x")
        reached = super().respond(state, action)
        return Transition(with_reply(reached.state, "".join(self.said)), reached.reward)


class Crowded(WikiSearch):
    """Counts the steps of all episodes together."""

    steps: ClassVar = [0]

    def respond(self, state: AnswerState, action: Action) -> Transition[AnswerState]:
        self.steps[0] += 1
        reached = super().respond(state, action)
        return Transition(with_reply(reached.state, str(self.steps[0])), reached.reward)


class Gambling(WikiSearch):
    def respond(self, state: AnswerState, action: Action) -> Transition[AnswerState]:
        np.random.rand()  # noqa: NPY002
        return super().respond(state, action)


class Generous(WikiSearch):
    def grade(self, task: Any, answer: str) -> Grade:
        return Grade({"answer": 2.0}, 2.0, True)


class Unsolvable(WikiSearch):
    def grade(self, task: Any, answer: str) -> Grade:
        return Grade({"answer": 0.0}, 0.0, False)


class Free(WikiSearch):
    def respond(self, state: AnswerState, action: Action) -> Transition[AnswerState]:
        return super().respond(state, action)._replace(reward=0.01) if action == "" else super().respond(state, action)


class Touchy(WikiSearch):
    def respond(self, state: AnswerState, action: Action) -> Transition[AnswerState]:
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


class Shared(WikiSearch):
    """A store that forks share and that no digest covers."""

    store: dict[str, int]

    def open(self, task: Any, seed: int) -> Any:
        self.store = {}
        return super().open(task, seed)

    def respond(self, state: AnswerState, action: Action) -> Transition[AnswerState]:
        self.store["turns"] = max(self.store.get("turns", 0), state.turns)
        reached = super().respond(state, action)
        return Transition(with_reply(reached.state, f"{self.store}"), reached.reward)


class Digestless(WikiSearch):
    def state_digest(self) -> str:
        return "x"


class Tired(WikiSearch):
    """Shows from the second turn on how many episodes it has played."""

    played = 0

    def open(self, task: Any, seed: int) -> Any:
        self.played += 1
        return super().open(task, seed)

    def respond(self, state: AnswerState, action: Action) -> Transition[AnswerState]:
        reached = super().respond(state, action)
        return Transition(with_reply(reached.state, str(self.played)) if state.turns else reached.state, reached.reward)


class Endless(WikiSearch):
    def respond(self, state: AnswerState, action: Action) -> Transition[AnswerState]:
        return Transition(msgspec.structs.replace(state, new=(), turns=state.turns + 1))


class Gullible(WikiSearch):
    def respond(self, state: AnswerState, action: Action) -> Transition[AnswerState]:
        reached = super().respond(state, action)
        null = isinstance(action, Message) and any(call.arguments == "null" for call in action.calls)
        return Transition(reached.state, 0.9) if null else reached


class Keeping(WikiSearch):
    """Keeps something of every episode."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept: list[bytes] = []

    def open(self, task: Any, seed: int) -> Any:
        self.kept.append(bytes(60_000))
        return super().open(task, seed)


PLANTED = [
    (Shared, "forks and replay", "what other forks did changes what the last turn leads to"),
    (Digestless, "forks and replay", "a step leaves the state digest as it was"),
    (Tired, "other episodes and global chance", "that has played other episodes at step 2 the observation differs"),
    (Endless, "oracle 1, no-op 0, damaged less", "has no end after 10,000 steps"),
    (Gullible, "awkward turns", "search with the arguments 'null' earns 0.9"),
    (Keeping, "close and leaks", "KiB of Python's memory behind"),
    (HashOrdered, "processes and hash seeds", r"at step 1 the observation differs: message 1, character \d+: "),
    (Remembering, "forks and replay", "what other forks did changes what the last turn leads to"),
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
    (Leaking, "close and leaks", "leave 120 open files"),
    (Hoarding, "close and leaks", "each environment leaves .* behind"),
    (Threaded, "close and leaks", "leave 120 threads behind"),
]


@pytest.mark.parametrize(("planted", "name", "words"), PLANTED, ids=lambda value: getattr(value, "__name__", None))
def test_a_planted_fault_is_found_and_told(make_tiny: Make, planted: type[WikiSearch], name: str, words: str) -> None:
    tiny = make_tiny()

    def make() -> WikiSearch:
        return planted(tiny.world.book, tiny.tasks)

    (problem,) = check(make, checks=(name,)).problems
    assert problem.startswith(f"{name}: ")
    assert re.search(words, problem), problem


def test_an_environment_that_a_time_limit_cuts_short_keeps_the_contract(make_tiny: Make) -> None:
    def make() -> gymnasium.Env[Any, Any]:
        return TimeLimit(make_tiny(), 2)

    assert check(make, checks=tuple(name for name in CHECKS if not name.startswith("oracle"))).problems == ()


def test_an_environment_that_its_user_registered_is_checked_in_other_processes(make_tiny: Make) -> None:
    gymnasium.register("mine/Tiny-v0", make_tiny)
    try:
        assert check("mine/Tiny-v0", checks=("processes and hash seeds",)).problems == ()
    finally:
        del gymnasium.registry["mine/Tiny-v0"]


def test_tools_and_locks_of_a_module_that_no_other_process_can_import_are_no_obstacle(make_tiny: Make) -> None:
    tiny = make_tiny()

    def make() -> WikiSearch:
        env = WikiSearch(tiny.world.book, tiny.tasks)
        env.tools = Toolbox((*env.tools.values(), shout))
        return env

    assert check(make, checks=("processes and hash seeds",)).problems == ()


@tool
def shout(desk: object, text: Annotated[str, Meta(min_length=1)]) -> str:
    """Say it louder."""
    return text.upper()


def test_a_fault_of_the_world_is_recorded_and_is_no_reward(make_tiny: Make) -> None:
    from agent_envs.rollouts.policies import oracle
    from agent_envs.rollouts.rollout import rollout

    class Down(WikiSearch):
        def respond(self, state: AnswerState, action: Action) -> Transition[AnswerState]:
            raise Fault("the archive is gone", origin="infra")

    tiny = make_tiny()
    played = rollout(Down(tiny.world.book, tiny.tasks), oracle, 0)
    assert played.fault is not None
    assert (played.reward, played.fault.origin, played.outcome) == (None, "infra", None)
    assert Message("user", tiny.tasks[0].instruction) in played.opening
