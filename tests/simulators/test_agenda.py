from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.envs.domain_task import Bound, Persona, Script, Want
from agent_envs.envs.tool_domain import Spoken
from agent_envs.messages import ToolCall
from agent_envs.simulators.user.agenda import AgendaUser
from agent_envs.simulators.user.understanding import understood

user = AgendaUser()
MOVE = Want("I want to move my appointment.", "act", (), (Bound("not_before", "10:00", "I cannot come before ten."),))
SCRIPT = Script(
    (MOVE, Want("What will it cost?", "learn", ("12.50",))),
    (("order_id", "O-17"), ("email", "ann@example.org"), ("refund", "store credit")),
)
PERSONAS = get_args(Persona)
words = st.lists(
    st.sampled_from(
        "what is your order number email ? . done cannot shall i proceed at 09:00 11:30 12.50 O-17 please yes".split()
    ),
    max_size=20,
).map(" ".join)


def hear(text: str, *, script: Script = SCRIPT, after: tuple[str, ...] = (), written: int = 0, seed: int = 0) -> Spoken:
    """What the user says to the last of these utterances, before which so many changes were made."""
    spoken = user.begin(script, seed)
    for each in after:
        spoken = user.hear(script, seed, spoken.memory, each, 0)
    return user.hear(script, seed, spoken.memory, text, written)


def one_want(want: Want, persona: Persona = "plain", **kwargs: object) -> Script:
    return msgspec.structs.replace(Script((want,), SCRIPT.facts, persona), **kwargs)


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_fact_is_told_when_it_is_asked_for_and_not_before(persona: Persona) -> None:
    script = msgspec.structs.replace(SCRIPT, persona=persona)
    for seed in range(10):
        assert "O-17" not in user.begin(script, seed).text
        assert "O-17" in hear("Could you give me your order number, please?", script=script, seed=seed).text
        assert "ann@example.org" not in hear("What is your order number?", script=script, seed=seed).text


def test_several_facts_are_told_at_once() -> None:
    said = hear("What are your order number and your email address?").text
    assert "O-17" in said and "ann@example.org" in said


def test_may_i_have_it_is_a_question_and_no_proposal() -> None:
    spoken = hear("May I have your email address, please?")
    assert "ann@example.org" in spoken.text and not spoken.agrees
    assert hear("May I cancel it?").agrees


@pytest.mark.parametrize("text", ["Is it O-17?", "Would you like a card refund or store credit?"])
def test_a_question_that_names_the_value_is_answered(text: str) -> None:
    spoken = hear(text)
    assert "O-17" in spoken.text or "store credit" in spoken.text
    assert not spoken.agrees


def test_a_thing_is_no_question_for_its_number() -> None:
    script = msgspec.structs.replace(SCRIPT, facts=(("phone", "07700 900123"),))
    assert "07700" not in hear("Please restart your phone.", script=script).text
    assert "07700 900123" in hear("What is your phone number?", script=script).text


def test_what_they_do_not_know_is_said_to_be_unknown() -> None:
    assert "postcode" in hear("What is your postcode?").text
    assert "postcode" not in hear("What is your email address, or your postcode?").text


@pytest.mark.parametrize(
    "text",
    [
        "Shall I move it to 11:30?",
        "I will move it to 11:30. Do you confirm?",
        "It would be at half past eleven, 11:30. Please confirm the change.",
        "You have 9:00 now. I can offer 11:30 am. Would you like me to book it?",
        "11:30 is free. Reply 'yes' to go ahead.",
    ],
)
def test_a_proposal_within_bounds_is_agreed_to(text: str) -> None:
    assert hear(text).agrees


@pytest.mark.parametrize("text", ["Shall I move it to 09:00?", "It would be at 9 am. Is that right?"])
def test_a_proposal_that_breaks_a_bound_is_refused_with_the_reason(text: str) -> None:
    spoken = hear(text)
    assert not spoken.agrees
    assert spoken.text == "No. I cannot come before ten."


@pytest.mark.parametrize(
    ("bound", "good", "bad"),
    [
        (Bound("not_after", "2026-03-01", "Too late."), "on 28 February 2026", "on 2026-03-02"),
        (Bound("at_most", "20.00", "Too dear."), "for 20.00 euros", "for €1,020"),
        (Bound("at_most", "106.80", "Too dear."), "for 106.80", "for 106.81"),
        (Bound("one_of", "blue", "I want blue.", ("blue", "red")), "the blue one", "the red one"),
    ],
)
def test_bounds_of_every_kind_hold(bound: Bound, good: str, bad: str) -> None:
    script = one_want(Want("Do it.", "act", (), (bound,)))
    assert hear(f"Shall I take it {good}?", script=script).agrees
    assert not hear(f"Shall I take it {bad}?", script=script).agrees


def test_a_question_to_confirm_a_fact_is_no_proposal() -> None:
    assert understood("Please confirm your order number.", SCRIPT, 0).proposes is False


