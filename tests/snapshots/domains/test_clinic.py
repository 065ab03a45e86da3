"""The clinics: their data are consistent, their tools keep the rules, their tasks are of many kinds."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from agent_envs.messages import ToolCall
from agent_envs.simulators.user.agenda import AgendaUser
from agent_envs.snapshots.domains.compose import composed
from agent_envs.snapshots.domains.domain import Domain, load_domain
from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.proof import prove
from agent_envs.snapshots.domains.world import DomainWorld
from agent_envs.testing import tool_machine
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
TestClinicTools = tool_machine("clinic")


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


def test_a_patient_is_found_by_name_and_birth_only_together(db: EpisodeDatabase, call: Any) -> None:
    someone = call("get_patient", patient_id=one(db, "SELECT patient_id FROM patients"))
    named, born = someone["name"].upper(), someone["date_of_birth"]
    assert call("find_patient", name=named, date_of_birth=born)[0]["patient_id"] == someone["patient_id"]
    assert call("find_patient", name=named, date_of_birth="1901-01-01") == []
    with pytest.raises(ToolError, match="no day of the calendar"):
        call("find_patient", name=named, date_of_birth="1980-02-31")


def test_who_speaks_for_whom_is_told_on_both_sides(db: EpisodeDatabase, call: Any) -> None:
    row = db.row("SELECT * FROM representatives ORDER BY 1")
    assert row is not None
    patient = call("get_patient", patient_id=row["patient_id"])
    speaker = call("get_patient", patient_id=row["representative_id"])
    assert speaker["patient_id"] in [each["patient_id"] for each in patient["spoken_for_by"]]
    assert patient["patient_id"] in [each["patient_id"] for each in speaker["speaks_for"]]


def test_sites_practitioners_and_kinds_are_read(db: EpisodeDatabase, call: Any) -> None:
    site = call("find_site", name=one(db, "SELECT name FROM sites").lower())
    assert len(site["practitioners"]) == 4
    who = call("get_practitioner", practitioner_id=site["practitioners"][0]["practitioner_id"])
    assert who["site"] == site["name"] and len(who["sessions"]) == 2
    assert {kind["visit"] for kind in call("list_kinds", speciality="cardiology")} == {"first", "follow_up"}
    with pytest.raises(ToolError, match="there is no site"):
        call("find_site", name="Nowhere Clinic")
    with pytest.raises(ToolError, match="there is no practitioner"):
        call("get_practitioner", practitioner_id="D1")


def test_a_follow_up_is_booked_at_a_free_time_and_at_no_other(db: EpisodeDatabase, call: Any) -> None:
    row = db.row(FREE_COURSES.format("NOT"))
    assert row is not None
    last = db.scalar("SELECT max(appointment_id) FROM appointments")
    free, what = slots(call, row), {"course_id": row["course_id"], "kind_id": row["kind_id"]}
    with pytest.raises(ToolError, match="is not free"):
        call("book_follow_up", **what, starts_at=f"{free[0][:11]}03:00")
    with pytest.raises(ToolError, match="too far away"):
        call("book_follow_up", **what, starts_at="2026-07-09 10:00")
    with pytest.raises(ToolError, match="no day of the calendar"):
        call("book_follow_up", **what, starts_at="2026-13-09 10:00")
    booked = call("book_follow_up", **what, starts_at=free[0])
    assert booked["appointment_id"] == f"A{int(last[1:]) + 1}" and booked["starts_at"] == free[0]
    assert free[0] not in slots(call, row)
    with pytest.raises(ToolError, match="is not free"):
        call("book_follow_up", **what, starts_at=free[0])


def test_follow_ups_belong_to_open_courses_that_have_begun(db: EpisodeDatabase, call: Any) -> None:
    row = db.row(FREE_COURSES.format("NOT"))
    assert row is not None
    first = one(db, "SELECT kind_id FROM kinds WHERE visit = 'first'")
    at = slots(call, row)[0]
    with pytest.raises(ToolError, match="is no follow-up of"):
        call("book_follow_up", course_id=row["course_id"], kind_id=first, starts_at=at)
    closed = one(db, "SELECT course_id FROM courses WHERE status = 'closed'")
    with pytest.raises(ToolError, match="is closed"):
        call("book_follow_up", course_id=closed, kind_id=row["kind_id"], starts_at=at)
    fresh = db.row(
        "SELECT course_id, k.kind_id FROM courses c JOIN practitioners USING (practitioner_id) JOIN kinds k"
        " USING (speciality) WHERE status = 'open' AND k.visit = 'follow_up' AND NOT EXISTS (SELECT 1 FROM"
        " appointments a WHERE a.course_id = c.course_id AND a.status = 'attended') ORDER BY 1, 2"
    )
    assert fresh is not None
    with pytest.raises(ToolError, match="was not attended yet"):
        call("book_follow_up", **fresh, starts_at=at)


def test_nothing_is_booked_before_overdue_invoices_are_paid(db: EpisodeDatabase, call: Any) -> None:
    row = db.row(FREE_COURSES.format(""))
    assert row is not None
    what = {"course_id": row["course_id"], "kind_id": row["kind_id"], "starts_at": slots(call, row)[0]}
    with pytest.raises(ToolError, match="overdue since"):
        call("book_follow_up", **what)
    patient = call("get_patient", patient_id=row["patient_id"])
    speakers = [call("get_patient", patient_id=each["patient_id"]) for each in patient["spoken_for_by"]]
    card = next(card for each in (patient, *speakers) for card in each["cards"] if card["expires_on"] > db.now[:10])
    for invoice in call("list_invoices", patient_id=row["patient_id"]):
        if invoice["status"] == "open":
            assert call("pay_invoice", invoice_id=invoice["invoice_id"], card_id=card["card_id"])["status"] == "paid"
    assert call("book_follow_up", **what)["status"] == "booked"


def test_four_appointments_are_the_most(db: EpisodeDatabase, call: Any) -> None:
    row = db.row(FREE_COURSES.format("NOT"))
    assert row is not None
    what = {"course_id": row["course_id"], "kind_id": row["kind_id"]}
    with pytest.raises(ToolError, match="4 is the most"):
        for _ in range(5):
            call("book_follow_up", **what, starts_at=slots(call, row)[0])


def test_a_first_visit_opens_a_course_with_a_referral_where_one_is_needed(db: EpisodeDatabase, call: Any) -> None:
    rows = db.rows(
        "SELECT r.patient_id, r.referral_id, p.practitioner_id, k.kind_id FROM referrals r JOIN practitioners p"
        " USING (speciality) JOIN kinds k USING (speciality) WHERE k.visit = 'first' AND valid_until > '2026-07-10' AND"
        " r.visits > (SELECT count(*) FROM appointments a WHERE a.referral_id = r.referral_id AND a.status <>"
        " 'cancelled') AND NOT EXISTS (SELECT 1 FROM courses c WHERE c.patient_id = r.patient_id)"
        " AND p.practitioner_id NOT IN (SELECT practitioner_id FROM absences) ORDER BY 2, 3"
    )
    row = next(row for row in rows if not call("list_appointments", patient_id=row["patient_id"]))
    what = {key: row[key] for key in ("patient_id", "practitioner_id")} | {"starts_at": slots(call, row)[0]}
    other = one(db, "SELECT referral_id FROM referrals WHERE patient_id <> ?", row["patient_id"])
    with pytest.raises(ToolError, match="needs a referral"):
        call("book_first_visit", **what)
    with pytest.raises(ToolError, match="is not for this patient"):
        call("book_first_visit", **what, referral_id=other)
    left = {each["referral_id"]: each["visits_left"] for each in call("list_referrals", patient_id=row["patient_id"])}
    booked = call("book_first_visit", **what, referral_id=row["referral_id"])
    assert booked["minutes"] == 60 and booked["referral_id"] == row["referral_id"]
    after = call("list_referrals", patient_id=row["patient_id"])
    used = {each["referral_id"]: each["visits_left"] for each in after}
    assert used[row["referral_id"]] == left[row["referral_id"]] - 1
    assert call("list_courses", patient_id=row["patient_id"])[0]["status"] == "open"
    with pytest.raises(ToolError, match="is an open course"):
        call("book_first_visit", **what, referral_id=row["referral_id"])
    call("cancel_appointment", appointment_id=booked["appointment_id"], reason="travels")
    assert call("list_courses", patient_id=row["patient_id"])[0]["status"] == "closed"


def test_first_visits_have_a_least_age_and_take_no_referral_in_vain(db: EpisodeDatabase, call: Any) -> None:
    child = one(db, f"SELECT patient_id FROM patients WHERE date_of_birth > {UNDER_16}")
    heart = one(db, "SELECT practitioner_id FROM practitioners WHERE speciality = 'cardiology'")
    with pytest.raises(ToolError, match="for patients of 18 or older"):
        call("book_first_visit", patient_id=child, practitioner_id=heart, starts_at="2026-06-22 10:00")
    nobody = one(db, "SELECT patient_id FROM patients WHERE patient_id NOT IN (SELECT patient_id FROM courses)")
    foot = one(db, "SELECT practitioner_id FROM practitioners WHERE speciality = 'foot care'")
    referral = one(db, "SELECT referral_id FROM referrals")
    what = {"patient_id": nobody, "practitioner_id": foot, "starts_at": "2026-06-22 10:00"}
    with pytest.raises(ToolError, match="needs no referral"):
        call("book_first_visit", **what, referral_id=referral)


def test_a_used_up_referral_covers_nothing_until_the_course_counts_on_another(db: EpisodeDatabase, call: Any) -> None:
    rows = db.rows(
        "SELECT c.course_id, c.referral_id, r.patient_id, p.speciality, p.practitioner_id, k.kind_id FROM courses c"
        " JOIN referrals r USING (referral_id) JOIN practitioners p USING (practitioner_id) JOIN kinds k"
        " ON k.speciality = p.speciality AND k.visit = 'follow_up' AND k.needs_referral = 1 WHERE c.status = 'open' AND"
        " EXISTS (SELECT 1 FROM appointments a WHERE a.course_id = c.course_id AND a.status = 'attended') AND r.visits"
        " = (SELECT count(*) FROM appointments a WHERE a.referral_id = r.referral_id AND a.status <> 'cancelled')"
        " AND p.practitioner_id NOT IN (SELECT practitioner_id FROM absences) ORDER BY 1, 6"
    )
    row = rows[0]
    with pytest.raises(ToolError, match="has no visits left"):
        call("book_follow_up", course_id=row["course_id"], kind_id=row["kind_id"], starts_at=slots(call, row)[0])
    with pytest.raises(ToolError, match=r"counts on referral .* already"):
        call("change_course_referral", course_id=row["course_id"], referral_id=row["referral_id"])
    other = one(db, "SELECT referral_id FROM referrals WHERE patient_id <> ?", row["patient_id"])
    with pytest.raises(ToolError, match="is not for this patient"):
        call("change_course_referral", course_id=row["course_id"], referral_id=other)
    fitting = (
        "SELECT c.course_id, r.referral_id FROM courses c JOIN practitioners p USING (practitioner_id) JOIN referrals r"
        " ON r.patient_id = c.patient_id AND r.speciality = p.speciality AND r.referral_id <> c.referral_id"
        " WHERE c.status = '{}' AND r.valid_until {} '2026-06-10' AND (r.referral_id NOT IN (SELECT referral_id FROM"
        " appointments WHERE referral_id IS NOT NULL)) ORDER BY 1, 2"
    )
    good, closed = db.row(fitting.format("open", ">=")), db.row(fitting.format("closed", ">="))
    assert good is not None and closed is not None
    assert call("change_course_referral", **good)["referral_id"] == good["referral_id"]
    with pytest.raises(ToolError, match="only an open one"):
        call("change_course_referral", **closed)


def test_an_appointment_moves_to_a_free_time_at_most_twice(db: EpisodeDatabase, call: Any) -> None:
    found = call("get_appointment", appointment_id=one(db, BOOKED.format("= 1", LATER) + " AND referral_id IS NULL"))
    free = slots(call, found, "2026-06-15")
    what = {"appointment_id": found["appointment_id"]}
    with pytest.raises(ToolError, match=r"is at .* already"):
        call("move_appointment", **what, starts_at=found["starts_at"])
    with pytest.raises(ToolError, match="is not free"):
        call("move_appointment", **what, starts_at="2026-06-20 10:00")
    moved = call("move_appointment", **what, starts_at=free[-1])
    assert (moved["starts_at"], moved["times_moved"]) == (free[-1], 2)
    with pytest.raises(ToolError, match="was moved 2 times"):
        call("move_appointment", **what, starts_at=free[0])


def test_what_begins_soon_stays_and_costs_a_fee_to_cancel(db: EpisodeDatabase, call: Any) -> None:
    found = call("get_appointment", appointment_id=one(db, BOOKED.format("< 2", SOON)))
    with pytest.raises(ToolError, match="within 48 hours"):
        call("move_appointment", appointment_id=found["appointment_id"], starts_at="2026-06-22 10:00")
    call("cancel_appointment", appointment_id=found["appointment_id"], reason="ill")
    invoice = call("list_invoices", patient_id=found["patient_id"])[0]
    assert (invoice["reason"], invoice["amount_cents"], invoice["due_on"]) == ("late_cancellation", 3000, "2026-07-10")
    with pytest.raises(ToolError, match="is cancelled; only a booked one"):
        call("cancel_appointment", appointment_id=found["appointment_id"], reason="ill")
    assert call("waive_fee", invoice_id=invoice["invoice_id"])["status"] == "waived"
    with pytest.raises(ToolError, match="is waived; only an open one"):
        call("waive_fee", invoice_id=invoice["invoice_id"])


def test_what_begins_later_is_cancelled_for_nothing(db: EpisodeDatabase, call: Any) -> None:
    found = call("get_appointment", appointment_id=one(db, BOOKED.format(">= 0", LATER)))
    before = call("list_invoices", patient_id=found["patient_id"])
    after = call("cancel_appointment", appointment_id=found["appointment_id"], reason="has_to_work")
    assert after["status"] == "cancelled" and call("list_invoices", patient_id=found["patient_id"]) == before
    attended = one(db, "SELECT appointment_id FROM appointments WHERE status = 'attended'")
    with pytest.raises(ToolError, match="only a booked one can be moved"):
        call("move_appointment", appointment_id=attended, starts_at="2026-06-22 10:00")


def test_an_invoice_is_paid_with_a_good_card_of_the_right_person(db: EpisodeDatabase, call: Any) -> None:
    row = db.row(
        "SELECT invoice_id, card_id FROM invoices i JOIN appointments USING (appointment_id) JOIN courses c"
        " USING (course_id) JOIN cards USING (patient_id) WHERE i.status = 'open' AND expires_on < '2026-06-10'"
        " ORDER BY 1, 2"
    )
    assert row is not None
    with pytest.raises(ToolError, match="expired on"):
        call("pay_invoice", **row)
    who = call("list_invoices", patient_id=one(db, "SELECT patient_id FROM courses"))[0]["patient_id"]
    other = one(db, "SELECT card_id FROM cards WHERE patient_id > ? AND expires_on > '2026-06-10'", who + "x")
    with pytest.raises(ToolError, match="is no card for this invoice"):
        call("pay_invoice", invoice_id=row["invoice_id"], card_id=f"{other}x")
    paid = one(db, "SELECT invoice_id FROM invoices WHERE status = 'paid'")
    with pytest.raises(ToolError, match="is paid; only an open one"):
        call("pay_invoice", invoice_id=paid, card_id=row["card_id"])


def test_a_visit_is_not_waived(db: EpisodeDatabase, call: Any) -> None:
    visit = one(db, "SELECT invoice_id FROM invoices WHERE status = 'open' AND reason = 'visit'")
    with pytest.raises(ToolError, match="only fees for not coming"):
        call("waive_fee", invoice_id=visit)


def test_one_waits_only_where_nothing_is_free(db: EpisodeDatabase, call: Any) -> None:
    rows = db.rows(
        "SELECT course_id, kind_id, patient_id, practitioner_id FROM courses JOIN practitioners USING (practitioner_id)"
        " JOIN kinds k USING (speciality) JOIN absences USING (practitioner_id) WHERE status = 'open' AND visit ="
        " 'follow_up' AND last_day > '2026-07-10' AND patient_id NOT IN (SELECT patient_id FROM waiting_list)"
        " ORDER BY 1, 2"
    )
    row = next(row for row in rows if not slots(call, row))
    what = {"course_id": row["course_id"], "kind_id": row["kind_id"]}
    entry = call("join_waiting_list", **what)
    assert entry in call("list_waiting", patient_id=row["patient_id"])
    with pytest.raises(ToolError, match="waits for this already"):
        call("join_waiting_list", **what)
    assert call("leave_waiting_list", entry_id=entry["entry_id"]) == {"entry_id": entry["entry_id"]}
    with pytest.raises(ToolError, match="there is no place"):
        call("leave_waiting_list", entry_id=entry["entry_id"])
    free = db.row(FREE_COURSES.format("NOT"))
    assert free is not None
    with pytest.raises(ToolError, match="is free with"):
        call("join_waiting_list", course_id=free["course_id"], kind_id=free["kind_id"])
    with pytest.raises(ToolError, match="is no follow-up of"):
        call("join_waiting_list", course_id=free["course_id"], kind_id=one(db, "SELECT kind_id FROM kinds"))
    closed = one(db, "SELECT course_id FROM courses WHERE status = 'closed'")
    with pytest.raises(ToolError, match="is closed"):
        call("join_waiting_list", course_id=closed, kind_id=free["kind_id"])


def test_details_and_reminders_change(db: EpisodeDatabase, call: Any) -> None:
    who = one(db, "SELECT patient_id FROM courses JOIN appointments USING (course_id) JOIN reminders"
                  " USING (appointment_id) WHERE channel = 'text'")  # fmt: skip
    after = call("change_contact", patient_id=who, email="New.Name@example.org", phone="07700 900001")
    assert (after["email"], after["phone"]) == ("new.name@example.org", "07700 900001")
    with pytest.raises(ToolError, match="neither email nor phone"):
        call("change_contact", patient_id=who)
    for channel in ("email", "none", "text"):
        assert call("change_reminders", patient_id=who, channel=channel)["reminders"] == channel
    with pytest.raises(ToolError, match="already"):
        call("change_reminders", patient_id=who, channel="text")


def test_patients_name_two_others_and_end_it(db: EpisodeDatabase, call: Any) -> None:
    grown = db.rows(
        "SELECT patient_id FROM patients WHERE date_of_birth < '1990' AND patient_id NOT IN (SELECT patient_id FROM"
        " representatives) ORDER BY 1 LIMIT 4"
    )
    who, *others = (row["patient_id"] for row in grown)
    for other in others[:2]:
        after = call("name_representative", patient_id=who, representative_id=other, until="2026-12-31")
    assert [each["patient_id"] for each in after["spoken_for_by"]] == others[:2]
    with pytest.raises(ToolError, match="2 is the most"):
        call("name_representative", patient_id=who, representative_id=others[2])
    renewed = call("name_representative", patient_id=who, representative_id=others[0])
    assert renewed["spoken_for_by"][0]["until"] is None
    with pytest.raises(ToolError, match="is over"):
        call("name_representative", patient_id=who, representative_id=others[0], until="2026-06-09")
    with pytest.raises(ToolError, match="named for themselves"):
        call("name_representative", patient_id=who, representative_id=who)
    assert len(call("end_representative", patient_id=who, representative_id=others[0])["spoken_for_by"]) == 1
    with pytest.raises(ToolError, match="does not speak for"):
        call("end_representative", patient_id=who, representative_id=others[0])


def test_children_keep_their_parent(db: EpisodeDatabase, call: Any) -> None:
    row = db.row(
        "SELECT r.patient_id, r.representative_id FROM representatives r JOIN patients USING (patient_id)"
        f" WHERE relation = 'parent' AND date_of_birth > {UNDER_16} ORDER BY 1"
    )
    assert row is not None
    with pytest.raises(ToolError, match="a parent speaks for them"):
        call("end_representative", **row)
    with pytest.raises(ToolError, match="can neither name"):
        call("name_representative", **row)


def test_slots_are_of_the_right_speciality_and_soon(db: EpisodeDatabase, call: Any) -> None:
    heart = one(db, "SELECT practitioner_id FROM practitioners WHERE speciality = 'cardiology'")
    who = {"patient_id": one(db, "SELECT patient_id FROM patients"), "practitioner_id": heart}
    with pytest.raises(ToolError, match="does cardiology"):
        call("find_slots", **who, kind_id=one(db, "SELECT kind_id FROM kinds"), first_day="2026-06-10")
    kind = one(db, "SELECT kind_id FROM kinds WHERE speciality = 'cardiology'")
    with pytest.raises(ToolError, match="too far away"):
        call("find_slots", **who, kind_id=kind, first_day="2026-07-09")
    assert call("find_slots", **who, kind_id=kind, first_day="2020-01-01") == sorted(
        call("find_slots", **who, kind_id=kind, first_day="2026-06-10")
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {"appointment_id": "A'; DROP TABLE appointments; --", "starts_at": "2026-06-22 10:00"},
        {"appointment_id": "A\0", "starts_at": "2026-06-22 10:00"},
        {"appointment_id": "A1000000", "starts_at": "2026-02-31 10:00"},
        {"appointment_id": "A1000000", "starts_at": "2026-06-22 25:61"},
        {"appointment_id": "A1000000", "starts_at": "tomorrow"},
        {"appointment_id": "x" * 1_000_000, "starts_at": "2026-06-22 10:00"},
        {"appointment_id": None, "starts_at": "2026-06-22 10:00"},
        {"appointment_id": "A1000000", "starts_at": "2026-06-22 10:00", "fee": 0},
    ],
)
def test_hostile_arguments_are_refused(call: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(ToolError):
        call("move_appointment", **arguments)


def test_tasks_are_of_many_kinds_and_every_one_is_proved(
    domain: Domain, world: DomainWorld, db: EpisodeDatabase
) -> None:
    tasks: dict[str, Any] = {}
    longest = None
    for subject in domain.subjects(db):
        for draft in composed(db, domain.tools, domain.user_tools, subject):
            task = draft.task(f"clinic-{len(tasks)}", subject.name, domain.tools, domain.user_tools)
            tasks.setdefault(draft.shape, task)
            longest = task if longest is None or task.difficulty > longest.difficulty else longest
    assert len(tasks) >= 30
    refused = [shape for shape, task in tasks.items() if task.script.wants[0].kind == "refused"]
    assert len(refused) >= 10
    assert longest is not None and longest.difficulty >= 10
    assert min(task.difficulty for task in tasks.values()) == 1
    assert [shape for shape, task in tasks.items() if not prove(world, AgendaUser(), task).holds] == []
    assert prove(world, AgendaUser(), longest).holds
