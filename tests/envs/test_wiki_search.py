from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from agent_envs.dialects import DIALECTS
from agent_envs.envs.encyclopedia import Link
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.limits import LEFT_OUT
from agent_envs.messages import Action, Message, ToolCall, assistant
from agent_envs.outcome import Outcome, StopReason

Make = Callable[..., WikiSearch]
SEARCH = assistant(calls=(ToolCall.of("search", query=["river"]),))


def play(env: WikiSearch, *actions: Action) -> tuple[str, float, Outcome | None]:
    """The last message, the last reward and the outcome after these turns."""
    env.reset(seed=0)
    reward: Any = 0.0
    info: dict[str, Any] = {}
    for action in actions:
        context, reward, _, _, info = env.step(action)
    return context[-1].content, reward, info.get("outcome")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_solution_earns_one(make_tiny: Make, dialect: str) -> None:
    env = make_tiny(dialect=dialect)
    for seed in range(2):
        env.reset(seed=seed)
        *_, last = [env.step(turn) for turn in env.solution()]
        assert last[1:4] == (1.0, True, False)
        assert last[4]["outcome"].reason is StopReason.ANSWERED


def test_an_alias_earns_one_and_a_sentence_with_the_answer_in_it_nothing(make_tiny: Make) -> None:
    assert play(make_tiny(), "<answer>großglockner</answer>")[1] == 1.0
    _, reward, outcome = play(make_tiny(), "<answer>It is the Grossglockner</answer>")
    assert reward == 0.0
    assert outcome is not None
    assert outcome.detail == "the answer is 'Grossglockner', not 'It is the Grossglockner'"


def test_several_queries_come_under_headings_of_their_own(make_tiny: Make) -> None:
    text, *_ = play(make_tiny(), assistant(calls=(ToolCall.of("search", query=["vienna", "zzz"]),)))
    one, other = text.removeprefix("<tool_response>\n").split("\n=======\n")
    assert one.startswith('Results for "vienna": 2\n1. [Danube](Danube)\nThe Danube is')
    assert other.startswith('No results for "zzz". Try fewer or more general words.')


def test_a_visit_shows_the_passages_that_speak_of_the_goal(make_tiny: Make) -> None:
    text, *_ = play(make_tiny(), assistant(calls=(ToolCall.of("visit", url="Danube", goal="its length in km"),)))
    assert "Evidence:\n- Its length is 2,850 km." in text


def test_a_visit_shows_the_links_that_stand_in_what_it_shows(make_tiny: Make) -> None:
    env = make_tiny()
    page = env.world.book.pages["Vienna"]
    links = (Link("Danube", "Danube"), Link("Graz", "Graz"))
    env.world.book.pages["Vienna"] = msgspec.structs.replace(page, links=links)
    text, *_ = play(env, assistant(calls=(ToolCall.of("visit", url="Vienna", goal="river"),)))
    assert "Links: [Danube](Danube)\n" in text


def test_several_pages_are_visited_at_once_and_a_missing_one_is_said_in_its_place(make_tiny: Make) -> None:
    text, *_ = play(make_tiny(), assistant(calls=(ToolCall.of("visit", url=["Nowhere", "Austria"], goal="peak"),)))
    one, other = text.split("\n=======\n")
    assert "This page cannot be read: there is no page 'Nowhere'." in one
    assert "Page: Austria (Austria)" in other


def test_a_search_for_python_goes_to_search(make_tiny: Make) -> None:
    text, *_ = play(make_tiny(), '<tool_call>{"name": "search", "arguments": {"query": ["python code"]}}</tool_call>')
    assert 'No results for "python code"' in text


@pytest.mark.parametrize(
    ("turn", "told"),
    [
        ("", "this turn calls no tool and gives no answer"),
        ('<tool_call>{"name": "browse"}</tool_call>', "there is no tool 'browse'; the tools are search, visit"),
        ('<tool_call>{"name": "search", "arguments": {"query": "x"}}</tool_call>', "It takes {query: [string]}"),
        ("<tool_call>{oops}</tool_call>", "is not JSON"),
        ("<tool_call>", "the turn ended inside its tool_call"),
    ],
)
def test_a_mistake_is_told_and_the_episode_goes_on(make_tiny: Make, turn: str, told: str) -> None:
    text, reward, outcome = play(make_tiny(), turn)
    assert "Error: " in text
    assert told in text
    assert (reward, outcome) == (0.0, None)


