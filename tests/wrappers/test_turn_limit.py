from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.wrappers import RecordEpisodeStatistics, TimeLimit

from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.outcome import StopReason
from agent_envs.rollouts.policies import noop, oracle
from agent_envs.rollouts.rollout import rollout
from agent_envs.wrappers import TurnLimit

Make = Callable[..., WikiSearch]


def test_the_episode_ends_with_a_type_at_the_last_turn(make_tiny: Make) -> None:
    env = TurnLimit(make_tiny(), 3)
    played = rollout(env, noop, 0)
    assert len(played.turns) == 3
    assert played.outcome is not None
    assert (played.outcome.reason, played.outcome.truncated, played.reward) == (StopReason.TURN_LIMIT, True, 0.0)
    with pytest.raises(ResetNeeded):
        env.step("")


def test_an_answer_in_the_last_turn_counts(make_tiny: Make) -> None:
    played = rollout(TurnLimit(make_tiny(), 4), oracle, 0)
    assert played.outcome is not None
    assert (played.outcome.reason, played.reward) == (StopReason.ANSWERED, 1.0)


def test_the_reward_is_monotone_in_the_turns_that_are_allowed(make_tiny: Make) -> None:
    rewards = [rollout(TurnLimit(make_tiny(), turns), oracle, 0).reward for turns in range(1, 9)]
    assert rewards == [0.0] * 3 + [1.0] * 5


@pytest.mark.parametrize("limit", [0, -1, 2.0, "3", True])
def test_a_limit_that_is_none_is_refused(make_tiny: Make, limit: Any) -> None:
    with pytest.raises(ValueError, match=r"limit_turns=.*at least 1"):
        TurnLimit(make_tiny(), limit)


@pytest.mark.parametrize("order", ["outside", "inside"])
def test_gymnasiums_own_wrappers_stand_inside_or_outside(make_tiny: Make, order: str) -> None:
    def statistics(env: Any) -> gymnasium.Env[Any, Any]:
        return RecordEpisodeStatistics(TimeLimit(env, 5))

    env = statistics(TurnLimit(make_tiny(), 2)) if order == "outside" else TurnLimit(statistics(make_tiny()), 2)
    env.reset(seed=0)
    assert env.step("")[2:4] == (False, False)
    *_, truncated, info = env.step("")
    assert truncated
    assert info["outcome"].reason is StopReason.TURN_LIMIT
    assert ("episode" in info) == (order == "outside")


def test_a_time_limit_within_ends_the_episode_without_an_outcome(make_tiny: Make) -> None:
    env = TurnLimit(TimeLimit(make_tiny(), 2), 9)
    env.reset(seed=0)
    env.step("")
    *_, truncated, info = env.step("")
    assert truncated
    assert "outcome" not in info
