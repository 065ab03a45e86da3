"""The data of the shop are consistent, and of every kind that tasks need."""

from __future__ import annotations

from agent_envs.snapshots.domains.domain import Domain
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from .conftest import ROWS, broken


def test_the_shop_is_what_a_domain_should_be(domain: Domain) -> None:
    assert len(domain.tables) >= 8
    assert len(domain.tools) >= 15
    assert {tool.writes for tool in domain.tools.values()} == {True, False}


def test_the_rows_are_consistent(db: EpisodeDatabase) -> None:
    assert broken(db) == []


def test_every_kind_of_row_that_a_task_may_need_is_there(db: EpisodeDatabase) -> None:
    statuses = db.rows("SELECT status, count(*) AS count FROM orders GROUP BY status ORDER BY status")
    assert [row["status"] for row in statuses] == ["cancelled", "delivered", "pending", "processing", "shipped"]
    assert all(row["count"] >= 10 for row in statuses)
    for table in ("returns", "coupons", "delay_credits"):
        assert db.scalar(f"SELECT count(*) FROM {table}") >= 10


def test_few_customers_order_much(db: EpisodeDatabase) -> None:
    counts = db.rows("SELECT count(*) AS n FROM orders GROUP BY customer_id ORDER BY n DESC")
    customers = db.scalar("SELECT count(*) FROM customers")
    top = sum(row["n"] for row in counts[: customers // 5])
    assert 0.5 < top / sum(row["n"] for row in counts) < 0.7


def test_the_rows_are_as_many_as_were_asked_for(domain: Domain, db: EpisodeDatabase) -> None:
    total = sum(db.scalar(f"SELECT count(*) FROM {table}") for table in domain.tables)
    assert 0.85 * ROWS < total < 1.2 * ROWS
