"""The data of the rental are consistent, and every rule of theirs is one that can be broken."""

from __future__ import annotations

import pytest

from agent_envs.snapshots.domains.domain import Domain
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from .conftest import ROWS, WHOLE, broken, one

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
