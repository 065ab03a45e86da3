"""What the clinics offer: specialities, and the kinds of appointments in each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of appointment."""

    name: str
    speciality: str
    visit: str
    minutes: int
    fee_cents: int
    needs_referral: bool = False
    least_age: int = 0


SPECIALITIES = ("physiotherapy", "dermatology", "eye care", "cardiology", "foot care", "nutrition")
KINDS = (
    Kind("physiotherapy assessment", "physiotherapy", "first", 60, 7200),
    Kind("physiotherapy treatment", "physiotherapy", "follow_up", 30, 4600),
    Kind("exercise class", "physiotherapy", "follow_up", 60, 3800),
    Kind("skin consultation", "dermatology", "first", 60, 11000, True),
    Kind("skin check", "dermatology", "follow_up", 30, 6400, True),
    Kind("light therapy", "dermatology", "follow_up", 30, 5200, True),
    Kind("eye examination", "eye care", "first", 60, 6800),
    Kind("eye check", "eye care", "follow_up", 30, 4000),
    Kind("lens fitting", "eye care", "follow_up", 60, 5800),
    Kind("heart consultation", "cardiology", "first", 60, 14800, True, 18),
    Kind("heart check", "cardiology", "follow_up", 30, 8800, True, 18),
    Kind("stress test", "cardiology", "follow_up", 60, 13200, True, 18),
    Kind("foot assessment", "foot care", "first", 60, 5400),
    Kind("foot treatment", "foot care", "follow_up", 30, 3600),
    Kind("insole fitting", "foot care", "follow_up", 30, 4200),
    Kind("nutrition consultation", "nutrition", "first", 60, 6600, True),
    Kind("nutrition review", "nutrition", "follow_up", 30, 4400),
)
FIRST: Mapping[str, int] = {kind.speciality: number for number, kind in enumerate(KINDS) if kind.visit == "first"}
"""The number of the kind with which a course begins, by speciality."""
FOLLOW_UPS: Mapping[str, tuple[int, ...]] = {
    speciality: tuple(n for n, kind in enumerate(KINDS) if kind.speciality == speciality and kind.visit == "follow_up")
    for speciality in SPECIALITIES
}
"""The numbers of the kinds with which it goes on."""
