"""An account: a customer and their lines, with whatever is wrong with each line or its phone, told by one row."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from agent_envs.snapshots.domains.pools import POOLS
from agent_envs.snapshots.domains.rows import Row

from .catalog import ADD_ONS, COUNTRIES, PLANS, Plan
from .rules import YOUNG_UNDER, age

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
MONTHS = ("2025-12", "2026-01", "2026-02")
"""The months of which there are bills; the month of now has none yet."""
LINES = 3
SIMS = 3
BOOKINGS = 2
FAULTS = {0: 46, 1: 25, 2: 17, 3: 9, 4: 3}
"""How many causes of trouble are drawn for a line; two draws may hit the same."""
AT_HOME = {
    **{"used up": 13, "mobile data": 12, "flight mode": 10, "messages app": 9, "data saver": 15, "apn": 8},
    **{"restart": 8, "block": 7, "pictures": 7, "unregistered": 7, "slowed": 12, "loose": 7},
    **{"network choice": 6, "network mode": 6, "vpn": 6, "inactive": 6},
}
ABROAD = AT_HOME | {"data roaming": 30, "roaming": 25, "no pass": 25}
_SHARES = {number: plan.share for number, plan in enumerate(PLANS)}
_EXTRAS = {"calls_abroad": 5, "service_numbers": 3, "parking": 2}
_THIS_MONTH = datetime(2026, 3, 1, tzinfo=UTC)
_LONGEST_AGE = 88


class Item(NamedTuple):
    """One item of a bill."""

    line: int
    kind: str
    amount_cents: int


class Booking(NamedTuple):
    """An add-on that was booked this month and is still good."""

    add_on: int
    booked_at: datetime
    valid_until: date


class Line:
    """A line and its phone; each fact is drawn when it is first asked for.

    Args:
        account: Whose it is.
        index: Which of their lines.
    """

    def __init__(self, account: Account, index: int) -> None:
        self.account, self.index = account, index
        self.row = account.row.part(index)

    @cached_property
    def place(self) -> int:
        """Its place among all lines that there could be."""
        return self.account.row.number * LINES + self.index

    @cached_property
    def key(self) -> str:
        """Its key."""
        return self.account.row.key("L", self.index, LINES)

    @cached_property
    def device_id(self) -> str:
        """The key of its phone."""
        return self.account.row.key("D", self.index, LINES)

    def sim_id(self, index: int) -> str:
        """The key of one of its SIMs."""
        return self.account.row.key("SIM", self.index * SIMS + index, LINES * SIMS)

    @cached_property
    def plan_number(self) -> int:
        """Its plan; plans for the young are for the young."""
        number = self.row.choice("plan", _SHARES)
        return 1 if PLANS[number].audience == "young" and not self.account.is_young else number

    @cached_property
    def plan(self) -> Plan:
        """What it is entitled to."""
        return PLANS[self.plan_number]

    @cached_property
    def country(self) -> str | None:
        """Where the phone is, if not at home."""
        return self.row.pick("country", tuple(COUNTRIES)) if self.row.chance("abroad", 0.16) else None

    @cached_property
    def faults(self) -> frozenset[str]:
        """What is wrong with the line or its phone."""
        count = self.row.choice("faults", FAULTS)
        options = ABROAD if self.country else AT_HOME
        return frozenset(self.row.choice(f"fault {number}", options) for number in range(count))

    @cached_property
    def block(self) -> str:
        """Why it is blocked: a late customer's lines are, and some still are though all is paid."""
        if self.row.chance("stolen", 0.03):
            return self.row.pick("gone", ("stolen", "lost"))
        return "unpaid" if self.account.is_late or "block" in self.faults else "none"

    @cached_property
    def sims(self) -> list[tuple[str, str]]:
        """Kind and status of its SIMs, from the first to the last."""
        kind = "esim" if self.row.chance("esim", 0.35) else "card"
        before = [("card", "replaced")] if self.row.chance("had another", 0.2) else []
        return [*before, (kind, "active"), *([("card", "sent")] if "inactive" in self.faults else [])]

    @cached_property
    def bookings(self) -> list[Booking]:
        """What was booked for it this month."""
        wanted: list[int] = []
        if self.row.chance("more data", 0.18):
            wanted.append(self.row.choice("data add-on", {0: 5, 1: 4, 2: 1}))
        zone = COUNTRIES[self.country] if self.country else "included"
        if zone != "included" and "no pass" not in self.faults:
            wanted.append(next(number for number, add_on in enumerate(ADD_ONS) if add_on.zone == zone))
        made = []
        for index, number in enumerate(wanted):
            at = self.row.part(index).time("booked", max(_THIS_MONTH, NOW - timedelta(days=6)), NOW)
            made.append(Booking(number, at, at.date() + timedelta(days=ADD_ONS[number].days)))
        return made

    def used_mb(self, month: str) -> int:
        """How much data was used in a month, in steps of 50 MB; now all of it, if that is what is wrong."""
        if month in MONTHS:
            return self.row.integer(f"data {month}", 0, self.plan.data_mb // 50, skew=3) * 50
        booked = sum(ADD_ONS[booking.add_on].data_mb for booking in self.bookings)
        if "used up" in self.faults:
            return self.plan.data_mb + booked
        return self.row.integer("data now", 0, self.plan.data_mb * 7 // 500, skew=3) * 50

    def extra(self, month: str) -> Item | None:
        """What a bill holds for it besides the plan."""
        if not self.row.chance(f"extra {month}", 0.3):
            return None
        amount = self.row.cents(f"extra amount {month}", 45, 2400, step=5)
        return Item(self.index, self.row.choice(f"extra kind {month}", _EXTRAS), amount)


class Account:
    """A customer with their lines.

    Args:
        row: A row of any table whose rows come with a customer's.
    """

    def __init__(self, row: Row) -> None:
        self.row = row.at("customers", row.number)

    @cached_property
    def born_on(self) -> date:
        """Their date of birth; all are of age."""
        return self.row.date("born", date(NOW.year - _LONGEST_AGE, 1, 1), date(NOW.year - 19, 12, 31))

    @cached_property
    def is_young(self) -> bool:
        """Whether plans for the young are for them."""
        return age(self.born_on, NOW.date()) < YOUNG_UNDER

    @cached_property
    def lines(self) -> list[Line]:
        """Their lines; few have several."""
        return [Line(self, index) for index in range(self.row.choice("lines", {1: 65, 2: 24, 3: 11}))]

    @cached_property
    def is_late(self) -> bool:
        """Whether the bill of January is not paid though it is due."""
        return self.row.chance("late", 0.07)

    def status(self, month: str) -> str:
        """How a bill stands: the last one is due in five days."""
        if self.is_late and month == MONTHS[1]:
            return "overdue"
        return "open" if month == MONTHS[2] and (self.is_late or self.row.chance("waits", 0.5)) else "paid"

    def items(self, month: str) -> list[Item]:
        """What a bill holds."""
        plans = [Item(line.index, "plan", line.plan.monthly_cents) for line in self.lines]
        return plans + [extra for line in self.lines if (extra := line.extra(month))]

    @cached_property
    def name(self) -> tuple[str, str]:
        """First and last name."""
        names = POOLS["female_names" if self.row.chance("female", 0.5) else "male_names"]
        return self.row.pick("first name", names), self.row.pick("last name", POOLS["last_names"])
