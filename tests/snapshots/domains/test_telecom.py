"""The operator: its data are consistent, its tools keep its rules, and nobody but its owner touches a phone."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import settings

from agent_envs.envs.domain_task import DomainTask
from agent_envs.envs.tool_domain import ToolDomain
from agent_envs.messages import Message, ToolCall
from agent_envs.simulators.user.agenda import AgendaUser
from agent_envs.snapshots.domains.domain import Domain, load_domain
from agent_envs.snapshots.domains.draft import PERSONAS
from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.image import Image
from agent_envs.snapshots.domains.proof import prove
from agent_envs.snapshots.domains.telecom.device import causes, phone
from agent_envs.snapshots.domains.world import DomainWorld, _tasks
from agent_envs.tasks import TaskSet
from agent_envs.testing import tool_machine
from agent_envs.tools import ToolError

ROWS = 6_000
# What is always true of the operator; each gives the rows of which it is not.
WHOLE = {
    "a bill is the sum of its items": (
        "SELECT bill_id FROM bills b WHERE amount_cents <> (SELECT sum(amount_cents) FROM bill_items i"
        " WHERE i.bill_id = b.bill_id)"
    ),
    "paid bills, and no others, have a payment in whole": (
        "SELECT bill_id FROM bills b WHERE (status = 'paid') <> EXISTS (SELECT 1 FROM payments p"
        " WHERE p.bill_id = b.bill_id AND p.amount_cents = b.amount_cents)"
    ),
    "a bill is overdue from the day after it was due": (
        "SELECT bill_id FROM bills WHERE status <> 'paid' AND (status = 'overdue') <> (due_on < substr(:now, 1, 10))"
    ),
    "items of a bill are of lines of its customer": (
        "SELECT bill_id FROM bill_items JOIN bills b USING (bill_id) JOIN lines l USING (line_id)"
        " WHERE l.customer_id <> b.customer_id"
    ),
    "who is overdue has no line without a block": (
        "SELECT line_id FROM lines JOIN bills USING (customer_id) WHERE status = 'overdue' AND block = 'none'"
    ),
    "a line has one active SIM": (
        "SELECT line_id FROM lines l WHERE 1 <> (SELECT count(*) FROM sims s WHERE s.line_id = l.line_id"
        " AND status = 'active')"
    ),
    "at most one card is on its way to a line": (
        "SELECT line_id FROM sims WHERE status = 'sent' GROUP BY line_id HAVING count(*) > 1"
    ),
    "a phone has a SIM of its own line": (
        "SELECT device_id FROM devices d JOIN device_sims USING (device_id) JOIN sims s USING (sim_id)"
        " WHERE s.line_id <> d.line_id"
    ),
    "a free number is nobody's": "SELECT number FROM free_numbers JOIN lines USING (number)",
    "who has a plan for the young is young": (
        "SELECT line_id FROM lines JOIN plans USING (plan_id) JOIN customers USING (customer_id)"
        " WHERE audience = 'young' AND date_of_birth <= '2000-03-10'"
    ),
    "credit is the sum of what was given": (
        "SELECT customer_id FROM customers c WHERE credit_cents <> (SELECT coalesce(sum(amount_cents), 0)"
        " FROM outage_credits JOIN lines l USING (line_id) WHERE l.customer_id = c.customer_id)"
    ),
    "credit is given for long outages of the line's region that are over": (
        "SELECT line_id FROM outage_credits JOIN lines l USING (line_id) JOIN outages o USING (outage_id)"
        " WHERE o.region_id <> l.region_id OR given_at < ends_at OR julianday(ends_at) - julianday(began_at) < 0.999"
    ),
    "nobody used more data than they had": (
        "SELECT u.line_id FROM usage u JOIN lines USING (line_id) JOIN plans p USING (plan_id) WHERE u.data_mb >"
        " p.data_mb + (SELECT coalesce(sum(a.data_mb), 0) FROM bookings b JOIN add_ons a USING (add_on_id)"
        " WHERE b.line_id = u.line_id)"
    ),
    "nothing happens after now": (
        "SELECT booked_at AS at FROM bookings WHERE booked_at > :now UNION ALL SELECT made_at FROM charges"
        " WHERE made_at > :now UNION ALL SELECT paid_at FROM payments WHERE paid_at > :now UNION ALL"
        " SELECT began_at FROM outages WHERE began_at > :now UNION ALL SELECT opened_at FROM tickets"
        " WHERE opened_at > :now UNION ALL SELECT given_at FROM outage_credits WHERE given_at > :now UNION ALL"
        " SELECT issued_on FROM sims WHERE issued_on > substr(:now, 1, 10)"
    ),
}
DEVICE_TABLES = ("devices", "device_settings", "device_sims", "device_apps")
HEALTHY = (
    "SELECT device_id FROM devices JOIN lines l USING (line_id) JOIN device_sims USING (device_id) JOIN sims s"
    " USING (sim_id) JOIN device_settings USING (device_id) WHERE country IS NULL AND vpn = 'off' AND block = 'none'"
    " AND registered = 1 AND stuck = 0 AND flight_mode = 0 AND mobile_data = 1 AND network_choice = 'automatic'"
    " AND network_mode = 'automatic' AND apn = 'internet.meridian.example' AND seated = 1 AND s.status = 'active'"
    " AND s.kind = '{}' AND data_saver = 0 AND slowed = 0 AND picture_messages = 1 AND l.region_id NOT IN"
    " (SELECT region_id FROM outages WHERE ends_at > '2026-03-10 10:00:00')"
)
TestTelecomMachine = tool_machine("telecom", rows=2_000)
TestTelecomMachine.settings = settings(TestTelecomMachine.settings, max_examples=25)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain("telecom")


@pytest.fixture(scope="module")
def image(domain: Domain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AGENT_ENVS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield domain.image(ROWS, 0)


@pytest.fixture(scope="module")
def world(domain: Domain, image: Image) -> DomainWorld:
    return DomainWorld(domain, ROWS, 0)


@pytest.fixture(scope="module")
def tasks(world: DomainWorld) -> list[DomainTask]:
    return list(_tasks(world))


@pytest.fixture
def db(domain: Domain, image: Image) -> EpisodeDatabase:
    return EpisodeDatabase(image, domain.clock)


@pytest.fixture
def call(domain: Domain, db: EpisodeDatabase) -> Any:
    """Calls a tool of the agent; its result has passed its return type, and everything is whole afterwards."""

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
        kind = found.function.__annotations__["return"]
        msgspec.json.decode(text, type=eval(kind, found.function.__globals__))  # noqa: S307 - our own annotation
        return msgspec.json.decode(text)

    return run


@pytest.fixture
def use(domain: Domain, db: EpisodeDatabase) -> Callable[..., str]:
    """Uses a tool of the customer's."""

    def run(name: str, device_id: str) -> str:
        with db.call(writes=domain.user_tools[name].writes):
            return domain.user_tools.call(db, ToolCall.of(name, device_id=device_id))

    return run


