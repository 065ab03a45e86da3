"""Scores of patches against tests when nobody knows which of either are right, by what the patches mend and keep."""

from __future__ import annotations

from collections.abc import Sequence


def self_play_scores(before: Sequence[bool], after: Sequence[Sequence[bool]]) -> list[float]:
    """The score of each patch, by which the best of several is chosen without hidden tests.

    It is the share of failing tests that pass with the patch, plus the share of passing tests that still do. Where no
    test fails, nothing was to be mended, and where none passes, nothing was to be kept: that share is 1, for no patch
    falls short of it.

    Args:
        before: Whether each test passes in the repository without a patch.
        after: Whether each test passes with each patch, a row a patch.

    Returns:
        A score for each patch, from 0 to 2. A patch that changes nothing has 1, where some tests fail and some pass.

    Raises:
        ValueError: A row has not as many tests as there are.

    Source: Kimi-Dev, test-time self-play, arXiv 2509.23045.
    """
    for number, passes in enumerate(after):
        if len(passes) != len(before):
            raise ValueError(f"patch {number} has results of {len(passes)} tests, and there are {len(before)}")
    failing = [test for test, passed in enumerate(before) if not passed]
    passing = [test for test, passed in enumerate(before) if passed]
    return [_share(passes, failing) + _share(passes, passing) for passes in after]


def _share(passes: Sequence[bool], tests: Sequence[int]) -> float:
    return sum(passes[test] for test in tests) / len(tests) if tests else 1.0
