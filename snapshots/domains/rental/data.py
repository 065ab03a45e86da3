"""How the rental shop's rows are made: one function a table, each a function of its row alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from agent_envs.snapshots.domains.pools import POOLS
from agent_envs.snapshots.domains.recipe import Cells
from agent_envs.snapshots.domains.rows import Row

from . import people
from .goods import BRANCHES, LIMIT_ACCESSORIES, THINGS, accessory_price_cents, branch_number, rates, thing
from .history import Item
from .people import NOW, TODAY
from .rules import damage_fee_cents, damage_list_cents, late_fee_cents
from .terms import Booking, bookings_of

__all__ = ["NOW"]
_FEES = ("late", "damage")


def counts(rows: int) -> dict[str, int]:
    """Numbers of each table: an item makes about twenty-eight rows in all."""
    items = max(20, rows // 28)
    members = items * 14 // 5  # no member gets more than two of the five slots that are not over
    of_items = ("items", "bookings", "booking_accessories", "transfers", "fees", "damage_reports", "payments")
    of_models = dict.fromkeys(("models", "accessories"), max(len(THINGS), items // 5))
    of_members = {"members": members, "certificates": members, "vouchers": members + items}
    return {"branches": len(BRANCHES)} | of_models | of_members | dict.fromkeys(of_items, items)


def branches(row: Row) -> Cells:
    """A place where equipment is picked up and brought back."""
    return {
        "branch_id": row.key("L"),
        "branch": BRANCHES[row.number],
        "street": f"{row.integer('house', 1, 90)} {row.pick('street', POOLS['streets'])}",
        "phone": f"07700 900{row.integer('phone', 0, 999):03}",  # a range that Ofcom keeps for fiction
    }


def members(row: Row) -> Cells:
    """Somebody who rents here."""
    first = row.pick("first name", POOLS[row.choice("names", {"female_names": 1, "male_names": 1})])
    last = row.pick("last name", POOLS["last_names"])
    domain = row.pick("domain", ("example.com", "example.org", "example.net"))
    local = f"{first}.{last}".replace("'", "").replace(" ", "").lower()
    return {
        "member_id": row.key("M"),
        "name": f"{first} {last}",
        "email": f"{local}{row.number}@{domain}",
        "phone": f"07700 900{row.integer('phone', 0, 999):03}",
        "postcode": row.pick("postcode", POOLS["postcodes"]),
        "card": f"{row.choice('brand', {'Visa': 6, 'Mastercard': 4})} ending {row.integer('digits', 0, 9999):04}",
        "joined_on": people.joined_on(row),
        "level": people.level(row),
        "id_verified": int(people.is_verified(row)),
        "blocked": int(people.is_blocked(row)),
        "deposit_limit_cents": people.deposit_limit_cents(row),
        "last_fee_waiver_on": people.last_fee_waiver_on(row),
    }


def certificates(row: Row) -> Iterator[Cells]:
    """What a member may use besides what is open to all."""
    for machine_class in ("cutting", "plant"):
        held = people.certificate(row.at("members", row.number), machine_class)
        if held is not None:
            yield {"member_id": row.key("M"), "machine_class": machine_class, **held._asdict()}


def models(row: Row) -> Cells:
    """Something that is lent, of which there are several; the number in its name is its own."""
    of = thing(row)
    return {
        "model_id": row.key("P"),
        "name": f"{row.pick('series', POOLS['cities'])} {of.name} {100 + row.number}",
        "category": of.category,
        "machine_class": of.machine_class,
        **rates(row)._asdict(),
    }


def accessories(row: Row) -> list[Cells]:
    """What can be lent with a model."""
    model = row.at("models", row.number)
    return [
        {
            "accessory_id": row.key("A", index, LIMIT_ACCESSORIES),
            "model_id": row.key("P"),
            "accessory": name,
            "price_cents": accessory_price_cents(model, index),
        }
        for index, name in enumerate(thing(model).accessories)
    ]


def items(row: Row) -> Cells:
    """One piece of a model, at home in a branch."""
    item = Item(row)
    return {
        "item_id": row.key("E"),
        "model_id": item.model.key("P"),
        "branch_id": row.at("branches", branch_number(item.row)).key("L"),
        "serial": f"{row.integer('series', 10, 99)}-{row.number:07}",
        "condition": row.choice("condition", {"as_new": 2, "good": 5, "worn": 2}),
        "maintenance_until": item.maintenance_until,
    }


def bookings(row: Row) -> Iterator[Cells]:
    """What an item is or was lent for; no two of its bookings meet."""
    for booking in bookings_of(row):
        assert booking.member is not None
        returned = booking.status == "returned"
        at = branch_number(booking.item.row) if booking.to_branch is None else booking.to_branch
        yield {
            "booking_id": booking.key("B"),
            "member_id": booking.member.key("M"),
            "item_id": row.key("E"),
            "branch_id": row.at("branches", at).key("L"),
            "status": booking.status,
            "made_at": booking.made_at,
            "first_day": booking.first_day,
            "last_day": booking.last_day,
            "returned_on": booking.returned_on if returned else None,
            "inspected_on": booking.inspected_on,
            "deposit_released_on": booking.deposit_released_on,
            "waiver": int(booking.has_waiver),
            "deposit_cents": booking.item.rates.deposit_cents,
            **booking.price._asdict(),
        }


def booking_accessories(row: Row) -> Iterator[Cells]:
    """What goes with a booking."""
    for booking in bookings_of(row, lambda booking: booking.accessories):
        for index in booking.accessories:
            accessory = booking.item.model.key("A", index, LIMIT_ACCESSORIES)
            yield {"booking_id": booking.key("B"), "accessory_id": accessory}


def transfers(row: Row) -> Iterator[Cells]:
    """The way of an item to another branch the day before a booking, and back the day after."""
    for booking in bookings_of(row, lambda booking: booking.to_branch is not None):
        assert booking.to_branch is not None
        yield {
            "booking_id": booking.key("B"),
            "from_branch_id": row.at("branches", branch_number(booking.item.row)).key("L"),
            "to_branch_id": row.at("branches", booking.to_branch).key("L"),
            "leaves_on": booking.first_day - timedelta(days=1),
            "back_on": booking.last_day + timedelta(days=1),
        }


def vouchers(row: Row) -> Iterator[Cells]:
    """Vouchers that members have, and behind them those that were used for the bookings of an item."""
    item_number = row.number - row.counts["members"]
    if item_number < 0:
        if row.chance("has voucher", 0.3):
            yield _voucher(row, 0, row.key("M"), row.cents("value", 500, 2000, step=500), None)
        return
    for booking in bookings_of(row.at("items", item_number), lambda booking: booking.voucher_value_cents):
        assert booking.member is not None
        yield _voucher(row, booking.index, booking.member.key("M"), booking.voucher_value_cents, booking)


def fees(row: Row) -> Iterator[Cells]:
    """What a member owes or owed besides: for coming back late, and for damage."""
    for booking, kind, amount, raised_on in _raised(row):
        assert booking.member is not None
        unpaid = booking.is_unpaid(raised_on)
        yield {
            "fee_id": booking.key("F", _FEES.index(kind), 2),
            "member_id": booking.member.key("M"),
            "booking_id": booking.key("B"),
            "fee_kind": kind,
            "amount_cents": amount,
            "fee_status": "unpaid" if unpaid else "paid",
            "raised_on": raised_on,
            "settled_on": None if unpaid else raised_on,  # at the counter; what is not paid there waits
        }


def damage_reports(row: Row) -> Iterator[Cells]:
    """What was found broken when an item was looked over."""
    for booking in bookings_of(row, lambda booking: booking.severity):
        assert booking.severity is not None
        yield {
            "booking_id": booking.key("B"),
            "fee_id": booking.key("F", _FEES.index("damage"), 2),
            "severity": booking.severity,
            "list_cents": damage_list_cents(booking.severity, booking.item.rates.deposit_cents),
            "reported_on": booking.inspected_on,
        }


def payments(row: Row) -> Iterator[Cells]:
    """What was charged to cards and paid back: bookings, those that were cancelled, and fees."""
    for booking in bookings_of(row):
        if total := booking.price.total_cents:
            yield _payment(booking, 0, "charge", total, booking.made_at)
            if booking.status == "cancelled":
                yield _payment(booking, 1, "refund", total, booking.cancelled_at)
    for booking, kind, amount, raised_on in _raised(row):
        if not booking.is_unpaid(raised_on):
            number = _FEES.index(kind)
            at = datetime.combine(raised_on, time(8, 30) if raised_on == TODAY else time(17, 45), tzinfo=UTC)
            yield _payment(booking, 2 + number, "charge", amount, at, booking.key("F", number, 2))


def _raised(row: Row) -> Iterator[tuple[Booking, str, int, date]]:
    """The fees of an item's bookings: of which kind, how much, and when they were raised."""
    for booking in bookings_of(row, lambda booking: booking.late_raised_on or booking.severity):
        of = booking.item.rates
        if booking.late_raised_on is not None:
            yield booking, "late", late_fee_cents(of.day_cents, booking.late_days), booking.late_raised_on
        if booking.severity is not None and booking.damage_raised_on is not None:
            amount = damage_fee_cents(booking.severity, of.deposit_cents, booking.has_waiver)
            yield booking, "damage", amount, booking.damage_raised_on


def _voucher(row: Row, index: int, member_id: str, value_cents: int, booking: Booking | None) -> Cells:
    """A voucher; one that was used held on the day of the booking."""
    part = row.part(index)
    lasts = timedelta(days=part.integer("lasts", 5, 240))
    return {
        "voucher_code": f"{part.pick('word', POOLS['nouns']).upper()}{1000 + row.number}{chr(65 + index)}",
        "member_id": member_id,
        "value_cents": value_cents,
        "expires_on": booking.made_at.date() + lasts if booking else TODAY - timedelta(days=60) + lasts,
        "booking_id": booking.key("B") if booking else None,
    }


def _payment(
    booking: Booking, index: int, kind: str, cents: int, made_at: datetime, fee_id: str | None = None
) -> Cells:
    of = {"payment_id": booking.key("T", index, 4), "booking_id": booking.key("B"), "fee_id": fee_id}
    return {**of, "kind": kind, "amount_cents": cents, "made_at": made_at}
