from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.messages import Message, assistant
from agent_envs.outcome import Outcome, StopReason
from agent_envs.rollouts.policies import MakePolicy
from agent_envs.rollouts.rollout import rollout
from agent_envs.rollouts.samples import encode, grpo, iterresearch, resum_grpo, sft
from agent_envs.rollouts.template import JinjaTemplate
from agent_envs.rollouts.trajectory import FaultRecord, Segment, Trajectory, Turn
from agent_envs.tokenizers import qwen
from agent_envs.wrappers import Summary

Make = Callable[..., JinjaTemplate]

OPENING = (Message("system", "s"), Message("user", "q"))
SAID = (assistant("a"), Message("user", "b"))


def trajectory(reward: float, segments: int, turns: int = 1, **keywords: Any) -> Trajectory:
    """A rollout of so many segments of so many turns, the last of which pays."""
    parts = []
    for number in range(segments):
        paid = [0.0] * turns
        if number == segments - 1:
            paid[-1] = reward
        parts.append(Segment(OPENING, tuple(Turn("a", SAID, pay) for pay in paid)))
    outcome = Outcome(reason=StopReason.ANSWERED, reward=reward, answered=True)
    given = {"outcome": outcome, "segments": tuple(parts), **keywords}
    return Trajectory(**{"env": "e", "task": "t", "seed": 0, **given})


def test_resums_advantage_is_over_rollouts_and_stands_on_every_segment() -> None:
    group = [trajectory(1.0, 3), trajectory(0.0, 1), trajectory(0.0, 1), trajectory(0.0, 1)]
    samples = resum_grpo(group)
    assert [sample.rollout for sample in samples] == [0, 0, 0, 1, 2, 3]
    assert [sample.number for sample in samples] == [0, 1, 2, 0, 0, 0]
    assert [sample.advantage for sample in samples] == pytest.approx([1.7320508] * 3 + [-0.5773503] * 3)
    assert [sample.weight for sample in samples] == pytest.approx([1 / 6] * 6)


def test_equal_rewards_give_no_advantage() -> None:
    assert {sample.advantage for sample in resum_grpo([trajectory(1.0, 2), trajectory(1.0, 1)])} == {0.0}


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.3, 1.0]), st.integers(1, 5)), min_size=1, max_size=12))
def test_advantages_of_rollouts_have_mean_0_and_deviation_1_or_are_0(group: list[tuple[float, int]]) -> None:
    samples = resum_grpo([trajectory(*one) for one in group])
    first = {sample.rollout: sample.advantage for sample in samples}
    assert sum(first.values()) == pytest.approx(0.0, abs=1e-9)
    assert sum(value**2 for value in first.values()) == pytest.approx(len(first) if len(set(first.values())) > 1 else 0)
    assert sum(sample.weight for sample in samples) == pytest.approx(1.0)
    assert all(sample.advantage == first[sample.rollout] for sample in samples)


def test_a_rollout_that_ended_in_a_fault_is_no_part_of_the_group() -> None:
    failed = trajectory(0.0, 2, outcome=None, fault=FaultRecord("infra", "down"))
    samples = resum_grpo([trajectory(1.0, 1), failed, trajectory(0.0, 1)])
    assert [(sample.rollout, sample.advantage) for sample in samples] == [(0, 1.0), (2, -1.0)]


def test_a_rollout_that_a_limit_cut_counts_and_can_be_told() -> None:
    cut = trajectory(0.0, 1, outcome=Outcome(reason=StopReason.TOKEN_LIMIT))
    samples = grpo([trajectory(1.0, 1), cut])
    assert [(sample.advantage, sample.truncated) for sample in samples] == [(1.0, False), (-1.0, True)]


def test_plain_grpo_refuses_a_context_that_was_replaced() -> None:
    with pytest.raises(ValueError, match="rollout 1 has 2 segments, for its context was replaced: use resum_grpo"):
        grpo([trajectory(1.0, 1), trajectory(0.0, 2)])


def test_in_iterresearch_every_round_is_a_sample_normalised_over_all_rounds() -> None:
    group = [trajectory(1.0, 3), trajectory(0.0, 5)]
    samples = iterresearch(group, data_parallel=1, seed=0)
    assert [(sample.rollout, sample.number) for sample in samples] == [
        (0, 0),
        (0, 1),
        (0, 2),
        *((1, n) for n in range(5)),
    ]
    mean, deviation = 3 / 8, (3 / 8 * 5 / 8) ** 0.5
    assert samples[0].advantage == pytest.approx((1 - mean) / deviation)
    assert samples[-1].advantage == pytest.approx(-mean / deviation)