def broken(db: EpisodeDatabase) -> list[str]:
    return [rule for rule, sql in WHOLE.items() if db.rows(sql.replace(":now", f"'{db.now}'"))]


def one(db: EpisodeDatabase, sql: str) -> Any:
    found = db.scalar(sql + " ORDER BY 1")
    assert found is not None, f"the operator has none: {sql}"
    return found


def set_to(db: EpisodeDatabase, sql: str, *values: Any) -> None:
    with db.call(writes=True):
        assert db.write(sql, *values) == 1


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


# What breaks a healthy phone or its line, on a card unless an eSIM is named, and the calls that cure it.
SETTING = "UPDATE device_settings SET {} WHERE device_id = '{{d}}'"
LINE = "UPDATE lines SET {} WHERE line_id = '{{l}}'"
LOOSE = "UPDATE device_sims SET seated = 0 WHERE device_id = '{d}'"
BROKEN: list[tuple[str, str, str, str, list[str]]] = [
    ("flight mode", "call", "card", SETTING.format("flight_mode = 1"), ["turn_off_flight_mode"]),
    ("sim loose", "call", "card", LOOSE, ["reinsert_sim"]),
    ("esim deleted", "call", "esim", LOOSE, ["replace_sim kind esim", "install_esim"]),
    ("stuck", "call", "card", SETTING.format("stuck = 1"), ["restart"]),
    ("network choice", "call", "card", SETTING.format("network_choice = 'manual'"), ["choose_network_automatically"]),
    ("network mode", "call", "card", SETTING.format("network_mode = '3G only'"), ["set_network_mode_automatic"]),
    ("block", "call", "card", LINE.format("block = 'unpaid'"), ["lift_block"]),
    ("not registered", "call", "card", LINE.format("registered = 0"), ["register_line"]),
    ("mobile data", "data", "card", SETTING.format("mobile_data = 0"), ["turn_on_mobile_data"]),
    ("apn", "data", "card", SETTING.format("apn = 'wap.oldnet.example'"), ["reset_apn"]),
    ("vpn", "data", "card", SETTING.format("vpn = 'failing'"), ["turn_off_vpn"]),
    (
        "used up",
        "data",
        "card",
        "UPDATE usage SET data_mb = 999000 WHERE month = '2026-03' AND line_id = '{l}'",
        ["book_add_on add_on_id A1000002"] * 67,
    ),
    (
        "picture messages",
        "pictures",
        "card",
        LINE.format("picture_messages = 0"),
        ["set_picture_messages allowed true"],
    ),
    (
        "messages app",
        "pictures",
        "card",
        "UPDATE device_apps SET may_use_data = 0 WHERE app = 'messages' AND device_id = '{d}'",
        ["allow_messages_app"],
    ),
    ("data saver", "speed", "card", SETTING.format("data_saver = 1"), ["turn_off_data_saver"]),
    ("slowed", "speed", "card", LINE.format("slowed = 1"), ["restore_speed"]),
]
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


