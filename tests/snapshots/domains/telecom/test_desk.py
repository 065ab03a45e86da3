"""Plans, add-ons, bills and tickets of the operator follow its rules."""

from __future__ import annotations

from typing import Any

import pytest

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError

from .conftest import OUTAGE, one


def test_a_customer_is_found_by_what_they_know(db: EpisodeDatabase, call: Any) -> None:
    someone = call("get_customer", customer_id=one(db, "SELECT customer_id FROM customers"))
    born, number = someone["date_of_birth"], someone["lines"][0]["number"]
    assert call("find_customer_by_number", number=number, date_of_birth=born) == someone
    assert call("find_customer_by_email", email=someone["email"].upper(), date_of_birth=born) == someone
    for wrong in ({"number": number, "date_of_birth": "1900-01-01"}, {"number": "07700", "date_of_birth": born}):
        with pytest.raises(ToolError):
            call("find_customer_by_number", **wrong)
    with pytest.raises(ToolError, match="no customer has both"):
        call("find_customer_by_email", email=someone["email"], date_of_birth="1900-01-01")
    with pytest.raises(ToolError, match="there is no customer"):
        call("get_customer", customer_id="C1")


FREE = "SELECT line_id FROM lines JOIN plans USING (plan_id) WHERE block = 'none'"


def test_a_plan_changes_next_month_and_not_to_a_cheaper_one_under_contract(db: EpisodeDatabase, call: Any) -> None:
    plans = {plan["name"]: plan for plan in call("list_plans")}
    bound = one(db, FREE + " AND contract_until >= '2026-03-10' AND name = 'River 10' AND next_plan_id IS NULL")
    after = call("change_plan", line_id=bound, next_plan_id=plans["River 40"]["plan_id"])
    assert (after["plan"], after["next_plan"], after["next_plan_from"]) == ("River 10", "River 40", "2026-04-01")
    assert call("cancel_plan_change", line_id=bound)["next_plan"] is None
    for plan, told in (("Brook 2", "under contract"), ("River 10", "now; use"), ("Heritage 8", "no longer on sale")):
        with pytest.raises(ToolError, match=told):
            call("change_plan", line_id=bound, next_plan_id=plans[plan]["plan_id"])
    with pytest.raises(ToolError, match="nothing to cancel"):
        call("cancel_plan_change", line_id=bound)
    free = one(db, FREE + " AND contract_until < '2026-03-10' AND name = 'River 10'")
    assert call("change_plan", line_id=free, next_plan_id=plans["Brook 2"]["plan_id"])["next_plan"] == "Brook 2"
    with pytest.raises(ToolError, match="there is no plan"):
        call("change_plan", line_id=free, next_plan_id="P1")


def test_an_add_on_is_charged_and_gives_data(db: EpisodeDatabase, call: Any) -> None:
    line_id, add_ons = one(db, FREE), {add_on["name"]: add_on for add_on in call("list_add_ons")}
    before = call("get_usage", line_id=line_id)
    booked = call("book_add_on", line_id=line_id, add_on_id=add_ons["Data 5 GB"]["add_on_id"])
    assert booked["valid_until"] == "2026-04-10" and booked in call("list_bookings", line_id=line_id)
    assert call("get_usage", line_id=line_id)["data_left_mb"] == before["data_left_mb"] + 5000
    assert db.scalar("SELECT amount_cents FROM charges ORDER BY charge_id DESC") == 750
    near = {"line_id": line_id, "add_on_id": add_ons["Near Pass"]["add_on_id"]}
    call("book_add_on", **near)
    with pytest.raises(ToolError, match="has the Near Pass until 2026-03-20"):
        call("book_add_on", **near)
    with pytest.raises(ToolError, match="there is no add-on"):
        call("book_add_on", line_id=line_id, add_on_id="A1")


def test_a_blocked_line_gets_nothing_new(db: EpisodeDatabase, call: Any) -> None:
    line_id = one(db, "SELECT line_id FROM lines WHERE block <> 'none'")
    number = call("list_free_numbers")[0]["number"]
    for name, given in {
        "change_plan": {"next_plan_id": "P1000003"},
        "book_add_on": {"add_on_id": "A1000000"},
        "change_number": {"number": number},
    }.items():
        with pytest.raises(ToolError, match="without a block only"):
            call(name, line_id=line_id, **given)


def test_a_line_takes_a_free_number_and_pays_its_fee(db: EpisodeDatabase, call: Any) -> None:
    line_id = one(db, FREE)
    dear = next(free for free in call("list_free_numbers") if free["fee_cents"])
    assert call("change_number", line_id=line_id, number=dear["number"])["number"] == dear["number"]
    assert db.scalar("SELECT amount_cents FROM charges ORDER BY charge_id DESC") == dear["fee_cents"]
    with pytest.raises(ToolError, match="is not free"):
        call("change_number", line_id=line_id, number=dear["number"])


