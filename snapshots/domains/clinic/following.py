"""How callers come to a follow-up: the open courses, what is free, how they ask for it, how it is proposed."""

from __future__ import annotations

from typing import NamedTuple

from agent_envs.snapshots.domains.compose import tried
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import booking, reading, views
from .times import Wish, wish
from .wanted import Case, money, two


class FollowUp(NamedTuple):
    """A further visit that somebody wants, and the one that they want at first if they change their mind."""

    course: views.Course
    kind: views.Kind
    first: views.Kind
    wish: Wish


def found_follow_up(case: Case, db: EpisodeDatabase, want: str, course_id: str = "") -> FollowUp | None:
    """A follow-up that can be booked; None if there is none."""
    for course in running(case, db):
        kinds = [kind for kind in follow_ups(db, course) if _starts(case, db, course, kind)]
        if not kinds or (course_id and course.course_id != course_id):
            continue
        first, kind = two(f"{course.course_id} {want}", kinds)
        found = wish(_starts(case, db, course, kind), f"{course.course_id} {want}")
        where = {"course_id": course.course_id, "kind_id": kind.kind_id, "starts_at": found.starts_at if found else ""}
        if found and tried(db, booking.book_follow_up, **where):
            return FollowUp(course, kind, first, found)
    return None


def asked(draft: Draft, case: Case, found: FollowUp, *told: str) -> Draft:
    """Add how the follow-up is asked for."""
    request, first = (request_of(case, kind, found.course.practitioner) for kind in (found.kind, found.first))
    values = (found.wish.day, found.wish.clock, money(found.kind.fee_cents), *told)
    return draft.act(request, *values, bounds=found.wish.bounds, at_first=first if first != request else "")


def proposed(draft: Draft, case: Case, found: FollowUp, today: str) -> Draft:
    """Add how the follow-up is found, proposed and booked."""
    course, kind, at = found.course, found.kind, found.wish
    draft.call("list_kinds", speciality=course.speciality)
    slots = {"patient_id": case.patient.patient_id, "practitioner_id": course.practitioner_id}
    draft.call("find_slots", **slots, kind_id=kind.kind_id, first_day=today)
    if at.bounds:
        draft.say("Which time of day is good for you?")
    fee = money(kind.fee_cents)
    draft.say(f"The earliest {kind.name} is on {at.day} at {at.clock}. It costs {fee}. Shall I book it?")
    draft.call("book_follow_up", course_id=course.course_id, kind_id=kind.kind_id, starts_at=at.starts_at)
    return draft.say(f"The {kind.name} on {at.day} at {at.clock} has been booked; it costs {fee}.")


def request_of(case: Case, kind: views.Kind, practitioner: str) -> str:
    """How somebody asks for a follow-up."""
    article = "an" if kind.name[0] in "aeiou" else "a"
    return f"Please book {case.whom} {article} {kind.name} with {practitioner}, as early as possible."


def running(case: Case, db: EpisodeDatabase) -> list[views.Course]:
    """The patient's open courses whose first visit was attended, each with a practitioner of another name."""
    found = [each for each in views.courses(db, case.patient.patient_id) if each.status == "open"]
    past = {each.course_id for each in views.appointments(db, case.patient.patient_id) if each.status == "attended"}
    names = [each.practitioner for each in found]
    return [each for each in found if each.course_id in past and names.count(each.practitioner) == 1]


def follow_ups(db: EpisodeDatabase, course: views.Course) -> list[views.Kind]:
    """The kinds of which a course's further visits are."""
    kinds: list[views.Kind] = reading.list_kinds.function(db, course.speciality)
    return [kind for kind in kinds if kind.visit == "follow_up"]


def useless(db: EpisodeDatabase, course: views.Course) -> str:
    """Why the referral of a course covers nothing more; empty if it does, or if the course has none."""
    if course.referral_id is None:
        return ""
    held = views.referral(db, course.referral_id)
    if held.valid_until < db.now[:10]:
        return f"was valid until {held.valid_until}"
    return "" if held.visits_left > 0 else "has no visits left"


def overdue_invoices(db: EpisodeDatabase, patient_id: str) -> list[views.Invoice]:
    """A patient's invoices that must be paid before anything is booked."""
    found = views.invoices(db, patient_id)
    return [each for each in found if each.status == "open" and each.due_on < db.now[:10]]


def _starts(case: Case, db: EpisodeDatabase, course: views.Course, kind: views.Kind) -> list[str]:
    starts: list[str] = reading.find_slots.function(
        db, case.patient.patient_id, course.practitioner_id, kind.kind_id, db.now[:10]
    )
    return starts


def good_referrals(db: EpisodeDatabase, patient_id: str, speciality: str) -> list[views.Referral]:
    """The patient's referrals for a speciality that hold today and have visits left."""
    found = views.referrals(db, patient_id)
    holds = [each for each in found if each.visits_left > 0 and each.valid_until >= db.now[:10]]
    return [each for each in holds if each.speciality == speciality]
