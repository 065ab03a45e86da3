"""Trajectories as training samples: which turns are learned in which context, with what advantage and weight."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np

from agent_envs.messages import continued
from agent_envs.tokenizers import Tokenizer

from . import encoding
from .template import ChatTemplate
from .trajectory import Segment, Trajectory


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What a trainer learns at once.

    Args:
        task: Id of the task, which all rollouts of a group share.
        rollout: Number of the trajectory that it is from, in the group.
        number: Number of the segment, or of the round, in the trajectory.
        segment: Its context is given; its turns are learned where they say so.
        advantage: What its tokens are multiplied with.
        weight: What its part of the objective is multiplied with; the weights of a group sum to 1.
        truncated: Whether a limit ended the episode before it was answered. Its reward counts in the statistics of the
            group; to mask it out of the loss, as Tongyi DeepResearch does, leave such samples out.
    """

    task: str
    rollout: int
    number: int
    segment: Segment
    advantage: float
    weight: float
    truncated: bool


class Datum(msgspec.Struct, frozen=True):
    """A sample, or a part of one, as plain lists of the same length.

    Args:
        ids: Tokens.
        mask: 1 where a token is learned.
        advantages: The sample's advantage where a token is learned, 0 elsewhere.
        weight: The sample's weight; where it came apart, the share of it that the learned tokens of this part have.
    """

    ids: list[int]
    mask: list[int]
    advantages: list[float]
    weight: float


def encode(
    sample: Sample, template: ChatTemplate, tokenizer: Tokenizer, tools: Sequence[dict[str, Any]] = ()
) -> list[Datum]:
    """A sample as tokens: one datum, or several where the template rewrites what was said (see `encoding.encode`).

    Args:
        sample: What is encoded.
        template: The model's chat template.
        tokenizer: The model's tokenizer.
        tools: JSON schemas from ``info["tools"]``, where the dialect puts them beside the messages.

    Raises:
        ValueError: The template cannot render such a conversation in a way that tells where a turn begins and ends.
    """
    parts = encoding.encode(sample.segment, template, tokenizer, tools)
    learned = sum(sum(part.mask) for part in parts)
    return [
        Datum(
            part.ids,
            part.mask,
            [sample.advantage * token for token in part.mask],
            sample.weight * sum(part.mask) / learned,
        )
        for part in parts
    ]


def grpo(group: Sequence[Trajectory]) -> list[Sample]:
    """Plain GRPO: a trajectory of one segment is a sample, with its reward held against those of the group.

    An episode that ended in a fault has no reward, and is no part of the group. Source: DeepSeekMath, arXiv 2402.03300.

    Args:
        group: Rollouts of one task.

    Raises:
        ValueError: A trajectory has several segments, or the tasks differ.
    """
    for number, trajectory in enumerate(group):
        if len(_learned(trajectory)) > 1:
            raise ValueError(
                f"rollout {number} has {len(trajectory.segments)} segments, for its context was replaced: use"
                " resum_grpo or iterresearch"
            )
    return resum_grpo(group)


def resum_grpo(group: Sequence[Trajectory]) -> list[Sample]:
    """ReSum-GRPO: every segment is a sample; the advantage is that of its rollout among the rollouts of the group.

    The advantages are over rollouts, not over segments, with the population's standard deviation (0 where all rewards
    are equal), and the objective is normalised by the number of segments. An episode that ended in a fault has no
    reward, and is no part of the group. Source: ReSum, arXiv 2509.13313.

    Args:
        group: Rollouts of one task.

    Raises:
        ValueError: The tasks differ.
    """
    _check_same_task(group)
    rewards = {number: reward for number, one in enumerate(group) if (reward := one.reward) is not None}
    advantages = dict(zip(rewards, _normalised(list(rewards.values())), strict=True))
    parts = [(number, place, part) for number in rewards for place, part in _learned(group[number])]
    return [
        _sample(group[number], number, place, part, advantages[number], 1 / len(parts)) for number, place, part in parts
    ]


def iterresearch(group: Sequence[Trajectory], *, data_parallel: int, seed: int) -> list[Sample]:
    """IterResearch: every round is a sample; the advantage is that of its reward among all rounds of the group.

    The rounds are down-sampled to a multiple of the trainer's data-parallel size, so that no worker idles; which are
    kept follows from the seed. Source: WebResearcher, arXiv 2509.13309.

    Args:
        group: Rollouts of one task, as `agent_envs.wrappers.Workspace` makes them.
        data_parallel: How many workers share the samples.
        seed: Chooses the rounds that are kept.

    Raises:
        ValueError: `data_parallel` is below 1, or the tasks differ.
    """
    _check_same_task(group)
    if data_parallel < 1:
        raise ValueError(f"data_parallel={data_parallel}: give a whole number, at least 1")
    rounds = [
        (number, place, part, reward)
        for number, trajectory in enumerate(group)
        if (reward := trajectory.reward) is not None
        for place, part in enumerate(_rounds(trajectory))
    ]
    advantages = _normalised([reward for *_, reward in rounds])
    size = len(rounds) // data_parallel * data_parallel
    kept = sorted(np.random.default_rng(seed).permutation(len(rounds))[:size].tolist())
    samples = []
    for at in kept:
        number, place, part, _ = rounds[at]
        samples.append(_sample(group[number], number, place, part, advantages[at], 1 / size))
    return samples


def sft(trajectories: Iterable[Trajectory]) -> list[Sample]:
    """Supervised samples: every segment, in which the agent's turns are learned and nothing else.

    The advantages and weights are 1. Choose the trajectories first, such as those with a reward of 1.
    """
    return [
        _sample(trajectory, number, place, part, 1.0, 1.0)
        for number, trajectory in enumerate(trajectories)
        for place, part in _learned(trajectory)
    ]


def _sample(
    trajectory: Trajectory, rollout: int, number: int, segment: Segment, advantage: float, weight: float
) -> Sample:
    return Sample(
        task=trajectory.task,
        rollout=rollout,
        number=number,
        segment=segment,
        advantage=advantage,
        weight=weight,
        truncated=trajectory.outcome is None or trajectory.outcome.truncated,
    )


def _check_same_task(group: Sequence[Trajectory]) -> None:
    if len(tasks := sorted({trajectory.task for trajectory in group})) > 1:
        raise ValueError(
            f"a group holds rollouts of one task, not of {', '.join(tasks)}; make the samples of each apart"
        )


def _learned(trajectory: Trajectory) -> list[tuple[int, Segment]]:
    """The segments in which a turn is to be learned, with their numbers."""
    numbered = enumerate(trajectory.segments)
    return [(number, segment) for number, segment in numbered if any(turn.trained for turn in segment.turns)]


def _rounds(trajectory: Trajectory) -> list[Segment]:
    """Every turn that is to be learned, in the context in which it was taken."""
    rounds = []
    for segment in trajectory.segments:
        context = segment.context
        for turn in segment.turns:
            if turn.trained:
                rounds.append(Segment(context, (turn,)))
            context = continued(context, turn.new)
    return rounds


def _normalised(rewards: list[float]) -> list[float]:
    """How far each reward is from their mean, in standard deviations of the population."""
    if not rewards:
        return []
    mean = math.fsum(rewards) / len(rewards)
    deviation = math.sqrt(math.fsum((reward - mean) ** 2 for reward in rewards) / len(rewards))
    return [(reward - mean) / deviation if deviation > 0 else 0.0 for reward in rewards]
