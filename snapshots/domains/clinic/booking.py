"""The clinics' tools that write appointments: booking, moving, cancelling, and the referral that a course counts on."""

from __future__ import annotations

from datetime import datetime, timedelta

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError, tool

from . import views
from .parameters import Start, Text, new_id, starts_late
from .rules import DUE_DAYS, LATE, LATE_CENTS, MAX_BOOKINGS, MAX_MOVES, REMINDER, age
from .slots import check_free, day_of


@tool(writes=True)
def book_first_visit(
    db: EpisodeDatabase, patient_id: Text, practitioner_id: Text, starts_at: Start, referral_id: Text | None = None
) -> views.Appointment:
    """Open a course of treatment and book its first visit, of the practitioner's speciality.

    Refuses a time that is not free, a patient with an open course of this speciality, with an overdue invoice, with
    four appointments booked, or too young; and, where a referral is needed, one that does not cover the day.
    """
    patient = views.patient(db, patient_id)
    row = views.found(
        db,
        "SELECT k.kind_id, p.speciality FROM practitioners p JOIN kinds k USING (speciality)"
        " WHERE p.practitioner_id = ? AND k.visit = 'first'",
        practitioner_id,
        "practitioner",
        "find_site gives the ids",
    )
    kind = views.kind(db, row["kind_id"])
    for course in views.courses(db, patient_id):
        if course.status == "open" and course.speciality == kind.speciality:
            raise ToolError(f"{course.course_id} is an open course of {kind.speciality}; use book_follow_up for it")
    years = age(day_of(patient.date_of_birth), db.clock.date())
    if years < kind.least_age:
        raise ToolError(f"{patient.name} is {years}; {kind.name} is for patients of {kind.least_age} or older")
    course_id = new_id(db, "courses", "course_id", "C")
    if kind.needs_referral:
        _check_referral(db, patient_id, kind, referral_id, starts_at)
    elif referral_id is not None:
        raise ToolError(f"{kind.name} needs no referral; leave referral_id out")
    db.write(
        "INSERT INTO courses (course_id, patient_id, practitioner_id, referral_id, opened_on, status)"
        " VALUES (?, ?, ?, ?, ?, 'open')",
        course_id,
        patient_id,
        practitioner_id,
        referral_id,
        db.now[:10],
    )
    return _booked(db, views.course(db, course_id), kind, starts_at)


@tool(writes=True)
def book_follow_up(db: EpisodeDatabase, course_id: Text, kind_id: Text, starts_at: Start) -> views.Appointment:
    """Book a further visit of an open course, with its practitioner, after the first visit was attended.

    Refuses a time that is not free, a patient with an overdue invoice or with four appointments booked, a kind of
    another speciality or for first visits; and, where the kind needs one, if the course's referral does not cover the
    day or has no visits left.
    """
    course, kind = views.course(db, course_id), views.kind(db, kind_id)
    if course.status != "open":
        raise ToolError(f"course {course_id} is closed; book_first_visit opens a new one")
    if kind.speciality != course.speciality or kind.visit != "follow_up":
        raise ToolError(f"{kind.name} is no follow-up of {course.speciality}; list_kinds gives those that are")
    if not db.row(
        "SELECT 1 FROM appointments WHERE course_id = ? AND status = 'attended' ORDER BY appointment_id", course_id
    ):
        raise ToolError(f"the first visit of course {course_id} was not attended yet; follow-ups come after it")
    if kind.needs_referral:
        _check_referral(db, course.patient_id, kind, course.referral_id, starts_at)
    return _booked(db, course, kind, starts_at)


@tool(writes=True)
def move_appointment(db: EpisodeDatabase, appointment_id: Text, starts_at: Start) -> views.Appointment:
    """Move a booked appointment to another free time with the same practitioner.

    Refuses one that begins within 48 hours or was moved twice, a time that is not free, and a day after the end of
    its referral.
    """
    found = _still_booked(db, appointment_id, "moved")
    if starts_late(db, found.starts_at):
        hours = LATE // timedelta(hours=1)
        raise ToolError(f"appointment {appointment_id} begins at {found.starts_at}, within {hours} hours; it stays")
    if found.times_moved >= MAX_MOVES:
        raise ToolError(f"appointment {appointment_id} was moved {found.times_moved} times; {MAX_MOVES} is the most")
    if starts_at[:16] == found.starts_at:
        raise ToolError(f"appointment {appointment_id} is at {found.starts_at} already; give another time")
    at = check_free(db, found.practitioner_id, found.minutes, starts_at, found.patient_id, but=appointment_id)
    if found.referral_id is not None:
        ends = views.referral(db, found.referral_id).valid_until
        if ends < starts_at[:10]:
            raise ToolError(f"referral {found.referral_id} is valid until {ends}; choose a day up to then")
    db.write(
        "UPDATE appointments SET starts_at = ?, times_moved = times_moved + 1 WHERE appointment_id = ?",
        at,
        appointment_id,
    )
    remind(db, appointment_id)
    return views.appointment(db, appointment_id)


