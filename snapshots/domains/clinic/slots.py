"""When a practitioner is free: the half hours of the sessions, less absences and what is booked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError

from .rules import BOOK_DAYS, GRID_MINUTES

_MINUTE = "%Y-%m-%d %H:%M"
_GRID = timedelta(minutes=GRID_MINUTES)


def day_of(text: str) -> date:
    """A day as the agent writes it.

    Raises:
        ToolError: It is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ToolError(f"{text!r} is no day of the calendar; give one such as '2026-06-22'") from None


def last_day(db: EpisodeDatabase) -> date:
    """The last day for which appointments are made now."""
    return db.clock.date() + timedelta(days=BOOK_DAYS)


def free_starts(
    db: EpisodeDatabase, practitioner_id: str, minutes: int, first: date, patient_id: str, *, but: str = ""
) -> Iterator[str]:
    """The times at which an appointment can begin, in their order, such as ``2026-06-22 10:30``.

    Args:
        db: The database.
        practitioner_id: With whom.
        minutes: How long it takes.
        first: From which day on.
        patient_id: For whom: not while they are with somebody else.
        but: The id of an appointment that counts as free, because it is the one that moves.
    """
    sessions = {
        row["weekday"]: (row["opens"], row["closes"])
        for row in db.rows("SELECT * FROM sessions WHERE practitioner_id = ? ORDER BY weekday", practitioner_id)
    }
    away = db.rows("SELECT * FROM absences WHERE practitioner_id = ? ORDER BY first_day", practitioner_id)
    taken = _taken(db, practitioner_id, patient_id, but)
    now, day = f"{db.clock:{_MINUTE}}", max(first, db.clock.date())
    while day <= last_day(db):
        here = sessions.get(day.isoweekday())
        if here and not any(row["first_day"] <= day.isoformat() <= row["last_day"] for row in away):
            at, closes = (datetime.fromisoformat(f"{day} {clock}") for clock in here)
            while (ends := at + timedelta(minutes=minutes)) <= closes:
                begin, end = f"{at:{_MINUTE}}", f"{ends:{_MINUTE}}"
                if begin > now and not any(begin < until and since < end for since, until in taken):
                    yield begin
                at += _GRID
        day += timedelta(days=1)


def check_free(
    db: EpisodeDatabase, practitioner_id: str, minutes: int, starts_at: str, patient_id: str, *, but: str = ""
) -> str:
    """The time as the tables hold it, if an appointment can begin then.

    Raises:
        ToolError: It cannot; says when the next one can.
    """
    first = day_of(starts_at[:10])
    if first > last_day(db):
        raise ToolError(f"{starts_at} is too far away; appointments are made up to {last_day(db)}")
    begin = starts_at[:16]
    for start in free_starts(db, practitioner_id, minutes, first, patient_id, but=but):
        if start == begin:
            return f"{begin}:00"
        if start > begin:
            raise ToolError(f"{begin} is not free; the next free time is {start}, and find_slots lists more")
    raise ToolError(f"{begin} is not free, and nothing is up to {last_day(db)}; find_slots lists what is")


def _taken(db: EpisodeDatabase, practitioner_id: str, patient_id: str, but: str) -> list[tuple[str, str]]:
    """From when until when the practitioner or the patient has something booked."""
    rows = db.rows(
        "SELECT a.starts_at, k.minutes FROM appointments a JOIN kinds k USING (kind_id) WHERE a.practitioner_id = ?1"
        " AND a.status = 'booked' AND a.appointment_id <> ?3 UNION SELECT a.starts_at, k.minutes FROM courses c"
        " JOIN appointments a USING (course_id) JOIN kinds k USING (kind_id) WHERE c.patient_id = ?2"
        " AND a.status = 'booked' AND a.appointment_id <> ?3 ORDER BY 1, 2",
        practitioner_id,
        patient_id,
        but,
    )
    spans = []
    for row in rows:
        at = datetime.fromisoformat(row["starts_at"])
        spans.append((f"{at:{_MINUTE}}", f"{at + timedelta(minutes=row['minutes']):{_MINUTE}}"))
    return spans
