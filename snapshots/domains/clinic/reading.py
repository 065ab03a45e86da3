"""The clinics' tools that read."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import msgspec
from msgspec import Meta

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError, tool

from . import views
from .parameters import Day, Text
from .slots import day_of, free_starts, last_day

_SHOWN = 20


class PatientName(msgspec.Struct, frozen=True):
    """A patient who was found."""

    patient_id: str
    name: str


class SitePractitioner(msgspec.Struct, frozen=True):
    """Somebody who sees patients at a site."""

    practitioner_id: str
    name: str
    speciality: views.Speciality


class Site(msgspec.Struct, frozen=True):
    """A house of the clinics and who works there."""

    site_id: str
    name: str
    street: str
    city: str
    postcode: str
    phone: str
    practitioners: list[SitePractitioner]


class Session(msgspec.Struct, frozen=True):
    """Hours of every week."""

    weekday: views.Weekday
    opens: str
    closes: str


class Absence(msgspec.Struct, frozen=True):
    """Days on which nobody is seen, both included."""

    first_day: str
    last_day: str


class Practitioner(msgspec.Struct, frozen=True):
    """Somebody who sees patients, with the weekly sessions and the absences to come."""

    practitioner_id: str
    name: str
    speciality: views.Speciality
    site: str
    sessions: list[Session]
    absences: list[Absence]


@tool
def find_patient(db: EpisodeDatabase, name: Text, date_of_birth: Day) -> list[PatientName]:
    """Find patients by full name and date of birth, such as 1980-05-31; an empty list means nobody."""
    rows = db.rows(
        "SELECT patient_id, name FROM patients WHERE date_of_birth = ? AND lower(name) = lower(?) ORDER BY patient_id",
        day_of(date_of_birth).isoformat(),
        name,
    )
    return [PatientName(**row) for row in rows]


@tool
def get_patient(db: EpisodeDatabase, patient_id: Text) -> views.Patient:
    """Read a patient: contact, reminders, cards, who speaks for them and for whom they speak.

    It lists relations that are over as well: compare `until` and the date of birth with today.
    """
    return views.patient(db, patient_id)


@tool
def list_appointments(db: EpisodeDatabase, patient_id: Text) -> list[views.Appointment]:
    """List a patient's appointments, the latest first: at most twenty, all that are booked among them."""
    views.patient(db, patient_id)
    return views.appointments(db, patient_id)[:_SHOWN]


@tool
def get_appointment(db: EpisodeDatabase, appointment_id: Text) -> views.Appointment:
    """Read one appointment by its id; it says whose it is."""
    return views.appointment(db, appointment_id)


@tool
def list_courses(db: EpisodeDatabase, patient_id: Text) -> list[views.Course]:
    """List a patient's courses of treatment, the latest first; each is with one practitioner."""
    views.patient(db, patient_id)
    return views.courses(db, patient_id)[:_SHOWN]


@tool
def list_referrals(db: EpisodeDatabase, patient_id: Text) -> list[views.Referral]:
    """List a patient's referrals, also those that are over, with the visits that are left on each."""
    views.patient(db, patient_id)
    return views.referrals(db, patient_id)[:_SHOWN]


@tool
def list_invoices(db: EpisodeDatabase, patient_id: Text) -> list[views.Invoice]:
    """List all invoices of a patient, the latest first; those with the status open are not paid."""
    views.patient(db, patient_id)
    return views.invoices(db, patient_id)


@tool
def list_waiting(db: EpisodeDatabase, patient_id: Text) -> list[views.WaitingEntry]:
    """List a patient's places on the waiting list; an empty list means none."""
    views.patient(db, patient_id)
    return views.waiting(db, patient_id)


@tool
def list_kinds(db: EpisodeDatabase, speciality: views.Speciality) -> list[views.Kind]:
    """List the kinds of appointment of a speciality: minutes, fee, whether a referral is needed, the least age."""
    rows = db.rows("SELECT kind_id FROM kinds WHERE speciality = ? ORDER BY kind_id", speciality)
    return [views.kind(db, row["kind_id"]) for row in rows]


@tool
def find_site(db: EpisodeDatabase, name: Text) -> Site:
    """Read a site by its whole name, such as Eastford Clinic: address, phone and who works there."""
    how = "ask the caller for the whole name, such as Eastford Clinic"
    row = views.found(db, "SELECT * FROM sites WHERE lower(name) = lower(?)", name, "site", how)
    staff = db.rows(
        "SELECT practitioner_id, name, speciality FROM practitioners WHERE site_id = ? ORDER BY practitioner_id",
        row["site_id"],
    )
    return Site(**row, practitioners=[SitePractitioner(**each) for each in staff])


@tool
def get_practitioner(db: EpisodeDatabase, practitioner_id: Text) -> Practitioner:
    """Read a practitioner: speciality, site, weekly sessions and the days of absence."""
    row = views.found(
        db,
        "SELECT p.practitioner_id, p.name, p.speciality, s.name AS site FROM practitioners p JOIN sites s"
        " USING (site_id) WHERE practitioner_id = ?",
        practitioner_id,
        "practitioner",
        "find_site and list_courses give the ids",
    )
    sessions = db.rows("SELECT * FROM sessions WHERE practitioner_id = ? ORDER BY weekday", practitioner_id)
    away = db.rows("SELECT * FROM absences WHERE practitioner_id = ? ORDER BY first_day", practitioner_id)
    return Practitioner(
        **row,
        sessions=[Session(views.WEEKDAYS[each["weekday"] - 1], each["opens"], each["closes"]) for each in sessions],
        absences=[Absence(each["first_day"], each["last_day"]) for each in away],
    )


@tool
def find_slots(
    db: EpisodeDatabase,
    patient_id: Text,
    practitioner_id: Text,
    kind_id: Text,
    first_day: Annotated[Day, Meta(description="From this day on, such as 2026-06-22.")],
) -> list[str]:
    """List when an appointment of a kind can begin with a practitioner, the soonest first, at most twenty.

    Times at which the patient is with somebody else are left out. An empty list means that nothing is free up to the
    last day for which appointments are made. Refuses a practitioner of another speciality than the kind's.
    """
    views.patient(db, patient_id)
    kind, practitioner = views.kind(db, kind_id), get_practitioner.function(db, practitioner_id)
    if practitioner.speciality != kind.speciality:
        raise ToolError(f"{practitioner.name} does {practitioner.speciality}; {kind.name} is {kind.speciality}")
    first = day_of(first_day)
    if first > last_day(db):
        raise ToolError(f"{first_day} is too far away; appointments are made up to {last_day(db)}")
    return list(islice(free_starts(db, practitioner_id, kind.minutes, first, patient_id), _SHOWN))
