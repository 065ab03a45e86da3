"""The clinics' tools that write at the desk: invoices, the waiting list, details, and who speaks for whom."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError, tool

from . import views
from .booking import remind
from .parameters import Day, Text, new_id
from .rules import ADULT_AGE, MAX_NAMED, age
from .slots import day_of, free_starts

Email = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$(?!\n)", max_length=100)]
Phone = Annotated[str, Meta(pattern=r"^[0-9]{5} [0-9]{6}$", max_length=12, description="Such as 07700 900123.")]


class LeftList(msgspec.Struct, frozen=True):
    """A place on the waiting list that was given up."""

    entry_id: str


@tool(writes=True)
def pay_invoice(db: EpisodeDatabase, invoice_id: Text, card_id: Text) -> views.Invoice:
    """Pay an open invoice in full with a card of the patient or of somebody who speaks for the patient today.

    Refuses an invoice that is not open and a card that has expired.
    """
    invoice = _open_invoice(db, invoice_id)
    patient = views.patient(db, invoice.patient_id)
    owners = [
        patient,
        *(views.patient(db, each.patient_id) for each in patient.spoken_for_by if speaks(db, patient, each)),
    ]
    cards = {card.card_id: card for owner in owners for card in owner.cards}
    if card_id not in cards:
        raise ToolError(f"{card_id[:60]!r} is no card for this invoice; {list(cards) or 'no card'} could be used")
    if cards[card_id].expires_on < db.now[:10]:
        raise ToolError(f"card {card_id} expired on {cards[card_id].expires_on}; choose another one")
    db.write("UPDATE invoices SET status = 'paid' WHERE invoice_id = ?", invoice_id)
    db.write(
        "INSERT INTO payments (payment_id, invoice_id, card_id, amount_cents, paid_at) VALUES (?, ?, ?, ?, ?)",
        new_id(db, "payments", "payment_id", "T"),
        invoice_id,
        card_id,
        invoice.amount_cents,
        db.now,
    )
    return views.invoice(db, invoice_id)


@tool(writes=True)
def waive_fee(db: EpisodeDatabase, invoice_id: Text) -> views.Invoice:
    """Waive an open invoice for a missed appointment or a late cancellation; refuses one for a visit.

    It does not check how old the invoice is, nor what was waived before: see the policy.
    """
    invoice = _open_invoice(db, invoice_id)
    if invoice.reason == "visit":
        raise ToolError(f"invoice {invoice_id} is for a visit that was attended; only fees for not coming are waived")
    db.write("UPDATE invoices SET status = 'waived', waived_on = ? WHERE invoice_id = ?", db.now[:10], invoice_id)
    return views.invoice(db, invoice_id)


@tool(writes=True)
def join_waiting_list(db: EpisodeDatabase, course_id: Text, kind_id: Text) -> views.WaitingEntry:
    """Put a patient on the waiting list for a further visit of an open course.

    Refuses while something is free that could be booked, and a second place for the same.
    """
    course, kind = views.course(db, course_id), views.kind(db, kind_id)
    if course.status != "open":
        raise ToolError(f"course {course_id} is closed; only for an open one can a patient wait")
    if kind.speciality != course.speciality or kind.visit != "follow_up":
        raise ToolError(f"{kind.name} is no follow-up of {course.speciality}; list_kinds gives those that are")
    today = db.clock.date()
    free = next(free_starts(db, course.practitioner_id, kind.minutes, today, course.patient_id), None)
    if free is not None:
        raise ToolError(f"{free} is free with {course.practitioner}; offer that, find_slots lists more")
    for entry in views.waiting(db, course.patient_id):
        if entry.practitioner_id == course.practitioner_id and entry.kind == kind.name:
            raise ToolError(f"the patient waits for this already, as {entry.entry_id}")
    entry_id = new_id(db, "waiting_list", "entry_id", "W")
    db.write(
        "INSERT INTO waiting_list (entry_id, patient_id, practitioner_id, kind_id, joined_on) VALUES (?, ?, ?, ?, ?)",
        entry_id,
        course.patient_id,
        course.practitioner_id,
        kind_id,
        db.now[:10],
    )
    return next(entry for entry in views.waiting(db, course.patient_id) if entry.entry_id == entry_id)


@tool(writes=True)
def leave_waiting_list(db: EpisodeDatabase, entry_id: Text) -> LeftList:
    """Give up a place on the waiting list."""
    if not db.write("DELETE FROM waiting_list WHERE entry_id = ?", entry_id):
        raise ToolError(f"there is no place {entry_id[:60]!r} on the waiting list; list_waiting gives the ids")
    return LeftList(entry_id)


@tool(writes=True)
def change_contact(
    db: EpisodeDatabase, patient_id: Text, email: Email | None = None, phone: Phone | None = None
) -> views.Patient:
    """Change a patient's e-mail address, phone number or both; what is left out stays."""
    before = views.patient(db, patient_id)
    if email is None and phone is None:
        raise ToolError("neither email nor phone came; give what is to change")
    db.write(
        "UPDATE patients SET email = ?, phone = ? WHERE patient_id = ?",
        email.strip().lower() if email else before.email,
        phone or before.phone,
        patient_id,
    )
    return views.patient(db, patient_id)


