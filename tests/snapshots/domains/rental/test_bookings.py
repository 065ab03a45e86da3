"""Bookings of the rental are made, changed and extended by its rules; every price adds up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.rental.rules import damage_fee_cents, late_fee_cents, rent_cents
from agent_envs.tools import ToolError

from .conftest import FREE_MEMBER, RESERVED, free, key_of, one


@pytest.mark.parametrize(
    ("days", "rent"), [(1, 1000), (5, 5000), (6, 5500), (7, 5500), (8, 6500), (13, 11000), (14, 11000)]
)
def test_a_week_costs_no_more_than_its_rate(days: int, rent: int) -> None:
    assert rent_cents(1000, 5500, days) == rent


def test_fees_are_rounded_up() -> None:
    assert late_fee_cents(333, 1) == 500
    assert damage_fee_cents("scratched", 1001, False) == 151
    assert damage_fee_cents("scratched", 1001, True) == 16


def test_a_booking_costs_what_was_quoted_and_takes_a_free_item(db: EpisodeDatabase, call: Any) -> None:
    member_id, where = one(db, FREE_MEMBER), free(db, call)
    before = {each["branch_id"]: each["free"] for each in call("check_free", **_only(where, "model_id", "first_day"))}
    asked = {key: where[key] for key in ("model_id", "first_day", "last_day")}
    quote = call("quote_booking", member_id=member_id, **asked, waiver=True)
    booking = call("create_booking", member_id=member_id, **where, waiver=True)
    assert booking["total_cents"] == quote["total_cents"]
    assert booking["booking_id"] == one(db, "SELECT max(booking_id) FROM bookings")
    after = {each["branch_id"]: each["free"] for each in call("check_free", **_only(where, "model_id", "first_day"))}
    assert after[where["branch_id"]] == before[where["branch_id"]] - 1
    listed = call("list_bookings", member_id=member_id, status="reserved")
    assert booking["booking_id"] in [each["booking_id"] for each in listed["bookings"]]


def test_a_voucher_counts_once_and_for_its_member(db: EpisodeDatabase, call: Any) -> None:
    today = db.now[:10]
    usable = f"{FREE_MEMBER} AND member_id IN (SELECT member_id FROM vouchers WHERE booking_id IS NULL AND expires_on"
    member_id = one(db, f"{usable} >= '{today}')")
    code = one(db, f"SELECT voucher_code FROM vouchers WHERE member_id = '{member_id}' AND booking_id IS NULL")
    value = call("get_voucher", voucher_code=code)["value_cents"]
    other, where = one(db, f"{FREE_MEMBER} AND member_id <> '{member_id}'"), free(db, call, 7)
    with pytest.raises(ToolError, match="own; it cannot be used"):
        call("create_booking", member_id=other, **where, waiver=False, voucher_code=code)
    booking = call("create_booking", member_id=member_id, **where, waiver=False, voucher_code=code)
    assert 0 < booking["voucher_cents"] <= value
    with pytest.raises(ToolError, match="was used for booking"):
        call("create_booking", member_id=member_id, **free(db, call), waiver=False, voucher_code=code)
    call("cancel_booking", booking_id=booking["booking_id"])
    assert call("get_voucher", voucher_code=code)["booking_id"] is None


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [(0, 2, "a booking begins from"), (91, 92, "a booking begins from"), (5, 4, "is 0 days"), (5, 40, "is 36 days")],
)
def test_days_that_cannot_be_booked_are_refused(
    db: EpisodeDatabase, call: Any, first: int, last: int, told: str
) -> None:
    days = {
        name: (db.clock.date() + timedelta(days=day)).isoformat()
        for name, day in (("first_day", first), ("last_day", last))
    }
    with pytest.raises(ToolError, match=told):
        call("check_free", model_id=one(db, "SELECT model_id FROM models"), **days)


def test_who_owes_fees_or_has_too_many_reservations_books_nothing(db: EpisodeDatabase, call: Any) -> None:
    where = free(db, call)
    owing = one(db, "SELECT member_id FROM fees WHERE fee_status = 'unpaid'")
    with pytest.raises(ToolError, match="must be paid first"):
        call("create_booking", member_id=owing, **where, waiver=False)
    for fee in call("list_fees", member_id=owing):
        if fee["fee_status"] == "unpaid":
            assert call("pay_fee", fee_id=fee["fee_id"])["fee_status"] == "paid"
    assert call("find_member_by_number", **key_of(db, owing))["unpaid_fees_cents"] == 0
    member_id = one(db, f"{FREE_MEMBER} AND level = 'basic'")
    for _ in range(2):
        call("create_booking", member_id=member_id, **free(db, call), waiver=False)
    with pytest.raises(ToolError, match="has 2 reservations; the level basic allows 2"):
        call("create_booking", member_id=member_id, **free(db, call), waiver=False)


def test_a_reservation_changes_its_days_waiver_and_accessories(db: EpisodeDatabase, call: Any) -> None:
    made = call("create_booking", member_id=one(db, FREE_MEMBER), **free(db, call), waiver=False)
    booking_id = made["booking_id"]
    later = [(date.fromisoformat(made[day]) + timedelta(days=1)).isoformat() for day in ("first_day", "last_day")]
    moved = call("change_dates", booking_id=booking_id, first_day=later[0], last_day=later[1])
    assert (moved["first_day"], moved["total_cents"]) == (later[0], made["total_cents"])
    covered = call("set_waiver", booking_id=booking_id, waiver=True)
    assert covered["total_cents"] > made["total_cents"]
    with pytest.raises(ToolError, match="already with"):
        call("set_waiver", booking_id=booking_id, waiver=True)
    accessories = call("get_model", model_id=made["model_id"])["accessories"]
    added = call("add_accessory", booking_id=booking_id, accessory_id=accessories[0]["accessory_id"])
    assert added["total_cents"] == covered["total_cents"] + accessories[0]["price_cents"]
    with pytest.raises(ToolError, match="already goes with"):
        call("add_accessory", booking_id=booking_id, accessory_id=accessories[0]["accessory_id"])
    call("remove_accessory", booking_id=booking_id, accessory_id=accessories[0]["accessory_id"])
    with pytest.raises(ToolError, match="has no accessory"):
        call("remove_accessory", booking_id=booking_id, accessory_id=accessories[0]["accessory_id"])
    with pytest.raises(ToolError, match="does not go with"):
        call("add_accessory", booking_id=booking_id, accessory_id="A0")


def test_an_item_is_brought_to_another_branch_once(db: EpisodeDatabase, call: Any) -> None:
    made = call("create_booking", member_id=one(db, FREE_MEMBER), **free(db, call), waiver=False)
    elsewhere = one(db, f"SELECT branch_id FROM branches WHERE branch_id <> '{made['branch_id']}'")
    brought = call("change_pickup_branch", booking_id=made["booking_id"], branch_id=elsewhere)
    assert brought["total_cents"] == made["total_cents"] + 1500
    assert brought["transfer"]["leaves_on"] < brought["first_day"]
    with pytest.raises(ToolError, match="cannot be moved so"):
        call("change_pickup_branch", booking_id=made["booking_id"], branch_id=made["branch_id"])
    with pytest.raises(ToolError, match="is brought from another branch"):
        call("change_dates", booking_id=made["booking_id"], **_only(made, "first_day"))


@pytest.mark.parametrize("status", ["out", "returned", "cancelled"])
def test_what_is_not_reserved_is_not_changed(db: EpisodeDatabase, call: Any, status: str) -> None:
    booking_id = one(db, f"SELECT booking_id FROM bookings WHERE status = '{status}'")
    for name, more in (("cancel_booking", {}), ("set_waiver", {"waiver": True})):
        with pytest.raises(ToolError, match=f"is {status}; only a reserved one"):
            call(name, booking_id=booking_id, **more)


def test_a_cancelled_reservation_is_paid_back(db: EpisodeDatabase, call: Any) -> None:
    assert call("cancel_booking", booking_id=one(db, RESERVED))["status"] == "cancelled"


def test_what_is_out_is_extended_until_its_item_is_booked(db: EpisodeDatabase, call: Any) -> None:
    rows = db.rows(
        "SELECT booking_id, last_day FROM bookings b WHERE status = 'out' AND last_day >= ? AND julianday(last_day) -"
        " julianday(first_day) < 20 AND NOT EXISTS (SELECT 1 FROM fees f WHERE f.member_id = b.member_id AND"
        " fee_status = 'unpaid') ORDER BY booking_id",
        db.now[:10],
    )
    booked = {row["booking_id"]: call("get_booking", booking_id=row["booking_id"]) for row in rows}
    alone = next(each for each in booked.values() if each["item_next_booked_on"] is None)
    until = (date.fromisoformat(alone["last_day"]) + timedelta(days=2)).isoformat()
    quote = call("quote_extension", booking_id=alone["booking_id"], last_day=until)
    longer = call("extend_rental", booking_id=alone["booking_id"], last_day=until)
    assert longer["total_cents"] == quote["total_cents"] == alone["total_cents"] + quote["extra_cents"]
    with pytest.raises(ToolError, match="give a later day"):
        call("extend_rental", booking_id=alone["booking_id"], last_day=until)
    with pytest.raises(ToolError, match="takes at most 28 days"):
        call("extend_rental", booking_id=alone["booking_id"], last_day="2026-12-31")
    next_one = next(each for each in booked.values() if each["item_next_booked_on"])
    with pytest.raises(ToolError, match=r"is booked from|at most 28 days"):
        call("extend_rental", booking_id=next_one["booking_id"], last_day=next_one["item_next_booked_on"])
    with pytest.raises(ToolError, match="only what is out is extended"):
        call("quote_extension", booking_id=one(db, RESERVED), last_day=until)


def test_the_earliest_days_are_those_on_which_it_is_first_free(db: EpisodeDatabase, call: Any) -> None:
    model_id = one(db, "SELECT model_id FROM items GROUP BY model_id HAVING count(*) = 1")
    item_id = one(db, f"SELECT item_id FROM items WHERE model_id = '{model_id}'")
    start = one(db, f"SELECT min(first_day) FROM bookings WHERE item_id = '{item_id}' AND status = 'reserved'")
    (found,) = call("find_first_free", model_id=model_id, days=2, not_before=start)
    assert found["first_day"] > start
    for first in (date.fromisoformat(start), date.fromisoformat(found["first_day"]) - timedelta(days=1)):
        days = {"first_day": first.isoformat(), "last_day": (first + timedelta(days=1)).isoformat()}
        assert call("check_free", model_id=model_id, **days)[0]["free"] == 0
    assert call("check_free", model_id=model_id, **_only(found, "first_day"))[0]["free"] == 1
    far = (db.clock.date() + timedelta(days=91)).isoformat()
    (none,) = call("find_first_free", model_id=model_id, days=2, not_before=far)
    assert (none["first_day"], none["last_day"]) == (None, None)


def test_where_nothing_is_free_nothing_is_booked(db: EpisodeDatabase, call: Any) -> None:
    booked = db.row(
        "SELECT model_id, items.branch_id, first_day, last_day FROM bookings JOIN items USING (item_id) WHERE status ="
        " 'reserved' AND first_day > date('now') AND model_id IN (SELECT model_id FROM items GROUP BY model_id HAVING"
        " count(*) = 1) ORDER BY booking_id"
    )
    assert booked is not None
    member_id = one(db, FREE_MEMBER)
    with pytest.raises(ToolError, match=r"is free at .* see check_free"):
        call("create_booking", member_id=member_id, **booked, waiver=False)
    with pytest.raises(ToolError, match="there is no branch 'L0'"):
        call("create_booking", member_id=member_id, **{**booked, "branch_id": "L0"}, waiver=False)
    made = call("create_booking", member_id=member_id, **free(db, call), waiver=False)
    with pytest.raises(ToolError, match="a booking begins from"):
        call("change_dates", booking_id=made["booking_id"], first_day=db.now[:10], last_day=made["last_day"])


def test_what_begins_tomorrow_cannot_be_brought_and_what_begins_today_stays(db: EpisodeDatabase, call: Any) -> None:
    model_id, tomorrow = one(db, "SELECT model_id FROM items"), (db.clock.date() + timedelta(days=1)).isoformat()
    days = {"first_day": tomorrow, "last_day": tomorrow}
    place = next(each for each in call("check_free", model_id=model_id, **days) if each["free"])
    booked = {"model_id": model_id, "branch_id": place["branch_id"], **days, "waiver": False}
    made = call("create_booking", member_id=one(db, FREE_MEMBER), **booked)
    elsewhere = one(db, f"SELECT branch_id FROM branches WHERE branch_id <> '{place['branch_id']}'")
    with pytest.raises(ToolError, match="a transfer takes a day"):
        call("change_pickup_branch", booking_id=made["booking_id"], branch_id=elsewhere)
    with db.call(writes=True):
        db.write("UPDATE bookings SET first_day = date('now') WHERE booking_id = ?", made["booking_id"])
    with pytest.raises(ToolError, match="begins today"):
        call("cancel_booking", booking_id=made["booking_id"])


def test_an_old_voucher_counts_for_nothing(db: EpisodeDatabase, call: Any) -> None:
    old = db.row(
        "SELECT voucher_code, member_id FROM vouchers WHERE booking_id IS NULL AND expires_on < date('now') ORDER BY 1"
    )
    assert old is not None
    with pytest.raises(ToolError, match="expired on"):
        call("quote_booking", **old, **_only(free(db, call), "model_id", "first_day"), waiver=False)


def _only(source: dict[str, Any], *names: str) -> dict[str, Any]:
    """These values, and the last day."""
    return {name: source[name] for name in (*names, "last_day")}
