"""What a check is given, and what it says when the contract is broken: how two episodes differ, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import gymnasium

from agent_envs.messages import Context
from agent_envs.rollouts.rollout import Rollout

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


def first_difference(one: Rollout, other: Rollout) -> str | None:
    """The first thing in which two episodes differ, in words; None where they are equal."""
    if one.task != other.task:
        return f"at reset the task is {one.task!r} in one and {other.task!r} in the other"
    if one.opening != other.opening:
        return f"at reset the observation differs: {_where(one.opening, other.opening)}"
    for number, (here, there) in enumerate(zip(one.steps, other.steps, strict=False), 1):
        if here.action != there.action:
            return f"at step {number} the policy acts differently: {here.action!r:.200} and {there.action!r:.200}"
        if here.new != there.new or here.context != there.context:
            return f"at step {number} the observation differs: {_where(here.new, there.new)}"
        if (here.reward, here.segment) != (there.reward, there.segment):
            return (
                f"at step {number} reward and segment are {here.reward, here.segment} and {there.reward, there.segment}"
            )
    if len(one.steps) != len(other.steps):
        return f"one ends after {len(one.steps)} steps and the other after {len(other.steps)}"
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
