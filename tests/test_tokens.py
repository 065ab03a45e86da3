from __future__ import annotations

from typing import Any

import pytest

from agent_envs.messages import Message, ToolCall
from agent_envs.tokens import bytes_over_4, checked, count_message


def letters(text: str) -> int:
    return len(text)


def test_a_message_counts_its_texts_its_calls_and_its_frame() -> None:
    message = Message("assistant", "ab", "cde", (ToolCall("f", "{}"),), "gh")
    assert count_message(message, letters) == 4 + 2 + 3 + 2 + 1 + 2


def test_a_message_that_was_counted_is_not_counted_again_whoever_asks() -> None:
    asked: list[str] = []

    def count(text: str) -> int:
        asked.append(text)
        return len(text)

    for _ in range(3):
        assert count_message(Message("user", "the same text"), count) == 4 + 13
    assert asked == ["the same text"]


def test_counters_do_not_share_what_they_remember() -> None:
    def words(text: str) -> int:
        return len(text.split())

    message = Message("user", "two words")
    assert (count_message(message, letters), count_message(message, words)) == (4 + 9, 4 + 2)


def test_a_quarter_of_the_bytes_is_rounded_up() -> None:
    assert [bytes_over_4(text) for text in ("", "a", "abcd", "ö" * 3, "abcde")] == [0, 1, 1, 2, 2]


@pytest.mark.parametrize("wrong", [-1, 1.5, None, True, "3"])
def test_a_counter_that_gives_no_number_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="it is to give a whole number from 0"):
        checked(lambda text: wrong)


def test_a_counter_that_disagrees_with_itself_is_refused() -> None:
    given = iter(range(100))
    with pytest.raises(ValueError, match="gives 0 and then 1 for the same text"):
        checked(lambda text: next(given))


def test_a_counter_that_cannot_be_told_from_others_is_refused() -> None:
    class Unhashable:
        __hash__ = None  # type: ignore[assignment]

        def __call__(self, text: str, /) -> int:
            return len(text)

    counter: Any = Unhashable()
    with pytest.raises(TypeError, match="unhashable"):
        checked(counter)
