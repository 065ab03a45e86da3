from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.envs.domain_task import Bound, Persona, Script, Want
from agent_envs.envs.tool_domain import Spoken
from agent_envs.simulators.user.agenda import AgendaUser
from agent_envs.simulators.user.understanding import understood

user = AgendaUser()
SCRIPT = Script(
    (
        Want("I want to move my appointment.", "act", (), (Bound("not_before", "10:00", "I cannot come before ten."),)),
        Want("What will it cost?", "learn", ("12.50",)),
    ),
    (("order_id", "O-17"), ("email", "ann@example.org")),
)
PERSONAS = get_args(Persona)
words = st.lists(
    st.sampled_from(
        "what is your order number email ? . done cannot shall i proceed at 09:00 11:30 12.50 O-17 please yes".split()
    ),
    max_size=20,
).map(" ".join)


def hear(text: str, *, script: Script = SCRIPT, after: tuple[str, ...] = ()) -> Spoken:
    spoken = user.begin(script, 0)
    for each in (*after, text):
        spoken = user.hear(script, 0, spoken.memory, each)
    return spoken


def test_a_fact_is_told_when_it_is_asked_for_and_not_before() -> None:
    assert "O-17" not in user.begin(SCRIPT, 0).text
    assert hear("Could you give me your order number, please?").text == "My order id is O-17."
    assert "ann@example.org" not in hear("What is your order number?").text


def test_several_facts_are_told_at_once() -> None:
    assert hear("What are your order number and your email address?").text.count("My ") == 2


@pytest.mark.parametrize("text", ["Shall I move it to 11:30?", "I will move it to 11:30. Do you confirm?"])
def test_a_proposal_within_bounds_is_agreed_to(text: str) -> None:
    assert hear(text).agrees


def test_a_proposal_that_breaks_a_bound_is_refused_with_the_reason() -> None:
    spoken = hear("Shall I move it to 09:00?")
    assert not spoken.agrees
    assert spoken.text == "No. I cannot come before ten."


@pytest.mark.parametrize(
    ("bound", "good", "bad"),
    [
        (Bound("not_after", "2026-03-01", "Too late."), "on 2026-02-28", "on 2026-03-02"),
        (Bound("at_most", "20.00", "Too dear."), "for 20.00 euros", "for 1,020.00 euros"),
        (Bound("one_of", "blue", "I want blue.", ("blue", "red")), "the blue one", "the red one"),
    ],
)
def test_bounds_of_every_kind_hold(bound: Bound, good: str, bad: str) -> None:
    script = Script((Want("Do it.", "act", (), (bound,)),))
    assert hear(f"Shall I take it {good}?", script=script).agrees
    assert not hear(f"Shall I take it {bad}?", script=script).agrees


def test_a_question_to_confirm_a_fact_is_no_proposal() -> None:
    assert understood("Please confirm your order number.", SCRIPT, 0).proposes is False


def test_what_is_done_brings_the_next_want_and_what_is_told_ends_it() -> None:
    moved = hear("It has been moved to 11:30.")
    assert "What will it cost?" in moved.text
    assert not moved.stops
    assert hear("It costs 12.50.", after=("It has been moved to 11:30.",)).stops


def test_a_first_refusal_is_questioned_and_a_second_accepted() -> None:
    first = hear("I cannot move it.")
    assert first.text.endswith("?")
    assert "What will it cost?" in hear("I really cannot.", after=("I cannot move it.",)).text


def test_who_changes_their_mind_agrees_when_asked_again() -> None:
    script = Script(SCRIPT.wants, SCRIPT.facts, "changes_mind")
    assert not hear("Shall I move it to 11:30?", script=script).agrees
    assert hear("Shall I move it to 11:30?", script=script, after=("Shall I move it to 11:30?",)).agrees


@given(st.lists(words, max_size=8), st.sampled_from(PERSONAS), st.integers(0, 50))
def test_nothing_is_said_that_the_script_does_not_hold(said: list[str], persona: Persona, seed: int) -> None:
    script = Script(SCRIPT.wants, SCRIPT.facts, persona)
    spoken = user.begin(script, seed)
    for text in said:
        asked = understood(text, script, spoken.memory.want).asked
        spoken = user.hear(script, seed, spoken.memory, text)
        for slot, value in script.facts:
            assert (value in spoken.text) == (slot in asked)
        if spoken.stops:
            assert spoken.memory.want == 1
            return


@given(st.text(), st.integers(0, 2**40))
def test_any_text_is_answered_alike_each_time(text: str, seed: int) -> None:
    begun = user.begin(SCRIPT, seed)
    assert user.hear(SCRIPT, seed, begun.memory, text) == user.hear(SCRIPT, seed, begun.memory, text)