OUTAGE = (
    "SELECT line_id, outage_id FROM lines JOIN outages USING (region_id) WHERE (line_id, outage_id) NOT IN"
    " (SELECT line_id, outage_id FROM outage_credits) AND {} ORDER BY 1, 2"
)
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


def test_a_domain_of_any_size_has_proved_tasks_of_many_kinds(world: DomainWorld, tasks: list[DomainTask]) -> None:
    kinds = {want.kind for task in tasks for want in task.script.wants}
    assert kinds == {"learn", "act", "refused", "works"}
    assert len(tasks) > 1000
    assert {task.difficulty for task in tasks} >= set(range(1, 11))
    sample = tasks[::12]
    assert [task.instruction for task in sample if not prove(world, AgendaUser(), task).holds] == []


def test_wants_have_many_shapes_and_refusals_many_reasons(domain: Domain, db: EpisodeDatabase) -> None:
    refused: set[str] = set()
    done: set[str] = set()
    for subject in domain.subjects(db):
        for piece in subject.pieces:
            draft = piece(db)
            if draft is not None:
                task = subject.opening.then(draft).task("t", subject.name, domain.tools, domain.user_tools)
                (refused if task.script.wants[0].kind == "refused" else done).add(draft.shape)
    assert len(refused) == 10
    assert len(done) >= 25


