"""The shop's tools that write before an order is packed: customers, new orders, changes and cancellations."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError, tool

from . import views
from .money import changeable, new_id, own_address, pay, settle, take_stock, today, usable_coupon, usable_method
from .rules import LIMIT_QUANTITY, promised_on

Text = Annotated[str, Meta(min_length=1, max_length=100)]
Email = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$(?!\n)", max_length=100)]
Quantity = Annotated[int, Meta(ge=1, le=LIMIT_QUANTITY)]


class NewItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A variant to order and how many of it."""

    variant_id: Text
    quantity: Quantity


@tool(writes=True)
def change_contact(
    db: EpisodeDatabase, customer_id: Text, email: Email | None = None, phone: Text | None = None
) -> views.Customer:
    """Change a customer's e-mail address, phone number or both; what is left out stays."""
    views.customer(db, customer_id)
    if email is None and phone is None:
        raise ToolError("neither email nor phone came; give what is to change")
    if email is not None:
        email = email.lower()
        if db.row("SELECT 1 FROM customers WHERE email = ? AND customer_id <> ?", email, customer_id):
            raise ToolError(f"the e-mail address {email!r} cannot be used; ask for another one")
        db.write("UPDATE customers SET email = ? WHERE customer_id = ?", email, customer_id)
    if phone is not None:
        db.write("UPDATE customers SET phone = ? WHERE customer_id = ?", phone, customer_id)
    return views.customer(db, customer_id)


@tool(writes=True)
def add_address(
    db: EpisodeDatabase,
    customer_id: Text,
    label: Literal["home", "work", "other"],
    street: Text,
    city: Text,
    postcode: Text,
) -> views.Address:
    """Add an address to a customer's; an order goes there only after change_delivery_address."""
    views.customer(db, customer_id)
    address = views.Address(new_id(db, "addresses", "address_id", "A"), label, street, city, postcode)
    db.write(
        "INSERT INTO addresses (address_id, customer_id, label, street, city, postcode) VALUES (?, ?, ?, ?, ?, ?)",
        address.address_id,
        customer_id,
        label,
        street,
        city,
        postcode,
    )
    return address


@tool(writes=True)
def place_order(
    db: EpisodeDatabase,
    customer_id: Text,
    items: Annotated[list[NewItem], Meta(min_length=1, max_length=10)],
    address_id: Text,
    method_id: Text,
    delivery: views.Delivery = "standard",
    coupon_code: Text | None = None,
) -> views.Order:
    """Place an order and charge the payment method; each variant once, at its price of now."""
    own_address(db, customer_id, address_id)
    usable_method(db, customer_id, method_id)
    if len({item.variant_id for item in items}) < len(items):
        raise ToolError("one variant came twice; give each variant once, with the whole quantity")
    variants = [views.variant(db, item.variant_id) for item in items]
    total = sum(item.quantity * variant.price_cents for item, variant in zip(items, variants, strict=True))
    if coupon_code is not None:
        usable_coupon(db, coupon_code, total)
        db.write("UPDATE coupons SET uses_left = uses_left - 1 WHERE code = ?", coupon_code)
    order_id = new_id(db, "orders", "order_id", "O")
    db.write(
        "INSERT INTO orders (order_id, customer_id, address_id, method_id, status, placed_at, promised_on, delivery,"
        " coupon_code, items_cents, discount_cents, delivery_cents, total_cents)"
        " VALUES (?, ?, ?, ?, 'pending', ?, ?, ?, ?, 1, 1, 0, 0)",  # its price is settled below
        order_id,
        customer_id,
        address_id,
        method_id,
        db.now,
        promised_on(today(db), delivery).isoformat(),
        delivery,
        coupon_code,
    )
    for line, (item, variant) in enumerate(zip(items, variants, strict=True), 1):
        take_stock(db, item.variant_id, item.quantity)
        db.write(
            "INSERT INTO order_items (order_id, line, variant_id, quantity, unit_price_cents) VALUES (?, ?, ?, ?, ?)",
            order_id,
            line,
            item.variant_id,
            item.quantity,
            variant.price_cents,
        )
    return settle(db, order_id)


@tool(writes=True)
def change_delivery_address(db: EpisodeDatabase, order_id: Text, address_id: Text) -> views.Order:
    """Send a pending order to another address of the same customer."""
    own_address(db, changeable(db, order_id).customer_id, address_id)
    db.write("UPDATE orders SET address_id = ? WHERE order_id = ?", address_id, order_id)
    return views.order(db, order_id)


