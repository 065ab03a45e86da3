"""The numbers of the shop's policy, as the data and the tools both follow them."""

from __future__ import annotations

from datetime import date, timedelta

PROMISED_DAYS = {"standard": 7, "express": 3}
DELIVERY_CENTS = {"standard": 395, "express": 895}
FREE_STANDARD_FROM_CENTS = 6000
RETURN_DAYS = {"standard": 30, "silver": 30, "gold": 45}
DELAY_CREDIT_CENTS = {"standard": 500, "silver": 1000, "gold": 1500}
LOST_AFTER_DAYS = 14
LIMIT_QUANTITY = 10


def delivery_cents(delivery: str, items_cents: int) -> int:
    """What delivery costs: standard delivery is free from 6000 cents up."""
    free = delivery == "standard" and items_cents >= FREE_STANDARD_FROM_CENTS
    return 0 if free else DELIVERY_CENTS[delivery]


def discount_cents(percent: int, min_items_cents: int, items_cents: int) -> int:
    """What a coupon takes off, rounded down; nothing below its minimum."""
    return items_cents * percent // 100 if items_cents >= min_items_cents else 0


def refund_cents(value_cents: int, items_cents: int, discount: int) -> int:
    """What returned items give back: their price less their share of the discount, which is rounded up."""
    return value_cents + -discount * value_cents // items_cents


def promised_on(placed_on: date, delivery: str) -> date:
    """The day by which an order is to arrive."""
    return placed_on + timedelta(days=PROMISED_DAYS[delivery])
