"""Appointments of the clinics are made, moved and cancelled by the rules."""

from __future__ import annotations

from typing import Any

import pytest

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError

from .conftest import BOOKED, FREE_COURSES, LATER, SOON, UNDER_16, one, slots


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
