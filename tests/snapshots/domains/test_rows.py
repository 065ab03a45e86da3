"""Rows by counter: the same on every machine, each alone, no field disturbed by another."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.snapshots.domains.rows import Row

COUNTS = {"customers": 1000, "orders": 5000, "few": 70}
NUMBERS = st.integers(0, 2**40)


def row(number: int, table: str = "orders", seed: int = 7) -> Row:
    return Row(seed, table, number, COUNTS)


def test_draws_are_the_same_for_ever() -> None:
    drawn = [row(number).integer("size", 0, 999_999) for number in range(5)]
    assert drawn == [146109, 863165, 764514, 560510, 235741]


@given(NUMBERS, st.integers(-(10**9), 10**9), st.integers(0, 10**9), st.integers(1, 4))
def test_an_integer_lies_in_its_range(number: int, low: int, span: int, skew: int) -> None:
    assert low <= row(number).integer("field", low, low + span, skew=skew) <= low + span


@given(NUMBERS)
def test_a_row_that_is_made_again_draws_the_same_whatever_was_drawn_before(number: int) -> None:
    first, again = row(number), row(number)
    again.integer("another field", 0, 9)
    assert again.integer("field", 0, 10**9) == first.integer("field", 0, 10**9)


def test_seed_table_number_field_and_part_each_name_another_stream() -> None:
    streams = [row(1), row(2), row(1, "customers"), row(1, seed=8), row(1).part(0), row(1).part(1), row(2).part(0)]
    drawn = {stream.integer(field, 0, 2**60) for stream in streams for field in ("one", "two")}
    assert len(drawn) == 2 * len(streams)


def test_draws_are_even() -> None:
    drawn = Counter(row(number).integer("die", 1, 6) for number in range(12_000))
    assert set(drawn) == set(range(1, 7))
    assert all(1_850 < count < 2_150 for count in drawn.values())


def test_neighbouring_rows_are_independent() -> None:
    pairs = Counter((row(n).chance("heads", 0.5), row(n + 1).chance("heads", 0.5)) for n in range(8_000))
    assert all(1_850 < count < 2_150 for count in pairs.values())


def test_choices_follow_their_weights() -> None:
    drawn = Counter(row(number).choice("kind", {"a": 8, "b": 2, "never": 0}) for number in range(5_000))
    assert set(drawn) == {"a", "b"}
    assert 3_850 < drawn["a"] < 4_150


def test_a_chance_of_none_and_of_all_are_certain() -> None:
    assert not any(row(number).chance("never", 0) for number in range(100))
    assert all(row(number).chance("always", 1) for number in range(100))


def test_few_rows_are_referred_to_often_and_no_row_too_often() -> None:
    drawn = Counter(row(number).other("customer", "customers").number for number in range(20_000))
    ranked = sorted((drawn[number] for number in range(1000)), reverse=True)
    assert 0.55 < sum(ranked[:200]) / 20_000 < 0.65
    assert ranked[0] < 20_000 / 50
    assert max(drawn) < 1000


def test_without_skew_references_are_even() -> None:
    drawn = Counter(row(number).other("customer", "few", skew=1).number for number in range(14_000))
    assert set(drawn) == set(range(70))
    assert all(120 < count < 290 for count in drawn.values())


def test_another_row_is_the_row_that_its_own_table_makes() -> None:
    other = row(3).other("customer", "customers")
    assert other.integer("tier", 0, 10**9) == row(other.number, "customers").integer("tier", 0, 10**9)


def test_a_table_without_rows_cannot_be_referred_to() -> None:
    with pytest.raises(ValueError, match="counts"):
        row(0).other("ghost", "ghosts")


def test_an_empty_range_is_an_error() -> None:
    with pytest.raises(ValueError, match="range is empty"):
        row(0).integer("field", 2, 1)
    with pytest.raises(ValueError, match="range is empty"):
        row(0).pick("field", ())


@given(NUMBERS)
def test_days_times_and_amounts_lie_where_they_should(number: int) -> None:
    first, last = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC)
    assert date(2025, 2, 1) <= row(number).date("day", date(2025, 2, 1), date(2025, 2, 3)) <= date(2025, 2, 3)
    time = row(number).time("time", first, last, skew=3)
    assert first <= time <= last and time.microsecond == 0
    assert row(number).cents("price", 499, 2_499, step=500) in (499, 999, 1_499, 1_999, 2_499)


def test_keys_sort_as_their_numbers_do() -> None:
    keys = [row(number).key("O", index, 3) for number in (0, 1, 2, 40, 999_999) for index in range(3)]
    assert keys == sorted(set(keys), key=lambda key: int(key[1:])) == sorted(keys)
    assert keys[0] == "O1000000"
