"""What callers come to the clinics' desk with: who they are, for whom they call, and what they may want."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from agent_envs.snapshots.domains.compose import Piece, Subject, drawn, sampled
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import views, wants_anybody, wants_booking, wants_desk, wants_refused, wants_visits
from .wanted import cases, is_child

WANTS = (*wants_visits.WANTS, *wants_booking.WANTS, *wants_desk.WANTS)
ASIDES = (
    "My sister comes to you too, under a name much like mine.",
    "I have been coming to you for years.",
    "I am on the train, so it may be a little loud here.",
    "My doctor says that you are very good.",
)


def subjects(db: EpisodeDatabase) -> Iterator[Subject]:
    """Every patient, with all that they may want; and what anybody may ask."""
    for patient_id in sampled(db, "patients", "patient_id"):
        caller = views.patient(db, patient_id)
        yield Subject(patient_id, identified(caller), list(pieces(db, caller)), ASIDES)
    for kind_id in sampled(db, "kinds", "kind_id"):
        yield Subject(kind_id, Draft("fees"), [partial(wants_anybody.fee, kind_id)])
    for name in sampled(db, "sites", "name"):
        yield Subject(
            name, Draft("sites"), [partial(each, name) for each in (wants_anybody.phone, wants_anybody.where)]
        )
    for practitioner_id in sampled(db, "practitioners", "practitioner_id"):
        both = (wants_anybody.hours, wants_anybody.away)
        yield Subject(practitioner_id, Draft("staff"), [partial(each, practitioner_id) for each in both])


def pieces(db: EpisodeDatabase, caller: views.Patient) -> Iterator[Piece]:
    """What somebody may want for themselves, and for those for whom they speak."""
    good, over = cases(db, caller)
    if is_child(db, caller):
        yield partial(wants_refused.alone, good[0])
        return
    for case in good:
        yield from (partial(want, case) for want in WANTS)
    yield from (partial(want, good[0]) for want in wants_refused.WANTS)
    yield from (partial(wants_refused.no_longer, case) for case in over)


def identified(caller: views.Patient) -> Draft:
    """How a caller is found: by full name and date of birth."""
    draft = Draft("identified", name=caller.name, date_of_birth=caller.date_of_birth)
    first = ("your full name and your date of birth", "your date of birth and your full name")
    draft.say(f"Of course. May I have {first[drawn(caller.patient_id) % 2]}, please?")
    return draft.call("find_patient", name=caller.name, date_of_birth=caller.date_of_birth)
