"""Rows by columns: bit for bit what rows one by one are, and the same however many are made at once."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.snapshots.domains.columns import Columns, Rows
from agent_envs.snapshots.domains.domain import load_domain
from agent_envs.snapshots.domains.rows import Row

COUNTS = {"sales": 5000, "stores": 70, "products": 3}
SEEDS, NUMBERS = st.integers(0, 2**63 - 1), st.lists(st.integers(0, 2**40), min_size=1, max_size=20)
SKEWS = st.integers(1, 4)


def both(seed: int, numbers: list[int]) -> tuple[Rows, list[Row]]:
    """The same rows of a table together, and one by one."""
    rows = Rows(seed, "sales", np.array(numbers), COUNTS)
    return rows, [Row(seed, "sales", number, COUNTS) for number in numbers]


@given(SEEDS, NUMBERS, st.integers(-(10**9), 10**9), st.integers(0, 2**32 - 1), SKEWS)
def test_integers_are_those_of_the_rows(seed: int, numbers: list[int], low: int, span: int, skew: int) -> None:
    rows, alone = both(seed, numbers)
    drawn = rows.integers("field", low, low + span, skew=skew).tolist()
    assert drawn == [row.integer("field", low, low + span, skew=skew) for row in alone]


@given(SEEDS, NUMBERS, st.sampled_from(["stores", "products"]), SKEWS)
def test_what_they_refer_to_is_the_same(seed: int, numbers: list[int], table: str, skew: int) -> None:
    rows, alone = both(seed, numbers)
    others, theirs = rows.other("to", table, skew=skew), [row.other("to", table, skew=skew) for row in alone]
    assert others.numbers.tolist() == [other.number for other in theirs]
    assert others.integers("name", 0, 999).tolist() == [other.integer("name", 0, 999) for other in theirs]


@given(SEEDS, NUMBERS, st.floats(0, 1))
def test_chances_options_and_days_are_the_same(seed: int, numbers: list[int], share: float) -> None:
    rows, alone = both(seed, numbers)
    options, weights = ["one", "two", "three"], {"rare": 1, "common": 9}
    first, last = date(2024, 2, 27), date(2024, 3, 2)
    assert rows.chances("chance", share).tolist() == [row.chance("chance", share) for row in alone]
    assert rows.picks("pick", options).tolist() == [row.pick("pick", options) for row in alone]
    assert rows.choices("choice", weights).tolist() == [row.choice("choice", weights) for row in alone]
    assert rows.dates("day", first, last).tolist() == [row.date("day", first, last) for row in alone]
    assert [f"S{key}" for key in rows.keys().tolist()] == [row.key("S") for row in alone]


def test_a_table_without_rows_cannot_be_referred_to() -> None:
    with pytest.raises(ValueError, match="refers to a row of 'none'"):
        both(0, [1])[0].other("field", "none")


@pytest.mark.parametrize("table", ["sales", "returns", "targets"])
def test_a_row_of_a_domain_is_the_same_alone_and_among_others(table: str) -> None:
    recipe = load_domain("warehouse").recipe(20_000, 3)
    together: Columns = recipe.columns(table, 0, 100)
    (alone,) = recipe.rows(table, 57)
    assert {name: str(value) for name, value in alone.items()} == {
        name: str(values[57]) for name, values in together.items()
    }
