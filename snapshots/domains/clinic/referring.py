"""The referrals of the data: those that courses count on, and those that nobody has used yet."""

from __future__ import annotations

from datetime import date, timedelta

from agent_envs.snapshots.domains.pools import POOLS
from agent_envs.snapshots.domains.recipe import Cells
from agent_envs.snapshots.domains.rows import Row

from .history import course
from .offers import FIRST, KINDS
from .staff import NOW


def of_course(row: Row) -> list[Cells]:
    """The referral of a course, where it needs one."""
    of = course(row)
    if of.referral is None:
        return []
    issued, ends, visits = of.referral
    return [_referral(row, of.patient, of.speciality, issued, ends, visits)]


def spare(row: Row, patient: Row) -> list[Cells]:
    """A referral that no course has used, of more than half of the patients; some are over."""
    if not row.chance("has one", 0.6):
        return []
    speciality = row.pick("speciality", tuple(each for each, first in FIRST.items() if KINDS[first].needs_referral))
    issued = row.date("issued", NOW.date() - timedelta(days=100), NOW.date() - timedelta(days=1))
    ends = issued + timedelta(days=row.choice("valid", {60: 1, 90: 1, 180: 1}))
    return [_referral(row, patient, speciality, issued, ends, row.integer("visits", 1, 6))]


def _referral(row: Row, patient: Row, speciality: str, issued: date, ends: date, visits: int) -> Cells:
    first, last = row.pick("doctor", POOLS["female_names"]), row.pick("doctor's name", POOLS["last_names"])
    return {
        "referral_id": row.key("R"),
        "patient_id": patient.key("P"),
        "speciality": speciality,
        "referred_by": f"{first} {last}",
        "issued_on": issued,
        "valid_until": ends,
        "visits": visits,
    }
