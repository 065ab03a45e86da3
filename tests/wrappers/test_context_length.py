from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from gymnasium.error import ResetNeeded
from hypothesis import given
from hypothesis import strategies as st

from agent_envs import ToolCall
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.limits import LEFT_OUT
from agent_envs.messages import Context, assistant
from agent_envs.outcome import StopReason
from agent_envs.rollouts.policies import oracle, scripted
from agent_envs.rollouts.rollout import rollout
from agent_envs.tokens import bytes_over_4, count_message
from agent_envs.wrappers import ContextLength

from .conftest import Talk

Make = Callable[..., WikiSearch]
SEARCH = assistant(calls=(ToolCall.of("search", query=["river"]),))
ANSWER = assistant(answer="Grossglockner")


def letters(text: str) -> int:
    return len(text)


def size(context: Context) -> int:
    return sum(count_message(message, bytes_over_4) for message in context)


def opening(make_tiny: Make, **kwargs: Any) -> int:
    return size(make_tiny(**kwargs).reset(seed=0)[0])


def test_over_the_limit_the_episode_ends_with_a_type(make_tiny: Make) -> None:
    played = rollout(ContextLength(make_tiny(), opening(make_tiny) + 100), scripted([SEARCH] * 50), 0)
    assert played.outcome is not None
    assert (played.outcome.reason, played.outcome.truncated, played.reward) == (StopReason.TOKEN_LIMIT, True, 0.0)
    assert played.outcome.detail.startswith("the context has ")


def test_a_context_of_just_the_limit_goes_on(make_tiny: Make) -> None:
    env = make_tiny()
    env.reset(seed=0)
    exact = size(env.step(SEARCH)[0])
    for limit, over in ((exact, False), (exact - 1, True)):
        wrapped = ContextLength(make_tiny(), limit)
        wrapped.reset(seed=0)
        assert wrapped.step(SEARCH)[3] is over


def test_a_forced_answer_stands_in_place_of_the_last_message_and_the_next_turn_is_the_last(make_tiny: Make) -> None:
    env = ContextLength(make_tiny(), opening(make_tiny) + 60, "answer")
    env.reset(seed=0)
    before, *_ = env.step("x")
    context, _, _, truncated, info = env.step("y" * 240)
    assert not truncated
    assert context == before + info["new"]
    assert context[-1].content == (
        f"You have reached the limit (tokens: {env.limit_tokens}). No more calls are possible. "
        "Give your final answer now, from what you have read so far; this is your last turn."
    )
    *_, reward, terminated, truncated, info = env.step(ANSWER)
    outcome = info["outcome"]
    assert (reward, terminated, outcome.reason, outcome.answered) == (1.0, True, StopReason.TOKEN_LIMIT, True)
    with pytest.raises(ResetNeeded):
        env.step(ANSWER)


def test_a_forced_turn_without_an_answer_is_the_last_too(make_tiny: Make) -> None:
    played = rollout(ContextLength(make_tiny(), opening(make_tiny) + 60, "answer"), scripted(["y" * 300, SEARCH]), 0)
    assert len(played.turns) == 2
    assert played.outcome is not None
    assert (played.outcome.reason, played.outcome.answered) == (StopReason.TOKEN_LIMIT, False)
    assert played.outcome.detail == "no answer in the last turn"


def test_results_beside_the_last_are_left_out_and_each_call_keeps_its_answer(make_tiny: Make) -> None:
    env = ContextLength(make_tiny(dialect="openai"), opening(make_tiny, dialect="openai") + 400, "answer")
    env.reset(seed=0)
    context: Context = ()
    while not (context and context[-1].content.startswith("You have reached")):
        context, _, _, truncated, _ = env.step(assistant(calls=SEARCH.calls * 3))
        assert not truncated
    assert [message.content for message in context[-3:-1]] == [LEFT_OUT] * 2
    assert [message.call_id for message in context[-3:]] == [call.id for call in context[-4].calls]


