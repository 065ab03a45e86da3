from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent_envs.envs.self_play import self_play_scores


@st.composite
def results(draw: st.DrawFn) -> tuple[list[bool], list[list[bool]]]:
    """Which tests pass without a patch, and with each of some."""
    size = draw(st.integers(0, 6))
    row = st.lists(st.booleans(), min_size=size, max_size=size)
    return draw(row), draw(st.lists(row, max_size=5))


@pytest.mark.parametrize(
    ("passes", "score"),
    [
        ([False, False, True, True], 1.0),
        ([True, True, True, True], 2.0),
        ([True, True, False, False], 1.0),
        ([False, False, False, False], 0.0),
        ([True, False, True, True], 1.5),
        ([True, True, True, False], 1.5),
    ],
    ids="changes-nothing perfect mends-all-breaks-all breaks-all mends-half breaks-half".split(),
)
def test_a_patch_is_scored_by_what_it_mends_and_keeps(passes: list[bool], score: float) -> None:
    assert self_play_scores([False, False, True, True], [passes]) == [score]


def test_the_shares_are_of_all_tests_and_no_means_of_shares() -> None:
    assert self_play_scores([False, True, True, True], [[True, False, True, True], [False, True, True, True]]) == [
        pytest.approx(1 + 2 / 3),
        1.0,
    ]


def test_where_nothing_is_to_be_mended_or_kept_no_patch_falls_short() -> None:
    assert self_play_scores([True, True], [[True, True], [True, False]]) == [2.0, 1.5]
    assert self_play_scores([False, False], [[True, True], [True, False]]) == [2.0, 1.5]
    assert self_play_scores([], [[], []]) == [2.0, 2.0]


def test_results_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match="patch 1 has results of 1 tests, and there are 2"):
        self_play_scores([True, False], [[True, True], [True]])


@given(results())
def test_scores_are_the_formula_spelled_out(drawn: tuple[list[bool], list[list[bool]]]) -> None:
    before, after = drawn
    for passes, score in zip(after, self_play_scores(before, after), strict=True):
        f = p = fp = pp = 0
        for was, now in zip(before, passes, strict=True):
            f += not was
            p += was
            fp += not was and now
            pp += was and now
        assert score == (fp / f if f else 1.0) + (pp / p if p else 1.0)
        assert 0.0 <= score <= 2.0


@given(results(), st.data())
def test_the_order_of_tests_and_patches_does_not_matter(
    drawn: tuple[list[bool], list[list[bool]]], data: st.DataObject
) -> None:
    before, after = drawn
    tests = data.draw(st.permutations(range(len(before))))
    patches = data.draw(st.permutations(range(len(after))))
    scores = self_play_scores(before, after)
    shuffled = self_play_scores([before[j] for j in tests], [[after[i][j] for j in tests] for i in patches])
    assert shuffled == [scores[i] for i in patches]


@given(results(), st.data())
def test_one_more_test_that_passes_raises_the_score(
    drawn: tuple[list[bool], list[list[bool]]], data: st.DataObject
) -> None:
    before, after = drawn
    assume(after and not all(after[0]))
    test = data.draw(st.sampled_from([j for j, passed in enumerate(after[0]) if not passed]))
    better = [passed or j == test for j, passed in enumerate(after[0])]
    worse_score, better_score = self_play_scores(before, [after[0], better])
    assert better_score > worse_score


@given(results())
def test_a_patch_that_changes_nothing_has_one(drawn: tuple[list[bool], list[list[bool]]]) -> None:
    before, _ = drawn
    assume(any(before) and not all(before))
    assert self_play_scores(before, [before, [True] * len(before), [not passed for passed in before]]) == [
        1.0,
        2.0,
        1.0,
    ]