def test_a_second_call_in_a_turn_is_left_out_and_said_so(make_tiny: Make) -> None:
    call = '<tool_call>{"name": "search", "arguments": {"query": ["vienna"]}}</tool_call>'
    env = make_tiny()
    text, *_ = play(env, call * 3)
    assert "(One call a turn is executed: 2 more left out.)" in text
    assert env.state.calls == 1


def test_structured_calls_are_all_executed_and_answered_by_id(make_tiny: Make) -> None:
    env = make_tiny(dialect="openai")
    env.reset(seed=0)
    context, *_ = env.step(assistant(calls=(ToolCall.of("search", query=["a"]), ToolCall("visit", "{}", "mine"))))
    turn, *replies = context[2:]
    assert [call.id for call in turn.calls] == ["call_0_0", "mine"]
    assert [reply.call_id for reply in replies] == ["call_0_0", "mine"]


def test_an_answer_beside_a_call_ends_the_episode_and_the_call_is_not_made(make_tiny: Make) -> None:
    env = make_tiny()
    call = '<tool_call>{"name": "search", "arguments": {"query": ["vienna"]}}</tool_call>'
    _, reward, outcome = play(env, call + "<answer>Grossglockner</answer>")
    assert (reward, env.state.calls) == (1.0, 0)
    assert outcome is not None


LIMITED: list[tuple[dict[str, int], StopReason]] = [
    ({"limit_turns": 2}, StopReason.TURN_LIMIT),
    ({"limit_calls": 2}, StopReason.CALL_LIMIT),
    ({"limit_tokens": 540}, StopReason.TOKEN_LIMIT),
]


@pytest.mark.parametrize(("limit", "reason"), LIMITED)
def test_at_a_limit_an_answer_is_forced_and_counts(make_tiny: Make, limit: dict[str, Any], reason: StopReason) -> None:
    env = make_tiny(**limit)
    text, _, outcome = play(env, SEARCH, SEARCH)
    assert "Give your final answer now" in text
    assert outcome is None
    _, reward, terminated, truncated, info = env.step("<answer>Grossglockner</answer>")
    assert (reward, terminated, truncated) == (1.0, True, False)
    assert (info["outcome"].reason, info["outcome"].answered) == (reason, True)


@pytest.mark.parametrize(("limit", "reason"), LIMITED)
@pytest.mark.parametrize("turn", ["", SEARCH, "<answer>Grossgl"])
def test_a_forced_turn_without_an_answer_is_truncated(
    make_tiny: Make, limit: dict[str, Any], reason: StopReason, turn: Action
) -> None:
    env = make_tiny(**limit)
    play(env, SEARCH, SEARCH)
    _, reward, terminated, truncated, info = env.step(turn)
    assert (reward, terminated, truncated) == (0.0, False, True)
    assert (info["outcome"].reason, info["outcome"].answered) == (reason, False)


@pytest.mark.parametrize(("limit", "reason"), LIMITED)
def test_without_a_forced_answer_a_limit_ends_the_episode_at_once(
    make_tiny: Make, limit: dict[str, Any], reason: StopReason
) -> None:
    *_, outcome = play(make_tiny(forced_answer=False, **limit), SEARCH, SEARCH)
    assert outcome is not None
    assert (outcome.reason, outcome.truncated) == (reason, True)


def test_over_the_token_limit_the_forced_answer_stands_in_place_of_the_last_result(make_tiny: Make) -> None:
    env = make_tiny(limit_tokens=520, dialect="openai")
    both = assistant(calls=(*SEARCH.calls, *SEARCH.calls, *SEARCH.calls))
    play(env, both, both)
    *_, one, other, last = env.state.context
    assert [one.content, other.content] == [LEFT_OUT, LEFT_OUT]
    assert "tokens: 520" in last.content
    assert len({one.call_id, other.call_id, last.call_id}) == 3


