"""What the tables of the warehouse hold, in words for the agent."""

from __future__ import annotations

from collections.abc import Mapping

TABLES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "stores": (
        "The shops.",
        {
            "store_no": "INTEGER, the key",
            "name": "VARCHAR",
            "region": "VARCHAR: North, South, East, West, Coast or Lakes",
            "opened_on": "DATE",
        },
    ),
    "products": (
        "What is sold.",
        {
            "product_no": "INTEGER, the key",
            "name": "VARCHAR",
            "department": "VARCHAR: Bakery, Dairy, Produce, Drinks, Frozen, Household, Deli or Pantry",
            "list_price_cents": "INTEGER",
            "cost_cents": "INTEGER, what the chain pays for one",
        },
    ),
    "customers": (
        "Who shops with a card.",
        {
            "customer_no": "INTEGER, the key",
            "joined_on": "DATE",
            "segment": "VARCHAR: family, single, senior or business",
        },
    ),
    "promotions": (
        "What was cheaper for a time.",
        {
            "promotion_no": "INTEGER, the key",
            "percent": "INTEGER, what it took off",
            "first_day": "DATE",
            "last_day": "DATE, included",
        },
    ),
    "sales": (
        "What was sold: one line of a receipt each, returned later or not.",
        {
            "sale_no": "INTEGER, the key",
            "sold_on": "DATE",
            "store_no": "INTEGER, of stores",
            "product_no": "INTEGER, of products",
            "customer_no": "INTEGER, of customers",
            "promotion_no": "INTEGER, of promotions; 0: none",
            "channel": "VARCHAR: till or online",
            "quantity": "INTEGER",
            "net_cents": "INTEGER, what was paid for the line",
        },
    ),
    "returns": (
        "What came back: whole lines, each at most once.",
        {
            "return_no": "INTEGER, the key",
            "sale_no": "INTEGER, of sales",
            "returned_on": "DATE",
            "reason": "VARCHAR: spoiled, damaged, wrong_item or unwanted",
            "refund_cents": "INTEGER",
        },
    ),
    "deliveries": (
        "What was brought to the stores.",
        {
            "delivery_no": "INTEGER, the key",
            "store_no": "INTEGER, of stores",
            "product_no": "INTEGER, of products",
            "delivered_on": "DATE",
            "quantity": "INTEGER",
        },
    ),
    "targets": (
        "What each store is to sell in a month.",
        {
            "store_no": "INTEGER, of stores",
            "month": "DATE, its first day",
            "target_cents": "INTEGER",
        },
    ),
}
