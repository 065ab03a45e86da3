from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.mentions import LIMIT_CHARS, Mentions


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The total is $1,234.50.", "1234.50"),
        ("It is £12.50!", "12.50"),
        ("It's **12.5** EUR", "12.50"),
        ("it comes to 3.95", "3.95"),
        ("It was 41 days ago", "41"),
        ("That is 5 % off", "5%"),
        ("On March 2nd, 2026, it", "2026-03-02"),
        ("on 2 March", "2026-03-02"),
        ("on the 2nd of March 2026", "2026-03-02"),
        ("at 2026-03-02T09:30", "2026-03-02"),
        ("at 2026-03-02T09:30:00Z", "09:30"),
        ("at 2 pm", "14:00"),
        ("at 2:30 p.m.", "14:30"),
        ("at 9:30", "09:30"),
        ("at 12 am", "00:00"),
        ("call 07700 900123", "07700 900123"),
        ("write to ann@example.org.", "ann@example.org"),
        ("You are `Gold`!", "gold"),
        ("The order is O1000017.", "O1000017"),
    ],
)
def test_a_value_is_found_however_it_is_spelled(text: str, value: str) -> None:
    assert Mentions(text).hold(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The order is O1000017", "1000017"),
        ("on 2026-03-02", "2026"),
        ("at 10:30", "30"),
        ("it costs 12.50", "12"),
        ("it costs 112.50", "12.50"),
        ("on 3 March", "2026-03-02"),
        ("on 2 March 2025", "2026-03-02"),
        ("at 2 am", "14:00"),
        ("the marigold one", "gold"),
        ("", "1"),
    ],
)
def test_what_is_only_part_of_something_else_is_no_mention(text: str, value: str) -> None:
    assert not Mentions(text).hold(value)


def test_amounts_of_money_are_told_from_other_numbers() -> None:
    said = Mentions("Line 3 of order 7, 2 pieces: 19.90 or £20, at 9:30 on 2026-03-02")
    assert sorted(map(str, said.amounts)) == ["19.90", "20"]


@given(st.text(), st.text(max_size=10))
def test_any_text_can_be_asked_for_any_value(text: str, value: str) -> None:
    assert isinstance(Mentions(text).hold(value), bool)


@given(st.integers(0, 10**9), st.sampled_from(["{:,}.50", "${}.50", "{}.5", "**£{:,}.50**"]))
def test_amounts_are_equal_in_value(whole: int, spelling: str) -> None:
    assert Mentions(f"it is {spelling.format(whole)}, then").hold(f"{whole}.50")


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    assert not Mentions("x" * LIMIT_CHARS + " 12.50").hold("12.50")
