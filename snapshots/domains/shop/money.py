"""What the shop's writing tools share: new ids, stock, charges and refunds."""

from __future__ import annotations

from datetime import date

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError

from . import views
from .rules import delivery_cents, discount_cents


def new_id(db: EpisodeDatabase, table: str, column: str, prefix: str) -> str:
    """The key after the table's last one: all keys of a table have one length and one prefix."""
    last = db.scalar(f"SELECT max({column}) FROM {table}") or f"{prefix}999999"
    return f"{prefix}{int(last.removeprefix(prefix)) + 1}"


def today(db: EpisodeDatabase) -> date:
    """The day of the episode."""
    return db.clock.date()


def changeable(db: EpisodeDatabase, order_id: str) -> views.Order:
    """An order that can still be changed.

    Raises:
        ToolError: It cannot.
    """
    order = views.order(db, order_id)
    if order.status != "pending":
        raise ToolError(f"order {order_id} is {order.status}; only a pending order can be changed or cancelled")
    return order


def take_stock(db: EpisodeDatabase, variant_id: str, quantity: int) -> None:
    """Take from the stock, or put back what is negative.

    Raises:
        ToolError: There is not enough.
    """
    stock = views.variant(db, variant_id).stock
    if quantity > stock:
        raise ToolError(f"variant {variant_id} has {stock} in stock, not {quantity}; offer fewer or another variant")
    db.write("UPDATE variants SET stock = stock - ? WHERE variant_id = ?", quantity, variant_id)


def usable_method(db: EpisodeDatabase, customer_id: str, method_id: str) -> None:
    """Check that a payment method is the customer's own and has not expired.

    Raises:
        ToolError: It is not, or has.
    """
    methods = {method.method_id: method for method in views.customer(db, customer_id).payment_methods}
    if method_id not in methods:
        raise ToolError(f"customer {customer_id} has no payment method {method_id[:60]!r}, but {list(methods)}")
    expires_on = methods[method_id].expires_on
    if expires_on is not None and expires_on < today(db).isoformat():
        raise ToolError(f"payment method {method_id} expired on {expires_on}; choose another one")


def own_address(db: EpisodeDatabase, customer_id: str, address_id: str) -> None:
    """Check that an address is the customer's own.

    Raises:
        ToolError: It is not.
    """
    addresses = [address.address_id for address in views.customer(db, customer_id).addresses]
    if address_id not in addresses:
        raise ToolError(f"customer {customer_id} has no address {address_id[:60]!r}, but {addresses}; see add_address")


def usable_coupon(db: EpisodeDatabase, code: str, items_cents: int) -> views.Coupon:
    """A coupon that is good today for so much.

    Raises:
        ToolError: It is not; says why.
    """
    coupon = views.coupon(db, code)
    if not coupon.first_day <= today(db).isoformat() <= coupon.last_day:
        raise ToolError(f"coupon {code} holds from {coupon.first_day} to {coupon.last_day}; today is {today(db)}")
    if coupon.uses_left < 1:
        raise ToolError(f"coupon {code} is used up")
    if items_cents < coupon.min_items_cents:
        raise ToolError(f"coupon {code} needs items of {coupon.min_items_cents} cents; these are {items_cents} cents")
    return coupon


def pay(db: EpisodeDatabase, order_id: str, method_id: str, amount_cents: int) -> None:
    """Charge an amount, or refund what is negative; nothing is no payment."""
    if amount_cents:
        db.write(
            "INSERT INTO payments (payment_id, order_id, kind, method_id, amount_cents, made_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            new_id(db, "payments", "payment_id", "T"),
            order_id,
            "charge" if amount_cents > 0 else "refund",
            method_id,
            abs(amount_cents),
            db.now,
        )


def settle(db: EpisodeDatabase, order_id: str) -> views.Order:
    """Work out an order's price after a change, and charge or refund the difference to its payment method."""
    order = views.order(db, order_id)
    items = sum(item.quantity * item.unit_price_cents for item in order.items)
    coupon = views.coupon(db, order.coupon_code) if order.coupon_code else None
    discount = discount_cents(coupon.percent, coupon.min_items_cents, items) if coupon else 0
    fee = delivery_cents(order.delivery, items)
    total = items - discount + fee
    db.write(
        "UPDATE orders SET items_cents = ?, discount_cents = ?, delivery_cents = ?, total_cents = ? WHERE order_id = ?",
        items,
        discount,
        fee,
        total,
        order_id,
    )
    pay(db, order_id, order.method_id, total - order.total_cents)
    return views.order(db, order_id)
