"""The history of a course of treatment, from its first visit to what is booked, told by the course's row.

A practitioner's eight hours of two weeks are eight lanes. A lane belongs to one course at a time: its visits come every
two weeks at the same hour, so that no two courses want one hour. The lanes of a site are dealt to families so that no
patient is wanted in two places at once.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple

from agent_envs.snapshots.domains.rows import Row

from .offers import FIRST, FOLLOW_UPS, KINDS, Kind
from .people import FAMILY, born
from .rules import LATE, age
from .staff import NOW, PER_SITE, absence, sessions, speciality

LANES = 8
"""Of one practitioner."""
SITE_LANES = PER_SITE * LANES
STEPS = 5
"""Most visits of a course in the data, one every two weeks."""
_FIRST_STEP = -3
"""The first step of the courses that run now; step 0 is the week of now and the one after it."""
_MONDAY = NOW.date() - timedelta(days=NOW.weekday())
_HOUR = timedelta(hours=1)
# Which members of a family have the four lanes that it gets at a time: few of them have most.
_DEALT = (
    (0, 0, 1, 2),
    (0, 1, 0, 3),
    (1, 0, 0, 4),
    (0, 3, 1, 0),
    (1, 1, 0, 3),
    (4, 0, 2, 0),
    (3, 0, 1, 2),
    (0, 3, 3, 0),
)


class Visit(NamedTuple):
    """One appointment of a course."""

    kind: int
    starts_at: datetime
    booked_at: datetime
    status: str
    cancelled_at: datetime | None

    @property
    def of(self) -> Kind:
        """What kind of appointment it is."""
        return KINDS[self.kind]

    @property
    def ends_at(self) -> datetime:
        """When it ends."""
        return self.starts_at + timedelta(minutes=self.of.minutes)

    @property
    def was_late(self) -> bool:
        """Whether it was cancelled too late."""
        return self.cancelled_at is not None and self.starts_at - self.cancelled_at < LATE


class Course:
    """A course of treatment; each fact is drawn when it is first asked for.

    Args:
        row: A row whose number is the course's.
    """

    def __init__(self, row: Row) -> None:
        self.row = row
        lanes = row.counts["sites"] * SITE_LANES
        self.age, place = divmod(row.number, lanes)
        site, place = divmod(place, SITE_LANES)
        group, self.turn = divmod(place, PER_SITE)
        self.lane = (group + 2 * self.turn) % LANES
        self.family = site * LANES + group
        self.practitioner = row.at("practitioners", site * PER_SITE + self.turn)

    @cached_property
    def patient(self) -> Row:
        """Whom it treats."""
        dealt = self.row.at("families", self.family).part(self.age).pick("dealt", _DEALT)
        return self.row.at("patients", self.family * FAMILY + dealt[self.turn])

    @cached_property
    def speciality(self) -> str:
        """What it is about."""
        return speciality(self.practitioner)

    @cached_property
    def visits(self) -> tuple[Visit, ...]:
        """Its visits in their order; none where there is no such course."""
        if age(born(self.patient), NOW.date()) < KINDS[FIRST[self.speciality]].least_age:
            return ()
        begins = self.row.integer("begins", 0, STEPS - 1, skew=2)
        goes_on = self.row.chance("goes on", 0.6)
        ends = STEPS if goes_on else self.row.integer("ends", begins + 1, STEPS)
        made: list[Visit] = []
        for step in range(begins, ends):
            starts_at = self._hour(_FIRST_STEP - STEPS * self.age + step)
            if starts_at > NOW and self._is_away(starts_at):
                break
            made.append(self._visit(self.row.part(step), starts_at, made))
            if made[0].status != "attended":  # no course without a first visit
                break
        return tuple(made)

    @cached_property
    def is_open(self) -> bool:
        """Whether it still runs."""
        if self.age or not self.visits or self.visits[0].status in ("missed", "cancelled"):
            return False
        return self.visits[-1].status == "booked" or self.row.chance("open", 0.85)

    @cached_property
    def referral(self) -> tuple[date, date, int] | None:
        """The day of its referral, its last day and its visits, where one is needed."""
        counted = [visit for visit in self.visits if visit.of.needs_referral and visit.status != "cancelled"]
        if not self.visits or not self.visits[0].of.needs_referral:
            return None
        issued = self.opened_on - timedelta(days=self.row.integer("days of referral", 1, 20))
        last = max([issued, *(visit.starts_at.date() for visit in counted)])
        spare = self.row.choice("spare visits", {0: 3, 1: 1, 2: 2, 3: 1})
        ends = issued + timedelta(days=self.row.choice("valid", {60: 3, 90: 1, 180: 4}))
        return issued, max(ends, last + timedelta(days=1)), max(len(counted) + spare, 1)

    @property
    def opened_on(self) -> date:
        """The day on which its first visit was booked."""
        return self.visits[0].booked_at.date()

    def _visit(self, part: Row, starts_at: datetime, before: list[Visit]) -> Visit:
        """The visit of a step, which was booked at the end of the last one that is over."""
        kind = part.pick("kind", FOLLOW_UPS[self.speciality]) if before else FIRST[self.speciality]
        if KINDS[kind].minutes == 30 and part.chance("second half", 0.5):
            starts_at += _HOUR / 2
        over = [visit.ends_at for visit in before if visit.starts_at < NOW]
        soonest = starts_at - timedelta(days=25)
        booked_at = over[-1] if over else part.time("booked", soonest, min(starts_at - 24 * _HOUR, NOW))
        if starts_at > NOW:
            status = part.choice("status", {"booked": 14, "cancelled": 1})
        else:
            status = part.choice("status", {"attended": 84, "missed": 7, "cancelled": 9})
        cancelled_at = part.time("cancelled", booked_at, min(starts_at, NOW), skew=3) if status == "cancelled" else None
        return Visit(kind, starts_at, booked_at, status, cancelled_at)

    def _hour(self, step: int) -> datetime:
        """When the hour of its lane begins in a step."""
        week, place = divmod(self.lane, LANES // 2)
        late, hour = divmod(place, 2)
        session = sessions(self.practitioner)[late]
        day = _MONDAY + timedelta(days=14 * step + 7 * week + session.weekday - 1)
        return datetime.combine(day, time(session.opens + hour), UTC)

    def _is_away(self, at: datetime) -> bool:
        away = absence(self.practitioner)
        return away is not None and away.first_day <= at.date() <= away.last_day


def course(row: Row) -> Course:
    """The course of a row of any table whose rows come with a course's; it is kept for the tables that follow."""
    return _course(row.seed, row.number, row.counts["sites"])


@lru_cache(maxsize=4096)
def _course(seed: int, number: int, sites: int) -> Course:
    return Course(Row(seed, "courses", number, {"sites": sites}))
