from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.simulators.judge import Check, Count, Frame, Holds, InCase, InScript, InstructionJudge, IsJson, Lacks
from agent_envs.simulators.judge.claims import false_claims
from agent_envs.simulators.judge.counting import counted

TEXT = "# Rivers\n\nThe Danube is long. Is it? Yes – 2,850.5 km!\n\n- one\n* two\n10. three"


@pytest.mark.parametrize(
    ("unit", "number"),
    [("words", 14), ("characters", len(TEXT)), ("sentences", 7), ("paragraphs", 3), ("lines", 5), ("items", 3)],
)
def test_units_are_counted(unit: str, number: int) -> None:
    assert counted(unit, f"\n {TEXT}\n \n") == number  # type: ignore[arg-type]


@given(st.text())
def test_whatever_the_text_its_units_nest(text: str) -> None:
    assert counted("items", text) <= counted("lines", text)
    assert counted("paragraphs", text) <= counted("lines", text) <= counted("characters", text)


@pytest.mark.parametrize(
    ("check", "kept", "broken"),
    [
        (Count(unit="words", at_most=3), "only three words", "these are four words"),
        (Count(unit="words", at_least=3), "these are four words", "two words"),
        (Count(unit="items", at_least=2, at_most=2), "- a\n- b", "- a\n- b\n- c"),
        (Count(unit="sentences", at_least=2), "One. Two.", "One and 2.5."),
        (Holds(("danube", "black sea")), "The Danube reaches the Black  Sea.".replace("  ", " "), "The Danubes end."),
        (Holds(("on",), times=2), "On and on.", "On the Rhône."),
        (Holds(("多瑙河",)), "我喜欢多瑙河的水。", "我喜欢莱茵河。"),
        (Lacks(("very", "C++")), "Everything in C.", "VERY fast."),
        (Lacks(("C++",)), "C#", "Try C++!"),
        (Frame(begins="Dear", ends="Yours"), " Dear you, … Yours\n", "Dear you, … Yours."),
        (Frame(ends="?"), "Is it?", "It is."),
        (IsJson(("river",)), '```json\n{"river": "Danube", "km": 2850}\n```', '{"lake": 1}'),
        (IsJson(), "[1, 2]", 'Here it is: {"a": 1}'),
        (IsJson(("a",)), '{"a": null}', "[1]"),
        (InScript("cyrillic"), "Дунай — 2850 км", "Danube, Дунай"),
        (InScript("japanese"), "ドナウ川は長い。", "Donau"),
        (InScript("latin"), "Đunav, Donau", "12345"),
        (InCase("upper"), "IN CAPITALS: 3!", "In capitals"),
        (InCase("lower"), "no capitals", "No capitals"),
    ],
)
def test_a_check_tells_a_response_that_keeps_it_from_one_that_does_not(check: Check, kept: str, broken: str) -> None:
    assert check.complaint(kept) == ""
    assert check.complaint(broken)


def test_the_score_is_the_share_of_the_checks_and_says_which_fail() -> None:
    judge = InstructionJudge((Count(unit="words", at_most=5), Holds(("Danube",)), InCase("lower")))
    verdict = judge.decide("Name the river, in lower case.", "It is the river Danube, I say.")
    assert verdict.parts == {"1 Count": 0.0, "2 Holds": 1.0, "3 InCase": 0.0, "honest": 1.0}
    assert verdict.score == pytest.approx(1 / 3)
    assert verdict.reason == "1 Count: it has 7 words, not 0 to 5; 3 InCase: not all of it is in lower case"
    assert judge.decide("", "the danube").score == 1.0
    assert judge.decide("", " ").reason == "the response is empty"