@tool(writes=True)
def change_delivery(db: EpisodeDatabase, order_id: Text, delivery: views.Delivery) -> views.Order:
    """Change how fast a pending order is delivered; the difference in price is charged or refunded."""
    placed_on = today(db).fromisoformat(changeable(db, order_id).placed_at[:10])
    promised = promised_on(placed_on, delivery).isoformat()
    db.write("UPDATE orders SET delivery = ?, promised_on = ? WHERE order_id = ?", delivery, promised, order_id)
    return settle(db, order_id)


@tool(writes=True)
def change_payment_method(db: EpisodeDatabase, order_id: Text, method_id: Text) -> views.Order:
    """Pay a pending order by another method of the same customer: the old one is refunded, the new one charged."""
    order = changeable(db, order_id)
    usable_method(db, order.customer_id, method_id)
    if method_id == order.method_id:
        raise ToolError(f"order {order_id} is already paid by {method_id}")
    pay(db, order_id, order.method_id, -order.total_cents)
    pay(db, order_id, method_id, order.total_cents)
    db.write("UPDATE orders SET method_id = ? WHERE order_id = ?", method_id, order_id)
    return views.order(db, order_id)


@tool(writes=True)
def change_item_variant(db: EpisodeDatabase, order_id: Text, line: int, variant_id: Text) -> views.Order:
    """Change a line of a pending order to another colour or size of the same product, at its price of now."""
    order = changeable(db, order_id)
    item, variant = views.order_item(order, line), views.variant(db, variant_id)
    if variant.product_id != item.product_id:
        raise ToolError(f"variant {variant_id} is of product {variant.product_id}, line {line} of {item.product_id}")
    if variant_id in [other.variant_id for other in order.items]:
        raise ToolError(f"variant {variant_id} already stands in order {order_id}; change its quantity")
    take_stock(db, variant_id, item.quantity)
    take_stock(db, item.variant_id, -item.quantity)
    db.write(
        "UPDATE order_items SET variant_id = ?, unit_price_cents = ? WHERE order_id = ? AND line = ?",
        variant_id,
        variant.price_cents,
        order_id,
        line,
    )
    return settle(db, order_id)


@tool(writes=True)
def change_item_quantity(db: EpisodeDatabase, order_id: Text, line: int, quantity: Quantity) -> views.Order:
    """Change how many of a line of a pending order are bought; the line keeps its price."""
    item = views.order_item(changeable(db, order_id), line)
    take_stock(db, item.variant_id, quantity - item.quantity)
    db.write("UPDATE order_items SET quantity = ? WHERE order_id = ? AND line = ?", quantity, order_id, line)
    return settle(db, order_id)


@tool(writes=True)
def remove_item(db: EpisodeDatabase, order_id: Text, line: int) -> views.Order:
    """Take a line out of a pending order and refund it; the last line cannot be taken out."""
    order = changeable(db, order_id)
    item = views.order_item(order, line)
    if len(order.items) == 1:
        raise ToolError(f"line {line} is the only one of order {order_id}; cancel the order instead")
    take_stock(db, item.variant_id, -item.quantity)
    db.write("DELETE FROM order_items WHERE order_id = ? AND line = ?", order_id, line)
    return settle(db, order_id)


@tool(writes=True)
def apply_coupon(db: EpisodeDatabase, order_id: Text, code: Text) -> views.Order:
    """Apply a coupon to a pending order that has none; what it takes off is refunded."""
    order = changeable(db, order_id)
    if order.coupon_code is not None:
        raise ToolError(f"order {order_id} already has the coupon {order.coupon_code}; an order takes one")
    usable_coupon(db, code, order.items_cents)
    db.write("UPDATE coupons SET uses_left = uses_left - 1 WHERE code = ?", code)
    db.write("UPDATE orders SET coupon_code = ? WHERE order_id = ?", code, order_id)
    return settle(db, order_id)


@tool(writes=True)
def cancel_order(db: EpisodeDatabase, order_id: Text, reason: views.CancelReason) -> views.Order:
    """Cancel a pending order: its total is refunded to its payment method, stock and coupon are given back."""
    order = changeable(db, order_id)
    for item in order.items:
        take_stock(db, item.variant_id, -item.quantity)
    if order.coupon_code is not None:
        db.write("UPDATE coupons SET uses_left = uses_left + 1 WHERE code = ?", order.coupon_code)
    db.write("UPDATE orders SET status = 'cancelled', cancel_reason = ? WHERE order_id = ?", reason, order_id)
    pay(db, order_id, order.method_id, -order.total_cents)
    return views.order(db, order_id)
