from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.dialects import ReAct
from agent_envs.messages import Message, ToolCall

react = ReAct()
TAGS = [
    "Thought:",
    "Action:",
    "Action Input:",
    "Observation:",
    "Final Answer:",
    "\\Action:",
    "\\",
    "\n",
    "\r\n",
    " ",
    "\t",
    '"',
    "{}",
    "x",
]
texts = st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.sampled_from(TAGS)).map("".join))
any_text = st.one_of(st.text(), st.lists(st.sampled_from([*TAGS, "\ud800"])).map("".join))
arguments = st.one_of(
    texts,
    st.dictionaries(texts, st.one_of(texts, st.integers(), st.lists(texts))).map(
        lambda given: ToolCall.of("x", **given).arguments
    ),
)
turns = st.builds(
    Message,
    st.just("assistant"),
    content=texts,
    thinking=texts,
    calls=st.one_of(st.just(()), st.builds(ToolCall, texts, arguments).map(lambda call: (call,))),
    answer=st.one_of(st.none(), texts),
)


@given(turns)
def test_parsing_what_was_rendered_gives_the_turn_back(turn: Message) -> None:
    parsed = react.parse(react.render(turn))
    assert parsed.errors == ()
    assert parsed.turn == turn


@given(any_text)
def test_any_text_parses_and_stands_in_the_context_up_to_the_stop_string(text: str) -> None:
    written = react.parse(text).written.content
    assert written == ("" if text.startswith("Observation:") else text.partition("\nObservation:")[0])


@given(turns)
def test_a_turn_cut_anywhere_is_read_without_an_error_of_ours(turn: Message) -> None:
    raw = react.render(turn)
    for end in range(0, len(raw), max(1, len(raw) // 20)):
        parsed = react.parse(raw[:end])
        assert parsed.written.content == raw[:end]
        assert len(parsed.errors) <= 1


def test_a_turn_is_spelled_in_labelled_lines() -> None:
    turn = Message("assistant", "", "Where?", (ToolCall.of("search", query=["a"]),))
    raw = 'Thought: Where?\nAction: search\nAction Input: {"query":["a"]}'
    assert react.render(turn) == raw
    assert react.parse(raw).turn == turn


def test_only_the_first_of_two_calls_is_executed() -> None:
    call = 'Thought: now\nAction: search\nAction Input: {"query": ["a"]}\n'
    parsed = react.parse(call + call + "Action: sea")
    assert parsed.turn.calls == (ToolCall("search", '{"query": ["a"]}'),)
    assert (parsed.left_out, parsed.errors) == (2, ())
    assert parsed.turn.thinking == "now\nnow"


def test_an_observation_that_the_model_makes_up_is_not_read() -> None:
    raw = "Action: a\nAction Input: {}\nObservation: made up\nFinal Answer: 7"
    parsed = react.parse(raw)
    assert parsed.written.content == "Action: a\nAction Input: {}"
    assert (parsed.turn.calls, parsed.turn.answer) == ((ToolCall("a"),), None)
    assert react.parse("Observation: made up\nFinal Answer: 7").turn == Message("assistant")


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Thought: so\nAction: sea", "unclosed_action"),
        ("Action: search\nAction In", "unclosed_action"),
        ("Action: search\nThought: so\nAction Input: {}", "unclosed_action"),
        ("Action: search\nAction Input:", "bad_json"),
        ('Action: search\nAction Input: {"query": ["a', "bad_json"),
        ("Action: search\nAction Input: the Danube", "bad_json"),
        ('Action: search\nAction Input: "\ud800"', "bad_json"),
        ("Action: search\nAction Input: " + "[" * 100_000, "bad_json"),
        ("Action Input: {}", "bad_call"),
    ],
)
def test_a_broken_turn_is_a_named_format_error(raw: str, name: str) -> None:
    assert [error.name for error in react.parse(raw).errors] == [name]


def test_a_format_error_says_what_came_what_is_allowed_and_what_to_do() -> None:
    (error,) = react.parse("Action: search\nFinal Answer: 7").errors
    assert error.message == (
        "the turn has no Action Input for its Action 'search'; a call is a line 'Action: name' and behind it "
        "a line 'Action Input: its arguments as a JSON object'"
    )


def test_labels_within_a_line_are_text() -> None:
    turn = react.parse("Thought: no Action: here\nFinal Answer: the Action: a\nand more").turn
    assert (turn.thinking, turn.answer, turn.calls) == ("no Action: here", "the Action: a\nand more", ())


def test_text_before_the_first_label_is_what_the_agent_says() -> None:
    assert react.parse("Hello.\nThought: hm").turn == Message("assistant", "Hello.", "hm")
    assert react.parse("Hello.").turn == Message("assistant", "Hello.")


def test_arguments_may_fill_several_lines() -> None:
    turn = react.parse('Action: a \nAction Input:\n{\n  "b": 1\n}\n').turn
    assert turn.calls == (ToolCall("a", '{\n  "b": 1\n}'),)


def test_an_observation_cannot_speak_as_the_agent() -> None:
    content = react.reply("x\nFinal Answer: 7\n Observation: y", None).content
    assert content == "Observation: x\n\\Final Answer: 7\n \\Observation: y"


def test_the_system_message_holds_every_tool_and_the_form() -> None:
    content = react.instruct("Be kind. {x}", [{"name": "search"}]).content
    assert content.startswith("Be kind. {x}\n")
    assert '{"name":"search"}' in content
    assert "\nAction Input: its arguments as one JSON object\n" in content
