"""The price of a booking, part by part, as the data and the tools both work it out."""

from __future__ import annotations

from typing import NamedTuple

from .goods import Rates
from .rules import TRANSFER_CENTS, level_discount_cents, rent_cents, waiver_cents


class Price(NamedTuple):
    """What a booking costs; the columns of `bookings`."""

    rent_cents: int
    discount_cents: int
    waiver_cents: int
    accessories_cents: int
    transfer_cents: int
    voucher_cents: int
    total_cents: int


def booking_price(
    rates: Rates,
    days: int,
    level: str,
    *,
    has_waiver: bool,
    accessories_cents: int,
    is_transferred: bool,
    voucher_cents: int,
) -> Price:
    """Work out a price.

    Args:
        rates: Of the model.
        days: How long it is lent.
        level: The member's.
        has_waiver: Whether the damage waiver is taken.
        accessories_cents: The price of all accessories.
        is_transferred: Whether the item is brought from another branch.
        voucher_cents: The value of a voucher, which takes off no more than is there.
    """
    rent = rent_cents(rates.day_cents, rates.week_cents, days)
    discount = level_discount_cents(level, rent)
    waiver = waiver_cents(rent) if has_waiver else 0
    transfer = TRANSFER_CENTS if is_transferred else 0
    full = rent - discount + waiver + accessories_cents + transfer
    used = min(voucher_cents, full)
    return Price(rent, discount, waiver, accessories_cents, transfer, used, full - used)
