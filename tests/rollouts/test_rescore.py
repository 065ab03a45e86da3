from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import msgspec
import pytest

from agent_envs.answers import Answer
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.messages import Action, Context
from agent_envs.outcome import Fault
from agent_envs.rollouts.collect import collect
from agent_envs.rollouts.policies import Policy, Sampled, noop, oracle, random, scripted
from agent_envs.rollouts.rescore import Diverged, rescore
from agent_envs.rollouts.rollout import rollout
from agent_envs.rollouts.trajectory import Trajectory
from agent_envs.tasks import TaskSet
from agent_envs.wrappers.thinking_budget import ThinkingBudget
from agent_envs.wrappers.token_budget import TokenBudget

MakeTiny = Callable[..., WikiSearch]
CALL = '<tool_call>{"name": "search", "arguments": {"query": ["Vienna"]}}</tool_call>'


def graded_anew(env: WikiSearch, value: str) -> WikiSearch:
    """The same world and questions with another answer to each."""
    answer = Answer(kind="text", value=value)
    tasks = [msgspec.structs.replace(task, answer=answer) for task in env.tasks]
    return WikiSearch(env.world.book, TaskSet("anew", tasks))


@pytest.mark.parametrize("policy", [oracle, noop, random])
def test_an_episode_earns_again_what_it_earned(policy: Any, make_tiny: MakeTiny) -> None:
    env = make_tiny()
    for seed in range(4):
        first = rollout(make_tiny(), policy, seed)
        assert rescore(first, env) == first


def test_through_a_stack_of_wrappers_too(make_tiny: MakeTiny) -> None:
    def make() -> gymnasium.Env[Any, Any]:
        return TokenBudget(ThinkingBudget(make_tiny(), 10), 40, penalty=0.25)

    thinks = scripted([f"<think>{'long ' * 40}</think>{CALL}", CALL, "<answer>Grossglockner</answer>"])
    first = rollout(make(), thinks, 0)
    assert [name.split()[0] for name in first.wrappers] == ["TokenBudget", "ThinkingBudget"]
    assert rescore(first, make()) == first


def test_what_the_policy_told_of_its_turns_is_kept(make_tiny: MakeTiny) -> None:
    turns = [Sampled(CALL, (5, 6), (-0.5, -0.25), trained=False), Sampled("<answer>2,850 km</answer>", (7,), (-1.0,))]
    first = rollout(make_tiny(), scripted(turns), 1)
    assert rescore(first, make_tiny()).turns == first.turns


def test_a_changed_grader_changes_the_score_and_the_task_digest(make_tiny: MakeTiny) -> None:
    first = rollout(make_tiny(), oracle, 0)
    again = rescore(first, graded_anew(make_tiny(), "Mont Blanc"))
    assert (first.reward, again.reward) == (1.0, 0.0)
    assert again.outcome is not None
    assert not again.outcome.success
    assert again.task_digest != first.task_digest
    assert rescore(again, make_tiny()) == first


def test_another_world_is_told_with_the_first_message_that_differs(make_tiny: MakeTiny) -> None:
    first = rollout(make_tiny(), oracle, 1)
    other = make_tiny()
    page = other.world.book.pages["Danube"]
    section = page.sections[0]._replace(text="The Danube is a short river near Vienna.")
    other.world.book.pages["Danube"] = msgspec.structs.replace(page, sections=(section,))
    with pytest.raises(Diverged, match=r"seed 1: message 1 of turn 1 was recorded as ….*Budapest.*…; now .*short"):
        rescore(first, other)
    with pytest.raises(Diverged, match="message 0 of the context of segment 0"):
        rescore(first, make_tiny(dialect="openai"))


def test_an_end_at_another_turn_is_told(make_tiny: MakeTiny) -> None:
    first = rollout(make_tiny(limit_turns=3), noop, 0)
    assert len(first.turns) == 4
    cut = msgspec.structs.replace(
        first, segments=(msgspec.structs.replace(first.segments[0], turns=first.turns[:2]),), outcome=None
    )
    with pytest.raises(Diverged, match="goes on behind the end of the recorded one"):
        rescore(cut, make_tiny(limit_turns=3))


def falls_after(turns: int) -> Any:
    def make(env: gymnasium.Env[Any, Any], seed: int) -> Policy:
        said = iter([CALL] * turns)

        def policy(context: Context, info: dict[str, Any]) -> Action:
            for turn in said:
                return turn
            raise Fault("the endpoint is down", origin="infra")

        return policy

    return make


def test_an_episode_that_ended_in_a_fault_ends_in_it_again(make_tiny: MakeTiny) -> None:
    first = rollout(make_tiny(), falls_after(2), 0)
    assert len(first.turns) == 2
    assert rescore(first, make_tiny()) == first
    with pytest.raises(Diverged, match="the episode now ends before the end of the recorded one"):
        rescore(first, make_tiny(limit_calls=1, forced_answer=False))


def test_an_episode_that_never_began_comes_back_as_it_is(make_tiny: MakeTiny) -> None:
    never = Trajectory(env="x", task="", seed=3, segments=())
    assert rescore(never, make_tiny()) is never


class Down(gymnasium.Wrapper[Any, Any, Any, Any]):
    """A world that fails at the second step."""

    steps = 0

    def step(self, action: Action) -> Any:
        self.steps += 1
        if self.steps == 2:
            raise Fault("the archive is damaged", origin="env")
        return super().step(action)


def test_a_world_that_fails_now_is_no_score(make_tiny: MakeTiny) -> None:
    with pytest.raises(Fault, match="the archive is damaged"):
        rescore(rollout(make_tiny(), oracle, 0), Down(make_tiny()))


def test_a_task_that_is_not_there_is_told(make_tiny: MakeTiny) -> None:
    first = next(collect(make_tiny, oracle, [0]))
    with pytest.raises(KeyError, match="no-such-task"):
        rescore(msgspec.structs.replace(first, task="no-such-task"), make_tiny())
