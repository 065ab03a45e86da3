"""What the wants of the shop's customers share: the customer, how they speak of an order, and money as they read it."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

from agent_envs.snapshots.domains.compose import drawn
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

LISTED = 20
"""How many orders the list shows."""
# An order with all that a want may depend on; its parcel is the last one.
_ORDERS = """
    SELECT o.*, m.label AS method, s.tracking_number, s.shipped_at, s.delivered_at
    FROM orders o JOIN payment_methods m USING (method_id) LEFT JOIN shipments s ON s.order_id = o.order_id
    AND s.shipment_id = (SELECT max(shipment_id) FROM shipments x WHERE x.order_id = o.order_id)
"""


class Customer(NamedTuple):
    """Somebody who writes to the shop."""

    customer_id: str
    name: str
    email: str
    phone: str
    tier: str
    postcode: str

    @classmethod
    def of(cls, db: EpisodeDatabase, customer_id: str) -> Self:
        """The customer of a key."""
        row = db.row(
            "SELECT customer_id, name, email, phone, tier, postcode FROM customers JOIN addresses USING (customer_id)"
            " WHERE customer_id = ? ORDER BY address_id",
            customer_id,
        )
        assert row is not None
        return cls(**row)


def order_of(db: EpisodeDatabase, customer: Customer, want: str, condition: str = "TRUE") -> dict[str, Any] | None:
    """One of the customer's orders of which a condition holds, another one for each want; None if there is none."""
    where = f"WHERE o.customer_id = ? AND ({condition})"
    count = db.scalar(f"SELECT count(*) FROM ({_ORDERS} {where})", customer.customer_id)
    if not count:
        return None
    place = drawn(customer.customer_id, want) % count
    return db.row(f"{_ORDERS} {where} ORDER BY o.order_id LIMIT 1 OFFSET ?", customer.customer_id, place)


class Spoken(NamedTuple):
    """How a customer speaks of an order: in words, and what they add when they are asked for its number."""

    words: str
    facts: dict[str, str]
    listed: bool


def spoken(db: EpisodeDatabase, order: dict[str, Any], want: str) -> Spoken:
    """An order as its customer speaks of it: by its number, by its day, or by nothing but that it is theirs."""
    placed_on = order["placed_at"][:10]
    theirs = "SELECT count(*) FROM orders WHERE customer_id = ? AND substr(placed_at, 1, 10)"
    same_day = db.scalar(f"{theirs} = ?", order["customer_id"], placed_on)
    newer = db.scalar(f"{theirs} > ?", order["customer_id"], placed_on)
    match drawn(order["order_id"], want) % 3:
        case 0 if same_day == 1 and newer < LISTED:
            return Spoken(f"the order that I placed on {placed_on}", {}, True)
        case 1:
            return Spoken("my order", {"order_id": order["order_id"]}, False)
    return Spoken(f"my order {order['order_id']}", {}, False)


def begun(draft: Draft, order: dict[str, Any], said: Spoken) -> Draft:
    """Add how the order is found and read: it is asked for, or looked up in the list, or was named."""
    draft.facts |= said.facts
    if said.facts:
        draft.say("What is the order number, please?")
    if said.listed:
        draft.call("list_orders", customer_id=order["customer_id"])
    return draft.call("get_order", order_id=order["order_id"])


def money(cents: int) -> str:
    """Cents as a customer reads them."""
    return f"{cents // 100}.{cents % 100:02d}"


def difference(before: int, after: int) -> str:
    """What a change costs or gives back, in words."""
    if after == before:
        return "nothing is charged or refunded"
    return f"{money(abs(after - before))} is {'charged' if after > before else 'refunded'}"
