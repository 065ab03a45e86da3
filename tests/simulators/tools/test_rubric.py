"""A rubric over simulated tools: the judge's part of the reward of such an episode."""

from __future__ import annotations

import gymnasium
import msgspec

from agent_envs import conformance
from agent_envs.messages import Message
from agent_envs.rollouts.policies import oracle
from agent_envs.rollouts.rollout import rollout
from agent_envs.simulators.chat.protocol import Call, Reply
from agent_envs.simulators.judge import Criterion, Critic, Rubric, RubricJudge
from agent_envs.wrappers import RubricReward

RUBRIC = Rubric((Criterion(name="apology", text="The assistant says that it is sorry.", weight=1.0),))


def critic(call: Call) -> Reply:
    """Finds an apology where one stands."""
    found = "sorry" in call.messages[-1].content.rpartition("<response")[2]
    finding = {"name": "apology", "reason": "It stands there.", "found": found, "quote": "sorry" if found else ""}
    return Reply(message=Message("assistant", msgspec.json.encode({"criteria": [finding]}).decode()))


def make() -> gymnasium.Env[object, object]:
    env = gymnasium.make("agent_envs/SimulatedTools-v0", task_count=20)
    return RubricReward(env, RubricJudge(Critic(critic, "scripted"), RUBRIC), weight=0.5)  # type: ignore[return-value]


def test_half_of_the_reward_is_the_rubrics() -> None:
    played = rollout(make(), oracle, 0)
    assert played.outcome is not None
    assert (played.reward, played.outcome.parts["rubric"]) == (0.5, 0.0)
    assert "prompts" in played.outcome.detail  # the verdict is stored with the digest of its prompt


def test_episodes_with_a_rubric_fork_and_replay() -> None:
    checks = ("observations, rewards and infos", "awkward turns", "forks and replay", "threads")
    assert conformance.check(make, checks=checks).problems == ()
