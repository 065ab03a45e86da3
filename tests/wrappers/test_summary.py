from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs import Fault, ToolCall
from agent_envs.dialects import DIALECTS
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.limits import LEFT_OUT
from agent_envs.messages import Action, Context, Message, assistant
from agent_envs.outcome import StopReason
from agent_envs.rollouts.policies import noop, oracle
from agent_envs.rollouts.rollout import rollout
from agent_envs.stack import fork, state_digest
from agent_envs.wrappers import Summary
from agent_envs.wrappers.summary import REQUEST

from .conftest import Talk

Make = Callable[..., WikiSearch]
SEARCH = assistant(calls=(ToolCall.of("search", query=["river"]),))


def letters(text: str) -> int:
    return len(text)


def asked(context: Context) -> bool:
    return context[-1] == REQUEST


def full(make: Make, **keywords: Any) -> Summary:
    """A wrapper at the point where it asks for a summary."""
    env = Summary(make(), 1500, **keywords)
    context, _ = env.reset(seed=0)
    while not asked(context):
        context, _, terminated, truncated, _ = env.step(SEARCH)
        assert not (terminated or truncated)
    return env


def test_after_a_summary_exactly_system_and_question_with_summary_remain(make_tiny: Make) -> None:
    env = full(make_tiny)
    system, question = env.memory.head
    context, reward, terminated, truncated, info = env.step("The Danube flows through Vienna.")
    told = f"{question.content}\n\n<summary>\nThe Danube flows through Vienna.\n</summary>"
    assert context == (system, Message("user", told))
    assert info["new"] == (assistant("The Danube flows through Vienna."),)
    assert (reward, terminated, truncated, info["segment"]) == (0.0, False, False, 1)


def test_at_32k_it_fires_at_nine_tenths_of_31768_tokens() -> None:
    for fill, fires in ((28_591, False), (28_592, True)):
        env = Summary(Talk(["q", "r", "s"], system=""), 32 * 1024, count_tokens=letters)
        assert env.fires_at_tokens == pytest.approx(28_591.2)
        env.reset(seed=0)
        rest = fill - (4 + 0) - (4 + 1) - 4 - (4 + 1)  # system, question, the turn's frame, the answer to it
        context, *_ = env.step("x" * rest)
        assert env.memory.size.tokens == fill + fires * (4 + len(REQUEST.content))
        assert asked(context) is fires


def test_budgets_of_the_environment_count_on(make_tiny: Make) -> None:
    env = Summary(make_tiny(limit_turns=12, forced_answer=False), 1500)
    played = rollout(env, lambda *_: lambda context, info: "so far" if asked(context) else SEARCH, 0)
    assert played.outcome is not None
    assert played.outcome.reason is StopReason.TURN_LIMIT
    assert len(played.segments) > 2
    taken = [turn for turn in played.turns if turn.action != "so far"]
    assert len(taken) == 12


def test_k_summaries_make_k_plus_1_segments_each_from_question_and_last_summary(make_tiny: Make) -> None:
    env = Summary(make_tiny(limit_turns=20, forced_answer=False), 1500)
    numbers = iter(range(100))
    played = rollout(env, lambda *_: lambda context, info: f"summary {next(numbers)}" if asked(context) else SEARCH, 0)
    summaries = [turn.action for turn in played.turns if isinstance(turn.action, str)]
    assert len(played.segments) == len(summaries) + 1 > 3
    for number, segment in enumerate(played.segments[1:]):
        assert segment.context[1].content.endswith(f"<summary>\nsummary {number}\n</summary>")
        assert segment.context[1].content.count("<summary>") == 1
    assert all(segment.turns[-1].trained for segment in played.segments)


@pytest.mark.parametrize("blank", ["", "  \n", "<think>hm</think>", SEARCH, "<summary> </summary>", "<think>unclosed"])
def test_a_blank_summary_or_one_of_calls_changes_nothing(make_tiny: Make, blank: Action) -> None:
    env = full(make_tiny)
    before = env.memory.before
    calls = env.unwrapped.state.calls  # type: ignore[attr-defined]
    context, *_, info = env.step(blank)
    assert context == before
    assert info["segment"] == 1  # the request has gone from it
    assert env.unwrapped.state.calls == calls  # type: ignore[attr-defined]
    context, *_ = env.step(SEARCH)
    assert asked(context)  # it is still too long


def test_a_novel_is_cut_and_thoughts_and_calls_are_left_out(make_tiny: Make) -> None:
    env = full(make_tiny, limit_summary_tokens=50)
    call = '<tool_call>{"name": "search", "arguments": {"query": ["x"]}}</tool_call>'
    context, *_ = env.step(f"<think>secret</think><summary>{'All is well. ' * 1000}</summary>{call}")
    summary = env.memory.summary
    assert context[-1].content.count(summary) == 1
    assert 190 <= len(summary) <= 200
    assert "secret" not in summary
    assert "tool_call" not in summary