@tool(writes=True)
def cancel_appointment(db: EpisodeDatabase, appointment_id: Text, reason: views.CancelReason) -> views.Appointment:
    """Cancel a booked appointment; within 48 hours of its begin this makes an invoice of 30.00.

    A first visit's course is closed with it. Refuses an appointment that is not booked.
    """
    found = _still_booked(db, appointment_id, "cancelled")
    db.write(
        "UPDATE appointments SET status = 'cancelled', cancelled_at = ?, cancel_reason = ? WHERE appointment_id = ?",
        db.now,
        reason,
        appointment_id,
    )
    if found.visit == "first":
        db.write("UPDATE courses SET status = 'closed' WHERE course_id = ?", found.course_id)
    if starts_late(db, found.starts_at):
        today = db.clock.date()
        db.write(
            "INSERT INTO invoices (invoice_id, appointment_id, reason, amount_cents, issued_on, due_on, status)"
            " VALUES (?, ?, 'late_cancellation', ?, ?, ?, 'open')",
            new_id(db, "invoices", "invoice_id", "I"),
            appointment_id,
            LATE_CENTS,
            today.isoformat(),
            (today + timedelta(days=DUE_DAYS)).isoformat(),
        )
    remind(db, appointment_id)
    return views.appointment(db, appointment_id)


@tool(writes=True)
def change_course_referral(db: EpisodeDatabase, course_id: Text, referral_id: Text) -> views.Course:
    """Let the further visits of an open course count on another referral of the patient, of the same speciality.

    Refuses a referral that is over or has no visits left.
    """
    course, new = views.course(db, course_id), views.referral(db, referral_id)
    if course.status != "open":
        raise ToolError(f"course {course_id} is closed; only an open one can have another referral")
    if new.patient_id != course.patient_id or new.speciality != course.speciality:
        raise ToolError(f"referral {referral_id} is not for this patient and {course.speciality}; see list_referrals")
    if referral_id == course.referral_id:
        raise ToolError(f"course {course_id} counts on referral {referral_id} already; give another one")
    if new.valid_until < db.now[:10] or new.visits_left < 1:
        raise ToolError(
            f"referral {referral_id} is valid until {new.valid_until} with {new.visits_left} visits left; it is no use"
        )
    db.write("UPDATE courses SET referral_id = ? WHERE course_id = ?", referral_id, course_id)
    return views.course(db, course_id)


def remind(db: EpisodeDatabase, appointment_id: str) -> None:
    """Make the reminder what it must be: one 72 hours before a booked appointment, if that is still to come."""
    db.write("DELETE FROM reminders WHERE appointment_id = ?", appointment_id)
    found = views.appointment(db, appointment_id)
    channel = views.patient(db, found.patient_id).reminders
    due_at = f"{datetime.fromisoformat(found.starts_at) - REMINDER}"
    if found.status == "booked" and channel != "none" and due_at > db.now:
        db.write(
            "INSERT INTO reminders (appointment_id, channel, due_at) VALUES (?, ?, ?)", appointment_id, channel, due_at
        )


def _booked(db: EpisodeDatabase, course: views.Course, kind: views.Kind, starts_at: str) -> views.Appointment:
    """Book an appointment of a course.

    Raises:
        ToolError: The time is not free, or the patient may not book.
    """
    patient_id = course.patient_id
    for invoice in views.invoices(db, patient_id):
        if invoice.status == "open" and invoice.due_on < db.now[:10]:
            raise ToolError(f"invoice {invoice.invoice_id} is overdue since {invoice.due_on}; it must be paid first")
    booked = sum(each.status == "booked" for each in views.appointments(db, patient_id))
    if booked >= MAX_BOOKINGS:
        raise ToolError(f"patient {patient_id} has {booked} appointments booked; {MAX_BOOKINGS} is the most")
    at = check_free(db, course.practitioner_id, kind.minutes, starts_at, patient_id)
    appointment_id = new_id(db, "appointments", "appointment_id", "A")
    db.write(
        "INSERT INTO appointments (appointment_id, course_id, kind_id, practitioner_id, referral_id, starts_at,"
        " booked_at, status, times_moved) VALUES (?, ?, ?, ?, ?, ?, ?, 'booked', 0)",
        appointment_id,
        course.course_id,
        kind.kind_id,
        course.practitioner_id,
        course.referral_id if kind.needs_referral else None,
        at,
        db.now,
    )
    remind(db, appointment_id)
    return views.appointment(db, appointment_id)


def _check_referral(
    db: EpisodeDatabase, patient_id: str, kind: views.Kind, referral_id: str | None, starts_at: str
) -> None:
    """Check that a referral covers one more appointment.

    Raises:
        ToolError: It does not.
    """
    if referral_id is None:
        raise ToolError(f"{kind.name} needs a referral; list_referrals gives those that the patient has")
    found = views.referral(db, referral_id)
    if found.patient_id != patient_id or found.speciality != kind.speciality:
        raise ToolError(f"referral {referral_id} is not for this patient and {kind.speciality}; see list_referrals")
    if found.visits_left < 1:
        raise ToolError(f"referral {referral_id} has no visits left; the patient needs a new one")
    if not found.issued_on <= starts_at[:10] <= found.valid_until:
        raise ToolError(f"referral {referral_id} is valid until {found.valid_until}; choose a day up to then")


def _still_booked(db: EpisodeDatabase, appointment_id: str, what: str) -> views.Appointment:
    found = views.appointment(db, appointment_id)
    if found.status != "booked":
        raise ToolError(f"appointment {appointment_id} is {found.status}; only a booked one can be {what}")
    return found
