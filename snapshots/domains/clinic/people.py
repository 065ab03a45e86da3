"""Patients as functions of their rows: families of five, children, and who may speak for whom until when."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from agent_envs.snapshots.domains.pools import POOLS
from agent_envs.snapshots.domains.rows import Row

FAMILY = 5
_PARENT, _PARTNER, _FRIEND, _CHILD, _ELDER = range(FAMILY)
_UNTIL = {"open": 5, "running": 3, "over": 3}


class Spokesman(NamedTuple):
    """Somebody who may speak for a patient."""

    representative: Row
    relation: str
    until: date | None


def is_child(patient: Row) -> bool:
    """Whether a patient has a parent among the patients; most such children are under 16."""
    return patient.number % FAMILY == _CHILD and _family(patient).chance("child", 0.65)


def born(patient: Row) -> date:
    """The day of birth."""
    if is_child(patient):
        if patient.chance("nearly grown", 0.3):
            return patient.date("born", date(2008, 6, 20), date(2010, 6, 1))
        return patient.date("born", date(2012, 1, 1), date(2021, 11, 30))
    if patient.number % FAMILY == _PARENT:
        return patient.date("born", date(1966, 1, 1), date(1986, 12, 31))
    return patient.date("born", date(1938, 1, 1), date(2005, 12, 31))


def name(patient: Row) -> str:
    """First and last name; children have their parent's last name."""
    first = patient.pick("first name", POOLS[patient.choice("names", {"female_names": 1, "male_names": 1})])
    bearer = _member(patient, _PARENT) if is_child(patient) else patient
    return f"{first} {bearer.pick('last name', POOLS['last_names'])}"


def reminders(patient: Row) -> str:
    """How a patient is reminded of appointments."""
    return patient.choice("reminders", {"text": 6, "email": 3, "none": 1})


def card_expiry(patient: Row, index: int) -> date | None:
    """When the first or second card of a patient ends; None where there is none. Some second cards have expired."""
    part = patient.part(index)
    if is_child(patient) or not part.chance("card", 0.3 if index else 0.85):
        return None
    return date(part.integer("year", 2025 if index else 2027, 2030), part.integer("month", 1, 12), 28)


def spokesman(patient: Row) -> Spokesman | None:
    """Who may speak for a patient: a child's parent, or whom the patient named."""
    if is_child(patient):
        return Spokesman(_member(patient, _PARENT), "parent", None)
    named = {_FRIEND: _PARTNER, _ELDER: _PARENT}.get(patient.number % FAMILY)
    if named is None or not patient.chance("has named", 0.45):
        return None
    ends = {
        "open": None,
        "running": patient.date("until", date(2026, 9, 1), date(2027, 12, 31)),
        "over": patient.date("until", date(2026, 1, 5), date(2026, 6, 5)),
    }
    return Spokesman(_member(patient, named), "named", ends[patient.choice("ends", _UNTIL)])


def _family(patient: Row) -> Row:
    return patient.at("families", patient.number // FAMILY)


def _member(patient: Row, member: int) -> Row:
    return patient.at("patients", patient.number // FAMILY * FAMILY + member)
