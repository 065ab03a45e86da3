from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs import ToolCall
from agent_envs.conformance import check
from agent_envs.dialects import DIALECTS
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.messages import Message, assistant, continued
from agent_envs.rollouts.policies import oracle, scripted
from agent_envs.rollouts.rollout import rollout
from agent_envs.stack import fork, state_digest
from agent_envs.wrappers import ThinkingBudget, ThinkingMode
from agent_envs.wrappers.thinking_budget import EARLY_STOP

from .conftest import Talk

Make = Callable[..., WikiSearch]
EMPTY = Message("assistant", "<think>\n\n</think>\n\n")
lines = st.lists(
    st.lists(st.sampled_from(["/think", "/no_think", "hello", "/thinking", "a/no_think", "\n"])).map(" ".join),
    min_size=2,
    max_size=8,
)


def letters(text: str) -> int:
    return len(text)


@given(system=st.sampled_from(["", "/no_think", "/no_think /think"]), said=lines)
def test_the_last_flag_wins_at_every_turn(system: str, said: list[str]) -> None:
    env = ThinkingMode(Talk(said, system=system))
    context, info = env.reset(seed=0)
    for number in range(len(said)):
        words = " ".join([system, *said[: number + 1]]).split()
        flags = [word for word in words if word in ("/think", "/no_think")]
        thinks = not flags or flags[-1] == "/think"
        assert info["thinking"] is thinks
        assert (context[-1] == EMPTY) is not thinks
        context, _, terminated, _, info = env.step("yes")
    assert terminated


def test_a_turn_is_taken_whole_with_the_empty_thought_in_front() -> None:
    env = ThinkingMode(Talk(["hello /no_think", "bye"]))
    before, _ = env.reset(seed=0)
    assert before[-1] == EMPTY
    context, *_, info = env.step("yes")
    assert info["new"] == (assistant("yes"), Message("user", "bye"), EMPTY)
    assert context == continued(before, info["new"])
    assert context[2] == assistant("<think>\n\n</think>\n\nyes")


def test_a_flag_in_the_result_of_a_tool_counts_for_nothing(make_tiny: Make) -> None:
    env = ThinkingMode(make_tiny())
    env.reset(seed=0)
    *_, info = env.step(assistant(calls=(ToolCall.of("search", query=["/no_think"]),)))
    assert "/no_think" in info["new"][-1].content
    assert info["thinking"] is True


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_the_oracle_without_thoughts_earns_1(make_tiny: Make, dialect: str) -> None:
    env = ThinkingMode(make_tiny(dialect=dialect), default=False)
    context, info = env.reset(seed=0)
    assert (context[-1].role == "assistant") == (dialect != "openai")
    assert info["thinking"] is False
    assert rollout(env, oracle, 0).reward == 1.0


@given(thought=st.text(max_size=40), rest=st.text(st.characters(exclude_characters="<"), max_size=20))
def test_a_thought_within_the_budget_is_untouched(thought: str, rest: str) -> None:
    thought = thought.replace("<", "")
    env, plain = ThinkingBudget(Talk(["hello", "bye"]), 100, letters), Talk(["hello", "bye"])
    for one in (env, plain):
        one.reset(seed=0)
    raw = f"<think>\n{thought}\n</think>\n\n{rest}"
    assert env.step(raw) == plain.step(raw)


def test_a_thought_over_the_budget_is_cut_closed_and_continued() -> None:
    env = ThinkingBudget(Talk(["hello", "bye"]), 10, letters)
    before, _ = env.reset(seed=0)
    context, reward, terminated, truncated, info = env.step("<think>\n0123456789abc\n</think>\n\nyes")
    stop = (
        "Considering the limited time by the user, I have to give the solution based on the thinking directly now."
        "\n</think>\n\n"
    )
    assert info["new"] == (assistant("<think>\n012345678"), assistant(stop))
    assert context == (*before, assistant(f"<think>\n012345678{stop}"))
    assert (reward, terminated, truncated, info["segment"]) == (0.0, False, False, 0)
    after, *_, info = env.step("no")
    assert info["new"] == (assistant("no"), Message("user", "bye"))
    assert after == continued(context, info["new"])
    assert after[2] == assistant(f"<think>\n012345678{stop}no")


def test_a_thought_that_the_generation_limit_cut_is_continued_too() -> None:
    env = ThinkingBudget(Talk(["hello", "done?"]), 5, letters)
    env.reset(seed=0)
    context, *_ = env.step("<think>\n" + "hm " * 50)
    assert context[-1].content.startswith(f"<think>\nhm h{EARLY_STOP}")
    assert env.step("yes")[0][-1] == Message("user", "done?")


def test_in_a_structured_turn_the_thought_beside_the_text_is_cut(make_tiny: Make) -> None:
    env = ThinkingBudget(make_tiny(dialect="openai"), 3, letters)
    env.reset(seed=0)
    context, *_ = env.step(Message("assistant", "text", "a long thought"))
    assert context[-1] == Message("assistant", thinking=f"a l{EARLY_STOP}")
    call = ToolCall("search", '{"query": ["river"]}', "x")
    context, *_, info = env.step(assistant("Looking.", calls=(call,)))
    assert info["new"][0] == assistant("Looking.", calls=(call,))
    assert context[2] == Message("assistant", "Looking.", f"a l{EARLY_STOP}", (call,))
    assert context[3].call_id == "x"


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_an_agent_that_thinks_too_long_still_solves_the_task(make_tiny: Make, dialect: str) -> None:
    env = ThinkingBudget(make_tiny(dialect=dialect), 3)
    env.reset(seed=0)
    turns: list[Any] = []
    for turn in env.core.solution():
        assert isinstance(turn, Message)
        turns += [Message("assistant", turn.content, "so " * 20, turn.calls, turn.answer), turn]
    played = rollout(env, scripted(turns), 0)
    assert played.reward == 1.0
    assert len(played.turns) == 2 * len(env.core.solution())
    assert len(played.segments) == 1


def test_a_fork_in_the_middle_of_a_turn_goes_its_own_way() -> None:
    env = ThinkingBudget(Talk(["hello", "bye"]), 3, letters)
    env.reset(seed=0)
    env.step("<think>a long thought</think>yes")
    twin = fork(env)
    assert state_digest(twin) == state_digest(env)
    assert twin.step("no")[0][2].content.endswith("</think>\n\nno")
    assert env.step("yes")[0][2].content.endswith("</think>\n\nyes")


def test_a_tight_budget_keeps_the_contract_under_thinking_agents(make_tiny: Make) -> None:
    checks = ("observations, rewards and infos", "awkward turns", "forks and replay", "threads")
    assert check(lambda: ThinkingBudget(make_tiny(), 1), seeds=tuple(range(8)), checks=checks).problems == ()


def test_wrong_actions_leave_a_begun_turn_as_it_was() -> None:
    env = ThinkingMode(Talk(["hello /no_think", "bye"]))
    before, _ = env.reset(seed=0)
    wrong: Any = None
    with pytest.raises(TypeError):
        env.step(wrong)
    assert env.core.state.context == before
    assert env.step("yes")[0][2].content == "<think>\n\n</think>\n\nyes"


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="limit_tokens=0"):
        ThinkingBudget(Talk(["a"]), 0)
    wrong: Any = "no"
    with pytest.raises(ValueError, match="default='no'"):
        ThinkingMode(Talk(["a"]), wrong)