@given(st.integers(1, 30), st.integers(1, 8), st.integers(0, 99))
def test_rounds_are_down_sampled_to_a_multiple_by_the_seed_alone(rounds: int, workers: int, seed: int) -> None:
    group = [trajectory(1.0, rounds), trajectory(0.0, 2)]
    samples = iterresearch(group, data_parallel=workers, seed=seed)
    assert len(samples) == (rounds + 2) // workers * workers
    assert samples == iterresearch(group, data_parallel=workers, seed=seed)
    kept = [(sample.rollout, sample.number) for sample in samples]
    assert kept == sorted(set(kept))


def test_each_round_is_learned_in_the_context_in_which_it_was_taken() -> None:
    first, second = iterresearch([trajectory(1.0, 1, turns=2)], data_parallel=1, seed=0)
    assert first.segment.context == OPENING
    assert second.segment.context == OPENING + SAID
    assert [len(sample.segment.turns) for sample in (first, second)] == [1, 1]


def test_supervised_samples_are_the_segments_in_which_something_is_learned() -> None:
    untrained = trajectory(1.0, 1)
    turn = Turn("a", SAID, 1.0, trained=False)
    untrained = Trajectory(env="e", task="t", seed=0, segments=(Segment(OPENING, (turn,)), Segment(OPENING)))
    samples = sft([trajectory(1.0, 2), untrained])
    assert [(sample.rollout, sample.number, sample.advantage, sample.weight) for sample in samples] == [
        (0, 0, 1.0, 1.0),
        (0, 1, 1.0, 1.0),
    ]


def test_a_number_of_workers_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="data_parallel=0"):
        iterresearch([], data_parallel=0, seed=0)


def test_a_group_is_of_one_task() -> None:
    group = [trajectory(1.0, 1), trajectory(0.0, 1, task="u")]
    for make in (grpo, resum_grpo, partial(iterresearch, data_parallel=1, seed=0)):
        with pytest.raises(ValueError, match="a group holds rollouts of one task, not of t, u"):
            make(group)
    assert [sample.task for sample in sft(group)] == ["t", "u"]


def test_a_sample_as_tokens_has_its_advantage_where_it_is_learned(template_of: Make) -> None:
    first, *_ = grpo([trajectory(1.0, 1), trajectory(0.0, 1)])
    (datum,) = encode(first, template_of("qwen2_5"), qwen())
    learned = [token for token, one in zip(datum.ids, datum.mask, strict=True) if one]
    assert qwen().decode(learned) == "a<|im_end|>"
    assert datum.advantages == [float(one) for one in datum.mask]
    assert datum.weight == 0.5


def test_the_parts_of_a_sample_that_comes_apart_share_its_weight_by_what_is_learned(template_of: Make) -> None:
    thoughts = [
        Turn("", (assistant(f"<think>\n{text}\n</think>\n\na"), Message("user", "b")), 0.0) for text in ("x", "y y")
    ]
    played = msgspec.structs.replace(trajectory(0.0, 1), segments=(Segment(OPENING, tuple(thoughts)),))
    sample, other = resum_grpo([played, trajectory(1.0, 1)])
    parts = encode(sample, template_of("qwen3"), qwen())
    assert [sum(part.mask) for part in parts] == [8, 9]
    assert [part.weight for part in parts] == pytest.approx([0.5 * 8 / 17, 0.5 * 9 / 17])
    assert {value for part in parts for value in part.advantages} == {0.0, -1.0}
    assert sum(part.weight for part in encode(other, template_of("qwen3"), qwen())) == 0.5


def test_only_the_agents_turns_of_an_episode_are_learned(
    template_of: Make, make_tiny: Any, thinking_oracle: Callable[[str], MakePolicy]
) -> None:
    env = Summary(make_tiny(dialect="hermes"), every_turns=2)
    played = [rollout(env, thinking_oracle("Hm."), seed) for seed in (0, 1)]
    assert [len(one.segments) for one in played] == [2, 2]
    for sample in sft(played):
        data = encode(sample, template_of("qwen3_training"), qwen())
        learned = [token for datum in data for token, one in zip(datum.ids, datum.mask, strict=True) if one]
        assert learned == [token for turn in sample.segment.turns for token in turn.token_ids]


def test_an_empty_group_gives_no_samples() -> None:
    assert (resum_grpo([]), iterresearch([], data_parallel=2, seed=0), sft([])) == ([], [], [])
