"""A judge that fails leaves the episode as it was."""

from __future__ import annotations

from typing import Any

import gymnasium
import pytest

from agent_envs import fork, state_digest
from agent_envs.outcome import Fault
from agent_envs.rollouts.policies import oracle
from agent_envs.rollouts.rollout import rollout
from agent_envs.simulators.judge import Verdict
from agent_envs.wrappers import FormatGate, TurnLimit
from agent_envs.wrappers.rubric_reward import RubricReward

from .fixed_judge import RIGHT, SEARCH, Fixed, Make


@pytest.mark.parametrize("origin", ["judge", "infra"])
def test_a_fault_of_the_judge_leaves_the_episode_as_it_was_and_the_step_can_be_taken_again(
    make_tiny: Make, origin: Any
) -> None:
    judge = Fixed(Fault("no verdict", origin=origin), Fault("no verdict", origin=origin), 0.5)
    env = TurnLimit(RubricReward(FormatGate(make_tiny()), judge), 5)
    env.reset(seed=0)
    env.step(SEARCH)
    before, context = state_digest(env), env.unwrapped.state.context  # type: ignore[attr-defined]
    for _ in range(2):
        with pytest.raises(Fault, match="no verdict") as caught:
            env.step(RIGHT)
        assert caught.value.origin == origin
        assert state_digest(env) == before
        assert env.unwrapped.state.context == context  # type: ignore[attr-defined]
    twin = fork(env)
    _, reward, terminated, _, info = env.step(RIGHT)
    assert (reward, terminated) == (0.5, True)
    assert info["verdict"] == Verdict(score=0.5, passed=False, reason="worth 0.5", prompt_digest="d1")
    assert state_digest(twin) == before
    assert twin.step(RIGHT)[1] == 0.5


def test_a_fault_of_the_judge_leaves_a_database_as_it_was() -> None:
    judge = Fixed(Fault("no verdict", origin="judge"), 0.5)
    env = RubricReward(gymnasium.make("agent_envs/Shop-v0", rows=1000), judge)
    env.reset(seed=0)
    *turns, last = env.core.solution()
    for turn in turns:
        env.step(turn)
    before = state_digest(env)
    with pytest.raises(Fault, match="no verdict"):
        env.step(last)
    assert state_digest(env) == before
    assert env.step(last)[1] == 0.5


def test_a_rollout_records_a_fault_of_the_judge_and_no_reward(make_tiny: Make) -> None:
    played = rollout(RubricReward(make_tiny(), Fixed(Fault("no verdict", origin="judge"))), oracle, 0)
    assert played.fault is not None
    assert (played.fault.origin, played.reward, played.outcome) == ("judge", None, None)


def test_what_breaks_in_a_judge_breaks_here_and_changes_nothing(make_tiny: Make) -> None:
    class Mad(Fixed):
        def decide(self, question: str, response: str, *, seed: int = 0) -> Any:
            return type("Found", (), {"score": float("nan"), "passed": True, "reason": "", "prompt_digest": ""})

    env = RubricReward(make_tiny(), Mad(1.0))
    env.reset(seed=0)
    before = state_digest(env)
    with pytest.raises(ValueError, match="the judge gave the score nan; it is to be a number from 0 to 1"):
        env.step(RIGHT)
    assert state_digest(env) == before
