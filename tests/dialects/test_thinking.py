from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.dialects import DIALECTS, Dialect
from agent_envs.messages import Message, ToolCall

dialects = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["<think>", "Thought: a\nAction: b"])
)
turns = st.builds(
    Message,
    st.just("assistant"),
    content=texts,
    thinking=texts,
    calls=st.sampled_from([(), (ToolCall.of("find", text="</think>"),)]),
    answer=st.one_of(st.none(), texts),
)


@dialects
@given(turn=turns)
def test_a_turn_without_its_thinking_is_the_same_turn_but_for_that(dialect: Dialect, turn: Message) -> None:
    read = dialect.parse(dialect.render(turn))
    left = dialect.without_thinking(read.written)
    assert dialect.parse(left if dialect.tools_beside_text else left.content).turn == msgspec.structs.replace(
        read.turn, thinking=""
    )


@dialects
@given(turn=turns)
def test_a_turn_without_thinking_stays_as_it_was_written(dialect: Dialect, turn: Message) -> None:
    written = dialect.parse(Message("assistant", turn.content, "", turn.calls, turn.answer)).written
    assert dialect.without_thinking(written) == written


def test_a_thought_that_the_prompt_began_is_left_out_too() -> None:
    written = Message("assistant", "I must look.\n</think>\n\nLooking.")
    assert DIALECTS["hermes"].without_thinking(written) == Message("assistant", "Looking.")