@tool(writes=True)
def change_reminders(db: EpisodeDatabase, patient_id: Text, channel: views.Channel) -> views.Patient:
    """Change how a patient is reminded of appointments, those that are booked among them; refuses no change."""
    if views.patient(db, patient_id).reminders == channel:
        raise ToolError(f"patient {patient_id} has reminders by {channel} already; nothing is to change")
    db.write("UPDATE patients SET reminders = ? WHERE patient_id = ?", channel, patient_id)
    for each in views.appointments(db, patient_id):
        if each.status == "booked":
            remind(db, each.appointment_id)
    return views.patient(db, patient_id)


@tool(writes=True)
def name_representative(
    db: EpisodeDatabase, patient_id: Text, representative_id: Text, until: Day | None = None
) -> views.Patient:
    """Let another patient speak for this one, up to a last day or without end; renews it where it was so before.

    Both must be 16 or older. Refuses a third one besides two whose time is not over, and a day that is over.
    """
    patient, other = views.patient(db, patient_id), views.patient(db, representative_id)
    if patient_id == representative_id:
        raise ToolError("nobody needs to be named for themselves; give the id of somebody else")
    for each in (patient, other):
        if _age(db, each.date_of_birth) < ADULT_AGE:
            raise ToolError(f"{each.name} is under {ADULT_AGE} and can neither name somebody nor be named")
    last = day_of(until).isoformat() if until is not None else None
    if last is not None and last < db.now[:10]:
        raise ToolError(f"{last} is over; give a day to come, or none")
    rest = [
        each.name
        for each in patient.spoken_for_by
        if each.patient_id != representative_id and speaks(db, patient, each)
    ]
    if len(rest) >= MAX_NAMED:
        raise ToolError(
            f"{' and '.join(rest)} speak for {patient.name}; {MAX_NAMED} is the most: end one of them first"
        )
    db.write(
        "DELETE FROM representatives WHERE patient_id = ? AND representative_id = ?", patient_id, representative_id
    )
    db.write(
        "INSERT INTO representatives (patient_id, representative_id, relation, until) VALUES (?, ?, 'named', ?)",
        patient_id,
        representative_id,
        last,
    )
    return views.patient(db, patient_id)


@tool(writes=True)
def end_representative(db: EpisodeDatabase, patient_id: Text, representative_id: Text) -> views.Patient:
    """Let somebody no longer speak for a patient; refuses the parent of a patient under 16."""
    patient = views.patient(db, patient_id)
    named = {each.patient_id: each for each in patient.spoken_for_by}
    if representative_id not in named:
        raise ToolError(f"{representative_id[:60]!r} does not speak for {patient_id}; {list(named) or 'nobody'} does")
    if named[representative_id].relation == "parent" and _age(db, patient.date_of_birth) < ADULT_AGE:
        raise ToolError(f"{patient.name} is under {ADULT_AGE}; a parent speaks for them until then")
    db.write(
        "DELETE FROM representatives WHERE patient_id = ? AND representative_id = ?", patient_id, representative_id
    )
    return views.patient(db, patient_id)


def speaks(db: EpisodeDatabase, patient: views.Patient, person: views.Person) -> bool:
    """Whether somebody in `spoken_for_by` may speak for the patient today."""
    if person.relation == "parent":
        return _age(db, patient.date_of_birth) < ADULT_AGE
    return person.until is None or person.until >= db.now[:10]


def _age(db: EpisodeDatabase, born: str) -> int:
    return age(day_of(born), db.clock.date())


def _open_invoice(db: EpisodeDatabase, invoice_id: str) -> views.Invoice:
    invoice = views.invoice(db, invoice_id)
    if invoice.status != "open":
        raise ToolError(f"invoice {invoice_id} is {invoice.status}; only an open one can be paid or waived")
    return invoice
