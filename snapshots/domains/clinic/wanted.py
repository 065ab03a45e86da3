"""What the wants of the clinics' callers share: who calls for whom, how they speak of things, money as they read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Self, TypeAlias, TypeVar

from agent_envs.snapshots.domains.compose import drawn
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import views
from .desk import speaks
from .rules import ADULT_AGE, age
from .slots import day_of

T = TypeVar("T")


class Case(NamedTuple):
    """Who calls, and for whom: for themselves, or for somebody for whom they speak."""

    caller: views.Patient
    patient: views.Patient

    @property
    def key(self) -> str:
        """What draws for this case follow from."""
        return f"{self.caller.patient_id} {self.patient.patient_id}"

    @property
    def is_own(self) -> bool:
        """Whether they call for themselves."""
        return self.caller.patient_id == self.patient.patient_id

    @property
    def whose(self) -> str:
        """As in ``my appointment``."""
        return "my" if self.is_own else f"{self.patient.name}'s"

    @property
    def whom(self) -> str:
        """As in ``for me``."""
        return "me" if self.is_own else self.patient.name


Want: TypeAlias = Callable[[Case, EpisodeDatabase], Draft | None]


def cases(db: EpisodeDatabase, caller: views.Patient) -> tuple[list[Case], list[Case]]:
    """All for whom somebody may call today, themselves first; and those for whom they no longer may."""
    good, over = [Case(caller, caller)], list[Case]()
    for person in caller.speaks_for:
        patient = views.patient(db, person.patient_id)
        named = next(each for each in patient.spoken_for_by if each.patient_id == caller.patient_id)
        (good if speaks(db, patient, named) else over).append(Case(caller, patient))
    return good, over


def years(db: EpisodeDatabase, patient: views.Patient) -> int:
    """How old a patient is."""
    return age(day_of(patient.date_of_birth), db.clock.date())


def is_child(db: EpisodeDatabase, patient: views.Patient) -> bool:
    """Whether somebody must call for this patient."""
    return years(db, patient) < ADULT_AGE


def begun(draft: Draft, case: Case) -> Draft:
    """Add how the agent finds the patient, if it is not the caller."""
    return draft if case.is_own else draft.call("get_patient", patient_id=case.caller.patient_id)


def one_of(options: Sequence[T], *names: object) -> T | None:
    """One of the options, drawn; None if there is none."""
    return options[drawn(*names) % len(options)] if options else None


def booked(db: EpisodeDatabase, case: Case) -> list[views.Appointment]:
    """What a patient has booked, the soonest first."""
    found = views.appointments(db, case.patient.patient_id)
    return [each for each in reversed(found) if each.status == "booked"]


def settled(db: EpisodeDatabase, case: Case) -> list[views.Appointment]:
    """What a patient has booked before this call; nobody undoes at once what they have just booked."""
    return [each for each in booked(db, case) if each.booked_at < db.now]


class Spoken(NamedTuple):
    """How a caller speaks of an appointment: in words, and what they add when they are asked for its day."""

    words: str
    facts: dict[str, str]

    @classmethod
    def of(cls, db: EpisodeDatabase, case: Case, appointment: views.Appointment, want: str) -> Self:
        """An appointment as somebody speaks of it: by its day, by its kind, or as the one that there is."""
        others = [each for each in booked(db, case) if each.appointment_id != appointment.appointment_id]
        day = appointment.starts_at[:10]
        way = drawn(case.key, want, appointment.appointment_id) % 3
        if way == 0 and all(each.kind != appointment.kind for each in others):
            return cls(f"{case.whose} {appointment.kind} that is booked", {})
        if way == 1 and all(each.starts_at[:10] != day for each in others):
            return cls(f"{case.whose} appointment", {"day_of_the_appointment": day} if others else {})
        return cls(f"{case.whose} appointment on {day} at {appointment.starts_at[11:]}", {})


def looked_up(draft: Draft, case: Case, said: Spoken) -> Draft:
    """Add how the appointment of which they speak is found."""
    draft.facts |= said.facts
    if said.facts:
        draft.say("What is the day of the appointment, please?")
    return begun(draft, case).call("list_appointments", patient_id=case.patient.patient_id)


def money(cents: int) -> str:
    """Cents as a caller reads them."""
    return f"{cents // 100}.{cents % 100:02d}"


def two(name: str, options: Sequence[T]) -> tuple[T, T]:
    """Two different options: what is wanted at first, and what in the end."""
    number = drawn(name) % len(options)
    return options[number], options[(number + 1) % len(options)]


def played(db: EpisodeDatabase, *calls: tuple[Any, dict[str, Any]]) -> EpisodeDatabase:
    """The state that writing calls leave, in a fork.

    Raises:
        ToolError: One of them is refused.
    """
    twin = db.fork()
    for tool, arguments in calls:
        with twin.call(writes=True):
            tool.function(twin, **arguments)
    return twin
