"""What the shop's tools return, and how each is read from the database."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError

Status = Literal["pending", "processing", "shipped", "delivered", "cancelled"]
Tier = Literal["standard", "silver", "gold"]
Delivery = Literal["standard", "express"]
CancelReason = Literal["changed_mind", "ordered_by_mistake", "too_slow", "found_cheaper"]
ReturnReason = Literal["damaged", "wrong_item", "not_as_described", "does_not_fit", "changed_mind"]
RefundTo = Literal["original_method", "store_credit"]


class Address(msgspec.Struct, frozen=True):
    """Where a customer has parcels sent."""

    address_id: str
    label: Literal["home", "work", "other"]
    street: str
    city: str
    postcode: str


class PaymentMethod(msgspec.Struct, frozen=True):
    """How a customer pays; a wallet does not expire."""

    method_id: str
    kind: Literal["card", "wallet"]
    label: str
    expires_on: str | None


class Customer(msgspec.Struct, frozen=True):
    """A customer with all addresses and payment methods."""

    customer_id: str
    name: str
    email: str
    phone: str
    joined_on: str
    tier: Tier
    store_credit_cents: int
    addresses: list[Address]
    payment_methods: list[PaymentMethod]


class OrderItem(msgspec.Struct, frozen=True):
    """A line of an order."""

    line: int
    variant_id: str
    product_id: str
    name: str
    colour: str
    size: str
    quantity: int
    unit_price_cents: int
    final_sale: bool


class Payment(msgspec.Struct, frozen=True):
    """Money that went; no method means store credit."""

    payment_id: str
    kind: Literal["charge", "refund"]
    method_id: str | None
    amount_cents: int
    made_at: str


class Order(msgspec.Struct, frozen=True):
    """An order with its lines and payments."""

    order_id: str
    customer_id: str
    address_id: str
    method_id: str
    status: Status
    placed_at: str
    promised_on: str
    delivery: Delivery
    coupon_code: str | None
    items_cents: int
    discount_cents: int
    delivery_cents: int
    total_cents: int
    cancel_reason: CancelReason | None
    items: list[OrderItem]
    payments: list[Payment]


class Shipment(msgspec.Struct, frozen=True):
    """A parcel; not delivered means under way or lost."""

    shipment_id: str
    order_id: str
    carrier: str
    tracking_number: str
    shipped_at: str
    delivered_at: str | None


class ReturnedItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of an order and how many of it are sent back."""

    line: int
    quantity: int


class Return(msgspec.Struct, frozen=True):
    """What a customer sends back; it is refunded when the parcel arrives."""

    return_id: str
    order_id: str
    status: Literal["open", "refunded", "cancelled"]
    reason: ReturnReason
    refund_to: RefundTo
    refund_cents: int
    requested_at: str
    items: list[ReturnedItem]


class Variant(msgspec.Struct, frozen=True):
    """A product in one colour and size."""

    variant_id: str
    product_id: str
    colour: str
    size: str
    price_cents: int
    stock: int


class Coupon(msgspec.Struct, frozen=True):
    """A discount by code, from its first day to its last, both included."""

    code: str
    percent: int
    min_items_cents: int
    first_day: str
    last_day: str
    uses_left: int


def found(db: EpisodeDatabase, table: str, column: str, value: str, what: str, how: str) -> dict[str, Any]:
    """The row of a key.

    Raises:
        ToolError: There is none; `how` says where the agent finds a right one.
    """
    row = db.row(f"SELECT * FROM {table} WHERE {column} = ? ORDER BY 1", value)
    if row is None:
        raise ToolError(f"there is no {what} {value[:60]!r}; {how}")
    return row


def customer(db: EpisodeDatabase, customer_id: str) -> Customer:
    """A customer."""
    row = found(db, "customers", "customer_id", customer_id, "customer", "find_customer_by_email gives the id")
    addresses = db.rows(
        "SELECT address_id, label, street, city, postcode FROM addresses WHERE customer_id = ? ORDER BY address_id",
        customer_id,
    )
    methods = db.rows(
        "SELECT method_id, kind, label, expires_on FROM payment_methods WHERE customer_id = ? ORDER BY method_id",
        customer_id,
    )
    return Customer(
        **row,
        addresses=[Address(**address) for address in addresses],
        payment_methods=[PaymentMethod(**method) for method in methods],
    )


def order(db: EpisodeDatabase, order_id: str) -> Order:
    """An order."""
    row = found(db, "orders", "order_id", order_id, "order", "list_orders gives the ids of a customer's orders")
    items = db.rows(
        "SELECT i.line, i.variant_id, v.product_id, p.name, v.colour, v.size, i.quantity, i.unit_price_cents,"
        " c.final_sale FROM order_items i JOIN variants v USING (variant_id) JOIN products p USING (product_id)"
        " JOIN categories c USING (category_id) WHERE i.order_id = ? ORDER BY i.line",
        order_id,
    )
    payments = db.rows(
        "SELECT payment_id, kind, method_id, amount_cents, made_at FROM payments"
        " WHERE order_id = ? ORDER BY payment_id",
        order_id,
    )
    return Order(
        **row,
        items=[OrderItem(**item | {"final_sale": bool(item["final_sale"])}) for item in items],
        payments=[Payment(**payment) for payment in payments],
    )


def order_item(order: Order, line: int) -> OrderItem:
    """A line of an order.

    Raises:
        ToolError: It has no such line.
    """
    item = next((item for item in order.items if item.line == line), None)
    if item is None:
        raise ToolError(
            f"order {order.order_id} has no line {line}; its lines are {[item.line for item in order.items]}"
        )
    return item


def shipments(db: EpisodeDatabase, order_id: str) -> list[Shipment]:
    """The parcels of an order, the last one last."""
    rows = db.rows("SELECT * FROM shipments WHERE order_id = ? ORDER BY shipment_id", order_id)
    return [Shipment(**row) for row in rows]


def returned(db: EpisodeDatabase, return_id: str) -> Return:
    """A return."""
    row = found(db, "returns", "return_id", return_id, "return", "list_returns gives the ids of an order's returns")
    items = db.rows("SELECT line, quantity FROM return_items WHERE return_id = ? ORDER BY line", return_id)
    return Return(**row, items=[ReturnedItem(**item) for item in items])


def variant(db: EpisodeDatabase, variant_id: str) -> Variant:
    """A variant."""
    return Variant(
        **found(db, "variants", "variant_id", variant_id, "variant", "get_product gives a product's variants")
    )


def coupon(db: EpisodeDatabase, code: str) -> Coupon:
    """A coupon."""
    return Coupon(**found(db, "coupons", "code", code, "coupon", "ask the customer for the code; it is in capitals"))
