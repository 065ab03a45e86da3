"""What callers want of new appointments: first visits, follow-ups, and what must be settled before them."""

from __future__ import annotations

from agent_envs.snapshots.domains.compose import drawn, tried
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import booking, desk, reading, views
from .following import (
    asked,
    follow_ups,
    found_follow_up,
    good_referrals,
    overdue_invoices,
    proposed,
    request_of,
    running,
    useless,
)
from .rules import MAX_BOOKINGS
from .times import wish
from .wanted import Case, Want, begun, booked, money, one_of, played


def follow_up(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Book a further visit of an open course."""
    found = found_follow_up(case, db, "follow up")
    if found is None:
        return None
    draft = asked(Draft("follow up", **found.wish.facts), case, found)
    begun(draft, case).call("list_courses", patient_id=case.patient.patient_id)
    return proposed(draft, case, found, db.now[:10])


def overdue(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Book a further visit, for which overdue invoices must be paid first."""
    patient_id, today = case.patient.patient_id, db.now[:10]
    due = overdue_invoices(db, patient_id)
    card = one_of([card for card in case.caller.cards if card.expires_on >= today], case.key, "card")
    if not due or len(due) > 2 or card is None:
        return None
    payments = [(desk.pay_invoice, {"invoice_id": each.invoice_id, "card_id": card.card_id}) for each in due]
    paid = played(db, *payments)
    found, amount = found_follow_up(case, paid, "overdue"), money(sum(each.amount_cents for each in due))
    if found is None:
        return None
    draft = asked(Draft("overdue", card=card.label, **found.wish.facts), case, found, amount)
    draft.call("get_patient", patient_id=case.caller.patient_id)  # for whom they speak, and which cards they have
    draft.call("list_courses", patient_id=patient_id).call("list_invoices", patient_id=patient_id)
    draft.say(f"There is {amount} overdue, and it must be paid before anything is booked. Which card is to be charged?")
    draft.say(f"I would charge {amount} to the {card.label}. Shall I do that?")
    for tool, arguments in payments:
        draft.call(tool.name, **arguments)
    return proposed(draft, case, found, db.now[:10])


def other_referral(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Book a further visit that the course's referral does not cover, but another one of the patient does."""
    patient_id = case.patient.patient_id
    for course in running(case, db):
        why, good = useless(db, course), good_referrals(db, patient_id, course.speciality)
        if not why or len(good) != 1:
            continue
        change = {"course_id": course.course_id, "referral_id": good[0].referral_id}
        after = played(db, (booking.change_course_referral, change))
        found = found_follow_up(case, after, "other referral", course.course_id)
        if found is None or not found.kind.needs_referral or not found.first.needs_referral:
            continue
        draft = asked(Draft("other referral", **found.wish.facts), case, found, good[0].referred_by)
        begun(draft, case).call("list_courses", patient_id=patient_id).call("list_referrals", patient_id=patient_id)
        draft.say(
            f"The referral of this course {why}. There is another one, by {good[0].referred_by}. Shall I let the course"
            " count on that one?"
        )
        draft.call("change_course_referral", **change)
        return proposed(draft, case, found, db.now[:10])
    return None


def no_referral(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Want a further visit without a referral that covers it."""
    for course in running(case, db):
        why = useless(db, course)
        kind = one_of([each for each in follow_ups(db, course) if each.needs_referral], course.course_id)
        if not why or kind is None or good_referrals(db, case.patient.patient_id, course.speciality):
            continue
        draft = Draft("no referral").refuse(request_of(case, kind, course.practitioner))
        begun(draft, case).call("list_courses", patient_id=case.patient.patient_id)
        draft.call("list_kinds", speciality=course.speciality)
        draft.call("list_referrals", patient_id=case.patient.patient_id)
        draft.say(f"I cannot book that: it needs a referral, and the one that there is {why}.")
        return draft.say("I am sorry, I cannot book it without a new referral.")
    return None


def first_visit(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Begin a course of treatment at a site."""
    patient_id = case.patient.patient_id
    if len(booked(db, case)) >= MAX_BOOKINGS:
        return None
    open_ones = [each.speciality for each in views.courses(db, patient_id) if each.status == "open"]
    staff = db.rows(
        "SELECT practitioner_id, p.name, speciality, s.name AS site, k.kind_id, k.name AS kind, k.needs_referral,"
        " k.fee_cents FROM practitioners p JOIN sites s USING (site_id) JOIN kinds k USING (speciality)"
        " WHERE k.visit = 'first' AND (SELECT count(*) FROM practitioners q WHERE q.site_id = p.site_id"
        " AND q.speciality = p.speciality) = 1 ORDER BY practitioner_id"
    )
    start = drawn(case.key, "first visit") % len(staff)
    for who in staff[start : start + 8]:
        good = good_referrals(db, patient_id, who["speciality"]) if who["needs_referral"] else []
        if who["speciality"] in open_ones or (who["needs_referral"] and len(good) != 1):
            continue
        with_whom = {key: who[key] for key in ("practitioner_id", "kind_id")}
        free = tried(db, reading.find_slots, patient_id=patient_id, **with_whom, first_day=db.now[:10])
        found = wish(free or (), f"{case.key} {who['practitioner_id']}")
        if found is None:
            continue
        arguments = {"patient_id": patient_id, "practitioner_id": who["practitioner_id"], "starts_at": found.starts_at}
        arguments |= {"referral_id": good[0].referral_id} if good else {}
        if tried(db, booking.book_first_visit, **arguments) is None:
            continue
        fee = money(who["fee_cents"])
        draft = Draft("first visit", site=who["site"], **found.facts).act(
            f"Please book {case.whom} a first visit for {who['speciality']}, as early as possible.",
            *(found.day, found.clock, fee),
            bounds=found.bounds,
        )
        begun(draft, case).say("At which site, please?").call("find_site", name=who["site"])
        draft.call("list_kinds", speciality=who["speciality"])
        if good:
            draft.call("list_referrals", patient_id=patient_id)
        draft.call("find_slots", patient_id=patient_id, **with_whom, first_day=db.now[:10])
        if found.bounds:
            draft.say("Which time of day is good for you?")
        draft.say(f"{who['name']} has time on {found.day} at {found.clock}, for {fee}. Shall I book it?")
        draft.call("book_first_visit", **arguments)
        return draft.say(f"It has been booked for {found.day} at {found.clock}; it costs {fee}.")
    return None


def wait(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Wait for a practitioner with whom nothing is free."""
    for course in running(case, db):
        kind = one_of(follow_ups(db, course), course.course_id, "wait")
        if kind is None or (kind.needs_referral and useless(db, course)):
            continue
        arguments = {"course_id": course.course_id, "kind_id": kind.kind_id}
        if tried(db, desk.join_waiting_list, **arguments) is None:
            continue
        day = db.now[:10]
        draft = Draft("wait", kind=kind.name).act(
            f"Please find {case.whom} a further appointment with {course.practitioner}; if there is nothing, on the"
            " waiting list.",
            course.practitioner,
        )
        begun(draft, case).call("list_courses", patient_id=case.patient.patient_id)
        draft.say("Which kind of appointment is it?").call("list_kinds", speciality=course.speciality)
        slots = {"patient_id": case.patient.patient_id, "practitioner_id": course.practitioner_id}
        draft.call("find_slots", **slots, kind_id=kind.kind_id, first_day=day)
        draft.say(f"Nothing is free with {course.practitioner}. Shall I put {case.patient.name} on the waiting list?")
        draft.call("join_waiting_list", **arguments)
        return draft.say(f"The place on the waiting list of {course.practitioner} has been taken.")
    return None


def leave(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Wait no longer."""
    entries = views.waiting(db, case.patient.patient_id)
    if len(entries) != 1 or entries[0].joined_on == db.now[:10]:
        return None
    who = entries[0].practitioner
    draft = begun(Draft("leave").act(f"Please take {case.whom} off the waiting list.", who), case)
    draft.call("list_waiting", patient_id=case.patient.patient_id)
    draft.say(f"That is the place for a {entries[0].kind} with {who}. Shall I give it up?")
    draft.call("leave_waiting_list", entry_id=entries[0].entry_id)
    return draft.say(f"The place with {who} has been given up.")


WANTS: tuple[Want, ...] = (follow_up, overdue, other_referral, no_referral, first_visit, wait, leave)
