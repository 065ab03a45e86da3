"""Patients of the clinics are found, pay, wait, and decide who speaks for them."""

from __future__ import annotations

from typing import Any

import pytest

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError

from .conftest import FREE_COURSES, UNDER_16, one, slots


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
