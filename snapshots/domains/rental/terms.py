"""The terms of a booking: waiver, accessories, voucher, where it is picked up, and so what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from agent_envs.snapshots.domains.rows import Row

from . import people
from .goods import BRANCHES, accessory_count, accessory_price_cents, branch_number
from .history import FUTURE_SLOTS, PAST_SLOTS, Item, Lending
from .money import Price, booking_price


class Booking(Lending):
    """What an item is lent for in one slot, with its terms."""

    @cached_property
    def to_branch(self) -> int | None:
        """The branch to which it is brought, if the member picks it up elsewhere."""
        far = self.part.chance("elsewhere", 0.06) and (self.first_day - self.made_at.date()).days > 1
        further = self.part.integer("how far", 1, len(BRANCHES) - 1)
        return (branch_number(self.item.row) + further) % len(BRANCHES) if far else None

    @property
    def has_waiver(self) -> bool:
        """Whether the member took the damage waiver."""
        return self.part.chance("waiver", 0.35)

    @cached_property
    def accessories(self) -> list[int]:
        """Which of the model's accessories go with it."""
        if not self.part.chance("accessories", 0.3):
            return []
        count = accessory_count(self.item.model)
        return sorted({self.part.integer("one", 0, count - 1), self.part.integer("two", 0, count - 1)})

    @property
    def voucher_value_cents(self) -> int:
        """The value of the voucher that was used, if there was one."""
        used = self.part.chance("voucher", 0.06) and self.status != "cancelled"
        return self.part.cents("voucher value", 500, 2000, step=500) if used else 0

    @property
    def price(self) -> Price:
        """What it cost."""
        assert self.member is not None
        days = (self.last_day - self.first_day).days + 1
        return booking_price(
            self.item.rates,
            days,
            people.level(self.member),
            has_waiver=self.has_waiver,
            accessories_cents=sum(accessory_price_cents(self.item.model, index) for index in self.accessories),
            is_transferred=self.to_branch is not None,
            voucher_cents=self.voucher_value_cents,
        )


def bookings_of(row: Row, having: Callable[[Booking], object] = bool) -> Iterator[Booking]:
    """The bookings of an item, in their order.

    Args:
        row: A row of any table whose rows come with the item's.
        having: What must be true of them. It is asked first, of slots that are free as well: it is cheaper.
    """
    item = Item(row)
    for slot in range(-PAST_SLOTS, FUTURE_SLOTS + 1):
        booking = Booking(item, slot)
        if having(booking) and booking.is_made:
            yield booking
