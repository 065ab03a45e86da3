"""The data of the operator are consistent, and every kind of trouble is in them."""

from __future__ import annotations

import re
from collections import Counter

from agent_envs.snapshots.domains.domain import Domain
from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.telecom.device import causes, phone

from .conftest import BROKEN, ROWS, broken


def test_the_operator_is_what_a_domain_should_be(domain: Domain) -> None:
    assert len(domain.tables) >= 8
    assert len(domain.tools) >= 15
    assert {tool.writes for tool in domain.tools.values()} == {True, False}
    assert {tool.writes for tool in domain.user_tools.values()} == {True, False}
    assert {tool.function.__annotations__["return"] for tool in domain.user_tools.values()} == {"str"}


def test_the_rows_are_consistent(db: EpisodeDatabase) -> None:
    assert broken(db) == []


def test_the_rows_are_as_many_as_were_asked_for(domain: Domain, db: EpisodeDatabase) -> None:
    total = sum(db.scalar(f"SELECT count(*) FROM {table}") for table in domain.tables)
    assert 0.85 * ROWS < total < 1.15 * ROWS


def test_numbers_and_addresses_are_nobodys_in_the_real_world(db: EpisodeDatabase) -> None:
    numbers = db.rows("SELECT number FROM lines UNION ALL SELECT number FROM free_numbers ORDER BY number")
    assert all(re.fullmatch(r"07700 900\d{3} \d{4}", row["number"]) for row in numbers)
    emails = db.rows("SELECT email FROM customers ORDER BY email")
    assert all(re.fullmatch(r"[^@]+@example\.(com|org|net)", row["email"]) for row in emails)


def test_most_lines_work_and_few_have_several_causes_of_trouble(db: EpisodeDatabase) -> None:
    counts = Counter(
        len(causes(phone(db, row["device_id"]), "data")) for row in db.rows("SELECT device_id FROM devices ORDER BY 1")
    )
    assert counts[0] > counts[1] > counts[2] > 5
    assert sum(counts[number] for number in counts if number >= 3) >= 3


def test_every_kind_of_trouble_is_in_the_data(db: EpisodeDatabase) -> None:
    found = {
        cause
        for row in db.rows("SELECT device_id FROM devices ORDER BY 1")
        for service in ("pictures", "speed")
        for cause in causes(phone(db, row["device_id"]), service)
    }
    assert found >= {cause for cause, *_ in BROKEN} | {"roaming", "no pass", "data roaming", "outage"}


def test_few_lines_use_most_data(db: EpisodeDatabase) -> None:
    used = [row["mb"] for row in db.rows("SELECT sum(data_mb) AS mb FROM usage GROUP BY line_id ORDER BY mb DESC")]
    assert sum(used[: len(used) // 5]) > 0.55 * sum(used)