def test_a_bill_is_paid_once_and_only_then_a_block_is_lifted(db: EpisodeDatabase, call: Any) -> None:
    row = db.row(
        "SELECT bill_id, line_id, customer_id FROM bills JOIN lines USING (customer_id) WHERE status = 'overdue'"
        " AND block = 'unpaid' ORDER BY 1, 2"
    )
    assert row is not None
    with pytest.raises(ToolError, match="is overdue; it must be paid first"):
        call("lift_block", line_id=row["line_id"])
    paid = call("pay_bill", bill_id=row["bill_id"])
    assert paid["status"] == "paid" and paid["paid_at"] == db.now
    assert sum(item["amount_cents"] for item in paid["items"]) == paid["amount_cents"]
    with pytest.raises(ToolError, match="nothing is due"):
        call("pay_bill", bill_id=row["bill_id"])
    assert call("lift_block", line_id=row["line_id"])["block"] == "none"
    with pytest.raises(ToolError, match="is not blocked"):
        call("lift_block", line_id=row["line_id"])
    assert [bill["month"] for bill in call("list_bills", customer_id=row["customer_id"])][-1] == "2026-02"
    with pytest.raises(ToolError, match="there is no bill"):
        call("get_bill", bill_id="B1")


def test_a_stolen_phone_is_blocked_once_and_gets_a_new_sim(db: EpisodeDatabase, call: Any) -> None:
    line_id = one(db, FREE + " AND line_id NOT IN (SELECT line_id FROM sims WHERE status = 'sent')")
    assert call("block_line", line_id=line_id, reason="stolen")["block"] == "stolen"
    with pytest.raises(ToolError, match="already blocked as stolen"):
        call("block_line", line_id=line_id, reason="lost")
    card = call("replace_sim", line_id=line_id, kind="card")
    assert card["status"] == "sent" and card == call("list_sims", line_id=line_id)[-1]
    assert db.scalar("SELECT amount_cents FROM charges ORDER BY charge_id DESC") == 1000


LONG = "julianday(ends_at) - julianday(began_at) > 1.01"


def test_a_long_outage_that_is_over_earns_one_credit(db: EpisodeDatabase, call: Any) -> None:
    row = db.row(OUTAGE.format(f"{LONG} AND ends_at BETWEEN '2026-02-10' AND '2026-03-10 10:00:00'"))
    assert row is not None
    assert call("give_outage_credit", **row)["amount_cents"] == 500
    with pytest.raises(ToolError, match="there is one an outage"):
        call("give_outage_credit", **row)
    for where, told in {
        "ends_at > '2026-03-10 10:00:00'": "still lasts",
        "julianday(ends_at) - julianday(began_at) < 0.9": "credit is given from 24 hours on",
        f"{LONG} AND ends_at < '2026-02-08'": "too late",
    }.items():
        other = db.row(OUTAGE.format(where))
        assert other is not None
        with pytest.raises(ToolError, match=told):
            call("give_outage_credit", **other)
    far = one(
        db,
        f"SELECT outage_id FROM outages WHERE region_id <> (SELECT region_id FROM lines WHERE line_id ="
        f" '{row['line_id']}')",
    )
    with pytest.raises(ToolError, match="was not in"):
        call("give_outage_credit", line_id=row["line_id"], outage_id=far)
    assert row["outage_id"] in [each["outage_id"] for each in call("list_outages", line_id=row["line_id"])]


def test_a_ticket_is_opened_once_a_topic(db: EpisodeDatabase, call: Any) -> None:
    line_id = one(db, FREE + " AND line_id NOT IN (SELECT line_id FROM tickets)")
    ticket = call("open_ticket", line_id=line_id, topic="bill")
    assert call("list_tickets", line_id=line_id) == [ticket]
    with pytest.raises(ToolError, match=f"open ticket {ticket['ticket_id']}"):
        call("open_ticket", line_id=line_id, topic="bill")


def test_an_address_changes_unless_it_is_somebody_elses(db: EpisodeDatabase, call: Any) -> None:
    first, second = (row["customer_id"] for row in db.rows("SELECT customer_id FROM customers ORDER BY 1 LIMIT 2"))
    assert call("change_contact", customer_id=first, email="New.Name@example.org")["email"] == "new.name@example.org"
    with pytest.raises(ToolError, match="cannot be used"):
        call("change_contact", customer_id=first, email=call("get_customer", customer_id=second)["email"])


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("set_roaming", {"allowed": True}, "already allowed"),
        ("set_picture_messages", {"allowed": True}, "already allowed"),
        ("register_line", {}, "is registered"),
        ("restore_speed", {}, "is not slowed"),
        ("send_unlock_code", {}, "already sent"),
    ],
)
def test_what_is_so_already_is_not_done_again(
    db: EpisodeDatabase, call: Any, name: str, given: dict[str, Any], told: str
) -> None:
    where = "roaming = 1 AND picture_messages = 1 AND registered = 1 AND slowed = 0 AND unlocked = 0"
    line_id = one(db, f"SELECT line_id FROM lines WHERE {where}")
    if name == "send_unlock_code":
        assert call(name, line_id=line_id)["unlocked"] is True
    with pytest.raises(ToolError, match=told):
        call(name, line_id=line_id, **given)
    with pytest.raises(ToolError, match="there is no line"):
        call(name, line_id="L1", **given)


@pytest.mark.parametrize(
    "arguments",
    [
        {"line_id": "L'; DROP TABLE lines; --", "kind": "card"},
        {"line_id": "L\0", "kind": "card"},
        {"line_id": "L1000000", "kind": "paper"},
        {"line_id": "L1000000", "kind": "card", "price": 0},
        {"line_id": "x" * 1_000_000, "kind": "card"},
        {"line_id": None, "kind": "card"},
    ],
)
def test_hostile_arguments_are_refused(call: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(ToolError):
        call("replace_sim", **arguments)
