from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from agent_envs.simulators.managed import Faulty
from agent_envs.simulators.managed.attempt import attempt

Make = Callable[..., Any]
RATES: dict[str, Any] = {"error_rate": 0.3, "timeout_rate": 0.2, "garbage_rate": 0.1}


class Upper:
    """A backend that never fails."""

    def say(self, text: str) -> str:
        return text.upper()


def outcome(faulty: Faulty[Upper], text: str, number: int = 1) -> str:
    """What becomes of a call."""
    with attempt(number):
        try:
            answer = faulty.call("say", text)
        except (ConnectionError, TimeoutError) as error:
            return type(error).__name__
    return "answer" if answer == text.upper() else f"garbage {answer}"


TRIES = [(f"text {number}", tried) for number in range(500) for tried in (1, 2, 3)]


def test_what_fails_depends_on_the_call_and_the_attempt_alone() -> None:
    alone = [outcome(Faulty(Upper(), **RATES, seed=3), *one) for one in TRIES]
    crowded = Faulty(Upper(), **RATES, seed=3)
    with ThreadPoolExecutor(16) as pool:
        backwards = list(pool.map(lambda one: outcome(crowded, *one), reversed(TRIES)))
    assert backwards[::-1] == alone
    twin = pickle.loads(pickle.dumps(crowded))
    assert [outcome(twin, *one) for one in TRIES] == alone
    assert twin.injected == crowded.injected


def test_another_seed_fails_elsewhere() -> None:
    one, other = (Faulty(Upper(), **RATES, seed=seed) for seed in (3, 4))
    assert [outcome(one, *tried) for tried in TRIES] != [outcome(other, *tried) for tried in TRIES]


def test_as_many_fail_as_was_said_and_they_are_counted() -> None:
    faulty = Faulty(Upper(), **RATES)
    seen = Counter(outcome(faulty, *one).partition(" ")[0] for one in TRIES)
    assert faulty.injected == {
        "error": seen["ConnectionError"],
        "timeout": seen["TimeoutError"],
        "garbage": seen["garbage"],
    }
    for kind, rate in RATES.items():
        assert faulty.injected[kind.removesuffix("_rate")] / len(TRIES) == pytest.approx(rate, abs=0.04)


def test_who_does_not_say_which_attempt_it_is_makes_the_first() -> None:
    faulty = Faulty(Upper(), **RATES)
    for text, _ in TRIES[:60]:
        with attempt(1):
            first = outcome(faulty, text)
        assert outcome(faulty, text) == outcome(faulty, text) == first


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ({}, "answer"),
        ({"error_rate": 1.0}, "ConnectionError"),
        ({"timeout_rate": 1.0}, "TimeoutError"),
        ({"garbage_rate": 1.0}, "garbage"),
    ],
)
def test_all_or_nothing(rates: dict[str, Any], expected: str) -> None:
    faulty = Faulty(Upper(), **rates)
    assert {outcome(faulty, *one).partition(" ")[0] for one in TRIES} == {expected}


@pytest.mark.parametrize("rates", [{"error_rate": -0.1}, {"error_rate": 0.6, "garbage_rate": 0.6}])
def test_rates_that_are_no_shares_are_refused(rates: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="give shares from 0 to 1, together at most 1"):
        Faulty(Upper(), **rates)
