"""Scoring a recorded episode anew: its turns are taken again, without a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gymnasium

from agent_envs.messages import Action, Context, Message
from agent_envs.outcome import Fault

from .policies import Policy, Sampled
from .rollout import rollout
from .trajectory import FaultRecord, Trajectory


class Diverged(ValueError):
    """The environment answers the recorded turns otherwise: what it pays would be no score of that episode."""


def rescore(trajectory: Trajectory, env: gymnasium.Env[Any, Any]) -> Trajectory:
    """Take the turns of an episode again, and record what they are worth now.

    Rewards, outcome and the digests of task and world are those of `env`; what the agent saw has to be the same to the
    byte. An episode that ended in a fault is played up to it, ends in it again and has no reward; one that never began
    comes back as it is.

    Args:
        trajectory: The record.
        env: An environment made alike, with the same wrappers where they change what the agent sees.

    Raises:
        Diverged: The agent would have seen something else; names the first message that differs.
        KeyError: The environment has no such task.
        Fault: The world failed now.
    """
    if not trajectory.segments:
        return trajectory
    end = trajectory.fault or _OVER
    again = rollout(env, lambda env, seed: _replay(trajectory, end), trajectory.seed, trajectory.task)
    if difference := _difference(trajectory, again):
        raise Diverged(f"seed {trajectory.seed}: {difference}")
    if again.fault and again.fault != end:
        raise Fault(again.fault.message, origin=again.fault.origin)
    if again.fault != trajectory.fault or len(again.turns) != len(trajectory.turns):
        goes_on = "goes on behind" if again.fault else "ends before"
        raise Diverged(f"seed {trajectory.seed}: the episode now {goes_on} the end of the recorded one")
    return again


_OVER = FaultRecord("env", "the recorded turns are over")


def _replay(trajectory: Trajectory, end: FaultRecord) -> Policy:
    """A policy that takes the recorded turns, and stops behind them with a fault."""
    turns = iter(trajectory.turns)

    def policy(context: Context, info: dict[str, Any]) -> Action | Sampled:
        for turn in turns:
            return Sampled(turn.action, turn.token_ids, turn.logprobs, turn.trained)
        raise Fault(end.message, origin=end.origin)

    return policy


def _difference(recorded: Trajectory, again: Trajectory) -> str | None:
    """The first message that differs, in words; None where one episode is the beginning of the other."""
    for (where, one), (there, other) in zip(_messages(recorded), _messages(again), strict=False):
        if where != there:
            return f"{where} was recorded; now comes {there}"
        if one != other:
            before, now = repr(one), repr(other)
            at = next((at for at, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), 0)
            shown = slice(max(0, at - 60), at + 100)
            return f"{where} was recorded as …{before[shown]}…; now it is …{now[shown]}…"
    return None


def _messages(trajectory: Trajectory) -> Iterator[tuple[str, Message]]:
    """Every message and where it stands."""
    number = 0
    for segment_number, segment in enumerate(trajectory.segments):
        for place, message in enumerate(segment.context):
            yield f"message {place} of the context of segment {segment_number}", message
        for turn in segment.turns:
            number += 1
            for place, message in enumerate(turn.new):
                yield f"message {place} of turn {number}", message
