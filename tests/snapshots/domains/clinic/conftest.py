"""The clinics as their tests have them: a world, a database of it, and calls after which all is consistent."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from agent_envs.messages import ToolCall
from agent_envs.snapshots.domains.domain import Domain, load_domain
from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.world import DomainWorld
from agent_envs.tools import ToolError

ROWS = 5_000
_VISITS = (
    "(SELECT a.*, c.patient_id, k.minutes, k.visit, k.needs_referral, k.fee_cents, k.speciality FROM appointments a"
    " JOIN courses c USING (course_id) JOIN kinds k USING (kind_id))"
)
_OVERLAP = (
    f"SELECT a.appointment_id FROM {_VISITS} a JOIN {_VISITS} b ON a.{{0}} = b.{{0}} AND a.appointment_id <>"
    " b.appointment_id AND a.starts_at <= b.starts_at AND datetime(a.starts_at, '+' || a.minutes || ' minutes') >"
    " b.starts_at WHERE a.status <> 'cancelled' AND b.status <> 'cancelled'"
)
# What is always true of the clinics; each gives the rows of which it is not.
WHOLE = {
    "a practitioner is in one place at a time": _OVERLAP.format("practitioner_id"),
    "a patient is in one place at a time": _OVERLAP.format("patient_id"),
    "appointments lie within a session": (
        f"SELECT appointment_id FROM {_VISITS} a WHERE NOT EXISTS (SELECT 1 FROM sessions s WHERE s.practitioner_id ="
        " a.practitioner_id AND s.weekday = CAST(strftime('%w', a.starts_at) AS INTEGER) AND s.opens <="
        " strftime('%H:%M', a.starts_at) AND s.closes >= strftime('%H:%M', a.starts_at, '+' || a.minutes ||"
        " ' minutes'))"
    ),
    "nobody is booked with somebody who is away": (
        "SELECT appointment_id FROM appointments a JOIN absences b USING (practitioner_id) WHERE a.status = 'booked'"
        " AND substr(starts_at, 1, 10) BETWEEN first_day AND last_day"
    ),
    "appointments are with the practitioner of their course, of a kind that they do": (
        f"SELECT appointment_id FROM {_VISITS} a JOIN courses c USING (course_id) JOIN practitioners p ON"
        " p.practitioner_id = a.practitioner_id WHERE c.practitioner_id <> p.practitioner_id OR p.speciality <>"
        " a.speciality"
    ),
    "a course has one first visit": (
        f"SELECT course_id FROM courses c WHERE 1 <> (SELECT count(*) FROM {_VISITS} a WHERE a.course_id = c.course_id"
        " AND visit = 'first')"
    ),
    "a patient has one open course of a speciality": (
        "SELECT patient_id FROM courses JOIN practitioners USING (practitioner_id) WHERE status = 'open'"
        " GROUP BY patient_id, speciality HAVING count(*) > 1"
    ),
    "only what needs a referral has one, for the same patient and speciality, on a day that it covers": (
        f"SELECT appointment_id FROM {_VISITS} a LEFT JOIN referrals r USING (referral_id) WHERE (a.needs_referral = 1)"
        " <> (r.referral_id IS NOT NULL) OR r.patient_id <> a.patient_id OR r.speciality <> a.speciality OR"
        " (a.status <> 'cancelled' AND substr(a.starts_at, 1, 10) NOT BETWEEN r.issued_on AND r.valid_until)"
    ),
    "no referral has more visits than it is for": (
        "SELECT r.referral_id FROM referrals r JOIN appointments a USING (referral_id) WHERE a.status <> 'cancelled'"
        " GROUP BY r.referral_id, r.visits HAVING count(*) > r.visits"
    ),
    "attended, missed and late cancelled appointments are charged, and no others": (
        f"SELECT a.appointment_id FROM {_VISITS} a LEFT JOIN invoices i USING (appointment_id) WHERE"
        " coalesce(i.amount_cents, 0) <> CASE a.status WHEN 'attended' THEN a.fee_cents WHEN 'missed' THEN 4500"
        " WHEN 'cancelled' THEN 3000 * (datetime(a.cancelled_at, '+48 hours') > a.starts_at) ELSE 0 END"
    ),
    "paid invoices have a payment of their amount, and no others have one": (
        "SELECT i.invoice_id FROM invoices i LEFT JOIN payments p USING (invoice_id) WHERE coalesce(p.amount_cents, 0)"
        " <> CASE i.status WHEN 'paid' THEN i.amount_cents ELSE 0 END"
    ),
    "only fees for not coming are waived": (
        "SELECT invoice_id FROM invoices WHERE (status = 'waived') <> (waived_on IS NOT NULL)"
        " OR (status = 'waived' AND reason = 'visit')"
    ),
    "nothing is paid with a card that had expired": (
        "SELECT payment_id FROM payments JOIN cards USING (card_id) WHERE expires_on < substr(paid_at, 1, 10)"
    ),
    "reminders go out 72 hours before what is booked, as the patient wants them": (
        f"SELECT a.appointment_id FROM {_VISITS} a JOIN patients p USING (patient_id) LEFT JOIN reminders r"
        " USING (appointment_id) WHERE (a.status = 'booked' AND p.reminders <> 'none' AND datetime(a.starts_at,"
        " '-72 hours') > :now) <> (r.appointment_id IS NOT NULL) OR r.channel <> p.reminders OR r.due_at <>"
        " datetime(a.starts_at, '-72 hours')"
    ),
    "cancelled appointments, and no others, have a reason": (
        "SELECT appointment_id FROM appointments WHERE (status = 'cancelled') <> (cancel_reason IS NOT NULL)"
        " OR (status = 'cancelled') <> (cancelled_at IS NOT NULL)"
    ),
    "nobody has more than four appointments booked": (
        f"SELECT patient_id FROM {_VISITS} WHERE status = 'booked' GROUP BY patient_id HAVING count(*) > 4"
    ),
    "nothing happens after now but what is booked for the next 28 days": (
        "SELECT booked_at AS at FROM appointments WHERE booked_at > :now OR cancelled_at > :now OR (status = 'booked')"
        " <> (starts_at > :now AND status <> 'cancelled') OR (status = 'booked' AND starts_at > datetime(:now,"
        " '+29 days')) UNION ALL SELECT paid_at FROM payments WHERE paid_at > :now UNION ALL SELECT issued_on FROM"
        " invoices WHERE issued_on > :now OR waived_on > :now UNION ALL SELECT opened_on FROM courses WHERE opened_on"
        " > :now UNION ALL SELECT joined_on FROM waiting_list WHERE joined_on > :now UNION ALL SELECT issued_on FROM"
        " referrals WHERE issued_on > :now"
    ),
}
UNDER_16 = "'2010-06-11'"


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain("clinic")


@pytest.fixture(scope="module")
def world(domain: Domain, tmp_path_factory: pytest.TempPathFactory) -> DomainWorld:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AGENT_ENVS_CACHE", str(tmp_path_factory.mktemp("cache")))
        return DomainWorld(domain, ROWS, 0)


@pytest.fixture
def db(world: DomainWorld) -> EpisodeDatabase:
    return world.database()


@pytest.fixture
def call(domain: Domain, db: EpisodeDatabase) -> Any:
    """Calls a tool; its result has passed the schema of its return type, and all is consistent afterwards."""

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
        assert not found.writes or broken(db) == []
        kind = found.function.__annotations__["return"]
        msgspec.json.decode(text, type=eval(kind, found.function.__globals__))  # noqa: S307 - our own annotation
        return msgspec.json.decode(text)

    return run


def broken(db: EpisodeDatabase) -> list[str]:
    return [rule for rule, sql in WHOLE.items() if db.rows(sql.replace(":now", f"'{db.now}'"))]


def one(db: EpisodeDatabase, sql: str, *parameters: Any) -> Any:
    found = db.scalar(f"{sql} ORDER BY 1", *parameters)
    assert found is not None, f"the clinics have none: {sql}"
    return found


def slots(call: Any, appointment: Any, first_day: str = "2026-06-10") -> list[str]:
    who = {key: appointment[key] for key in ("patient_id", "practitioner_id", "kind_id")}
    found: list[str] = call("find_slots", **who, first_day=first_day)
    return found


# Open courses whose patients may book, with a kind of follow-up for which no referral is needed.
FREE_COURSES = (
    "SELECT c.course_id, c.patient_id, c.practitioner_id, k.kind_id FROM courses c JOIN practitioners p"
    " USING (practitioner_id) JOIN kinds k USING (speciality) WHERE c.status = 'open' AND k.visit = 'follow_up' AND"
    " k.needs_referral = 0 AND c.practitioner_id NOT IN (SELECT practitioner_id FROM absences) AND EXISTS (SELECT 1"
    " FROM appointments a WHERE a.course_id = c.course_id AND a.status = 'attended') AND {} EXISTS (SELECT 1 FROM"
    " invoices i JOIN appointments a USING (appointment_id) JOIN courses d USING (course_id) WHERE d.patient_id ="
    " c.patient_id AND i.status = 'open' AND i.due_on < '2026-06-10') AND 3 > (SELECT count(*) FROM appointments a"
    " JOIN courses d USING (course_id) WHERE d.patient_id = c.patient_id AND a.status = 'booked') ORDER BY 1, 4"
)
BOOKED = "SELECT appointment_id FROM appointments WHERE status = 'booked' AND times_moved {} AND starts_at {}"
SOON = "< '2026-06-12 09:00:00'"
LATER = ">= '2026-06-12 09:00:00'"
