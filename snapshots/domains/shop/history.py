"""The history of an order, from its lines to what was sent back, told by the order's row."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from agent_envs.snapshots.domains.pools import POOLS
from agent_envs.snapshots.domains.rows import Row

from .goods import category, price_cents, variant_count, variant_id
from .rules import delivery_cents, discount_cents, promised_on, refund_cents

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OPENED = datetime(2024, 3, 1, tzinfo=UTC)
TIERS = {"standard": 75, "silver": 18, "gold": 7}
_HOUR = timedelta(hours=1)


class Line(NamedTuple):
    """One line of an order."""

    line: int
    product: Row
    variant_id: str
    quantity: int
    unit_price_cents: int


class Coupon(NamedTuple):
    """A discount by code."""

    code: str
    percent: int
    min_items_cents: int
    first_day: date
    last_day: date
    uses_left: int


class Bill(NamedTuple):
    """What an order costs; its discount and its delivery follow from its items."""

    items_cents: int
    discount_cents: int
    delivery_cents: int
    total_cents: int


class Return(NamedTuple):
    """What was sent back: one line, in whole."""

    line: Line
    requested_at: datetime
    refunded_at: datetime
    refund_cents: int
    refund_to: str
    status: str


def address_count(customer: Row) -> int:
    """How many addresses a customer has."""
    return customer.choice("addresses", {1: 7, 2: 2, 3: 1})


def method_count(customer: Row) -> int:
    """How many ways to pay a customer has."""
    return customer.choice("methods", {1: 5, 2: 5})


def expires_on(customer: Row, method: int) -> date | None:
    """When a way to pay ends; never, if it is a wallet. Some second cards have expired."""
    part = customer.part(method)
    if method == 1 and part.chance("wallet", 0.4):
        return None
    return date(part.integer("year", 2026 - 2 * method, 2030), part.integer("month", 4, 12), 28)


def coupon(row: Row) -> Coupon:
    """The coupon of a row of its table; about half of them are over."""
    percent = 5 * row.integer("percent", 1, 5)
    first = row.date("first", OPENED.date(), NOW.date() + timedelta(days=10))
    return Coupon(
        f"{row.pick('word', POOLS['nouns']).upper()}{percent}{row.number:02}",
        percent,
        row.cents("least", 0, 8000, step=2000),
        first,
        first + timedelta(days=row.integer("days", 60, 500)),
        0 if row.chance("used up", 0.15) else row.integer("uses", 1, 200),
    )


class Order:
    """An order; each fact is drawn when it is first asked for.

    Args:
        row: A row of any table whose rows come with an order's.
    """

    def __init__(self, row: Row) -> None:
        self.row = row.at("orders", row.number)

    @cached_property
    def customer(self) -> Row:
        """Who ordered; few customers order much."""
        return self.row.other("customer", "customers")

    @cached_property
    def method_id(self) -> str:
        """How it was paid: by a method that was good on the day."""
        method = self.row.integer("method", 0, method_count(self.customer) - 1)
        ends = expires_on(self.customer, method)
        return self.customer.key("M", 0 if ends and ends < self.placed_at.date() else method, 2)

    @cached_property
    def delivery(self) -> str:
        """How fast it was to be delivered."""
        return self.row.choice("delivery", {"standard": 4, "express": 1})

    @cached_property
    def lines(self) -> list[Line]:
        """Its lines, each of another variant, at the variant's price."""
        found: dict[str, Line] = {}
        for index in range(self.row.integer("lines", 1, 5, skew=2)):
            part = self.row.part(index)
            product = part.other("product", "products")
            variant = part.integer("variant", 0, variant_count(product) - 1)
            key, price = variant_id(product, variant), price_cents(product, variant)
            if key not in found:
                found[key] = Line(len(found) + 1, product, key, part.integer("quantity", 1, 4, skew=3), price)
        return list(found.values())

    @cached_property
    def items_cents(self) -> int:
        """The price of its lines."""
        return sum(line.quantity * line.unit_price_cents for line in self.lines)

    @cached_property
    def coupon(self) -> Coupon | None:
        """The coupon that was used, if the customer had one that was good for it."""
        if not self.row.chance("has coupon", 0.3):
            return None
        found = coupon(self.row.other("coupon", "coupons", skew=1))
        good = found.first_day <= self.placed_at.date() <= found.last_day and self.items_cents >= found.min_items_cents
        return found if good else None

    @cached_property
    def bill(self) -> Bill:
        """What it costs."""
        items, used = self.items_cents, self.coupon
        discount = discount_cents(used.percent, used.min_items_cents, items) if used else 0
        fee = delivery_cents(self.delivery, items)
        return Bill(items, discount, fee, items - discount + fee)

    @cached_property
    def placed_at(self) -> datetime:
        """When it was placed; business grows, so most orders are recent."""
        return self.row.time("placed", OPENED, NOW, skew=3)

    @cached_property
    def promised_on(self) -> date:
        """By when it was to arrive."""
        return promised_on(self.placed_at.date(), self.delivery)

    @cached_property
    def packed_at(self) -> datetime:
        """When it can no longer be changed, or could have been."""
        return self.placed_at + _HOUR * self.row.integer("hours to pack", 12, 60)

    @cached_property
    def shipped_at(self) -> datetime:
        """When it leaves the warehouse, or would have."""
        return self.packed_at + _HOUR * self.row.integer("hours to ship", 8, 48)

    @cached_property
    def delivered_at(self) -> datetime | None:
        """When it arrived; None while it is under way, or if it was lost there."""
        if self.row.chance("lost", 0.03):
            return None
        longest = 240 if self.delivery == "standard" else 72
        arrived = self.shipped_at + _HOUR * self.row.integer("hours under way", 18, longest, skew=2)
        return arrived if arrived <= NOW else None

    @cached_property
    def status(self) -> str:
        """Where it stands now."""
        if self.row.chance("cancelled", 0.05):
            return "cancelled"
        if self.packed_at > NOW:
            return "pending"
        if self.shipped_at > NOW:
            return "processing"
        return "shipped" if self.delivered_at is None else "delivered"

    @cached_property
    def cancelled_at(self) -> datetime:
        """When it was cancelled, if it was."""
        return min(self.placed_at + _HOUR * self.row.integer("hours to cancel", 1, 9), NOW)

    @cached_property
    def sent_back(self) -> Return | None:
        """What the customer sent back, if anything; never a final sale."""
        if not self.row.chance("returned", 0.12) or self.status != "delivered" or self.delivered_at is None:
            return None
        line = self.row.pick("returned line", self.lines)
        requested = self.delivered_at + _HOUR * self.row.integer("hours to return", 5, 680)
        if requested > NOW or category(line.product).final_sale:
            return None
        value = line.quantity * line.unit_price_cents
        refund = refund_cents(value, self.items_cents, self.bill.discount_cents)
        refunded = requested + _HOUR * self.row.integer("hours to refund", 72, 216)
        done = "cancelled" if self.row.chance("return cancelled", 0.1) else "refunded"
        to = self.row.choice("refund to", {"original_method": 4, "store_credit": 1})
        return Return(line, requested, refunded, refund, to, "open" if refunded > NOW else done)
