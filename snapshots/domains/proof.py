"""Proof of a task: its dialogue earns 1, silence 0, and less than 1 every dialogue without one of its right calls."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agent_envs.envs.domain_task import DomainTask
from agent_envs.envs.tool_domain import Domain, ToolDomain, User
from agent_envs.messages import Action, Message, ToolCall
from agent_envs.tasks import TaskSet

LIMIT_TURNS = 40


def proved(domain: Domain, user: User, task: DomainTask) -> bool:
    """Whether a task holds: played as it is, not played at all, and with each right call left out or altered."""
    env = ToolDomain(domain, TaskSet("proof", [task]), user, limit_turns=LIMIT_TURNS)
    env.reset(seed=0)
    turns = env.solution()
    holds = _reward(env, turns) == 1.0 and _reward(env, ()) == 0.0
    holds = holds and all(_reward(env, damaged) < 1.0 for damaged in _damaged(turns, task.calls))
    env.close()
    return holds


def _reward(env: ToolDomain, turns: tuple[Action, ...]) -> float:
    env.reset(seed=0)
    total = 0.0
    for turn in (*turns, *[""] * LIMIT_TURNS):
        _, reward, terminated, truncated, _ = env.step(turn)
        total += float(reward)
        if terminated or truncated:
            return total
    return total


def _damaged(turns: tuple[Action, ...], calls: tuple[ToolCall, ...]) -> Iterator[tuple[Action, ...]]:
    """The turns without one of the right calls, and with one of its arguments altered."""
    for number, turn in enumerate(turns):
        call = turn.calls[0] if isinstance(turn, Message) and turn.calls else None
        if call is None or call not in calls:
            continue
        before, after = turns[:number], turns[number + 1 :]
        yield (*before, *after)
        arguments = msgspec.json.decode(call.arguments)
        for name, value in arguments.items():
            other = value + 1 if isinstance(value, int) else f"{value}x" if isinstance(value, str) else None
            altered = ToolCall.of(call.name, **{**arguments, name: other})
            yield (*before, Message("assistant", calls=(altered,)), *after)
