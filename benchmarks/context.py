"""What each wrapper adds to a step, at turn 1 as at turn 1,000, next to tokenising the whole history at every step."""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections.abc import Callable
from functools import partial
from itertools import count as count_from
from statistics import median
from typing import Any, ClassVar

import gymnasium

from agent_envs.dialects import DIALECTS
from agent_envs.envs.answer_loop import AnswerLoop
from agent_envs.envs.tool_loop import Grade
from agent_envs.limits import Limits
from agent_envs.messages import Action, Message, ToolCall, assistant
from agent_envs.stack import fork
from agent_envs.tasks import Task, TaskSet
from agent_envs.tokenizers import qwen
from agent_envs.tokens import TokenCounter, bytes_over_4
from agent_envs.tools import Toolbox, tool
from agent_envs.wrappers import (
    CallBudget,
    ContextLength,
    FormatGate,
    Summary,
    ThinkingBudget,
    ThinkingMode,
    TokenBudget,
    TurnLimit,
    Workspace,
)

TURNS = (1, 50, 200, 1000)
MANY = 10**9
_FRESH = count_from(10**6)
PAGE = "The river rises in the hills, passes the old town and reaches the sea after 212 km. "
Wrap = Callable[[gymnasium.Env[Any, Any], TokenCounter], gymnasium.Env[Any, Any]]

WRAPPERS: dict[str, Wrap] = {
    "ContextLength end": lambda env, count: ContextLength(env, MANY, count_tokens=count),
    "ContextLength answer": lambda env, count: ContextLength(env, MANY, "answer", count_tokens=count),
    "ContextLength recent, 8k": lambda env, count: ContextLength(env, 8192, "recent", count_tokens=count),
    "Summary": lambda env, count: Summary(env, MANY, count_tokens=count),
    "Workspace": lambda env, count: Workspace(env),
    "ThinkingMode": lambda env, count: ThinkingMode(env),
    "ThinkingMode, off": lambda env, count: ThinkingMode(env, default=False),
    "ThinkingBudget": lambda env, count: ThinkingBudget(env, MANY, count_tokens=count),
    "FormatGate": lambda env, count: FormatGate(env),
    "CallBudget": lambda env, count: CallBudget(env, MANY),
    "TokenBudget": lambda env, count: TokenBudget(env, MANY, count_tokens=count),
    "TurnLimit": lambda env, count: TurnLimit(env, MANY),
}


@tool
def read(_: None, number: int) -> str:
    """Read a page."""
    return f"{number}: {PAGE * 10}"


class Reading(AnswerLoop[Task]):
    """Pages to read from memory, so that a step costs what the loop costs."""

    name: ClassVar[str] = "Reading-v0"

    def __init__(self, count_tokens: TokenCounter) -> None:
        super().__init__(
            TaskSet("reading", [Task(id="river", instruction="How long is the river?")]),
            Toolbox((read,)),
            None,
            system="Read, then answer.",
            dialect=DIALECTS["hermes"],
            limits=Limits(turns=MANY, calls=MANY, tokens=MANY),
            forced_answer=False,
            count_tokens=count_tokens,
        )

    def grade(self, task: Task, answer: str) -> Grade:
        """Nothing is right."""
        return Grade({}, 0.0, False)

    def solution(self) -> tuple[Action, ...]:
        """There is none."""
        return (assistant(answer="212 km"),)

    def world_digest(self) -> str:
        """The world never changes."""
        return "reading"


def turn(number: int) -> str:
    """A turn that thinks, reports and reads a page."""
    call = ToolCall.of("read", number=number)
    report = f"<report>So far I have read {number} pages of the {PAGE}</report>"
    return DIALECTS["hermes"].render(Message("assistant", report, f"I need page {number}. {PAGE}", (call,)))


def main() -> None:
    """Measure everything and print one table and one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=300)
    repeats = parser.parse_args().repeats
    results: dict[str, Any] = {}
    for counter, count in (("bytes/4", bytes_over_4), ("qwen", qwen())):
        for name, wrap in WRAPPERS.items():
            results[f"{counter}: {name}"] = added(wrap, count, repeats)
        results[f"{counter}: counting the new messages"] = counting(count, whole_history=False)
        results[f"{counter}: counting the whole history"] = counting(count, whole_history=True)
    print(f"{'µs added to a step, at turn':44} " + " ".join(f"{t:>10,}" for t in TURNS))
    for name, row in results.items():
        print(f"{name:44} " + " ".join(f"{row[t]:>10,.1f}" for t in TURNS))
    print(json.dumps({"benchmark": "context", **results}))


def added(wrap: Wrap, count: TokenCounter, repeats: int) -> dict[int, float]:
    """What a wrapper adds to the median step, in µs: it and the bare environment take the same turns side by side."""
    bare: gymnasium.Env[Any, Any] = Reading(count)
    wrapped = wrap(Reading(count), count)
    for env in (bare, wrapped):
        env.reset(seed=0)
    taken, found = 0, {}
    for t in TURNS:
        while taken < t - 1:
            bare.step(turn(taken))
            wrapped.step(turn(taken))
            taken += 1
        steps: list[Callable[[], object]] = []
        for _ in range(repeats):
            # turns that were never seen before, or the memory of counts would save one of the two its work
            one, other = turn(next(_FRESH)), turn(next(_FRESH))
            steps += [partial(fork(bare).step, one), partial(fork(wrapped).step, other)]
        took = timed(steps)
        found[t] = median(took[1::2]) - median(took[::2])
    return found


def counting(count: TokenCounter, *, whole_history: bool) -> dict[int, float]:
    """Median µs of counting tokens without any memory of earlier counts."""
    env = Reading(count)
    env.reset(seed=0)
    found = {}
    for t in TURNS:
        while env.state.turns < t:
            env.step(turn(env.state.turns))
        texts = [message.content for message in (env.state.context if whole_history else env.state.new)]
        found[t] = median(timed([lambda: sum(map(count, texts))] * 20))  # noqa: B023 - run at once
    return found


def timed(acts: list[Callable[[], object]]) -> list[float]:
    """How long acts take in µs, each done once."""
    gc.collect()
    gc.disable()
    took = []
    for act in acts:
        begun = time.perf_counter()
        act()
        took.append((time.perf_counter() - begun) * 1e6)
    gc.enable()
    return took


if __name__ == "__main__":
    main()
