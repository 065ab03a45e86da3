"""The shop's tools that write after an order was shipped: returns, late parcels and lost ones."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError, tool

from . import views
from .money import new_id, take_stock, today
from .rules import DELAY_CREDIT_CENTS, LOST_AFTER_DAYS, RETURN_DAYS, refund_cents

Text = Annotated[str, Meta(min_length=1, max_length=100)]
Items = Annotated[list[views.ReturnedItem], Meta(min_length=1, max_length=10)]


class DelayCredit(msgspec.Struct, frozen=True):
    """Store credit that was given for a late order."""

    order_id: str
    amount_cents: int
    store_credit_cents: int


def check_return(db: EpisodeDatabase, order: views.Order, items: list[views.ReturnedItem]) -> int:
    """What a return would pay back, in cents.

    Raises:
        ToolError: It is not possible; says why.
    """
    parcels = views.shipments(db, order.order_id)
    if order.status != "delivered" or not parcels or parcels[-1].delivered_at is None:
        raise ToolError(f"order {order.order_id} is {order.status}; only a delivered order can be returned")
    days = (today(db) - date.fromisoformat(parcels[-1].delivered_at[:10])).days
    tier = views.customer(db, order.customer_id).tier
    if days > RETURN_DAYS[tier]:
        raise ToolError(
            f"order {order.order_id} was delivered {days} days ago; a {tier} customer has {RETURN_DAYS[tier]}"
        )
    if len({item.line for item in items}) < len(items):
        raise ToolError("one line came twice; give each line once, with the whole quantity")
    value = 0
    for item in items:
        bought = views.order_item(order, item.line)
        if bought.final_sale:
            raise ToolError(f"line {item.line} ({bought.name}) was a final sale and cannot be returned")
        back = db.scalar(
            "SELECT coalesce(sum(i.quantity), 0) FROM return_items i JOIN returns r USING (return_id)"
            " WHERE i.order_id = ? AND i.line = ? AND r.status <> 'cancelled'",
            order.order_id,
            item.line,
        )
        if not 1 <= item.quantity <= bought.quantity - back:
            raise ToolError(
                f"line {item.line} has {bought.quantity - back} left to return, not {item.quantity}; "
                f"{bought.quantity} were bought and {back} returned"
            )
        value += item.quantity * bought.unit_price_cents
    return refund_cents(value, order.items_cents, order.discount_cents)


@tool(writes=True)
def request_return(
    db: EpisodeDatabase,
    order_id: Text,
    items: Items,
    reason: views.ReturnReason,
    refund_to: views.RefundTo = "original_method",
) -> views.Return:
    """Open a return for items of a delivered order; the refund follows by itself when the parcel has arrived."""
    refund = check_return(db, views.order(db, order_id), items)
    return_id = new_id(db, "returns", "return_id", "R")
    db.write(
        "INSERT INTO returns (return_id, order_id, status, reason, refund_to, refund_cents, requested_at)"
        " VALUES (?, ?, 'open', ?, ?, ?, ?)",
        return_id,
        order_id,
        reason,
        refund_to,
        refund,
        db.now,
    )
    for item in items:
        db.write(
            "INSERT INTO return_items (return_id, order_id, line, quantity) VALUES (?, ?, ?, ?)",
            return_id,
            order_id,
            item.line,
            item.quantity,
        )
    return views.returned(db, return_id)


@tool(writes=True)
def cancel_return(db: EpisodeDatabase, return_id: Text) -> views.Return:
    """Cancel an open return: the customer keeps the items."""
    _open(db, return_id)
    db.write("UPDATE returns SET status = 'cancelled' WHERE return_id = ?", return_id)
    return views.returned(db, return_id)


@tool(writes=True)
def change_refund(db: EpisodeDatabase, return_id: Text, refund_to: views.RefundTo) -> views.Return:
    """Change where the refund of an open return goes."""
    _open(db, return_id)
    db.write("UPDATE returns SET refund_to = ? WHERE return_id = ?", refund_to, return_id)
    return views.returned(db, return_id)


@tool(writes=True)
def give_delay_credit(db: EpisodeDatabase, order_id: Text) -> DelayCredit:
    """Give store credit for an order that arrived, or still is, later than promised; once an order, by tier."""
    order = views.order(db, order_id)
    parcels = views.shipments(db, order_id)
    arrived = parcels[-1].delivered_at if parcels else None
    if order.status == "cancelled" or (arrived or db.now)[:10] <= order.promised_on:
        raise ToolError(f"order {order_id} is {order.status} and was promised for {order.promised_on}: it is not late")
    given = db.scalar("SELECT amount_cents FROM delay_credits WHERE order_id = ?", order_id)
    if given is not None:
        raise ToolError(f"order {order_id} already had a delay credit of {given} cents; there is one an order")
    amount = DELAY_CREDIT_CENTS[views.customer(db, order.customer_id).tier]
    db.write("INSERT INTO delay_credits (order_id, amount_cents, given_at) VALUES (?, ?, ?)", order_id, amount, db.now)
    db.write(
        "UPDATE customers SET store_credit_cents = store_credit_cents + ? WHERE customer_id = ?",
        amount,
        order.customer_id,
    )
    return DelayCredit(order_id, amount, views.customer(db, order.customer_id).store_credit_cents)


@tool(writes=True)
def replace_lost_parcel(db: EpisodeDatabase, order_id: Text) -> views.Shipment:
    """Send an order again whose only parcel was shipped 14 days ago or longer and has not arrived."""
    order = views.order(db, order_id)
    parcels = views.shipments(db, order_id)
    if order.status != "shipped":
        raise ToolError(f"order {order_id} is {order.status}; only a shipped order can be lost")
    if len(parcels) > 1:
        raise ToolError(f"order {order_id} was already sent again, in parcel {parcels[-1].shipment_id}")
    days = (today(db) - date.fromisoformat(parcels[-1].shipped_at[:10])).days
    if days < LOST_AFTER_DAYS:
        raise ToolError(f"order {order_id} was shipped {days} days ago; it counts as lost after {LOST_AFTER_DAYS}")
    for item in order.items:
        take_stock(db, item.variant_id, item.quantity)
    shipment_id = new_id(db, "shipments", "shipment_id", "S")
    db.write(
        "INSERT INTO shipments (shipment_id, order_id, carrier, tracking_number, shipped_at) VALUES (?, ?, ?, ?, ?)",
        shipment_id,
        order_id,
        parcels[-1].carrier,
        f"TR{shipment_id[1:]}",
        db.now,
    )
    return views.shipments(db, order_id)[-1]


def _open(db: EpisodeDatabase, return_id: str) -> None:
    status = views.returned(db, return_id).status
    if status != "open":
        raise ToolError(f"return {return_id} is {status}; only an open one can be changed")
