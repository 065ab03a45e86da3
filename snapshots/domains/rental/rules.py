"""The numbers of the rental shop's policy, as the data and the tools both follow them."""

from __future__ import annotations

from datetime import timedelta

BOOK_AHEAD = timedelta(days=90)
LIMIT_DAYS = 28
LIMIT_RESERVATIONS = {"basic": 2, "plus": 3, "gold": 4}
RENT_DISCOUNT_PERCENT = {"basic": 0, "plus": 5, "gold": 10}
WAIVER_PERCENT = 12
TRANSFER_CENTS = 1500
LATE_PERCENT = 150
DAMAGE_PERCENT = {"scratched": 15, "broken_part": 40, "beyond_repair": 100}
DAMAGE_WITH_WAIVER_PERCENT = 10
FEE_WAIVER_EVERY = timedelta(days=365)


def percent_up(percent: int, cents: int) -> int:
    """A share of an amount, rounded up to a whole cent."""
    return -(-percent * cents // 100)


def rent_cents(day_cents: int, week_cents: int, days: int) -> int:
    """The rent of so many days: whole weeks at the week rate, single days by the day, up to another week."""
    weeks, single = divmod(days, 7)
    return weeks * week_cents + min(single * day_cents, week_cents)


def level_discount_cents(level: str, rent: int) -> int:
    """What a member's level takes off the rent, rounded down."""
    return RENT_DISCOUNT_PERCENT[level] * rent // 100


def waiver_cents(rent: int) -> int:
    """What the damage waiver costs, rounded up."""
    return percent_up(WAIVER_PERCENT, rent)


def late_fee_cents(day_cents: int, days: int) -> int:
    """The fee for so many days too late, rounded up."""
    return percent_up(LATE_PERCENT, day_cents * days)


def damage_list_cents(severity: str, deposit_cents: int) -> int:
    """What a damage costs by the list, rounded up."""
    return percent_up(DAMAGE_PERCENT[severity], deposit_cents)


def damage_fee_cents(severity: str, deposit_cents: int, has_waiver: bool) -> int:
    """What a damage costs the member: a tenth of the list with the damage waiver, rounded up."""
    listed = damage_list_cents(severity, deposit_cents)
    return percent_up(DAMAGE_WITH_WAIVER_PERCENT, listed) if has_waiver else listed
