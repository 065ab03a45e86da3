from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from agent_envs.outcome import Fault
from agent_envs.tools import ToolError

Make = Callable[..., Any]
FAILURES = (ConnectionError("down"), TimeoutError("slow"), Fault("damaged", origin="env"), 42, "<html>502</html>")


def test_an_answer_comes_whatever_failed_before_it(make_kitchen: Make, manage: Make) -> None:
    kitchen = make_kitchen(*FAILURES)
    assert manage(kitchen, retries=len(FAILURES)).cook("soup") == "soup from the kitchen"
    assert len(kitchen.orders) == len(FAILURES) + 1


@pytest.mark.parametrize("timeout_s", [None, 60.0])
def test_a_mistake_of_the_agent_passes_through_at_once(make_kitchen: Make, manage: Make, timeout_s: Any) -> None:
    kitchen, fallback = make_kitchen(), make_kitchen()
    with pytest.raises(ToolError, match="stones cannot be cooked"):
        manage(kitchen, fallback=fallback, timeout_s=timeout_s).cook("stones")
    assert (len(kitchen.orders), len(fallback.orders)) == (1, 0)


def test_a_mistake_of_ours_is_not_hidden(make_kitchen: Make, manage: Make) -> None:
    kitchen = make_kitchen(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        manage(kitchen).cook("soup")
    assert len(kitchen.orders) == 1


def test_failures_of_the_backend_s_own_kind_are_tried_again_if_they_are_named(make_kitchen: Make, manage: Make) -> None:
    assert manage(make_kitchen(LookupError()), failures=(LookupError,)).cook("soup") == "soup from the kitchen"


def test_the_fallback_answers_where_the_backend_fails(make_kitchen: Make, manage: Make) -> None:
    kitchen, fallback = make_kitchen(*FAILURES), make_kitchen(*FAILURES[:2], name="other")
    assert manage(kitchen, fallback=fallback, retries=2).cook("soup") == "soup from the other"
    assert (len(kitchen.orders), len(fallback.orders)) == (3, 3)


def test_what_is_left_is_a_fault_that_says_what_failed_and_what_to_do(make_kitchen: Make, manage: Make) -> None:
    managed = manage(make_kitchen(*FAILURES), fallback=make_kitchen(None, *FAILURES[2:]), retries=0)
    assert managed.cook("tea") == "tea from the kitchen"
    managed.backend.script = [42]
    with pytest.raises(Fault) as caught:
        managed.cook("soup")
    assert caught.value.origin == "infra"
    assert str(caught.value) == (
        "cook('soup') has no answer after 0 retries: Kitchen: Garbage: it answers 42, which is no answer to cook; "
        "Kitchen: Fault: damaged. See whether that is up, raise retries or timeout_s, or give a fallback"
    )


def test_a_substitute_answers_last_and_is_not_remembered(make_kitchen: Make, manage: Make) -> None:
    kitchen = make_kitchen(OSError())
    managed = manage(kitchen, retries=0, substitute=make_kitchen(name="freezer"))
    assert managed.cook("soup") == "soup from the freezer"
    assert managed.cook("soup") == "soup from the kitchen"


def test_a_substitute_that_fails_too_leaves_a_fault(make_kitchen: Make, manage: Make) -> None:
    managed = manage(make_kitchen(OSError()), retries=0, substitute=make_kitchen(OSError("power cut")))
    with pytest.raises(Fault, match="power cut"):
        managed.cook("soup")


def test_the_same_call_is_made_once(make_kitchen: Make, manage: Make) -> None:
    kitchen = make_kitchen()
    managed = manage(kitchen)
    assert managed.cook("soup", {"a": 1, "b": 2}) == managed.cook("soup", {"b": 2, "a": 1})
    assert len(kitchen.orders) == 1


@pytest.mark.parametrize("other", [1.0, "1", True, [1], {"1": 1}, 10**40, "\ud800", None])
def test_calls_of_other_content_are_other_calls(make_kitchen: Make, manage: Make, other: Any) -> None:
    kitchen = make_kitchen()
    managed = manage(kitchen)
    for side in (1, other, 1, other):
        managed.cook("soup", side)
    assert kitchen.orders == [("soup", 1), ("soup", other)]


def test_failures_and_mistakes_are_not_remembered(make_kitchen: Make, manage: Make) -> None:
    managed = manage(make_kitchen(OSError(), 42, LookupError()), retries=0)
    for expected in (Fault, Fault, LookupError):
        with pytest.raises(expected):
            managed.cook("soup")
    assert managed.cook("soup") == "soup from the kitchen"


def test_the_answers_that_were_used_last_are_remembered(make_kitchen: Make, manage: Make) -> None:
    kitchen = make_kitchen()
    managed = manage(kitchen, cache_answers=2)
    for dish in ("soup", "rice", "soup", "cake", "soup", "rice"):
        managed.cook(dish)
    assert [dish for (dish,) in kitchen.orders] == ["soup", "rice", "cake", "rice"]


def test_nothing_is_remembered_where_there_is_no_cache(make_kitchen: Make, manage: Make) -> None:
    kitchen = make_kitchen()
    managed = manage(kitchen, cache_answers=0)
    assert managed.cook("soup") == managed.cook("soup")
    assert len(kitchen.orders) == 2


def test_of_two_answers_to_one_call_everybody_gets_the_first(make_kitchen: Make, manage: Make, stuck: Any) -> None:
    entered = threading.Event()

    def dawdle() -> None:
        entered.set()
        stuck.wait()

    kitchen = make_kitchen(dawdle)
    managed = manage(kitchen, timeout_s=None)
    late: list[str] = []
    guest = threading.Thread(target=lambda: late.append(managed.cook("soup")))
    guest.start()
    entered.wait()
    kitchen.name = "new kitchen"
    first = managed.cook("soup")
    kitchen.name = "kitchen"
    stuck.set()
    guest.join()
    assert [first, *late] == ["soup from the new kitchen"] * 2


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"rate_per_s": 0}, "rate_per_s=0: give a number above 0"),
        ({"timeout_s": -1}, "timeout_s=-1: give a number above 0"),
        ({"concurrency": 0}, "concurrency=0: give a number above 0"),
        ({"retries": -1}, "retries=-1: give a number from 0 on"),
        ({"cache_answers": -1}, "cache_answers=-1: give a number from 0 on"),
        ({"wait_s": float("nan")}, "wait_s=nan: give a number from 0 on"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(
    make_kitchen: Make, manage: Make, settings: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        manage(make_kitchen(), **settings)
