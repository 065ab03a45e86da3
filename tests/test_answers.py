from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.answers import Answer, AnswerKind, normalised, parsed_date, parsed_number


@pytest.mark.parametrize("given_text", ["São Tomé", "sao tome", "the Sao-Tome.", "  São   Tomé! ", "Sao Tomé"])
def test_spelling_does_not_matter(given_text: str) -> None:
    assert Answer(kind="text", value="São Tomé").matches(given_text)


@pytest.mark.parametrize(
    "given_text", ["", "São", "São Tomé and Príncipe", "It is São Tomé", "not São Tomé", "x" * 10_000]
)
def test_containing_the_answer_is_not_enough(given_text: str) -> None:
    assert not Answer(kind="text", value="São Tomé").matches(given_text)


def test_an_alias_is_as_right() -> None:
    assert Answer(kind="text", value="Côte d'Ivoire", aliases=("Ivory Coast",)).matches("ivory coast")


@pytest.mark.parametrize(("one", "other"), [("C++", "C#"), ("C", "C++"), ("3.5", "35"), ("50%", "50"), ("€", "$")])
def test_signs_that_tell_answers_apart_stay(one: str, other: str) -> None:
    assert not Answer(kind="text", value=one).matches(other)


@pytest.mark.parametrize(
    "given_text", ["2,946 m", "2946", "2946 metres", "2 946 m", "2.946 km", "9,665 ft", "2946.0 meters"]
)
def test_a_number_is_right_in_any_unit_of_its_dimension(given_text: str) -> None:
    assert Answer(kind="number", value="2,946", unit="m").matches(given_text)


@pytest.mark.parametrize(
    "given_text", ["2,947 m", "2946 km", "2946 kg", "about 2946 m", "2946 m or 3000 m", "-2946", "2,946,0"]
)
def test_another_number_unit_or_sentence_is_wrong(given_text: str) -> None:
    assert not Answer(kind="number", value="2,946", unit="m").matches(given_text)


def test_scales_are_read() -> None:
    assert Answer(kind="number", value="1,400,000").matches("1.4 million")


@pytest.mark.parametrize(
    "given_text", ["12 March 1972", "March 12, 1972", "1972-03-12", "12th of march 1972", "12 Mar. 1972"]
)
def test_a_date_is_right_in_any_form(given_text: str) -> None:
    assert Answer(kind="date", value="12 March 1972").matches(given_text)


@pytest.mark.parametrize(
    "given_text", ["1972", "March 1972", "13 March 1972", "12 March 1973", "12/03/1972", "12 March 1972 BC"]
)
def test_another_or_a_less_precise_date_is_wrong(given_text: str) -> None:
    assert not Answer(kind="date", value="12 March 1972").matches(given_text)


def test_eras_count() -> None:
    assert Answer(kind="date", value="300 BC").matches("300 BCE")
    assert not Answer(kind="date", value="300 BC").matches("300")


texts = st.text(max_size=50)
KINDS: tuple[AnswerKind, ...] = ("text", "number", "date")


@given(texts)
def test_an_answer_matches_itself_if_it_says_anything(text: str) -> None:
    for kind in KINDS:
        assert Answer(kind=kind, value=text).matches(text)


@given(texts, texts)
def test_any_text_can_be_compared(one: str, other: str) -> None:
    for kind in KINDS:
        assert Answer(kind=kind, value=one).matches(other) in (True, False)


@given(texts)
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@given(st.integers(-(10**12), 10**12))
def test_numbers_with_and_without_separators_are_the_same(number: int) -> None:
    assert parsed_number(f"{number:,}") == parsed_number(str(number)) == (Decimal(number), "")


@given(st.dates())
def test_dates_in_iso_form_are_read(date: object) -> None:
    year, month, day = map(int, str(date).split("-"))
    assert parsed_date(str(date)) == (year, month, day)


@pytest.mark.parametrize("given_text", ["2.944 km", "2.9485 km", "2.95 km", "3 km", "9,700 ft", "8.841 km"])
def test_another_unit_is_no_tolerance(given_text: str) -> None:
    assert not Answer(kind="number", value="2,946", unit="m").matches(given_text)


@pytest.mark.parametrize(
    ("value", "said"), [("2010000", "2.01 million"), ("2,030,000", "2.03 million"), ("0.3", "0.3")]
)
def test_numbers_are_compared_to_the_last_digit(value: str, said: str) -> None:
    assert Answer(kind="number", value=value).matches(said)


def test_numbers_too_long_to_be_meant_are_compared_as_text() -> None:
    assert not Answer(kind="number", value="9" * 400).matches("8" * 400)
    assert not Answer(kind="number", value="9", unit="km").matches("9000." + "0" * 60 + " m")


@pytest.mark.parametrize(("one", "other"), [("UTC-4", "UTC 4"), ("-5", "5"), ("かぎ", "かき"), ("न", "न्")])
def test_marks_that_make_another_word_stay(one: str, other: str) -> None:
    assert not Answer(kind="text", value=one).matches(other)


@pytest.mark.parametrize(("one", "other"), [("UTC-4", "utc−4"), ("COVID-19", "covid 19"), ("Έλλη", "ελλη")])
def test_other_ways_to_write_the_same_are_right(one: str, other: str) -> None:
    assert Answer(kind="text", value=one).matches(other)


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9),
    st.sampled_from(["", "m", "km", "ft", "mi"]),
)
def test_any_number_in_any_unit_can_be_compared(number: object, unit: str) -> None:
    assert Answer(kind="number", value="2,946", unit="m").matches(f"{number} {unit}") in (True, False)
