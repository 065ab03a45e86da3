"""The tool rental as its tests have it: a database, and calls after which the shop is whole."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from agent_envs.messages import ToolCall
from agent_envs.snapshots.domains.domain import Domain, load_domain
from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError

ROWS = 5_000
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


def key_of(db: EpisodeDatabase, member_id: str) -> dict[str, str]:
    return {
        "member_id": member_id,
        "postcode": db.scalar("SELECT postcode FROM members WHERE member_id = ?", member_id),
    }
