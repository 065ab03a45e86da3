"""What a check is given, and what it says when the contract is broken: how two episodes differ, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import gymnasium

from agent_envs.messages import Context
from agent_envs.rollouts.trajectory import Trajectory

MakeEnv: TypeAlias = Callable[[], gymnasium.Env[Any, Any]]
"""Makes the environment that is checked; called many times."""


class Violation(AssertionError):
    """A promise that the environment does not keep."""


def demand(kept: bool, otherwise: str) -> None:
    """Go on if a promise is kept.

    Raises:
        Violation: It is not; says what is wrong.
    """
    if not kept:
        raise Violation(otherwise)


def first_difference(one: Trajectory, other: Trajectory) -> str | None:
    """The first thing in which two episodes differ, in words; None where they are equal."""
    if one.task != other.task:
        return f"at reset the task is {one.task!r} in one and {other.task!r} in the other"
    if one.opening != other.opening:
        return f"at reset the observation differs: {_where(one.opening, other.opening)}"
    for number, (here, there) in enumerate(zip(one.turns, other.turns, strict=False), 1):
        if here.action != there.action:
            return f"at step {number} the policy acts differently: {here.action!r:.200} and {there.action!r:.200}"
        if here.new != there.new:
            return f"at step {number} the observation differs: {_where(here.new, there.new)}"
        if here.reward != there.reward:
            return f"at step {number} the reward is {here.reward} and {there.reward}"
    if len(one.turns) != len(other.turns):
        return f"one ends after {len(one.turns)} steps and the other after {len(other.turns)}"
    for number, (first, second) in enumerate(zip(one.segments, other.segments, strict=False)):
        if first.context != second.context:
            return f"at the beginning of segment {number} the context differs: {_where(first.context, second.context)}"
    if one.segments != other.segments:
        return f"the context is replaced {len(one.segments)} and {len(other.segments)} times, or at other steps"
    if (one.outcome, one.fault) != (other.outcome, other.fault):
        return f"the ends differ: {one.outcome or one.fault} and {other.outcome or other.fault}"
    return None


def _where(one: Context, other: Context) -> str:
    for number, (here, there) in enumerate(zip(one, other, strict=False)):
        if here != there:
            at = next((i for i, (a, b) in enumerate(zip(here.content, there.content, strict=False)) if a != b), 0)
            shown = slice(max(0, at - 40), at + 60)
            return f"message {number}, character {at}: {here.content[shown]!r} and {there.content[shown]!r}"
    return f"one has {len(one)} messages and the other {len(other)}"
