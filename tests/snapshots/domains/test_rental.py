"""The rental shop: nothing is lent twice, every price adds up, and its tools keep its rules."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from agent_envs.messages import ToolCall
from agent_envs.simulators.user.agenda import AgendaUser
from agent_envs.snapshots.domains.compose import composed
from agent_envs.snapshots.domains.domain import Domain, load_domain
from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.proof import prove
from agent_envs.snapshots.domains.rental.rules import damage_fee_cents, late_fee_cents, rent_cents
from agent_envs.snapshots.domains.world import DomainWorld
from agent_envs.testing import tool_machine
from agent_envs.tools import ToolError

ROWS = 5_000
TestRental = tool_machine("rental")
_HELD = (
    "(SELECT b.booking_id, b.item_id, coalesce(t.leaves_on, b.first_day) AS held_from, max(coalesce(t.back_on,"
    " b.last_day), CASE WHEN b.status = 'out' AND b.last_day < substr(:now, 1, 10) THEN b.last_day ELSE '' END)"
    " AS held_until FROM bookings b LEFT JOIN transfers t USING (booking_id) WHERE b.status IN ('reserved', 'out'))"
)
# What is always true of the shop; each gives the rows of which it is not.
WHOLE = {
    "an item is lent to one at a time": (
        f"SELECT a.booking_id FROM {_HELD} a JOIN {_HELD} b ON a.item_id = b.item_id AND a.booking_id <> b.booking_id"
        " AND a.held_from <= b.held_until AND a.held_until >= b.held_from"
    ),
    "what was charged for a booking is its total, and nothing once it is cancelled": (
        "SELECT booking_id FROM bookings b WHERE CASE status WHEN 'cancelled' THEN 0 ELSE total_cents END <>"
        " (SELECT coalesce(sum(CASE kind WHEN 'charge' THEN amount_cents ELSE -amount_cents END), 0) FROM payments p"
        " WHERE p.booking_id = b.booking_id AND p.fee_id IS NULL)"
    ),
    "paid fees have a charge of their amount, and no others have one": (
        "SELECT f.fee_id FROM fees f LEFT JOIN payments p USING (fee_id) WHERE coalesce(p.amount_cents, 0) <>"
        " CASE fee_status WHEN 'paid' THEN f.amount_cents ELSE 0 END"
    ),
    "the accessories of a booking go with its model, and add up": (
        "SELECT b.booking_id FROM bookings b JOIN items USING (item_id) WHERE accessories_cents <> (SELECT"
        " coalesce(sum(CASE WHEN a.model_id = items.model_id THEN price_cents ELSE -1 END), 0) FROM"
        " booking_accessories x JOIN accessories a USING (accessory_id) WHERE x.booking_id = b.booking_id)"
    ),
    "what is brought from its home costs the transfer, and is picked up where it is brought": (
        "SELECT b.booking_id FROM bookings b JOIN items i USING (item_id) LEFT JOIN transfers t USING (booking_id)"
        " WHERE (t.booking_id IS NULL) <> (b.branch_id = i.branch_id) OR (t.booking_id IS NULL) <> (transfer_cents = 0)"
        " OR t.to_branch_id <> b.branch_id OR t.from_branch_id <> i.branch_id"
    ),
    "vouchers take something off the bookings of their members": (
        "SELECT voucher_code FROM vouchers v JOIN bookings b USING (booking_id) WHERE v.member_id <> b.member_id OR"
        " b.voucher_cents NOT BETWEEN 1 AND v.value_cents OR b.status = 'cancelled'"
    ),
    "fees are of the member whose booking it is": (
        "SELECT fee_id FROM fees f JOIN bookings b USING (booking_id) WHERE f.member_id <> b.member_id"
    ),
    "nothing is in maintenance and lent": (
        "SELECT booking_id FROM bookings JOIN items USING (item_id) WHERE status = 'out' AND maintenance_until >="
        " substr(:now, 1, 10)"
    ),
    "nothing happens after now but what is reserved": (
        "SELECT booking_id FROM bookings WHERE made_at > :now OR returned_on > :now OR inspected_on > :now OR"
        " deposit_released_on > :now OR (status <> 'reserved' AND status <> 'cancelled' AND first_day > :now)"
        " UNION ALL SELECT payment_id FROM payments WHERE made_at > :now"
        " UNION ALL SELECT fee_id FROM fees WHERE raised_on > :now OR settled_on > :now"
    ),
}
# How each of them stops being true.
DAMAGE = {
    "an item is lent to one at a time": (
        "UPDATE bookings SET item_id = (SELECT item_id FROM bookings WHERE status = 'out' ORDER BY 1), status = 'out'"
        " WHERE status = 'reserved'"
    ),
    "what was charged for a booking is its total, and nothing once it is cancelled": (
        "DELETE FROM payments WHERE kind = 'refund'"
    ),
    "paid fees have a charge of their amount, and no others have one": (
        "UPDATE fees SET fee_status = 'paid', settled_on = raised_on WHERE fee_status = 'unpaid'"
    ),
    "the accessories of a booking go with its model, and add up": "DELETE FROM booking_accessories WHERE TRUE",
    "what is brought from its home costs the transfer, and is picked up where it is brought": (
        "DELETE FROM transfers WHERE TRUE"
    ),
    "vouchers take something off the bookings of their members": (
        "UPDATE vouchers SET value_cents = 1 WHERE booking_id IS NOT NULL"
    ),
    "fees are of the member whose booking it is": (
        "UPDATE fees SET member_id = (SELECT min(member_id) FROM members WHERE member_id <> fees.member_id)"
    ),
    "nothing is in maintenance and lent": (
        "UPDATE items SET maintenance_until = '2026-05-09' WHERE item_id IN (SELECT item_id FROM bookings WHERE"
        " status = 'out')"
    ),
    "nothing happens after now but what is reserved": (
        "UPDATE bookings SET made_at = '2030-01-01 00:00:00' WHERE status = 'returned'"
    ),
}
RESERVED = "SELECT booking_id FROM bookings WHERE status = 'reserved' AND first_day > date(:now, '+1 day')"
FREE_MEMBER = (
    "SELECT member_id FROM members m WHERE NOT EXISTS (SELECT 1 FROM fees f WHERE f.member_id = m.member_id AND"
    " fee_status = 'unpaid') AND NOT EXISTS (SELECT 1 FROM bookings b WHERE b.member_id = m.member_id AND b.status ="
    " 'reserved')"
)


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain("rental")


@pytest.fixture
def db(domain: Domain) -> EpisodeDatabase:
    return domain.open(ROWS, 0)


@pytest.fixture
def call(domain: Domain, db: EpisodeDatabase) -> Any:
    """Calls a tool; what is refused leaves the state as it was, and the shop is whole afterwards."""

    def run(name: str, /, **arguments: Any) -> Any:
        found = domain.tools[name]
        before = db.digest()
        try:
            with db.call(writes=found.writes):
                text = domain.tools.call(db, ToolCall.of(name, **arguments))
        except ToolError:
            assert db.digest() == before
            raise
        assert found.writes or db.digest() == before
        assert broken(db) == []
        return msgspec.json.decode(text)

    return run


def broken(db: EpisodeDatabase) -> list[str]:
    return [rule for rule, sql in WHOLE.items() if db.rows(sql.replace(":now", f"'{db.now}'"))]


@pytest.fixture(scope="module")
def world(domain: Domain) -> DomainWorld:
    return DomainWorld(domain, 1_000, 0)


def one(db: EpisodeDatabase, sql: str) -> Any:
    found = db.scalar(sql.replace(":now", f"'{db.now}'") + " ORDER BY 1")
    assert found is not None, f"the shop has none: {sql}"
    return found


def free(db: EpisodeDatabase, call: Any, days: int = 3) -> dict[str, str]:
    """A model, a branch and days on which an item of it is free there, some weeks from now."""
    model_id = one(db, "SELECT model_id FROM items")
    start = (db.clock.date() + timedelta(days=20)).isoformat()
    found = call("find_first_free", model_id=model_id, days=days, not_before=start)
    place = next(each for each in found if each["first_day"])
    return {"model_id": model_id, **{key: place[key] for key in ("branch_id", "first_day", "last_day")}}


def test_the_shop_is_what_a_domain_should_be(domain: Domain) -> None:
    assert len(domain.tables) >= 8
    assert len(domain.tools) >= 15
    assert sum(tool.writes for tool in domain.tools.values()) >= 5


@pytest.mark.parametrize("rows", [1_000, ROWS, 20_000])
def test_the_rows_are_consistent_and_as_many_as_were_asked_for(domain: Domain, rows: int) -> None:
    database = domain.open(rows, 0)
    assert broken(database) == []
    total = sum(database.scalar(f"SELECT count(*) FROM {table}") for table in domain.tables)
    assert total == pytest.approx(rows, rel=0.3 if rows == 1_000 else 0.2)


def test_every_rule_can_be_broken() -> None:
    assert DAMAGE.keys() == WHOLE.keys()


@pytest.mark.parametrize("rule", DAMAGE)
def test_what_is_broken_is_seen(db: EpisodeDatabase, rule: str) -> None:
    with db.call(writes=True):
        db.write(DAMAGE[rule])
    assert rule in broken(db)


@pytest.mark.parametrize("rows", [1_000, ROWS])
def test_every_kind_of_row_that_a_task_may_need_is_there(domain: Domain, rows: int) -> None:
    database = domain.open(rows, 0)
    for table, column, kinds in (
        ("bookings", "status", ["cancelled", "out", "reserved", "returned"]),
        ("fees", "fee_status", ["paid", "unpaid"]),
        ("members", "level", ["basic", "gold", "plus"]),
        ("certificates", "machine_class", ["cutting", "plant"]),
    ):
        found = database.rows(f"SELECT {column} AS kind, count(*) AS n FROM {table} GROUP BY {column} ORDER BY 1")
        assert [row["kind"] for row in found] == kinds
        assert all(row["n"] >= 3 for row in found), (table, found)
    for condition in ("blocked = 1", "id_verified = 0", "last_fee_waiver_on IS NOT NULL"):
        assert database.scalar(f"SELECT count(*) FROM members WHERE {condition}") >= 1
    assert database.scalar("SELECT count(*) FROM transfers") >= 3


def test_few_members_book_much(db: EpisodeDatabase) -> None:
    counts = [row["n"] for row in db.rows("SELECT count(*) AS n FROM bookings GROUP BY member_id ORDER BY n DESC")]
    fifth = one(db, "SELECT count(*) FROM members") // 5
    assert sum(counts[:fifth]) > 0.35 * sum(counts)


@pytest.mark.parametrize(
    ("days", "rent"), [(1, 1000), (5, 5000), (6, 5500), (7, 5500), (8, 6500), (13, 11000), (14, 11000)]
)
def test_a_week_costs_no_more_than_its_rate(days: int, rent: int) -> None:
    assert rent_cents(1000, 5500, days) == rent


def test_fees_are_rounded_up() -> None:
    assert late_fee_cents(333, 1) == 500
    assert damage_fee_cents("scratched", 1001, False) == 151
    assert damage_fee_cents("scratched", 1001, True) == 16


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
    assert call("find_member_by_number", **_key(db, owing))["unpaid_fees_cents"] == 0
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
    assert call("find_member_by_number", **_key(db, fee["member_id"]))["last_fee_waiver_on"] == db.now[:10]
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


def test_tasks_are_of_many_kinds_and_each_kind_is_proved(domain: Domain, world: DomainWorld) -> None:
    tasks: dict[str, Any] = {}
    longest = None
    db = world.database()
    for subject in domain.subjects(db):
        for draft in composed(db, domain.tools, domain.user_tools, subject):
            task = draft.task(f"rental-{len(tasks)}", subject.name, domain.tools, domain.user_tools)
            tasks.setdefault(draft.shape, task)
            longest = task if longest is None or task.difficulty > longest.difficulty else longest
    assert len(tasks) >= 30
    assert sum(task.script.wants[0].kind == "refused" for task in tasks.values()) >= 10
    assert sum(any(want.bounds for want in task.script.wants) for task in tasks.values()) >= 2
    assert longest is not None and longest.difficulty >= 10
    assert min(task.difficulty for task in tasks.values()) == 1
    assert [shape for shape, task in tasks.items() if not prove(world, AgendaUser(), task).holds] == []
    assert prove(world, AgendaUser(), longest).holds


def _only(source: dict[str, Any], *names: str) -> dict[str, Any]:
    """These values, and the last day."""
    return {name: source[name] for name in (*names, "last_day")}


def _key(db: EpisodeDatabase, member_id: str) -> dict[str, str]:
    return {
        "member_id": member_id,
        "postcode": db.scalar("SELECT postcode FROM members WHERE member_id = ?", member_id),
    }
