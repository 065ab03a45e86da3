from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agent_envs import Task, ToolCall
from agent_envs.conformance import check
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.messages import Message, assistant
from agent_envs.outcome import StopReason
from agent_envs.rollouts.policies import oracle, scripted
from agent_envs.rollouts.rollout import rollout
from agent_envs.stack import reward_range
from agent_envs.wrappers import CallBudget, TokenBudget

Make = Callable[..., WikiSearch]
SEARCH = assistant(calls=(ToolCall.of("search", query=["river"]),))
ANSWER = assistant(answer="Grossglockner")


def letters(text: str) -> int:
    return len(text)


def test_all_of_the_budget_may_be_spent_and_one_more_call_is_penalised(make_tiny: Make) -> None:
    env = CallBudget(make_tiny(), 2, penalty=0.25)
    assert rollout(env, scripted([SEARCH, SEARCH, ANSWER]), 0).reward == 1.0
    over = rollout(env, scripted([SEARCH, SEARCH, SEARCH, ANSWER]), 0)
    assert over.outcome is not None
    assert (over.reward, over.outcome.reason, over.outcome.truncated) == (-0.25, StopReason.CALL_LIMIT, True)
    assert over.outcome.detail == "the turn makes it 3 calls, and the budget is 2"
    assert [message.role for message in over.turns[-1].new] == ["assistant"]  # it was not executed


def test_calls_of_one_turn_count_together(make_tiny: Make) -> None:
    env = CallBudget(make_tiny(dialect="openai"), 2)
    env.reset(seed=0)
    three = assistant(calls=SEARCH.calls * 3)
    *_, truncated, info = env.step(three)
    assert truncated
    assert info["outcome"].reward == 0.0


def test_a_malformed_call_is_none(make_tiny: Make) -> None:
    env = CallBudget(make_tiny(), 1)
    env.reset(seed=0)
    for _ in range(3):
        assert env.step("<tool_call>{</tool_call>")[2:4] == (False, False)


def test_written_tokens_up_to_the_budget_cost_nothing_and_one_more_is_penalised(make_tiny: Make) -> None:
    turn = "<answer>Grossglockner</answer>"
    exact = TokenBudget(make_tiny(), len(turn), 1.0, count_tokens=letters)
    assert rollout(exact, scripted([turn]), 0).reward == 1.0
    short = TokenBudget(make_tiny(), len(turn) - 1, 1.0, count_tokens=letters)
    over = rollout(short, scripted([turn]), 0)
    assert over.outcome is not None
    assert (over.reward, over.outcome.reason) == (-1.0, StopReason.TOKEN_LIMIT)


def test_thoughts_and_calls_of_structured_turns_are_written_tokens(make_tiny: Make) -> None:
    turn = Message("assistant", "ab", "cde", (ToolCall("visit", "{}"),))
    env = TokenBudget(make_tiny(dialect="openai"), 12, count_tokens=letters)
    env.reset(seed=0)
    assert env.step(turn)[3] is False
    assert env.memory == 12
    assert env.step("x")[3] is True


def test_a_budget_may_depend_on_the_task(make_tiny: Make) -> None:
    def by_difficulty(task: Task) -> int:
        return 3 if task.id == "tiny-0" else 1

    env = CallBudget(make_tiny(), by_difficulty)
    assert [rollout(env, oracle, seed).reward for seed in range(2)] == [1.0, 0.0]


def test_the_penalty_widens_the_range_of_rewards_through_the_stack(make_tiny: Make) -> None:
    env = TokenBudget(CallBudget(make_tiny(), 9, 0.5), 999, 0.25)
    assert reward_range(env) == (-0.75, 1.0)


def test_budgets_that_are_exceeded_keep_the_contract(make_tiny: Make) -> None:
    # the least that the solutions spend, so that others are over it
    report = check(lambda: TokenBudget(CallBudget(make_tiny(), 3, 0.5), 120, 0.5), checks=CHEAP)
    assert report.problems == ()


CHEAP = ("observations, rewards and infos", "awkward turns", "forks and replay", "oracle 1, no-op 0, damaged less")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((0,), "limit_calls=0: give a whole number"),
        ((1, -1.0), "penalty=-1.0: give a finite number from 0"),
        ((1, float("nan")), "penalty=nan"),
        ((1, "much"), "penalty='much'"),
    ],
)
def test_nonsense_is_refused(make_tiny: Make, arguments: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        CallBudget(make_tiny(), *arguments)


def test_a_function_that_gives_no_budget_is_told_with_the_task(make_tiny: Make) -> None:
    env = CallBudget(make_tiny(), lambda task: 0)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="limit_calls of the task 'tiny-0'=0"):
        env.step(SEARCH)