def test_what_was_done_brings_the_next_want_and_what_is_told_ends_it() -> None:
    moved = hear("It has been moved to 11:30. Is there anything else I can do for you?", written=1)
    assert "What will it cost?" in moved.text
    assert not moved.stops
    spoken = user.hear(SCRIPT, 0, moved.memory, "It costs £12.50.", 0)
    assert spoken.stops


@pytest.mark.parametrize("text", ["I have located your appointment.", "One moment, please.", "I've verified you."])
def test_what_only_sounds_like_a_report_ends_no_want(text: str) -> None:
    assert "What will it cost?" not in hear(text).text
    assert "What will it cost?" not in hear(text, after=(text, text)).text


def test_a_report_of_which_they_got_no_word_is_doubted_and_then_believed() -> None:
    claim = "It has been moved."
    assert "What will it cost?" not in hear(claim).text
    assert "What will it cost?" in hear(claim, after=(claim,)).text


def test_a_change_of_which_they_got_word_needs_no_set_words() -> None:
    assert "What will it cost?" in hear("You are down for 11:30.", written=1).text


def test_two_changes_are_waited_for_where_it_takes_two() -> None:
    script = one_want(Want("Move both.", "act", writes=2))
    spoken = user.hear(script, 0, user.begin(script, 0).memory, "The first has been moved.", 1)
    assert not spoken.stops
    assert user.hear(script, 0, spoken.memory, "The second has been moved.", 1).stops


def test_a_first_refusal_is_questioned_and_a_second_accepted() -> None:
    for script in (SCRIPT, Script((Want("Do it.", "refused"), SCRIPT.wants[1]), SCRIPT.facts)):
        assert "What will it cost?" not in hear("I cannot move it.", script=script).text
        assert "What will it cost?" in hear("I really cannot.", script=script, after=("I cannot move it.",)).text


def test_a_question_that_begins_with_a_cannot_is_no_refusal() -> None:
    lost = "I cannot find you. What is your email address?"
    assert "What will it cost?" not in hear(lost, after=(lost, lost)).text


def test_who_is_to_be_refused_agrees_to_nothing_instead() -> None:
    assert not hear("I cannot do that. Shall I do this?", script=one_want(Want("Do it.", "refused"))).agrees


def test_who_changes_their_mind_agrees_when_asked_again() -> None:
    script = msgspec.structs.replace(SCRIPT, persona="changes_mind")
    assert not hear("Shall I move it to 11:30?", script=script).agrees
    assert hear("Shall I move it to 11:30?", script=script, after=("Shall I move it to 11:30?",)).agrees


def test_who_changes_their_mind_asks_for_something_else_at_first() -> None:
    want = Want("Please send two.", "act", at_first="Please send three.")
    script = one_want(want, "changes_mind")
    assert "three" in user.begin(script, 0).text and "two" not in user.begin(script, 0).text
    spoken = hear("Shall I send three?", script=script)
    assert not spoken.agrees and "two" in spoken.text
    assert user.hear(script, 0, spoken.memory, "Shall I send two?", 0).agrees
    assert "two" in user.begin(one_want(want), 0).text


def test_they_act_when_they_are_asked_to_and_not_when_they_are_warned() -> None:
    restart = ToolCall.of("restart")
    script = one_want(Want("It is broken.", "act"), does=(("phone + off", restart),))
    assert hear("Please switch your phone off and on again.", script=script).calls == (restart,)
    assert hear("Please turn off the phone.", script=script).calls == (restart,)
    assert hear("Do not turn your phone off.", script=script).calls == ()


def test_what_is_to_work_is_tried_and_not_believed() -> None:
    check, restart = ToolCall.of("look"), ToolCall.of("restart")
    script = one_want(Want("No signal.", "works", check=check, shows="connected"), does=(("restart", restart),))
    spoken = hear("Please restart it. What is your order number?", script=script)
    assert spoken.calls == (restart, check)
    still = user.observe(script, 0, spoken.memory, ("restarted", "no service"))
    assert "O-17" in still.text and "no service" in still.text and not still.stops
    tried = user.hear(script, 0, still.memory, "Your line has been unlocked.", 1)
    assert tried.calls == (check,)
    assert user.observe(script, 0, tried.memory, ("connected to 4G",)).stops


@given(st.lists(words, max_size=8), st.sampled_from(PERSONAS), st.integers(0, 50))
def test_nothing_is_said_that_the_script_does_not_hold(said: list[str], persona: Persona, seed: int) -> None:
    script = Script(SCRIPT.wants, SCRIPT.facts, persona)
    spoken = user.begin(script, seed)
    for text in said:
        asked = understood(text, script, spoken.memory.want).asked
        spoken = user.hear(script, seed, spoken.memory, text, 0)
        for slot, value in script.facts:
            assert (value in spoken.text) == (slot in asked)
        if spoken.stops:
            assert spoken.memory.want == 1
            return


@given(st.text(), st.integers(0, 2**40))
def test_any_text_is_answered_alike_each_time(text: str, seed: int) -> None:
    begun = user.begin(SCRIPT, seed)
    assert user.hear(SCRIPT, seed, begun.memory, text, 0) == user.hear(SCRIPT, seed, begun.memory, text, 0)
