"""What the clinics' tools return, and how each is read from the database."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError

Speciality = Literal["physiotherapy", "dermatology", "eye care", "cardiology", "foot care", "nutrition"]
Status = Literal["booked", "attended", "missed", "cancelled"]
CancelReason = Literal["ill", "feels_well", "has_to_work", "travels"]
Channel = Literal["text", "email", "none"]
Relation = Literal["parent", "named"]
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
WEEKDAYS: tuple[Weekday, ...] = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_APPOINTMENTS = (
    "SELECT a.appointment_id, c.patient_id, a.course_id, a.kind_id, k.name AS kind, k.visit, k.minutes, k.fee_cents,"
    " a.practitioner_id, p.name AS practitioner, s.name AS site, substr(a.starts_at, 1, 16) AS starts_at, a.status,"
    " a.times_moved, a.booked_at, a.referral_id, a.cancel_reason FROM appointments a JOIN courses c USING (course_id)"
    " JOIN kinds k USING (kind_id) JOIN practitioners p ON p.practitioner_id = a.practitioner_id"
    " JOIN sites s USING (site_id)"
)
_COURSES = (
    "SELECT c.course_id, c.patient_id, p.speciality, c.practitioner_id, p.name AS practitioner, s.name AS site,"
    " c.referral_id, c.opened_on, c.status FROM courses c JOIN practitioners p USING (practitioner_id)"
    " JOIN sites s USING (site_id)"
)
_REFERRALS = (
    "SELECT r.*, r.visits - (SELECT count(*) FROM appointments a WHERE a.referral_id = r.referral_id"
    " AND a.status <> 'cancelled') AS visits_left FROM referrals r"
)
_INVOICES = (
    "SELECT i.invoice_id, c.patient_id, i.appointment_id, i.reason, i.amount_cents, i.issued_on, i.due_on, i.status,"
    " i.waived_on FROM invoices i JOIN appointments USING (appointment_id) JOIN courses c USING (course_id)"
)


class Card(msgspec.Struct, frozen=True):
    """What a patient pays with; it is good up to its last day."""

    card_id: str
    label: str
    expires_on: str


class Person(msgspec.Struct, frozen=True):
    """Somebody who speaks for a patient, or for whom a patient speaks; no `until` means that no end was set."""

    patient_id: str
    name: str
    date_of_birth: str
    relation: Relation
    until: str | None


class Patient(msgspec.Struct, frozen=True):
    """A patient, with cards and with those who speak for each other."""

    patient_id: str
    name: str
    date_of_birth: str
    email: str
    phone: str
    reminders: Channel
    registered_on: str
    cards: list[Card]
    spoken_for_by: list[Person]
    speaks_for: list[Person]


class Appointment(msgspec.Struct, frozen=True):
    """An appointment of a course; it counts on a referral where its kind needs one."""

    appointment_id: str
    patient_id: str
    course_id: str
    kind_id: str
    kind: str
    visit: Literal["first", "follow_up"]
    minutes: int
    fee_cents: int
    practitioner_id: str
    practitioner: str
    site: str
    starts_at: str
    status: Status
    times_moved: int
    booked_at: str
    referral_id: str | None
    cancel_reason: CancelReason | None


class Course(msgspec.Struct, frozen=True):
    """A course of treatment with one practitioner."""

    course_id: str
    patient_id: str
    speciality: Speciality
    practitioner_id: str
    practitioner: str
    site: str
    referral_id: str | None
    opened_on: str
    status: Literal["open", "closed"]


class Referral(msgspec.Struct, frozen=True):
    """What a doctor outside asks for; a visit is used by every appointment that counts on it and is not cancelled."""

    referral_id: str
    patient_id: str
    speciality: Speciality
    referred_by: str
    issued_on: str
    valid_until: str
    visits: int
    visits_left: int


class Invoice(msgspec.Struct, frozen=True):
    """What is to be paid for a visit, or for not coming to it."""

    invoice_id: str
    patient_id: str
    appointment_id: str
    reason: Literal["visit", "missed", "late_cancellation"]
    amount_cents: int
    issued_on: str
    due_on: str
    status: Literal["open", "paid", "waived"]
    waived_on: str | None


class Kind(msgspec.Struct, frozen=True):
    """A kind of appointment."""

    kind_id: str
    name: str
    speciality: Speciality
    visit: Literal["first", "follow_up"]
    minutes: int
    fee_cents: int
    needs_referral: bool
    least_age: int


class WaitingEntry(msgspec.Struct, frozen=True):
    """A place on the waiting list."""

    entry_id: str
    patient_id: str
    practitioner_id: str
    practitioner: str
    kind: str
    joined_on: str


def found(db: EpisodeDatabase, sql: str, value: str, what: str, how: str) -> dict[str, Any]:
    """The row of a key, which is the statement's one parameter.

    Raises:
        ToolError: There is none; `how` says where the agent finds a right one.
    """
    row = db.row(f"{sql} ORDER BY 1", value)
    if row is None:
        raise ToolError(f"there is no {what} {value[:60]!r}; {how}")
    return row


def patient(db: EpisodeDatabase, patient_id: str) -> Patient:
    """A patient."""
    row = found(db, "SELECT * FROM patients WHERE patient_id = ?", patient_id, "patient", "find_patient gives the id")
    cards = db.rows("SELECT card_id, label, expires_on FROM cards WHERE patient_id = ? ORDER BY card_id", patient_id)
    return Patient(
        **row,
        cards=[Card(**card) for card in cards],
        spoken_for_by=_persons(db, "representative_id", "patient_id", patient_id),
        speaks_for=_persons(db, "patient_id", "representative_id", patient_id),
    )


def appointment(db: EpisodeDatabase, appointment_id: str) -> Appointment:
    """An appointment."""
    how = "list_appointments gives the ids of a patient's appointments"
    return Appointment(**found(db, f"{_APPOINTMENTS} WHERE a.appointment_id = ?", appointment_id, "appointment", how))


def appointments(db: EpisodeDatabase, patient_id: str) -> list[Appointment]:
    """All appointments of a patient, the latest first."""
    rows = db.rows(
        f"{_APPOINTMENTS} WHERE c.patient_id = ? ORDER BY a.starts_at DESC, a.appointment_id DESC", patient_id
    )
    return [Appointment(**row) for row in rows]


def course(db: EpisodeDatabase, course_id: str) -> Course:
    """A course."""
    how = "list_courses gives the ids of a patient's courses"
    return Course(**found(db, f"{_COURSES} WHERE c.course_id = ?", course_id, "course", how))


def courses(db: EpisodeDatabase, patient_id: str) -> list[Course]:
    """All courses of a patient, the latest first."""
    rows = db.rows(f"{_COURSES} WHERE c.patient_id = ? ORDER BY c.opened_on DESC, c.course_id DESC", patient_id)
    return [Course(**row) for row in rows]


def referral(db: EpisodeDatabase, referral_id: str) -> Referral:
    """A referral."""
    how = "list_referrals gives the ids of a patient's referrals"
    return Referral(**found(db, f"{_REFERRALS} WHERE r.referral_id = ?", referral_id, "referral", how))


def referrals(db: EpisodeDatabase, patient_id: str) -> list[Referral]:
    """All referrals of a patient, the one that ends last first."""
    rows = db.rows(f"{_REFERRALS} WHERE r.patient_id = ? ORDER BY r.valid_until DESC, r.referral_id DESC", patient_id)
    return [Referral(**row) for row in rows]


def invoice(db: EpisodeDatabase, invoice_id: str) -> Invoice:
    """An invoice."""
    how = "list_invoices gives the ids of a patient's invoices"
    return Invoice(**found(db, f"{_INVOICES} WHERE i.invoice_id = ?", invoice_id, "invoice", how))


def invoices(db: EpisodeDatabase, patient_id: str) -> list[Invoice]:
    """All invoices of a patient, the latest first."""
    rows = db.rows(f"{_INVOICES} WHERE c.patient_id = ? ORDER BY i.issued_on DESC, i.invoice_id DESC", patient_id)
    return [Invoice(**row) for row in rows]


def kind(db: EpisodeDatabase, kind_id: str) -> Kind:
    """A kind of appointment."""
    row = found(db, "SELECT * FROM kinds WHERE kind_id = ?", kind_id, "kind", "list_kinds gives the ids")
    return Kind(**row | {"needs_referral": bool(row["needs_referral"])})


def waiting(db: EpisodeDatabase, patient_id: str) -> list[WaitingEntry]:
    """A patient's places on the waiting list."""
    rows = db.rows(
        "SELECT w.entry_id, w.patient_id, w.practitioner_id, p.name AS practitioner, k.name AS kind, w.joined_on"
        " FROM waiting_list w JOIN practitioners p USING (practitioner_id) JOIN kinds k USING (kind_id)"
        " WHERE w.patient_id = ? ORDER BY w.entry_id",
        patient_id,
    )
    return [WaitingEntry(**row) for row in rows]


def _persons(db: EpisodeDatabase, shown: str, of: str, patient_id: str) -> list[Person]:
    rows = db.rows(
        f"SELECT p.patient_id, p.name, p.date_of_birth, r.relation, r.until FROM representatives r"
        f" JOIN patients p ON p.patient_id = r.{shown} WHERE r.{of} = ? ORDER BY p.patient_id",
        patient_id,
    )
    return [Person(**row) for row in rows]
