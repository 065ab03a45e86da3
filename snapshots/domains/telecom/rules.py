"""The numbers of the operator's policy, as the data and the tools both follow them."""

from __future__ import annotations

from datetime import date

YOUNG_UNDER = 26
SIM_CENTS = {"card": 1000, "esim": 0}
OUTAGE_CREDIT_CENTS = 500
OUTAGE_CREDIT_HOURS = 24
OUTAGE_CLAIM_DAYS = 30
APN = "internet.meridian.example"


def next_month(today: date) -> date:
    """The first day of the month after a day: when another plan begins."""
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)


def age(born_on: date, today: date) -> int:
    """How old somebody is on a day."""
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))
