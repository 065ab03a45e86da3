"""The data of the clinics are consistent, and of every kind that tasks need."""

from __future__ import annotations

import pytest

from agent_envs.snapshots.domains.domain import Domain
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from .conftest import ROWS, broken


def test_the_clinics_are_what_a_domain_should_be(domain: Domain) -> None:
    assert len(domain.tables) >= 8
    assert len(domain.tools) >= 15
    assert {tool.writes for tool in domain.tools.values()} == {True, False}


def test_the_rows_are_consistent(db: EpisodeDatabase) -> None:
    assert broken(db) == []


@pytest.mark.parametrize("rows", [1_000, 5_000, 50_000])
def test_the_numbers_of_rows_grow_with_what_was_asked_for(domain: Domain, rows: int) -> None:
    counts = domain.recipe(rows, 0).counts
    assert counts["appointments"] < rows and counts["courses"] >= rows // 18


def test_the_rows_are_as_many_as_were_asked_for(domain: Domain, db: EpisodeDatabase) -> None:
    total = sum(db.scalar(f"SELECT count(*) FROM {table}") for table in domain.tables)
    assert 0.85 * ROWS < total < 1.15 * ROWS


def test_every_kind_of_row_that_a_task_may_need_is_there(db: EpisodeDatabase) -> None:
    statuses = db.rows("SELECT status, count(*) AS count FROM appointments GROUP BY status ORDER BY status")
    assert [row["status"] for row in statuses] == ["attended", "booked", "cancelled", "missed"]
    assert all(row["count"] >= 50 for row in statuses)
    for table in ("representatives", "absences", "waiting_list"):
        assert db.scalar(f"SELECT count(*) FROM {table}") >= 3


def test_few_patients_come_often(db: EpisodeDatabase) -> None:
    counts = db.rows("SELECT count(*) AS n FROM courses JOIN appointments USING (course_id) GROUP BY patient_id")
    often = sorted((row["n"] for row in counts), reverse=True)[: db.scalar("SELECT count(*) FROM patients") // 5]
    assert 0.4 < sum(often) / sum(row["n"] for row in counts) < 0.7