class Helper:
    """An agent that knows the policy and the words of the dialogue, and nothing of what is wrong."""

    def __init__(self, env: ToolDomain) -> None:
        self.env, self.reward, self.over = env, 0.0, False
        context, _ = env.reset(seed=1)
        self.complaint, self.read = context[1].content, len(context)

    def take(self, turn: Message) -> str:
        if self.over:
            return ""
        context, reward, ended, cut, _ = self.env.step(turn)
        self.reward, self.over = self.reward + float(reward), ended or cut
        new, self.read = context[self.read :], len(context)
        return " ".join(message.content for message in new if message.role != "assistant")

    def say(self, text: str, wanted: bool = True) -> str:
        return self.take(Message("assistant", text)) if wanted else ""

    def call(self, name: str, /, **arguments: Any) -> Any:
        told = self.take(Message("assistant", calls=(ToolCall.of(name, **arguments),)))
        return json.loads(re.sub("</?tool_response>", "", told)) if told and not self.over else {}

    def do(self, proposal: str, name: str, /, wanted: bool = True, **arguments: Any) -> None:
        for _ in range(3 if wanted and not self.over else 0):
            self.say(proposal)
            if self.env.state.agreed:
                self.call(name, **arguments)
                self.say("I have done that. Does it work now?")
                return

    def help(self) -> float:
        told = self.say("May I have your phone number or your email address, and your date of birth, please?")
        born, number = re.findall(r"\d{4}-\d\d-\d\d", told)[0], re.findall(r"07700 900\d{3} \d{4}", told)
        if number:
            who = self.call("find_customer_by_number", number=number[0], date_of_birth=born)
        else:
            email = re.findall(r"[\w.]+@example\.\w+", told)[0]
            who = self.call("find_customer_by_email", email=email, date_of_birth=born)
        several = len(who["lines"]) > 1
        (line_id,) = (one["line_id"] for one in who["lines"] if not several or one["number"] in self.complaint)
        self.on_the_line(who["customer_id"], line_id, line := self.call("get_line", line_id=line_id))
        self.on_the_phone(line_id, line)
        return self.reward

    def on_the_line(self, customer_id: str, line_id: str, line: dict[str, Any]) -> None:
        of: dict[str, Any] = {"line_id": line_id}
        calls = "call" in self.complaint
        if line["block"] == "unpaid":
            for bill in self.call("list_bills", customer_id=customer_id):
                price = f"{bill['amount_cents'] / 100:.2f}"
                overdue = bill["status"] == "overdue"
                self.do(f"{price} is overdue. May I charge it?", "pay_bill", overdue, bill_id=bill["bill_id"])
            self.do("Shall I lift the block now?", "lift_block", **of)
        self.do("Shall I register your line in the network?", "register_line", not line["registered"], **of)
        abroad = re.findall(r"I am in (\w+)", self.complaint)
        self.do("Shall I allow roaming?", "set_roaming", bool(abroad) and not line["roaming"], **of, allowed=True)
        booked = [booking["add_on"] for booking in self.call("list_bookings", **of)]
        needed = self.call("get_country", country=abroad[0])["needs"] if abroad and not self.over else None
        if needed and needed["name"] not in booked and not calls:
            proposal = f"The {needed['name']} costs {needed['price_cents'] / 100}0. Do you want me to book it?"
            self.do(proposal, "book_add_on", **of, add_on_id=needed["add_on_id"])
        if not self.over and not calls and not self.call("get_usage", **of)["data_left_mb"]:
            add_ons = [add_on for add_on in self.call("list_add_ons") if add_on["kind"] == "data"]
            told = self.say("Your data is used up. Which data add-on would you like?")
            (chosen,) = (add_on for add_on in add_ons if add_on["name"] in told)
            proposal = f"It costs {chosen['price_cents'] / 100:.2f}. Shall I book it?"
            self.do(proposal, "book_add_on", **of, add_on_id=chosen["add_on_id"])
        pictures = "picture" in self.complaint and not line["picture_messages"]
        self.do("Shall I enable picture messages?", "set_picture_messages", pictures, **of, allowed=True)
        slowed = ("slow" in self.complaint or "crawls" in self.complaint) and line["slowed"]
        self.do("Would you like me to restore your speed?", "restore_speed", slowed, **of)

    def on_the_phone(self, line_id: str, line: dict[str, Any]) -> None:
        data, speed = "call" not in self.complaint, "slow" in self.complaint or "crawls" in self.complaint
        sims = self.call("list_sims", line_id=line_id)
        told = self.say("Could you check the SIM card and read me the SIM number?")
        for sim in sims:
            sent = sim["status"] == "sent" and sim["sim_id"] in told
            self.do(f"Shall I activate {sim['sim_id']}?", "activate_sim", sent, line_id=line_id, sim_id=sim["sim_id"])
        self.say("Please take out the SIM card and put it back.", "loose" in told)
        self.do("Shall I issue a new eSIM, for 0.00?", "replace_sim", "deleted" in told, line_id=line_id, kind="esim")
        self.say("Please install the new eSIM on your phone.", "deleted" in told)
        told = self.say("Please look at the settings and tell me what you see.")
        self.say("Please switch airplane mode off.", "Flight mode is on" in told)
        self.say("Please open your settings and switch on mobile data.", data and "mobile data is off" in told)
        abroad = data and "I am in" in self.complaint
        self.say("Please go to Settings and enable data roaming.", abroad and "data roaming is off" in told)
        self.say("Please disable the VPN.", data and "VPN app says" in told)
        self.say("Can you turn off the data saver?", speed and "data saver is on" in told)
        told = self.say("Please open the network settings and tell me what they say.")
        self.say("Please set the network selection to automatic.", "choice is manual" in told)
        self.say("Please set the network mode to automatic.", "mode is 3G only" in told)
        self.say("Please reset the APN to its default.", data and "internet.meridian.example" not in told)
        told = self.say(
            "Could you look at your apps: may the messages app use mobile data?", "picture" in self.complaint
        )
        self.say("Please allow the messages app to use mobile data.", "messages app may not" in told)
        self.say("Please restart the phone.")


def test_whoever_knows_only_the_policy_finds_every_cause(world: DomainWorld, tasks: list[DomainTask]) -> None:
    alone = [task for task in tasks if [want.kind for want in task.script.wants] == ["works"]]
    assert len(alone) > 100
    for number, task in enumerate(alone):
        script = msgspec.structs.replace(task.script, persona=PERSONAS[number % len(PERSONAS)])
        env = ToolDomain(world, TaskSet("one", [msgspec.structs.replace(task, script=script)]), AgendaUser())
        assert Helper(env).help() == 1.0, task.instruction
        env.close()
