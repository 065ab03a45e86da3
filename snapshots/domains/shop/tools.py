"""What an agent of the shop can do: twelve tools that read and sixteen that write."""

from __future__ import annotations

from .ordering import (
    add_address,
    apply_coupon,
    cancel_order,
    change_contact,
    change_delivery,
    change_delivery_address,
    change_item_quantity,
    change_item_variant,
    change_payment_method,
    place_order,
    remove_item,
)
from .reading import (
    find_customer_by_email,
    find_customer_by_name,
    get_coupon,
    get_customer,
    get_order,
    get_product,
    list_categories,
    list_orders,
    list_returns,
    quote_return,
    search_products,
    track_order,
)
from .returning import cancel_return, change_refund, give_delay_credit, replace_lost_parcel, request_return

__all__ = [
    "add_address",
    "apply_coupon",
    "cancel_order",
    "cancel_return",
    "change_contact",
    "change_delivery",
    "change_delivery_address",
    "change_item_quantity",
    "change_item_variant",
    "change_payment_method",
    "change_refund",
    "find_customer_by_email",
    "find_customer_by_name",
    "get_coupon",
    "get_customer",
    "get_order",
    "get_product",
    "give_delay_credit",
    "list_categories",
    "list_orders",
    "list_returns",
    "place_order",
    "quote_return",
    "remove_item",
    "replace_lost_parcel",
    "request_return",
    "search_products",
    "track_order",
]