def test_a_result_longer_than_the_whole_context_has_a_typed_end_in_every_strategy() -> None:
    lines = ("hello", "x" * 4000, "more", "bye")
    for strategy in ("end", "recent"):
        played = rollout(ContextLength(Talk(lines), 100, strategy), oracle, 0)
        assert played.outcome is not None
        assert (played.outcome.reason, len(played.turns)) == (StopReason.TOKEN_LIMIT, 1)
    forced = rollout(ContextLength(Talk(lines), 100, "answer"), oracle, 0)
    assert forced.outcome is not None
    assert (forced.outcome.reason, len(forced.turns)) == (StopReason.TOKEN_LIMIT, 2)


@pytest.mark.parametrize("strategy", ["end", "answer", "recent"])
def test_a_question_longer_than_the_limit_ends_the_episode_at_its_first_turn(strategy: Any) -> None:
    env = ContextLength(Talk(("x" * 4000, "bye")), 100, strategy)
    context, _ = env.reset(seed=0)
    assert len(context[1].content) == 4000
    after, _, _, truncated, info = env.step("yes")
    assert truncated
    assert info["outcome"].detail == "at its beginning the context has 1011 tokens, and its limit is 100"
    assert after == context + info["new"]


def test_the_recent_history_keeps_the_opening_and_whole_turns(make_tiny: Make) -> None:
    limit = opening(make_tiny) + 500
    env = ContextLength(make_tiny(), limit, "recent", keep_tokens=limit - 200)
    first, _ = env.reset(seed=0)
    replaced = 0
    before = first
    for _ in range(40):
        segment = env.core.state.segment
        context, _, _, _, info = env.step(SEARCH)
        assert size(context) <= limit
        assert context[:2] == first
        assert [message.role for message in context[2:]] == ["assistant", "user"] * ((len(context) - 2) // 2)
        if info["segment"] == segment:
            assert context == before + info["new"]
        else:
            replaced += 1
            assert size(context) <= limit - 200
            assert context[-2:] == info["new"]
        before = context
    assert replaced > 5


@given(
    lengths=st.lists(st.integers(1, 120), min_size=2, max_size=30),
    limit=st.integers(60, 400),
    keep=st.integers(1, 400),
)
def test_a_window_is_bounded_and_is_the_longest_that_fits(lengths: list[int], limit: int, keep: int) -> None:
    keep = min(keep, limit)
    env = ContextLength(
        Talk(["q" * length for length in lengths], system=""), limit, "recent", keep_tokens=keep, count_tokens=letters
    )
    whole, _ = env.reset(seed=0)
    done, segment = False, 0
    while not done:
        context, _, terminated, truncated, info = env.step("a")
        whole += info["new"]
        done = terminated or truncated
        assert context[:2] == whole[:2]
        tail = context[2:]
        assert whole[len(whole) - len(tail) :] == tail
        assert done or spelled(context) <= limit
        if info["segment"] > segment:
            segment = info["segment"]
            longer = whole[:2] + whole[len(whole) - len(tail) - 2 :]
            assert spelled(longer) > keep
    if info["outcome"].reason is StopReason.TOKEN_LIMIT:
        assert spelled(whole[:2] + info["new"]) > limit or spelled(whole[:2]) > limit


def spelled(context: Context) -> int:
    """The size of a context in letters, its frames too."""
    return sum(4 + len(message.content) for message in context)


def test_the_tools_schemas_count_where_the_model_gets_them_beside_the_messages(make_tiny: Make) -> None:
    env = ContextLength(make_tiny(dialect="openai"), 10_000)
    context, _ = env.reset(seed=0)
    assert env.memory.size.tokens == size(context) + env.memory.size.beside
    assert env.memory.size.beside > 100


@pytest.mark.parametrize(
    ("keywords", "told"),
    [
        ({"limit_tokens": 0}, "limit_tokens=0: give a whole number"),
        ({"limit_tokens": 10, "strategy": "forget"}, "strategy='forget': give one of end, answer, recent"),
        ({"limit_tokens": 10, "strategy": "recent", "keep_tokens": 11}, "keep_tokens=11 is more than limit_tokens=10"),
        ({"limit_tokens": 10, "strategy": "recent", "keep_tokens": 0}, "keep_tokens=0"),
    ],
)
def test_nonsense_is_refused(make_tiny: Make, keywords: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        ContextLength(make_tiny(), **keywords)


def test_the_default_window_is_that_of_the_paper(make_tiny: Make) -> None:
    assert ContextLength(make_tiny(), 32 * 1024, "recent").keep_tokens == 22 * 1024