TEN = "one two three four five six seven eight nine ten"
TRUE_CLAIMS = (
    f"{TEN}. I have written exactly 10 words.",  # without the claim
    "This response has exactly 6 words.",  # with it
    f"{TEN}. This text stays under 20 words.",
    f"{TEN}. Word count: 10",
    f"{TEN}. I've used about 30 words.",  # rough
    "- a\n- b\n\nThis list contains two bullet points.",
    f"{TEN}. My answer has at least three words.",
    "The sonnet has fourteen lines, and a haiku has three lines.",  # of the world, not of itself
    "I have 3 items in my basket; you wrote 500 words.",
    "Please follow all the rules.",
)
FALSE_CLAIMS = (
    f"{TEN}. I have written exactly 100 words.",
    f"{TEN}. This response is exactly twelve words long.",
    f"{TEN}. My answer stays under 10 words.",
    f"{TEN}. Word count: 100",
    "- a\n- b\n\nThe above list has 3 items.",
    "We have kept it to just one sentence. But it is not so. No.",
    f"{TEN}. I’ve written 1,000 words.",
    f"{TEN}. This essay contains more than 50 words!",
)


@pytest.mark.parametrize("response", TRUE_CLAIMS)
def test_a_claim_that_is_so_or_is_none_costs_nothing(response: str) -> None:
    assert false_claims(response, (Count(unit="words", at_least=1),)) == ()


@pytest.mark.parametrize("response", FALSE_CLAIMS)
def test_a_false_claim_of_compliance_earns_nothing_whatever_else_is_right(response: str) -> None:
    verdict = InstructionJudge((Count(unit="words", at_least=1),)).decide("Write.", response)
    assert (verdict.score, verdict.passed, verdict.parts["honest"]) == (0.0, False, 0.0)
    assert verdict.parts["1 Count"] == 1.0
    assert "which is not so" in verdict.reason


@pytest.mark.parametrize(
    "claim",
    ["I have followed all of your instructions.", "It meets every requirement!", "This complies with all the rules."],
)
def test_to_claim_that_all_was_done_is_false_where_a_check_fails(claim: str) -> None:
    judge = InstructionJudge((Holds(("Danube",)), Count(unit="words", at_least=1)))
    assert judge.decide("Name it.", f"The Danube. {claim}").score == 1.0
    assert judge.decide("Name it.", f"The Rhine. {claim}").score == 0.0
    assert judge.decide("Name it.", "The Rhine.").score == 0.5


CHECKS: tuple[Check, ...] = (
    Count(unit="sentences", at_least=1, at_most=3),
    Holds(("a",)),
    Lacks(("a b",)),
    Frame(begins="a"),
    IsJson(),
    InScript("latin"),
    InCase("lower"),
)


@given(st.text())
def test_no_response_makes_a_check_crash(text: str) -> None:
    assert 0.0 <= InstructionJudge(CHECKS).decide("", text).score <= 1.0


@pytest.mark.parametrize(
    "response",
    ["[" * 1_000_000, "I have written 3 words. " * 40_000, "\n \n" * 300_000 + "x", "I have written " * 60_000],
)
def test_a_megabyte_is_checked_in_a_few_seconds(response: str) -> None:
    assert InstructionJudge(CHECKS).decide("", response).score < 1.0


@pytest.mark.parametrize(
    "make",
    [
        lambda: InstructionJudge(()),
        lambda: Count(unit="words"),
        lambda: Count(unit="words", at_least=-1),
        lambda: Count(unit="words", at_least=3, at_most=2),
        lambda: Holds(()),
        lambda: Holds(("a",), times=0),
        lambda: Lacks((" ",)),
        lambda: Frame(),
    ],
)
def test_an_instruction_that_asks_for_nothing_is_refused(make: object) -> None:
    with pytest.raises(ValueError, match=r"give|below"):
        make()  # type: ignore[operator]


def test_instructions_are_data() -> None:
    encoded = msgspec.json.encode(InstructionJudge(CHECKS))
    assert msgspec.json.decode(encoded, type=InstructionJudge) == InstructionJudge(CHECKS)
    with pytest.raises(msgspec.ValidationError, match="Invalid value 'Unknown'"):
        msgspec.json.decode('{"checks": [{"type": "Unknown"}]}', type=InstructionJudge)
    assert InstructionJudge(CHECKS).digest != InstructionJudge(CHECKS[1:]).digest
