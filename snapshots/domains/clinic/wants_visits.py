"""What callers want of appointments that are booked: to know them, to move them, to cancel them."""

from __future__ import annotations

from datetime import datetime, timedelta

from agent_envs.snapshots.domains.compose import drawn, tried
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import booking, reading, views
from .parameters import starts_late
from .rules import LATE_CENTS, MAX_MOVES
from .times import Wish, wish
from .wanted import Case, Spoken, Want, begun, booked, looked_up, money, one_of, settled, two

_REASONS = {
    "ill": "I am ill",
    "feels_well": "everything is well again",
    "has_to_work": "there is work at that time",
    "travels": "there is a journey at that time",
}


def when(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Ask when the next appointment is."""
    found = booked(db, case)
    if not found:
        return None
    day, clock = found[0].starts_at.split()
    draft = begun(Draft("when").learn(f"When is {case.whose} next appointment?", day, clock), case)
    draft.call("list_appointments", patient_id=case.patient.patient_id)
    return draft.say(f"It is on {day} at {clock}, with {found[0].practitioner}.")


def cancel(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Cancel an appointment, which is free in good time and costs a fee later."""
    appointment = one_of(settled(db, case), case.key, "cancel")
    if appointment is None:
        return None
    said, reasons = Spoken.of(db, case, appointment, "cancel"), list(_REASONS)
    first, reason = two(appointment.appointment_id, reasons if case.is_own else reasons[1:])
    late, day = starts_late(db, appointment.starts_at), appointment.starts_at[:10]
    fee = f"costs {money(LATE_CENTS)}, because it begins within 48 hours" if late else "costs nothing"
    told = (money(LATE_CENTS),) if late else (day,)
    draft = Draft("cancel late" if late else "cancel", reason=_REASONS[reason]).act(
        f"Please cancel {said.words}.", *told, at_first=f"Please cancel {said.words}: {_REASONS[first]}."
    )
    looked_up(draft, case, said).say("What is the reason, please?")
    draft.say(f"I would cancel the {appointment.kind} on {day}. That {fee}. Shall I cancel it?")
    draft.call("cancel_appointment", appointment_id=appointment.appointment_id, reason=reason)
    return draft.say(f"The appointment on {day} has been cancelled. That {fee}.")


def cancel_all(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Cancel all that is booked."""
    found = booked(db, case)
    if len(found) < 2 or found != settled(db, case):
        return None
    reason = one_of(list(_REASONS)[1:], case.key, "all") or ""
    fees = sum(starts_late(db, each.starts_at) for each in found) * LATE_CENTS
    cost = f"That costs {money(fees)} in all" if fees else "That costs nothing"
    days = [each.starts_at[:10] for each in found]
    draft = Draft("cancel all", reason=_REASONS[reason]).act(
        f"Please cancel everything that is booked for {case.whom}.", *((money(fees),) if fees else days[:1])
    )
    begun(draft, case).call("list_appointments", patient_id=case.patient.patient_id)
    draft.say("What is the reason, please?")
    draft.say(f"I would cancel the appointments on {', '.join(days)}. {cost}. Shall I cancel them all?")
    for each in found:
        draft.call("cancel_appointment", appointment_id=each.appointment_id, reason=reason)
    return draft.say(f"They have been cancelled, those on {', '.join(days)}. {cost}.")


def no_fee(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Cancel at the last moment without paying for it."""
    late = [each for each in settled(db, case) if starts_late(db, each.starts_at)]
    appointment = one_of(late, case.key, "no fee")
    if appointment is None:
        return None
    said = Spoken.of(db, case, appointment, "no fee")
    draft = Draft("no fee").refuse(f"Please cancel {said.words}, but only if it costs nothing.")
    looked_up(draft, case, said)
    draft.say(f"I cannot do that: it begins within 48 hours, and cancelling costs {money(LATE_CENTS)}.")
    return draft.say(f"I am sorry, I cannot cancel it without the {money(LATE_CENTS)}.")


def move(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Move an appointment to the earliest time from some later day on."""
    free = [each for each in settled(db, case) if each.times_moved < MAX_MOVES and not starts_late(db, each.starts_at)]
    appointment = one_of(free, case.key, "move")
    if appointment is None:
        return None
    day, at = datetime.fromisoformat(appointment.starts_at), appointment.starts_at
    since, sooner = (f"{day + timedelta(days=1 + drawn(at, case.key) % 4 + more):%Y-%m-%d}" for more in (2, 0))
    wanted, first = (_movable(db, appointment, each) for each in (since, sooner))
    if wanted is None or first is None:
        return None
    said = Spoken.of(db, case, appointment, "move")
    request = f"Please move {said.words} to the earliest time from {{}} on."
    draft = Draft("move", **wanted.facts).act(
        request.format(since), wanted.day, wanted.clock, bounds=wanted.bounds, at_first=request.format(sooner)
    )
    looked_up(draft, case, said)
    who = {"patient_id": case.patient.patient_id, "practitioner_id": appointment.practitioner_id}
    draft.call("find_slots", **who, kind_id=appointment.kind_id, first_day=since)
    if wanted.bounds:
        draft.say("Which time of day is good for you?")
    draft.say(f"The earliest time is {wanted.day} at {wanted.clock}. Moving costs nothing. Shall I move it there?")
    draft.call("move_appointment", appointment_id=appointment.appointment_id, starts_at=wanted.starts_at)
    return draft.say(f"It has been moved to {wanted.day} at {wanted.clock}.")


def stays(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Move an appointment that is too near, or was moved too often."""
    found = [each for each in settled(db, case) if each.times_moved >= MAX_MOVES or starts_late(db, each.starts_at)]
    appointment = one_of(found, case.key, "stays")
    if appointment is None:
        return None
    said, late = Spoken.of(db, case, appointment, "stays"), starts_late(db, appointment.starts_at)
    draft = Draft("too late to move" if late else "moved too often").refuse(
        f"Please move {said.words} to some day in the week after."
    )
    why = "it begins within 48 hours" if late else "it was moved twice before, and that is the most"
    return looked_up(draft, case, said).say(f"I cannot move it: {why}.").say(f"I am sorry, I cannot: {why}.")


def _movable(db: EpisodeDatabase, appointment: views.Appointment, since: str) -> Wish | None:
    """Where the appointment goes if it is to be from this day on; None if nowhere."""
    free = tried(
        db,
        reading.find_slots,
        patient_id=appointment.patient_id,
        practitioner_id=appointment.practitioner_id,
        kind_id=appointment.kind_id,
        first_day=since,
    )
    found = wish(free or (), appointment.appointment_id, besides=appointment.starts_at[11:])
    where = {"appointment_id": appointment.appointment_id, "starts_at": found.starts_at if found else ""}
    return found if found and tried(db, booking.move_appointment, **where) else None


WANTS: tuple[Want, ...] = (when, cancel, cancel_all, no_fee, move, stays)
