"""Writing tasks: what a draft becomes, how drafts are joined, and how wants are found after others."""

from __future__ import annotations

from itertools import pairwise

import pytest

from agent_envs.envs.domain_task import Move
from agent_envs.messages import ToolCall
from agent_envs.snapshots.domains import compose
from agent_envs.snapshots.domains.compose import Subject, composed, drawn, sampled, tried
from agent_envs.snapshots.domains.domain import Domain, load_domain
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import Toolbox

NO_TOOLS: Toolbox[EpisodeDatabase] = Toolbox(())


@pytest.fixture(scope="module")
def shop() -> Domain:
    return load_domain("shop")


@pytest.fixture
def db(shop: Domain) -> EpisodeDatabase:
    return shop.open(1_000, 0)


def cancel(order_id: str) -> Draft:
    """Cancels an order, for a reason that is asked for."""
    draft = Draft("cancel", reason="it takes too long").act(f"Please cancel {order_id}.", "12.00", at_first="Wait.")
    draft.say("What is the reason, please?").say("12.00 goes back. Shall I?")
    return draft.call("cancel_order", order_id=order_id, reason="too_slow").say("Done.")


def look(order_id: str) -> Draft:
    return Draft("look").learn(f"What did {order_id} cost?", "9.50").call("get_order", order_id=order_id).say("9.50.")


def pending(db: EpisodeDatabase) -> list[str]:
    rows = db.rows("SELECT order_id FROM orders WHERE status = 'pending' ORDER BY order_id")
    return [row["order_id"] for row in rows]


def test_a_task_that_writes_is_graded_by_its_state_and_one_that_reads_by_its_calls(shop: Domain) -> None:
    writes = cancel("O1").task("t", "C1", shop.tools, NO_TOOLS)
    assert writes.parts == ("state", "communicated", "policy")
    assert writes.moves == (Move("agent", ToolCall.of("cancel_order", order_id="O1", reason="too_slow")),)
    assert "cancel_order" in writes.confirmed
    reads = look("O1").task("t", "C1", shop.tools, NO_TOOLS)
    assert reads.parts == ("state", "communicated", "called")
    assert [call.name for call in reads.calls] == ["get_order"]
    guarded = look("O1").keep("secret").task("t", "C1", shop.tools, NO_TOOLS)
    assert (guarded.parts[-1], guarded.secret) == ("policy", ("secret",))


def test_split_and_persona_follow_from_the_subject_alone(shop: Domain) -> None:
    tasks = [draft("O1").task("t", "C7", shop.tools, NO_TOOLS) for draft in (cancel, look)]
    assert len({(task.split, task.script.persona) for task in tasks}) == 1
    many = [look("O1").task("t", f"C{number}", shop.tools, NO_TOOLS) for number in range(400)]
    assert {task.split for task in many} == {"train", "validation", "test"}
    assert len({task.script.persona for task in many}) == 6


def test_an_opening_comes_behind_the_first_want_and_a_want_behind_the_others(shop: Domain) -> None:
    opening = Draft("identified", email="ann@example.org").say("Your email?").call("find_customer_by_email", email="a")
    task = opening.then(cancel("O1")).then(look("O2")).aside("I am in a hurry.").task("t", "C1", shop.tools, NO_TOOLS)
    assert task.plan[:2] == ("Your email?", ToolCall.of("find_customer_by_email", email="a"))
    assert [want.request for want in task.script.wants] == [
        "Please cancel O1. I am in a hurry.",
        "What did O2 cost?",
    ]
    assert task.script.wants[0].at_first == "Wait. I am in a hurry."
    assert dict(task.script.facts) == {"email": "ann@example.org", "reason": "it takes too long"}
    assert task.told == ("12.00", "9.50")
    assert task.difficulty == 3


def test_two_drafts_of_one_user_cannot_know_two_values_of_a_fact() -> None:
    one, other = Draft("one", order_id="O1"), Draft("other", order_id="O2")
    assert not one.agrees_with(other)
    with pytest.raises(ValueError, match="know different values of one fact"):
        one.then(other)


def test_who_wants_to_learn_waits_for_a_value() -> None:
    with pytest.raises(ValueError, match="give at least one"):
        Draft("learn").learn("How is it?")


def test_a_refusal_is_said_twice() -> None:
    draft = Draft("no").refuse("Please.", "I cannot.")
    assert draft.task("t", "C", NO_TOOLS, NO_TOOLS).plan == ("I cannot.", "I cannot.")


def test_a_call_is_tried_and_leaves_no_trace(shop: Domain, db: EpisodeDatabase) -> None:
    before, (order_id, *_) = db.digest(), pending(db)
    cancelled = tried(db, shop.tools["cancel_order"], order_id=order_id, reason="too_slow")
    assert cancelled["status"] == "cancelled"
    assert tried(db, shop.tools["cancel_order"], order_id="O", reason="too_slow") is None
    assert db.digest() == before


def test_a_large_table_is_sampled_evenly(db: EpisodeDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    every = sampled(db, "orders", "order_id")
    assert every == [row["order_id"] for row in db.rows("SELECT order_id FROM orders ORDER BY order_id")]
    monkeypatch.setattr(compose, "MOST_SUBJECTS", 10)
    few = sampled(db, "orders", "order_id")
    assert len(few) <= 10
    places = [every.index(key) for key in few]
    assert len({after - before for before, after in pairwise(places)}) == 1


def test_wants_are_found_in_the_state_that_those_before_them_leave(shop: Domain, db: EpisodeDatabase) -> None:
    seen: list[int] = []

    def next_one(database: EpisodeDatabase) -> Draft | None:
        left = pending(database)
        seen.append(len(left))
        return cancel(left[0]) if left else None

    before = db.digest()
    drafts = list(composed(db, shop.tools, NO_TOOLS, Subject("C1", Draft("anybody"), [next_one] * 3)))
    assert [len(draft.moves) for draft in drafts] == [1, 1, 1, 2, 3]
    chain = [move.call.arguments for move in drafts[-1].moves]
    assert len(set(chain)) == 3
    assert max(seen) - min(seen) == 2
    assert db.digest() == before


def test_what_is_drawn_follows_from_the_names_alone() -> None:
    assert drawn("a", 1) == drawn("a", "1") != drawn("a", 2)
