"""The history of an item: it is lent in slots of sixteen days, each with one booking at most, so that no two meet."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from agent_envs.snapshots.domains.rows import Row

from . import people
from .goods import Rates, model_of, rates, thing
from .people import NOW, TODAY

PAST_SLOTS, FUTURE_SLOTS = 12, 4
SLOTS = PAST_SLOTS + 1 + FUTURE_SLOTS
_SLOT_DAYS = 16
_DAY = timedelta(days=1)
_TAKEN = {-1: 0.75, 0: 0.85, 1: 0.65, 2: 0.5, 3: 0.35, 4: 0.25}
"""How many slots are taken; of those further back it is the item's popularity that decides."""
_DAYS = {1: 4, 2: 6, 3: 6, 4: 3, 5: 3, 7: 7, 10: 3}
_UNPAID_DAYS = 16


class Item:
    """A single item.

    Args:
        row: A row of any table whose rows come with an item's.
    """

    def __init__(self, row: Row) -> None:
        self.row = row.at("items", row.number)
        self.phase = self.row.integer("phase", 0, _SLOT_DAYS - 1)
        self.popularity = 0.2 + self.row.integer("popularity", 0, 60) / 100

    @cached_property
    def model(self) -> Row:
        """Its model."""
        return model_of(self.row)

    @cached_property
    def rates(self) -> Rates:
        """What it costs."""
        return rates(self.model)

    @property
    def maintenance_until(self) -> date | None:
        """Until when it is in maintenance, if it is: the slot of today is then free."""
        ends = self.starts(1) - _DAY
        return max(ends - self.row.integer("sooner", 0, 5) * _DAY, TODAY) if self.in_maintenance else None

    @cached_property
    def in_maintenance(self) -> bool:
        """Whether it is in maintenance today."""
        return self.row.chance("maintenance", 0.07)

    def starts(self, slot: int) -> date:
        """The first day of a slot; today is in slot 0."""
        return TODAY + (slot * _SLOT_DAYS - self.phase) * _DAY