@given(st.text(min_size=1), st.integers(1, 50))
def test_a_summary_is_never_longer_than_allowed(text: str, limit: int) -> None:
    env = Summary(Talk(["q"] * 3, system=""), 9, reserve_tokens=0, limit_summary_tokens=limit, count_tokens=letters)
    env.reset(seed=0)
    context, *_ = env.step("yes")
    assert asked(context)
    env.step(text)
    assert len(env.memory.summary) <= limit


def test_it_also_fires_after_so_many_turns(make_tiny: Make) -> None:
    env = Summary(make_tiny(), every_turns=3)
    context, _ = env.reset(seed=0)
    seen = []
    for _ in range(9):
        context, *_ = env.step("so far" if asked(context) else SEARCH)
        seen.append(asked(context))
    assert seen == [False, False, True, False, False, False, True, False, False]


def test_a_summariser_writes_in_the_agents_place() -> None:
    given_: list[tuple[str, int, str]] = []

    def summariser(question: str, messages: Context, last: str) -> str:
        given_.append((question, len(messages), last))
        return f"<think>so</think> {len(given_)} so far"

    env = Summary(Talk(["q"] * 7), every_turns=2, summariser=summariser)
    played = rollout(env, oracle, 0)
    assert played.reward == 1.0
    assert given_ == [("q", 4, ""), ("q", 4, "1 so far"), ("q", 4, "2 so far")]
    assert [len(segment.turns) for segment in played.segments] == [2, 2, 2, 1]


def test_a_summariser_that_fails_leaves_the_episode_as_it_was(make_tiny: Make) -> None:
    works = [False]

    def summariser(question: str, messages: Context, last: str) -> str:
        if not works[0]:
            raise Fault("the endpoint is down", origin="infra")
        return "so far"

    env = Summary(make_tiny(), every_turns=2, summariser=summariser)
    env.reset(seed=0)
    env.step(SEARCH)
    before = state_digest(env)
    with pytest.raises(Fault, match="the endpoint is down"):
        env.step(SEARCH)
    assert state_digest(env) == before
    works[0] = True
    assert env.step(SEARCH)[0][-1].content.endswith("<summary>\nso far\n</summary>")


def test_a_summariser_that_returns_nothing_is_asked_again_when_its_time_comes() -> None:
    told = iter(["", "now"])
    env = Summary(Talk(["q"] * 9), every_turns=2, summariser=lambda *_: next(told))
    env.reset(seed=0)
    assert [env.step("a")[4]["segment"] for _ in range(4)] == [0, 0, 0, 1]


def test_a_result_longer_than_the_context_is_left_out_so_that_there_is_room_for_the_summary() -> None:
    env = Summary(Talk(["q", "x" * 9000, "r"]), 1500)
    env.reset(seed=0)
    context, *_, info = env.step("yes")
    assert [message.content for message in context[-2:]] == [LEFT_OUT, REQUEST.content]
    assert info["new"] == (assistant("yes"), *context[-2:])


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_the_agent_may_call_for_a_summary(make_tiny: Make, dialect: str) -> None:
    env = Summary(make_tiny(dialect=dialect), tool=True)
    context, info = env.reset(seed=0)
    assert info["new"] == context
    assert "summarize" in [tool["function"]["name"] for tool in info["tools"]]
    assert ("summarize" in context[0].content) == (dialect != "openai")
    env.step(SEARCH)
    turns = env.core.state.turns
    summarize = assistant(calls=(ToolCall("summarize"),))
    context, *_ = env.step(summarize)
    assert asked(context)
    assert context[-2].content.count("Write the summary in your next turn.") == 1
    context, *_ = env.step(assistant("The river is the Danube."))
    assert len(context) == 2
    assert env.core.state.turns == turns
    context, *_ = env.step(summarize)  # twice in a row it is an unknown tool, and costs a turn
    assert "there is no tool 'summarize'" in context[-1].content
    assert env.core.state.turns == turns + 1


def test_the_oracle_with_summaries_still_earns_1_and_silence_nothing(make_tiny: Make) -> None:
    played = rollout(Summary(make_tiny(), 1200), oracle, 0)
    assert (played.reward, len(played.segments) > 1) == (1.0, True)
    assert rollout(Summary(make_tiny(), 1200), noop, 0).reward == 0.0


def test_a_fork_while_a_summary_is_awaited_goes_its_own_way(make_tiny: Make) -> None:
    env = full(make_tiny)
    twin = fork(env)
    assert state_digest(twin) == state_digest(env)
    twin.step("one")
    assert asked(env.core.state.context)
    env.step("other")
    assert (twin.memory.summary, env.memory.summary) == ("one", "other")
    assert state_digest(twin) != state_digest(env)


@pytest.mark.parametrize(
    ("keywords", "told"),
    [
        ({"limit_tokens": 0}, "limit_tokens=0"),
        ({"limit_tokens": 1000}, "reserve_tokens=1000: give a number from 0 that is below limit_tokens=1000"),
        ({"share": 0.0}, "share=0.0"),
        ({"every_turns": 0}, "every_turns=0"),
        ({"limit_summary_tokens": 0}, "limit_summary_tokens=0"),
    ],
)
def test_nonsense_is_refused(make_tiny: Make, keywords: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Summary(make_tiny(), **keywords)
