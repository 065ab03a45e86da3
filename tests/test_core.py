from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import gymnasium
import pytest
from gymnasium.wrappers import PassiveEnvChecker, RecordEpisodeStatistics, TimeLimit

from agent_envs import Fault, Message, ToolCall, Wrapper, fork, state_digest
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.messages import assistant
from agent_envs.rollouts.policies import oracle
from agent_envs.rollouts.rollout import rollout

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


@pytest.mark.parametrize(
    "action",
    [
        Message("assistant", None),  # type: ignore[arg-type]
        Message("assistant", answer=42),  # type: ignore[arg-type]
        Message("assistant", calls=(ToolCall("search", {"query": ["a"]}),)),  # type: ignore[arg-type]
    ],
)
def test_a_message_with_fields_of_other_types_is_refused(make_tiny: Make, action: Message) -> None:
    env = make_tiny()
    env.reset(seed=0)
    assert action not in env.action_space
    with pytest.raises(TypeError, match="this message is none"):
        env.step(action)


def test_a_list_of_calls_becomes_a_tuple_that_nobody_can_change(make_tiny: Make) -> None:
    env = make_tiny(dialect="openai")
    env.reset(seed=0)
    env.step(Message("assistant", calls=[ToolCall("search", "{}")]))  # type: ignore[arg-type]
    assert isinstance(env.state.context[2].calls, tuple)


@pytest.mark.parametrize("seed", [-1, 2**63, True, 1.0, "1"])
def test_a_seed_that_cannot_be_honoured_is_an_error_and_changes_nothing(make_tiny: Make, seed: Any) -> None:
    env = make_tiny()
    env.reset(seed=0)
    before = state_digest(env)
    with pytest.raises(gymnasium.error.Error, match="give a whole number from 0"):
        env.reset(seed=seed)
    assert state_digest(env) == before


def test_a_forks_action_space_draws_for_itself(make_tiny: Make) -> None:
    env = make_tiny()
    env.reset(seed=0)
    env.action_space.seed(3)
    alone = fork(env)
    twin = fork(env)
    drawn = [twin.action_space.sample() for _ in range(5)]
    assert drawn == [env.action_space.sample() for _ in range(5)] == [alone.action_space.sample() for _ in range(5)]


def test_a_foreign_wrapper_that_holds_the_innermost_environment_holds_its_fork(make_tiny: Make) -> None:
    class Holding(gymnasium.Wrapper[Any, Any, Any, Any]):
        def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
            super().__init__(env)
            self.base = env.unwrapped

    twin = fork(Holding(TimeLimit(make_tiny(), 5)))
    assert twin.base is twin.unwrapped


def test_a_world_that_fails_at_reset_is_a_rollout_without_a_reward(make_tiny: Make) -> None:
    class Gone(WikiSearch):
        def open(self, task: Any, seed: int) -> Any:
            raise Fault("the archive is gone", origin="infra")

    tiny = make_tiny()
    played = rollout(Gone(tiny.world.book, tiny.tasks), oracle, 0)
    assert (played.reward, played.opening, played.outcome) == (None, (), None)


def test_tools_go_to_other_processes(make_tiny: Make) -> None:
    env = pickle.loads(pickle.dumps(make_tiny().tools))
    assert list(env) == ["search", "visit"]