class Lending:
    """To whom an item is lent in one slot, and what came of it; each fact is drawn when it is first asked for.

    Args:
        item: The item.
        slot: Which slot of its; negative ones are over.
    """

    def __init__(self, item: Item, slot: int) -> None:
        self.item, self.slot, self.index = item, slot, slot + PAST_SLOTS
        self.part = item.row.part(self.index)

    def key(self, prefix: str, index: int = 0, parts: int = 1) -> str:
        """A key of a row that comes with the booking."""
        return self.item.row.key(prefix, self.index * parts + index, SLOTS * parts)

    @property
    def is_made(self) -> bool:
        """Whether the slot is taken, by somebody who may."""
        if self.slot == 0 and self.item.in_maintenance:
            return False
        return self.part.chance("taken", _TAKEN.get(self.slot, self.item.popularity)) and self.member is not None

    @cached_property
    def first_day(self) -> date:
        """The day of pick-up."""
        return self.item.starts(self.slot) + self.part.integer("pause", 1, 4) * _DAY

    @cached_property
    def last_day(self) -> date:
        """The day by which it is to be back."""
        return self.first_day + (self.part.choice("days", _DAYS) - 1) * _DAY

    @cached_property
    def member(self) -> Row | None:
        """Who booked it, if anybody may.

        Long ago it was anybody, and some members came often. The slots from the last one on go round all members
        evenly, so that each member can tell what they have under way, and no limit is broken.
        """
        machine_class = thing(self.item.model).machine_class
        if self.slot < -1:
            for field in ("member", "another", "yet another"):
                member = self.part.other(field, "members")
                if people.may_use(member, machine_class, self.first_day, self.last_day):
                    return member
            return None
        place = self._place
        member = self.part.at("members", place % self.part.counts["members"])
        if not people.may_use(member, machine_class, self.first_day, self.last_day):
            return None
        if self.slot < 0:
            return member
        earlier = self._candidate(place - self.part.counts["members"])
        deposits = self.item.rates.deposit_cents + (earlier.item.rates.deposit_cents if earlier else 0)
        fits = deposits <= people.deposit_limit_cents(member)
        return member if fits and not people.is_blocked(member) else None

    @cached_property
    def made_at(self) -> datetime:
        """When it was booked: before today, and before the day of pick-up."""
        gap = max((self.first_day - TODAY).days, 0)
        made_on = self.first_day - (gap + self.part.integer("lead", 1, 10 if gap else 40, skew=2)) * _DAY
        at = time(self.part.integer("hour", 8, 18), self.part.integer("minute", 0, 59), tzinfo=UTC)
        return datetime.combine(made_on, at)

    @cached_property
    def status(self) -> str:
        """Where it stands now."""
        if self.part.chance("cancelled", 0.06):
            return "cancelled"
        if self.first_day > TODAY or (self.first_day == TODAY and self.part.chance("later today", 0.5)):
            return "reserved"
        return "out" if self.returned_on is None else "returned"

    @property
    def cancelled_at(self) -> datetime:
        """When it was cancelled, if it was: before the day of pick-up."""
        last = datetime.combine(self.first_day, time(tzinfo=UTC)) - timedelta(minutes=1)
        return self.part.time("cancelled at", self.made_at, min(last, NOW))

    @cached_property
    def late_days(self) -> int:
        """How many days too late it came back, if it did."""
        return self.part.integer("late", 1, 2) if self.part.chance("is late", 0.2 if self.slot < -1 else 0.5) else 0

    @cached_property
    def returned_on(self) -> date | None:
        """When it came back; None while it is out."""
        if self.slot == 0 and self.last_day < TODAY and self.part.chance("overdue", 0.15):
            return None
        back = self.last_day + self.late_days * _DAY
        return back if back < TODAY else None

    @cached_property
    def inspected_on(self) -> date | None:
        """When the branch looked it over, if it has."""
        if self.status != "returned" or self.returned_on is None:
            return None
        day = self.returned_on + self.part.integer("to inspect", 0, 6, skew=2) * _DAY
        return day if day <= TODAY else None

    @cached_property
    def severity(self) -> str | None:
        """What was found broken when it was looked over."""
        if not self.part.chance("damaged", 0.04 if self.slot < -1 else 0.15) or self.inspected_on is None:
            return None
        return self.part.choice("severity", {"scratched": 5, "broken_part": 3, "beyond_repair": 1})

    @property
    def deposit_released_on(self) -> date | None:
        """When the deposit was let go, if it was."""
        if self.inspected_on is None or (self.slot >= -1 and self.part.chance("forgotten", 0.4)):
            return None
        day = self.inspected_on + self.part.integer("to release", 0, 4, skew=2) * _DAY
        raised = [on for on in (self.late_raised_on, self.damage_raised_on) if on is not None]
        return day if day <= TODAY and not any(map(self.is_unpaid, raised)) else None

    @property
    def late_raised_on(self) -> date | None:
        """When a late fee was raised."""
        return self.returned_on if self.late_days and self.status == "returned" else None

    @property
    def damage_raised_on(self) -> date | None:
        """When a damage fee was raised."""
        return self.inspected_on if self.severity else None

    def is_unpaid(self, raised_on: date) -> bool:
        """Whether a fee is still to be paid; nobody booked anything while one was."""
        if self.slot < -1 or (TODAY - raised_on).days > _UNPAID_DAYS or self.part.chance("pays at once", 0.15):
            return False
        members, step = self.part.counts["members"], self._place % self.part.counts["members"]
        others = (self._candidate(place) for place in range(step, 6 * self.part.counts["items"], members))
        return not any(other.made_at.date() > raised_on for other in others if other and other.is_made)

    @property
    def _place(self) -> int:
        """The booking's place among those that go round all members: what is under way first, the last slot after."""
        around = self.slot if self.slot >= 0 else FUTURE_SLOTS + 1
        return around * self.part.counts["items"] + self.item.row.number

    def _candidate(self, place: int) -> Lending | None:
        """The booking of a place, made or not; None where there is none, or it is this one."""
        if place < 0 or place == self._place:
            return None
        around, number = divmod(place, self.part.counts["items"])
        return Lending(Item(self.part.at("items", number)), around if around <= FUTURE_SLOTS else -1)
