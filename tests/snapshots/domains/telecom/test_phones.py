"""A phone works until something breaks it and works again when that is cured; only its owner touches it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from agent_envs.envs.domain_task import DomainTask
from agent_envs.messages import ToolCall
from agent_envs.snapshots.domains.domain import Domain
from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.telecom.device import causes, phone
from agent_envs.snapshots.domains.world import DomainWorld
from agent_envs.tools import ToolError

from .conftest import BROKEN, HEALTHY, one, set_to

DEVICE_TABLES = ("devices", "device_settings", "device_sims", "device_apps")
TRIES = {
    "call": ("try_call", "goes through"),
    "data": ("test_connection", "Connected"),
    "pictures": ("send_picture_message", "was sent"),
    "speed": ("test_speed", "Fast"),
}


@pytest.mark.parametrize(("cause", "service", "kind", "sql", "cures"), BROKEN, ids=[case[0] for case in BROKEN])
def test_each_cause_breaks_a_service_until_it_is_cured(
    domain: Domain, db: EpisodeDatabase, use: Any, cause: str, service: Any, kind: str, sql: str, cures: list[str]
) -> None:
    device_id = one(db, HEALTHY.format(kind))
    line_id = phone(db, device_id).line_id
    tries, shows = TRIES[service]
    assert shows in use(tries, device_id)
    set_to(db, sql.format(d=device_id, l=line_id))
    assert causes(phone(db, device_id), service) == (cause,)
    assert shows not in use(tries, device_id)
    for cure in cures:
        name, *argument = cure.split()
        if name in domain.user_tools:
            use(name, device_id)
        else:
            with db.call(writes=True):
                given = {argument[0]: argument[1] == "true" or argument[1]} if argument else {}
                domain.tools.call(db, ToolCall.of(name, line_id=line_id, **given))
    assert shows in use(tries, device_id)


def test_a_phone_abroad_needs_roaming_on_both_sides_and_a_pass(db: EpisodeDatabase, call: Any, use: Any) -> None:
    device_id = one(db, HEALTHY.format("card"))
    line_id = phone(db, device_id).line_id
    set_to(db, "UPDATE devices SET country = 'Japan' WHERE device_id = ?", device_id)
    set_to(db, "UPDATE device_settings SET data_roaming = 0 WHERE device_id = ?", device_id)
    set_to(db, "UPDATE lines SET roaming = 0 WHERE line_id = ?", line_id)
    assert causes(phone(db, device_id), "data") == ("roaming", "data roaming", "no pass")
    call("set_roaming", line_id=line_id, allowed=True)
    assert use("try_call", device_id) == "The call goes through."
    use("turn_on_data_roaming", device_id)
    assert "No connection, though" in use("test_connection", device_id)
    assert call("get_country", country="japan")["needs"]["name"] == "World Pass"
    call("book_add_on", line_id=line_id, add_on_id=call("get_country", country="Japan")["needs"]["add_on_id"])
    assert use("test_connection", device_id).startswith("Connected")
    assert "R for roaming" in use("look_at_status_bar", device_id)
    with pytest.raises(ToolError, match="there is no roaming in"):
        call("get_country", country="Atlantis")


def test_an_outage_takes_the_network_of_those_at_home_only(db: EpisodeDatabase, use: Any) -> None:
    device_id = one(db, HEALTHY.format("card"))
    region = one(db, "SELECT region_id FROM outages WHERE ends_at > '2026-03-10 10:00:00'")
    set_to(db, "UPDATE lines SET region_id = ? WHERE line_id = ?", region, phone(db, device_id).line_id)
    assert use("look_at_status_bar", device_id) == "The status bar says: No service."
    set_to(db, "UPDATE devices SET country = 'Spain' WHERE device_id = ?", device_id)
    set_to(db, "UPDATE lines SET roaming = 1 WHERE line_id = ?", phone(db, device_id).line_id)
    assert "good signal" in use("look_at_status_bar", device_id)


def test_a_card_that_was_sent_works_once_it_is_activated(db: EpisodeDatabase, call: Any, use: Any) -> None:
    row = db.row(
        "SELECT line_id, sim_id, device_id FROM sims JOIN device_sims USING (sim_id) WHERE status = 'sent' ORDER BY 1"
    )
    assert row is not None
    assert row["sim_id"] in use("look_at_sim", row["device_id"])
    assert "sim not active" in causes(phone(db, row["device_id"]), "call")
    with pytest.raises(ToolError, match="was sent for line"):
        call("replace_sim", line_id=row["line_id"], kind="card")
    after = call("activate_sim", line_id=row["line_id"], sim_id=row["sim_id"])
    assert [sim["status"] for sim in after if sim["sim_id"] == row["sim_id"]] == ["active"]
    assert "sim not active" not in causes(phone(db, row["device_id"]), "call")
    with pytest.raises(ToolError, match="is active; only one that was sent"):
        call("activate_sim", line_id=row["line_id"], sim_id=row["sim_id"])
    with pytest.raises(ToolError, match="has no SIM"):
        call("activate_sim", line_id=row["line_id"], sim_id="SIM1")


def test_a_customer_sees_what_is_set_and_what_a_phone_cannot_do(db: EpisodeDatabase, use: Any) -> None:
    card, esim = one(db, HEALTHY.format("card")), one(db, HEALTHY.format("esim"))
    assert use("look_at_settings", card).startswith("Flight mode is off, mobile data is on")
    assert "APN is internet.meridian.example" in use("look_at_network_settings", card)
    assert "the mail app may use mobile data" in use("look_at_apps", card)
    with pytest.raises(ToolError, match="has an eSIM and no card"):
        use("reinsert_sim", esim)
    with pytest.raises(ToolError, match="no eSIM to install"):
        use("install_esim", esim)
    with pytest.raises(ToolError, match="there is no phone"):
        use("restart", "D1")


def test_what_a_customer_does_to_a_sound_phone_changes_nothing(domain: Domain, db: EpisodeDatabase, use: Any) -> None:
    device_id = one(db, HEALTHY.format("card") + " AND data_roaming = 1")
    for name in domain.user_tools:
        if name != "install_esim":
            use(name, device_id)
    assert list(db.diff()) == []


class Recorded:
    """A database that remembers the statements that it runs."""

    def __init__(self, db: EpisodeDatabase) -> None:
        self._db, self.statements = db, list[str]()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._db, name)
        if name not in ("rows", "row", "scalar", "write"):
            return found

        def run(sql: str, *values: Any) -> Any:
            self.statements.append(sql)
            return found(sql, *values)

        return run


def test_agents_do_not_see_phones_and_customers_do_not_change_the_network(
    domain: Domain, world: DomainWorld, tasks: list[DomainTask]
) -> None:
    used = set()
    for task in tasks:
        db = world.database()
        called = [step for step in task.plan if isinstance(step, ToolCall)]
        for by, each in [("agent", step) for step in called if not domain.tools[step.name].writes] + [
            (move.by, move.call) for move in task.moves
        ]:
            tools = domain.tools if by == "agent" else domain.user_tools
            recorded, before = Recorded(db), {(change.table, change.key) for change in db.diff()}
            with db.call(writes=tools[each.name].writes):
                tools.call(recorded, each)  # type: ignore[arg-type]
            used.add(each.name)
            if by == "agent":
                words = set(re.findall(r"\w+", " ".join(recorded.statements)))
                assert not words & set(DEVICE_TABLES), each.name
            else:
                changed = {(change.table, change.key) for change in db.diff()} - before
                assert {table for table, _ in changed} <= set(DEVICE_TABLES), each.name
        db.close()
    assert len(used & set(domain.tools)) >= 25
