from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.answers import Answer
from agent_envs.outcome import Fault
from agent_envs.simulators.chat import Call, Reply
from agent_envs.simulators.judge import Correctness, Critic
from agent_envs.simulators.judge.critic import LIMIT_ANSWER_CHARS, Unreadable, read

Say = Callable[..., Any]
TRUTH = Answer(kind="text", value="Vienna", aliases=("Wien",))
YES, NO = '{"reason": "It is the capital.", "correct": true}', '{"reason": "Another city.", "correct": false}'


class Flag(msgspec.Struct):
    good: bool
    why: Annotated[str, msgspec.Meta(max_length=20)] = ""


@pytest.mark.parametrize(
    "text",
    [
        '{"good": true}',
        'Well: {"good": true}. That is all.',
        '```json\n{"good": true}\n```',
        '<think>{"good": false} or {"good": true}?</think>\n{"good": true}',
        'The set {x} is small {"good": true, "confidence": 0.9}',
        '{"good": true} as said: {"good": true}',
        '{"other": {"good": false}} {"good": true}',
    ],
)
def test_the_json_object_is_found_whatever_stands_around_it(text: str) -> None:
    assert read(text, Flag).good is True


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no JSON object"),
        ("yes", "no JSON object"),
        ("[true]", "no JSON object"),
        ('{"good": tru', "no JSON object"),
        ("{}", "missing required field `good`"),
        ('{"good": "yes"}', "Expected `bool`"),
        ('{"good": 1}', "Expected `bool`"),
        ('{"good": true, "why": "a much longer reason than that"}', "length <= 20"),
        ('{"good": true} {"good": false}', "several JSON objects that differ"),
        ('{"good": true}' + " " * LIMIT_ANSWER_CHARS, "characters, and 65,536 are read"),
        ('{"a":' * 12_000, "no JSON object"),
        ("{" * 60_000, "no JSON object"),
    ],
)
def test_what_cannot_be_read_is_told_why(text: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told.replace("(", r"\(")):
        read(text, Flag)


@given(st.text(max_size=300))
def test_whatever_a_model_says_is_read_or_unreadable(text: str) -> None:
    try:
        assert isinstance(read(text, Flag), Flag)
    except Unreadable as error:
        assert str(error)


def test_a_model_decides_what_the_rules_do_not_see_and_gives_its_reason(say: Say) -> None:
    model = say(YES)
    verdict = Correctness(model.critic, TRUTH).decide("Which city?", "the Austrian capital", seed=7)
    assert (verdict.score, verdict.passed, verdict.reason) == (1.0, True, "It is the capital.")
    (call,) = model.calls
    assert (call.model, call.seed, call.index, call.sampling) == ("scripted", 7, 0, {"temperature": 0.0})
    assert [message.role for message in call.messages] == ["system", "user"]
    for text in ("Which city?", "the Austrian capital", "Vienna", "also right: Wien"):
        assert text in call.messages[1].content
    verdict = Correctness(say(NO).critic, TRUTH).decide("Which city?", "Graz")
    assert (verdict.score, verdict.passed, verdict.reason) == (0.0, False, "Another city.")


@pytest.mark.parametrize(("said", "score"), [("Wien", 1.0), ("", 0.0), (" \n", 0.0)])
def test_nobody_is_asked_where_the_rules_can_tell(say: Say, said: str, score: float) -> None:
    model = say(NO)
    verdict = Correctness(model.critic, TRUTH).decide("Which city?", said)
    assert (verdict.score, verdict.prompt_digest, model.calls) == (score, "", [])


def test_an_unreadable_answer_is_asked_for_once_more_and_told_why(say: Say) -> None:
    model = say("Yes!", YES)
    assert Correctness(model.critic, TRUTH).decide("Which city?", "the capital").passed
    first, second = model.calls
    assert (first.index, second.index) == (0, 1)
    assert second.messages[1].content.startswith(first.messages[1].content)
    assert "it holds no JSON object. Answer with the JSON object" in second.messages[1].content


@pytest.mark.parametrize("text", ["", "Yes!", '{"correct": "maybe"}', f"{YES} {NO}", "x" * 10_000_000])
def test_a_model_that_gives_no_verdict_is_a_fault_of_the_judge_and_no_score(say: Say, text: str) -> None:
    model = say(text)
    with pytest.raises(Fault, match="scripted gave no verdict in 2 answers") as caught:
        Correctness(model.critic, TRUTH).decide("Which city?", "Graz")
    assert caught.value.origin == "judge"
    assert len(model.calls) == 2
    assert len(str(caught.value)) < 1000
    assert pickle.loads(pickle.dumps(caught.value)).origin == "judge"


def test_a_fault_of_the_endpoint_passes_through_as_it_is() -> None:
    def down(call: Call) -> Reply:
        raise Fault("the endpoint is down", origin="infra")

    with pytest.raises(Fault, match="the endpoint is down") as caught:
        Correctness(Critic(down, "scripted"), TRUTH).decide("Which city?", "Graz")
    assert caught.value.origin == "infra"


def test_a_verdict_carries_the_digest_of_all_that_was_asked(say: Say) -> None:
    def digest(*texts: str, seed: int = 0, response: str = "Graz") -> str:
        digest: str = Correctness(say(*texts).critic, TRUTH).decide("Which city?", response, seed=seed).prompt_digest
        return digest

    assert digest(NO) == digest(NO) == digest(YES)
    assert len({digest(NO), digest(NO, seed=1), digest(NO, response="Linz"), digest("what?", NO)}) == 4


def test_a_digest_tells_judges_apart_by_all_that_is_sent(say: Say) -> None:
    chat = say(YES)
    critics = (Critic(chat, "a"), Critic(chat, "b"), Critic(chat, "a", sampling={}), Critic(chat, "a", limit_chars=9))
    judges = [Correctness(critic, TRUTH) for critic in critics]
    judges.append(Correctness(critics[0], Answer(kind="text", value="Graz")))
    assert len({judge.digest for judge in judges}) == 5


def test_a_response_that_is_too_long_is_bounded_in_the_prompt_which_says_so(say: Say) -> None:
    model = say(NO)
    Correctness(model.critic, TRUTH).decide("Which city?", "Graz " * 200_000)
    content = model.calls[0].messages[1].content
    assert len(content) < 50_000
    assert "it has 1,000,000 characters" in content


def test_a_bound_below_one_is_refused(say: Say) -> None:
    with pytest.raises(ValueError, match="limit_chars=0"):
        Critic(say(YES), "scripted", limit_chars=0)


def test_lone_surrogates_reach_no_model(say: Say) -> None:
    model = say(NO)
    Correctness(model.critic, TRUTH).decide("Which \ud800?", "\udfff")
    (call,) = model.calls
    assert call.messages[1].content.encode().decode() == call.messages[1].content
