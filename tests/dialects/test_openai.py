from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent_envs.dialects import OpenAI
from agent_envs.messages import Message, ToolCall

openai = OpenAI()
texts = st.text(st.characters(exclude_categories=["Cs"]))
calls = st.builds(ToolCall, texts.filter(lambda name: name != "answer"), texts, texts)
turns = st.builds(
    Message,
    st.just("assistant"),
    content=texts,
    thinking=texts,
    calls=st.lists(calls, max_size=3).map(tuple),
    answer=st.one_of(st.none(), texts),
)


@given(turns)
def test_parsing_what_was_rendered_gives_the_turn_back(turn: Message) -> None:
    parsed = openai.parse(openai.render(turn))
    assert parsed.errors == ()
    assert parsed.turn == turn


@given(texts)
def test_any_text_parses(text: str) -> None:
    for raw in (text, "{" + text):
        parsed = openai.parse(raw)
        assert parsed.errors or parsed.turn.content == raw or raw.lstrip().startswith("{")


def test_text_that_is_no_message_is_the_content() -> None:
    assert openai.parse('{"a": 1}').turn == Message("assistant", '{"a": 1}')


def test_a_message_that_is_cut_inside_its_calls_is_a_format_error() -> None:
    raw = openai.render(Message("assistant", calls=(ToolCall.of("search", query=["a"]),)))
    assert [error.name for error in openai.parse(raw[:-4]).errors] == ["bad_json"]


def test_a_call_of_the_tool_answer_is_the_answer() -> None:
    parsed = openai.parse(Message("assistant", calls=(ToolCall.of("answer", answer="Graz"),)))
    assert parsed.turn.answer == "Graz"
    assert parsed.turn.calls == ()
    assert parsed.written.calls


def test_a_call_of_the_tool_answer_with_other_arguments_is_a_format_error() -> None:
    parsed = openai.parse(Message("assistant", calls=(ToolCall.of("answer", text="Graz"),)))
    assert [error.name for error in parsed.errors] == ["bad_answer"]


def test_what_clients_and_endpoints_write_is_read() -> None:
    call = '{"id":null,"type":"function","function":{"name":"search","arguments":{"query":["a"]}}}'
    raw = f'{{"role":"assistant","content":null,"refusal":null,"reasoning_content":null,"tool_calls":[{call}]}}'
    parsed = openai.parse(raw)
    assert parsed.errors == ()
    assert parsed.turn.calls == (ToolCall("search", '{"query":["a"]}'),)
    assert openai.parse('{"role":"assistant","content":"hi","tool_calls":null}').turn.content == "hi"
