"""How the operator's rows are made: one function a table, each a function of its row alone."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from agent_envs.snapshots.domains.pools import POOLS
from agent_envs.snapshots.domains.recipe import Cells
from agent_envs.snapshots.domains.rows import Row

from .account import LINES, NOW, Account, Line
from .catalog import ADD_ONS, COUNTRIES, PLANS, REGIONS, free_number, number_of
from .dues import bill_items, bills, bookings, charges, payments, usage
from .phones import device_apps, device_settings, device_sims, devices
from .rules import OUTAGE_CREDIT_CENTS, OUTAGE_CREDIT_HOURS

__all__ = ["NOW", "counts"]
__all__ += ["bill_items", "bills", "bookings", "charges", "payments", "usage"]
__all__ += ["device_apps", "device_settings", "device_sims", "devices"]
_OUTAGES = 24
_FREE_NUMBERS = 40
_HOUR = timedelta(hours=1)


def counts(rows: int) -> dict[str, int]:
    """Numbers of each table: a customer makes about 28 rows in all."""
    known = {"regions": len(REGIONS), "countries": len(COUNTRIES), "plans": len(PLANS), "add_ons": len(ADD_ONS)}
    known |= {"outages": _OUTAGES, "free_numbers": _FREE_NUMBERS}
    of_customers = ["customers", "lines", "sims", "bookings", "charges", "usage", "bills", "bill_items", "payments"]
    of_customers += ["outage_credits", "tickets", "devices", "device_settings", "device_sims", "device_apps"]
    return known | dict.fromkeys(of_customers, max(8, (rows - sum(known.values())) // 28))


def regions(row: Row) -> Cells:
    """A part of the country in which lines are at home."""
    return {"region_id": row.key("R"), "name": REGIONS[row.number]}


def countries(row: Row) -> Cells:
    """A country and what roaming in it needs."""
    country, zone = list(COUNTRIES.items())[row.number]
    return {"country": country, "zone": zone}


def plans(row: Row) -> Cells:
    """A plan."""
    plan = PLANS[row.number]._asdict()
    return {"plan_id": row.key("P"), **{name: value for name, value in plan.items() if name != "share"}}


def add_ons(row: Row) -> Cells:
    """An add-on."""
    return {"add_on_id": row.key("A"), **ADD_ONS[row.number]._asdict()}


def free_numbers(row: Row) -> Cells:
    """A number that nobody has; a few cost something because they are easy to remember."""
    return {"number": free_number(row.number), "fee_cents": row.choice("fee", {0: 6, 500: 2, 1500: 1})}


def customers(row: Row) -> Cells:
    """Somebody who pays for one line or more."""
    account = Account(row)
    first, last = account.name
    local = f"{first}.{last}".replace("'", "").replace(" ", "").lower()
    card = f"{row.choice('brand', {'Visa': 6, 'Mastercard': 4})} ending {row.integer('digits', 0, 9999):04}"
    return {
        "customer_id": row.key("C"),
        "name": f"{first} {last}",
        "email": f"{local}{row.number}@{row.pick('domain', ('example.com', 'example.org', 'example.net'))}",
        "date_of_birth": account.born_on,
        "street": f"{row.integer('house', 1, 180, skew=2)} {row.pick('street', POOLS['streets'])}",
        "city": row.pick("city", POOLS["cities"]),
        "postcode": row.pick("postcode", POOLS["postcodes"]),
        "pays_by": "direct debit" if row.chance("debit", 0.6) else card,
        "joined_on": row.date("joined", date(2018, 5, 2), date(2025, 11, 28)),
        "credit_cents": OUTAGE_CREDIT_CENTS * sum(_credit(line) is not None for line in account.lines),
    }


def lines(row: Row) -> list[Cells]:
    """The lines of a customer."""
    made: list[Cells] = []
    for line in Account(row).lines:
        drawn, plan = line.row, line.plan_number
        following = (plan + 1) % 7  # the first seven are on sale and for all
        ends = drawn.date("contract", date(2024, 9, 1), date(2027, 12, 31))
        made.append(
            {
                "line_id": line.key,
                "customer_id": row.key("C"),
                "number": number_of(line.place),
                "plan_id": row.at("plans", plan).key("P"),
                "next_plan_id": row.at("plans", following).key("P") if drawn.chance("changes", 0.06) else None,
                "region_id": _region(line).key("R"),
                "contract_until": ends,
                "block": line.block,
                "registered": int("unregistered" not in line.faults),
                "roaming": int(_may_roam(line)),
                "picture_messages": int("pictures" not in line.faults),
                "slowed": int("slowed" in line.faults),
                "unlocked": int(ends < NOW.date() and drawn.chance("unlocked", 0.3)),
            }
        )
    return made


def sims(row: Row) -> list[Cells]:
    """The SIMs that the lines of a customer have and had."""
    return [
        {
            "sim_id": line.sim_id(index),
            "line_id": line.key,
            "kind": kind,
            "status": status,
            "issued_on": _issued_on(line, index, status),
        }
        for line in Account(row).lines
        for index, (kind, status) in enumerate(line.sims)
    ]


def outages(row: Row) -> Cells:
    """A time without network in a region; two of them still last."""
    region, still = row.number % len(REGIONS), row.number in (4, 9)
    began = row.time("began", NOW - timedelta(hours=60 if still else 24 * 45), NOW - (2 if still else 96) * _HOUR)
    began = began.replace(minute=began.minute // 15 * 15, second=0)
    lasts = _HOUR * row.integer("hours", 2, 90, skew=2)
    ends = NOW.replace(minute=0) + _HOUR * row.integer("hours left", 3, 40) if still else began + lasts
    return {
        "outage_id": row.key("U"),
        "region_id": row.at("regions", region).key("R"),
        "began_at": began,
        "ends_at": ends,
    }


def outage_credits(row: Row) -> list[Cells]:
    """Credit for a long outage, where a customer asked for it."""
    return [credit for line in Account(row).lines if (credit := _credit(line))]


def tickets(row: Row) -> list[Cells]:
    """What customers complained of and what was to be looked into."""
    made: list[Cells] = []
    for line in Account(row).lines:
        if line.row.chance("ticket", 0.2):
            made.append(
                {
                    "ticket_id": row.key("Q", line.index, LINES),
                    "line_id": line.key,
                    "topic": line.row.choice("topic", {"bill": 4, "coverage": 3, "service": 2}),
                    "status": line.row.choice("ticket status", {"open": 1, "closed": 2}),
                    "opened_at": line.row.time("opened", NOW - timedelta(days=120), NOW),
                }
            )
    return made


def _credit(line: Line) -> Cells | None:
    """The credit for the earlier outage of a line's region, if it was long and the customer asked."""
    outage = outages(line.row.at("outages", len(REGIONS) + _region(line).number))
    began, ends = outage["began_at"], outage["ends_at"]
    assert isinstance(began, datetime) and isinstance(ends, datetime)
    at = ends + _HOUR * line.row.integer("hours to claim", 1, 72)
    long = ends - began >= OUTAGE_CREDIT_HOURS * _HOUR
    if not long or at > NOW or not line.row.chance("claims", 0.2):
        return None
    key = line.row.at("outages", len(REGIONS) + _region(line).number).key("U")
    return {"line_id": line.key, "outage_id": key, "amount_cents": OUTAGE_CREDIT_CENTS, "given_at": at}


def _region(line: Line) -> Row:
    """Where a line is at home; some regions have many people."""
    return line.row.at("regions", line.row.integer("region", 0, len(REGIONS) - 1, skew=2))


def _may_roam(line: Line) -> bool:
    """Whether a line may be used abroad: it may where it is, but for a fault; at home, most may."""
    return "roaming" not in line.faults and (line.country is not None or line.row.chance("roams", 0.7))


def _issued_on(line: Line, index: int, status: str) -> date:
    if status == "sent":
        return line.row.date("sent", date(2026, 2, 20), date(2026, 3, 6))
    return line.row.part(index).date("issued", date(2023 + index, 1, 1), date(2024 + index, 1, 1))
