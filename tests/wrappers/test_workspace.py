from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs import ToolCall
from agent_envs.dialects import DIALECTS
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.messages import Context, Message, assistant
from agent_envs.rollouts.policies import noop, oracle
from agent_envs.rollouts.rollout import rollout
from agent_envs.tokens import bytes_over_4, count_message
from agent_envs.wrappers import Workspace

from .conftest import Talk

Make = Callable[..., WikiSearch]
dialects = pytest.mark.parametrize("dialect", sorted(DIALECTS))


def turn(report: str, query: str = "river", thinking: str = "", call_id: str = "") -> Message:
    call = ToolCall("search", ToolCall.of("search", query=[query]).arguments, call_id)
    return Message("assistant", f"<report>{report}</report>", thinking, (call,))


def size(context: Context) -> int:
    return sum(count_message(message, bytes_over_4) for message in context)


@dialects
def test_equal_question_report_action_and_response_give_equal_contexts_whatever_came_before(
    make_tiny: Make, dialect: str
) -> None:
    envs = [Workspace(make_tiny(dialect=dialect)) for _ in range(2)]
    for env in envs:
        env.reset(seed=0)
    envs[0].step(turn("old", "Austria", "long ago", "a"))
    envs[0].step("nonsense")
    envs[1].step(turn("other", "Vienna", call_id="b"))
    one, other = (
        env.step(turn("The river is the Danube.", "Vienna", thinking, call_id))[0]
        for env, thinking, call_id in zip(envs, ("I wonder", "Indeed"), ("x", ""), strict=True)
    )
    assert one == other
    assert "The river is the Danube." in one[1].content
    assert "old" not in one[1].content


@dialects
def test_over_200_rounds_the_prompt_is_bounded_and_no_thought_comes_back(make_tiny: Make, dialect: str) -> None:
    env = Workspace(make_tiny(dialect=dialect, limit_turns=1000, limit_calls=1000, limit_tokens=10**6))
    env.reset(seed=0)
    sizes = []
    for number in range(200):
        context, *_, info = env.step(turn(f"round {number}", thinking=f"canary-{number}"))
        assert "canary" not in str(context)
        assert f"canary-{number}" in str(info["new"][0])
        assert info["segment"] == number + 1
        assert f"round {number - 1}\n" not in str(context)
        sizes.append(size(context))
    assert max(sizes) - min(sizes) <= 2


def test_the_report_takes_the_place_of_the_one_before(make_tiny: Make) -> None:
    env = Workspace(make_tiny())
    context, _ = env.reset(seed=0)
    assert context[1].content.endswith("\n\n<report>\n\n</report>")
    env.step(turn("one"))
    context, *_ = env.step(turn("two"))
    assert context[1].content.endswith("\n\n<report>\ntwo\n</report>")
    assert [message.role for message in context] == ["system", "user", "assistant", "user"]
    assert "<report>" not in context[2].content


@dialects
def test_a_turn_without_a_report_is_told_so_is_not_executed_and_costs_a_turn(make_tiny: Make, dialect: str) -> None:
    env = Workspace(make_tiny(dialect=dialect))
    env.reset(seed=0)
    env.step(turn("kept"))
    calls = env.unwrapped.state.calls  # type: ignore[attr-defined]
    context, *_ = env.step(assistant(calls=(ToolCall.of("search", query=["river"]),)))
    assert any("holds no report within <report></report>" in message.content for message in context[3:])
    assert "<report>\nkept\n</report>" in context[1].content
    assert env.unwrapped.state.calls == calls  # type: ignore[attr-defined]
    assert env.core.state.turns == 2


def test_an_answer_needs_no_report(make_tiny: Make) -> None:
    env = Workspace(make_tiny())
    env.reset(seed=0)
    assert env.step("<answer>Grossglockner</answer>")[1] == 1.0


def test_who_is_talked_to_hears_the_action_and_not_the_report() -> None:
    env = Workspace(Talk(["hello", "and?", "bye"]))
    env.reset(seed=0)
    env.step("<think>hm</think><report>secret</report>Yes.")
    context, *_, info = env.step("<report>more</report>No.")
    assert context[2:] == (assistant("No."), Message("user", "bye"))
    assert info["new"] == (assistant("<report>more</report>No."), Message("user", "bye"))


def test_the_oracle_with_reports_earns_1_in_as_many_segments_as_turns(make_tiny: Make) -> None:
    played = rollout(Workspace(make_tiny()), oracle, 0)
    assert played.reward == 1.0
    assert [len(segment.turns) for segment in played.segments] == [1] * len(played.turns)
    assert rollout(Workspace(make_tiny()), noop, 0).reward == 0.0


def test_a_forced_answer_at_the_environments_limit_is_still_asked_for(make_tiny: Make) -> None:
    env = Workspace(make_tiny(limit_turns=1))
    env.reset(seed=0)
    context, *_ = env.step("no report")
    assert "You have reached the limit" in context[-1].content
    assert env.step("<answer>Grossglockner</answer>")[1] == 1.0


def test_the_tags_are_parameters(make_tiny: Make) -> None:
    env = Workspace(make_tiny(), tags=("[[", "]]"))
    env.reset(seed=0)
    context, *_ = env.step('[[ found ]] <tool_call>{"name": "search", "arguments": {"query": ["x"]}}</tool_call>')
    assert context[1].content.endswith("[[\nfound\n]]")
    with pytest.raises(ValueError, match="give two different tags"):
        Workspace(make_tiny(), tags=("|", "|"))


@given(st.text())
def test_any_text_is_a_turn(text: str) -> None:
    env = Workspace(Talk(["hello", "and?", "bye"]))
    env.reset(seed=0)
    context, *_ = env.step(text)
    assert env.observation_space.contains(context)
