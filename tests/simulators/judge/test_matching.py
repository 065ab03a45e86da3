from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.answers import Answer
from agent_envs.simulators.judge import ExactMatch, Judge, NumberMatch, SetMatch, TokenF1, Verdict

VIENNA = Answer(kind="text", value="Vienna", aliases=("Wien",))
LENGTH = Answer(kind="number", value="2,850", unit="km")
RIVERS = SetMatch(tuple(Answer(kind="text", value=name) for name in ("Danube", "Inn", "Mur")))
EVERY: tuple[Judge, ...] = (ExactMatch(VIENNA), NumberMatch(truth=LENGTH), RIVERS, TokenF1(("the blue Danube",)))


@pytest.mark.parametrize(("said", "right"), [("wien.", True), ("The VIENNA", True), ("Vienna, Austria", False)])
def test_an_exact_match_is_one_however_it_is_spelled(said: str, right: bool) -> None:
    verdict = ExactMatch(VIENNA).decide("Which city?", said)
    assert (verdict.score, verdict.passed, verdict.prompt_digest) == (float(right), right, "")


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("2850", True),
        ("2,860 km", True),
        ("2836 kilometres", True),
        ("2,865", False),
        ("2,850,000 m", True),
        ("2860 miles", False),
        ("-2850", False),
        ("about that", False),
        ("2850 or 2860", False),
        ("9" * 400, False),
    ],
)
def test_a_number_is_right_within_its_tolerance_and_in_its_unit(said: str, right: bool) -> None:
    assert NumberMatch(truth=LENGTH, absolute=10, relative=0.005).decide("How long?", said).passed is right


@given(st.integers(-(10**6), 10**6), st.integers(0, 10**4), st.integers(-(10**4), 10**4))
def test_a_number_off_by_no_more_than_the_tolerance_is_right_and_no_other(value: int, allowed: int, off: int) -> None:
    judge = NumberMatch(truth=Answer(kind="number", value=str(value)), absolute=allowed)
    assert judge.decide("", str(value + off)).passed is (abs(off) <= allowed)


@pytest.mark.parametrize(
    "wrong", [{"absolute": -1}, {"relative": math.nan}, {"absolute": math.inf}, {"absolute": True}]
)
def test_a_tolerance_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="give a finite number from 0"):
        NumberMatch(truth=LENGTH, **wrong)


def test_a_truth_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="give an Answer of kind 'number'"):
        NumberMatch(truth=VIENNA)
    with pytest.raises(ValueError, match="give an Answer of kind 'number'"):
        NumberMatch(truth=Answer(kind="number", value="many"))


@pytest.mark.parametrize(
    "said",
    [
        "Danube, Inn and Mur",
        "the Mur, the Inn, and the Danube",
        "- Inn\n- Danube\n\n- Mur\n",
        "1. Inn\n2) Mur\n3. Danube",
        '["Mur", "Inn", "Danube"]',
        "Mur; Danube; Inn; inn",
    ],
)
def test_a_set_is_right_in_any_order_and_any_form_of_list(said: str) -> None:
    verdict = RIVERS.decide("Which rivers?", said)
    assert (verdict.score, verdict.passed) == (1.0, True)


def test_what_is_missing_and_what_is_too_much_is_told_and_lowers_the_score() -> None:
    verdict = RIVERS.decide("Which rivers?", "Danube, Inn, Rhine, Elbe")
    assert verdict.parts == {"precision": 0.5, "recall": 2 / 3}
    assert verdict.score == pytest.approx(4 / 7)
    assert not verdict.passed
    assert verdict.reason == "missing: Mur; not among them: Rhine, Elbe"
    assert RIVERS.decide("", "Rhine").score == 0.0


def test_commas_in_numbers_and_the_and_of_a_name_part_nothing() -> None:
    numbers = SetMatch((LENGTH, Answer(kind="number", value="517", unit="km")))
    assert numbers.decide("", "2,850 km and 517 km").passed
    states = SetMatch(tuple(Answer(kind="text", value=name) for name in ("Trinidad and Tobago", "Cuba")))
    assert states.decide("", "Cuba and Trinidad and Tobago").score < 1.0  # no telling which "and" is which
    assert states.decide("", "Cuba, Trinidad and Tobago").passed
    assert states.decide("", "Trinidad and Tobago").parts == {"precision": 1.0, "recall": 0.5}


def test_a_truth_spelled_in_two_ways_is_one_item() -> None:
    assert SetMatch((VIENNA,)).decide("", "Vienna; Wien").passed


def test_shared_words_are_counted_as_often_as_both_have_them() -> None:
    judge = TokenF1(("blue blue Danube", "river"), passes_at=0.8)
    verdict = judge.decide("", "the blue, blue sky")
    assert verdict.score == pytest.approx(2 / 3)
    assert verdict.parts == {"precision": pytest.approx(2 / 3), "recall": pytest.approx(2 / 3)}
    assert not verdict.passed
    assert judge.decide("", "A river").passed
    assert judge.decide("", "lake").score == 0.0


@given(st.lists(st.sampled_from(("red", "green", "blue")), min_size=1))
def test_the_order_of_words_does_not_matter(words: list[str]) -> None:
    shuffled = sorted(words)
    assert TokenF1((" ".join(words),)).decide("", " ".join(shuffled)).passed


@pytest.mark.parametrize("judge", EVERY, ids=lambda judge: type(judge).__name__)
@pytest.mark.parametrize("said", ["", " \n\t\u3000"])
def test_an_empty_response_scores_nothing(judge: Judge, said: str) -> None:
    assert judge.decide("What?", said) == Verdict(score=0.0, passed=False, reason="the response is empty")


@pytest.mark.parametrize("judge", EVERY, ids=lambda judge: type(judge).__name__)
@pytest.mark.parametrize("said", ["é" * 1_000_000, "x " * 500_000, "[" * 100_000, "\ud800", ", and " * 100_000, "\x00"])
def test_no_response_makes_a_judge_crash(judge: Judge, said: str) -> None:
    assert judge.decide("What?", said).score < 1.0


def test_a_digest_tells_judges_apart() -> None:
    assert len({judge.digest for judge in (*EVERY, NumberMatch(truth=LENGTH, absolute=1.0))}) == len(EVERY) + 1
    assert ExactMatch(VIENNA).digest == ExactMatch(VIENNA).digest


def test_judges_without_a_truth_are_refused() -> None:
    with pytest.raises(ValueError, match="give one Answer at least"):
        SetMatch(())
    for truths in ((), ("Danube", " ")):
        with pytest.raises(ValueError, match="give one text at least, and none that is blank"):
            TokenF1(truths)
    with pytest.raises(ValueError, match="passes_at=0"):
        TokenF1(("Danube",), passes_at=0.0)


@pytest.mark.parametrize("score", [-0.1, 1.5, math.nan])
def test_a_verdicts_score_is_bounded(score: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        Verdict(score=score, passed=False, reason="")
