"""The numbers of the clinics' policy, as the data, the tools and the tasks all follow them."""

from __future__ import annotations

from datetime import date, timedelta

BOOK_DAYS = 28
"""So many days ahead appointments are made."""
GRID_MINUTES = 30
MAX_BOOKINGS = 4
MAX_MOVES = 2
LATE = timedelta(hours=48)
"""An appointment that begins within this time is cancelled for a fee, and not moved."""
LATE_CENTS = 3000
MISSED_CENTS = 4500
DUE_DAYS = 30
WAIVE_WITHIN_DAYS = 60
WAIVE_EVERY_DAYS = 180
ADULT_AGE = 16
MAX_NAMED = 2
REMINDER = timedelta(hours=72)
"""So long before an appointment its reminder goes out."""


def age(born: date, day: date) -> int:
    """How old somebody is on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
