"""Members and models of the rental are found; fees, deposits and what is asked for wrongly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError

from .conftest import RESERVED, key_of, one


def test_a_member_is_found_by_email_and_by_number_and_postcode(db: EpisodeDatabase, call: Any) -> None:
    row = db.row("SELECT member_id, email, postcode FROM members ORDER BY member_id")
    assert row is not None
    member = call("find_member_by_email", email=row["email"].upper())
    code = row["postcode"].replace(" ", "").lower()
    assert member == call("find_member_by_number", member_id=row["member_id"], postcode=code)
    with pytest.raises(ToolError, match="does not go with member"):
        call("find_member_by_number", member_id=row["member_id"], postcode="ZZ1 1ZZ")
    with pytest.raises(ToolError, match="no member has the e-mail address"):
        call("find_member_by_email", email="nobody@example.com")


def test_damage_is_reported_once_and_costs_a_tenth_with_the_waiver(db: EpisodeDatabase, call: Any) -> None:
    booking_id = one(
        db, "SELECT booking_id FROM bookings WHERE status = 'out' AND waiver = 1 AND booking_id NOT IN (SELECT"
        " booking_id FROM damage_reports)"
    )  # fmt: skip
    quote = call("quote_damage", booking_id=booking_id, severity="broken_part")
    fee = call("report_damage", booking_id=booking_id, severity="broken_part")
    assert fee["amount_cents"] == quote["fee_cents"] == -(-quote["list_cents"] // 10)
    with pytest.raises(ToolError, match="already reported"):
        call("report_damage", booking_id=booking_id, severity="scratched")
    with pytest.raises(ToolError, match="only a late fee can be waived"):
        call("waive_late_fee", fee_id=fee["fee_id"])
    with pytest.raises(ToolError, match="is reserved; damage is reported"):
        call("report_damage", booking_id=one(db, RESERVED), severity="scratched")


def test_a_late_fee_is_waived_and_the_day_is_kept(db: EpisodeDatabase, call: Any) -> None:
    fee_id = one(db, "SELECT fee_id FROM fees WHERE fee_kind = 'late' AND fee_status = 'unpaid'")
    fee = call("waive_late_fee", fee_id=fee_id)
    assert fee["fee_status"] == "waived"
    assert call("find_member_by_number", **key_of(db, fee["member_id"]))["last_fee_waiver_on"] == db.now[:10]
    with pytest.raises(ToolError, match="is waived; only an unpaid one"):
        call("pay_fee", fee_id=fee_id)


def test_a_deposit_is_released_after_the_inspection(db: EpisodeDatabase, call: Any) -> None:
    ready = one(
        db, "SELECT booking_id FROM bookings WHERE inspected_on IS NOT NULL AND deposit_released_on IS NULL"
    )  # fmt: skip
    assert call("release_deposit", booking_id=ready)["deposit_released_on"] == db.now[:10]
    with pytest.raises(ToolError, match="was released on"):
        call("release_deposit", booking_id=ready)
    with pytest.raises(ToolError, match="was not inspected"):
        call("release_deposit", booking_id=one(db, "SELECT booking_id FROM bookings WHERE status = 'out'"))


def test_contact_details_change_unless_they_are_somebody_elses(db: EpisodeDatabase, call: Any) -> None:
    first, second = db.rows("SELECT member_id, email FROM members ORDER BY member_id LIMIT 2")
    changed = call("change_contact", member_id=first["member_id"], email="New@Example.org", postcode="AB1 2CD")
    assert (changed["email"], changed["postcode"]) == ("new@example.org", "AB1 2CD")
    for wrong, told in (
        ({"email": second["email"]}, "cannot be used"), ({}, "neither email nor phone"), ({"email": "a@b"}, "email")
    ):  # fmt: skip
        with pytest.raises(ToolError, match=told):
            call("change_contact", member_id=first["member_id"], **wrong)


def test_models_are_found_by_words_and_priced_by_days(db: EpisodeDatabase, call: Any) -> None:
    name = one(db, "SELECT name FROM models")
    (line,) = [each for each in call("search_models", words=name) if each["name"] == name]
    model = call("get_model", model_id=line["model_id"])
    rent = call("quote_rent", model_id=line["model_id"], days=7)["rent_cents"]
    assert rent == min(model["week_cents"], 7 * model["day_cents"])
    assert {each["branch_id"] for each in model["branches"]} <= {each["branch_id"] for each in call("list_branches")}
    with pytest.raises(ToolError, match="0 words came"):
        call("search_models", words=" ")


@pytest.mark.parametrize("name", ["find_first_free", "get_model", "quote_rent", "check_free"])
def test_what_is_not_there_is_not_read(db: EpisodeDatabase, call: Any, name: str) -> None:
    day = (db.clock.date() + timedelta(days=9)).isoformat()
    more: dict[str, dict[str, Any]] = {
        "find_first_free": {"days": 2, "not_before": day},
        "quote_rent": {"days": 2},
        "check_free": {"first_day": day, "last_day": day},
    }
    with pytest.raises(ToolError, match="there is no model 'P0'; search_models gives the ids"):
        call(name, model_id="P0", **more.get(name, {}))
    for other, told in (("get_booking", "booking"), ("get_voucher", "voucher"), ("pay_fee", "fee")):
        key = {"get_voucher": "voucher_code"}.get(other, f"{told}_id")
        with pytest.raises(ToolError, match=f"there is no {told} 'X'"):
            call(other, **{key: "X"})


def test_lists_are_of_one_member_and_say_how_much_there_is(db: EpisodeDatabase, call: Any) -> None:
    member_id = one(db, "SELECT member_id FROM (SELECT member_id, count(*) AS n FROM bookings GROUP BY 1) WHERE n > 3")
    listed = call("list_bookings", member_id=member_id)
    days = [each["first_day"] for each in listed["bookings"]]
    assert listed["total"] == db.scalar("SELECT count(*) FROM bookings WHERE member_id = ?", member_id)
    assert len(days) == min(listed["total"], 20)
    assert days == sorted(days, reverse=True)
    assert len(call("list_branches")) == db.scalar("SELECT count(*) FROM branches")
    for name in ("list_bookings", "list_fees"):
        with pytest.raises(ToolError, match="there is no member 'M0'"):
            call(name, member_id="M0")


@pytest.mark.parametrize(
    "arguments",
    [
        {"booking_id": "B'; DROP TABLE bookings; --", "first_day": "2026-06-01", "last_day": "2026-06-02"},
        {"booking_id": "B\0", "first_day": "2026-06-01", "last_day": "2026-06-02"},
        {"booking_id": "B1000000", "first_day": "2026-02-31", "last_day": "2026-06-02"},
        {"booking_id": "B1000000", "first_day": "0001-01-01", "last_day": "9999-12-31"},
        {"booking_id": "B1000000", "first_day": "tomorrow", "last_day": "2026-06-02"},
        {"booking_id": "x" * 1_000_000, "first_day": "2026-06-01", "last_day": "2026-06-02"},
        {"booking_id": None, "first_day": "2026-06-01", "last_day": "2026-06-02"},
        {"booking_id": "B1000000", "first_day": "2026-06-01", "last_day": "2026-06-02", "price": 0},
    ],
)
def test_hostile_arguments_are_refused(call: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(ToolError):
        call("change_dates", **arguments)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_days_at_the_end_of_the_calendar_break_nothing(db: EpisodeDatabase, call: Any, day: str) -> None:
    model_id = one(db, "SELECT model_id FROM items")
    assert call("find_first_free", model_id=model_id, days=28, not_before=day)
    with pytest.raises(ToolError):
        call(
            "quote_extension", booking_id=one(db, "SELECT booking_id FROM bookings WHERE status = 'out'"), last_day=day
        )
