from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import pytest
from gymnasium.wrappers import PassiveEnvChecker, RecordEpisodeStatistics, TimeLimit

from agent_envs import Message, ToolCall, Wrapper, fork, state_digest
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.messages import assistant

Make = Callable[..., WikiSearch]
SEARCH = assistant(calls=(ToolCall.of("search", query=["river"]),))


class Counting(Wrapper):
    """Counts the steps of an episode."""

    memory = 0

    def reset(self, **kwargs: Any) -> Any:
        self.memory = 0
        return super().reset(**kwargs)

    def step(self, action: Any) -> Any:
        self.memory += 1
        return super().step(action)


def test_consecutive_seeds_play_every_task(make_tiny: Make) -> None:
    env = make_tiny()
    assert [env.reset(seed=seed)[1]["task"] for seed in range(4)] == ["tiny-0", "tiny-1", "tiny-0", "tiny-1"]


def test_an_option_chooses_the_task(make_tiny: Make) -> None:
    assert make_tiny().reset(seed=0, options={"task": "tiny-1"})[1]["task"] == "tiny-1"


def test_episodes_without_a_seed_follow_from_the_last_one_and_can_be_repeated(make_tiny: Make) -> None:
    env, again = make_tiny(), make_tiny()
    env.reset(seed=5)
    again.reset(seed=5)
    drawn = [env.reset()[1]["seed"] for _ in range(5)]
    assert drawn == [again.reset()[1]["seed"] for _ in range(5)]
    env.reset(seed=drawn[-1])
    assert state_digest(env) == state_digest(again)


def test_a_fork_goes_its_own_way_through_any_stack_of_wrappers(make_tiny: Make) -> None:
    env: gymnasium.Env[Any, Any] = RecordEpisodeStatistics(TimeLimit(Counting(PassiveEnvChecker(make_tiny())), 3))
    env.reset(seed=0)
    env.step(SEARCH)
    twin = fork(env)
    assert state_digest(twin) == state_digest(env)
    assert twin.step(SEARCH)[3] is False
    assert twin.step(SEARCH)[3] is True
    assert state_digest(twin) != state_digest(env)
    assert env.step(SEARCH)[3] is False
    *_, truncated, info = env.step(SEARCH)
    assert truncated is True
    assert info["episode"]["l"] == 3


def test_a_wrappers_memory_is_part_of_the_state(make_tiny: Make) -> None:
    env = Counting(make_tiny())
    env.reset(seed=0)
    before = state_digest(env)
    env.memory = 7
    assert state_digest(env) != before


def test_an_environment_that_cannot_fork_says_so() -> None:
    with pytest.raises(TypeError, match="CartPoleEnv cannot fork"):
        fork(gymnasium.make("CartPole-v1"))
    with pytest.raises(TypeError, match="CartPoleEnv has no state digest"):
        state_digest(gymnasium.make("CartPole-v1"))


def test_the_digest_tells_configurations_apart(make_tiny: Make) -> None:
    digests = set()
    for kwargs in ({}, {"hits": 3}, {"limit_turns": 7}, {"dialect": "openai"}, {"limit_evidence_tokens": 9}):
        env = make_tiny(**kwargs)
        env.reset(seed=0)
        digests.add(state_digest(env))
    assert len(digests) == 5


def test_lone_surrogates_become_replacement_characters(make_tiny: Make) -> None:
    env = make_tiny()
    env.reset(seed=0)
    context, *_ = env.step("\ud800 ü")
    assert context[2].content == "\ufffd ü"
    context, *_ = env.step(Message("assistant", answer="\udfff"))
    assert context[-1].content == "<answer>\ufffd</answer>"


def test_the_tools_that_reset_gives_are_the_callers_to_change(make_tiny: Make) -> None:
    env = make_tiny()
    env.reset(seed=0)[1]["tools"].clear()
    assert len(env.reset(seed=0)[1]["tools"]) == 2


def test_asynchronous_vectors_step_it(make_tiny: Make) -> None:
    vector = gymnasium.vector.AsyncVectorEnv([make_tiny] * 2, shared_memory=False)
    observations, infos = vector.reset(seed=[0, 1])
    assert [context[1].role for context in observations] == ["user", "user"]
    assert list(infos["task"]) == ["tiny-0", "tiny-1"]
    _, rewards, terminated, *_ = vector.step(["<answer>Grossglockner</answer>", SEARCH])
    assert list(rewards) == [1.0, 0.0]
    assert list(terminated) == [True, False]
    vector.close()