def test_calls_beyond_the_limit_are_not_executed(make_tiny: Make) -> None:
    env = make_tiny(limit_calls=2, dialect="openai")
    env.reset(seed=0)
    env.step(assistant(calls=SEARCH.calls * 5))
    assert env.state.calls == 2
    assert sum("not executed" in message.content for message in env.state.context) == 3


def test_a_blank_answer_is_no_answer(make_tiny: Make) -> None:
    _, reward, outcome = play(make_tiny(), "<answer> \n</answer>")
    assert reward == 0.0
    assert outcome is not None
    assert (outcome.reason, outcome.truncated) == (StopReason.NO_ANSWER, False)


@pytest.mark.parametrize("limit", ["limit_turns", "limit_calls", "limit_tokens", "hits", "limit_evidence_tokens"])
def test_a_limit_that_leaves_nothing_to_do_is_refused(make_tiny: Make, limit: str) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        make_tiny(**{limit: 0})


def test_an_unknown_dialect_is_refused_with_those_there_are(make_tiny: Make) -> None:
    with pytest.raises(ValueError, match="unknown dialect 'klingon'; there are openai, hermes"):
        make_tiny(dialect="klingon")


def test_the_context_is_counted_message_by_message(make_tiny: Make) -> None:
    counted: list[str] = []

    def count(text: str, /) -> int:
        counted.append(text)
        return len(text)

    env = make_tiny(count_tokens=count, limit_tokens=10**9, limit_turns=300, limit_calls=300)
    env.reset(seed=0)
    sizes = []
    for number in range(200):  # each query is new, for a text that was counted before is not counted again
        counted.clear()
        env.step(assistant(calls=(ToolCall.of("search", query=[f"river {number:03}"]),)))
        sizes.append(sum(map(len, counted)))
    assert len(set(sizes)) == 1
    frame = 4 * len(env.state.context)
    assert env.state.tokens == frame + sum(len(message.content) for message in env.state.context)


def test_an_openai_assistant_message_stands_in_the_context_as_it_was_given(make_tiny: Make) -> None:
    env = make_tiny(dialect="openai")
    given = Message("assistant", "so", "hm", (ToolCall("search", '{"query": ["a"]}', "id-1"),))
    env.reset(seed=0)
    env.step(given)
    assert env.state.context[2] == given


def test_an_answer_with_a_broken_tail_counts(make_tiny: Make) -> None:
    assert play(make_tiny(), '<answer>Grossglockner</answer>\n<tool_call>{"na')[1] == 1.0


def test_a_turn_that_alone_fills_the_context_ends_the_episode(make_tiny: Make) -> None:
    *_, outcome = play(make_tiny(limit_tokens=1000), "x" * 1_000_000)
    assert outcome is not None
    assert (outcome.reason, outcome.truncated) == (StopReason.TOKEN_LIMIT, True)


def test_tools_that_travel_beside_the_messages_are_counted(make_tiny: Make) -> None:
    for dialect in DIALECTS:
        env = make_tiny(dialect=dialect)
        env.reset(seed=0)
        assert env.state.tokens > 300


def test_every_tool_is_named_where_none_was_called(make_tiny: Make) -> None:
    text, *_ = play(make_tiny(dialect="openai"), "It is the Grossglockner.")
    assert text.endswith("The tools are search, visit, answer.")


def test_ids_of_calls_are_never_used_twice(make_tiny: Make) -> None:
    env = make_tiny(dialect="openai")
    env.reset(seed=0)
    for turn in (assistant(calls=(ToolCall("answer", "{}"),)), SEARCH, SEARCH):
        env.step(turn)
    ids = [call.id for message in env.state.context for call in message.calls]
    assert len(set(ids)) == len(ids) == 3


@pytest.mark.parametrize(
    ("parameter", "value"), [("hits", "abc"), ("limit_turns", 2.5), ("forced_answer", "no"), ("dialect", 5)]
)
def test_a_parameter_of_another_type_is_refused_by_name(make_tiny: Make, parameter: str, value: object) -> None:
    with pytest.raises(ValueError, match=parameter):
        make_tiny(**{parameter: value})
