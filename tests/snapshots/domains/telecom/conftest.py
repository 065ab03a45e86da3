"""The operator as its tests have it: an image, a database on it, and calls after which everything is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from agent_envs.envs.domain_task import DomainTask
from agent_envs.messages import ToolCall
from agent_envs.snapshots.domains.domain import Domain, load_domain
from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.image import Image
from agent_envs.snapshots.domains.world import DomainWorld, _tasks
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
HEALTHY = (
    "SELECT device_id FROM devices JOIN lines l USING (line_id) JOIN device_sims USING (device_id) JOIN sims s"
    " USING (sim_id) JOIN device_settings USING (device_id) WHERE country IS NULL AND vpn = 'off' AND block = 'none'"
    " AND registered = 1 AND stuck = 0 AND flight_mode = 0 AND mobile_data = 1 AND network_choice = 'automatic'"
    " AND network_mode = 'automatic' AND apn = 'internet.meridian.example' AND seated = 1 AND s.status = 'active'"
    " AND s.kind = '{}' AND data_saver = 0 AND slowed = 0 AND picture_messages = 1 AND l.region_id NOT IN"
    " (SELECT region_id FROM outages WHERE ends_at > '2026-03-10 10:00:00')"
)


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


OUTAGE = (
    "SELECT line_id, outage_id FROM lines JOIN outages USING (region_id) WHERE (line_id, outage_id) NOT IN"
    " (SELECT line_id, outage_id FROM outage_credits) AND {} ORDER BY 1, 2"
)
