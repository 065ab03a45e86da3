"""What was sold, as functions of rows: stores, products, promotions, sales and what came back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent_envs.snapshots.domains.columns import Numbers, Rows
from agent_envs.snapshots.domains.pools import POOLS

NOW = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
YESTERDAY = NOW.date() - timedelta(days=1)
OPENED = date(2024, 3, 1)
"""The first day of which the warehouse knows."""
REGIONS = ("North", "South", "East", "West", "Coast", "Lakes")
GOODS = {
    "Bakery": ("rolls", "rye bread", "bagels", "plum cake", "crackers"),
    "Dairy": ("milk", "butter", "yoghurt", "hard cheese", "cream"),
    "Produce": ("apples", "carrots", "lettuce", "lemons", "mushrooms"),
    "Drinks": ("apple juice", "mineral water", "black tea", "ground coffee", "ginger beer"),
    "Frozen": ("peas", "berries", "fish fillets", "pizza", "ice cream"),
    "Household": ("soap", "candles", "sponges", "paper towels", "matches"),
    "Deli": ("olives", "ham", "hummus", "smoked salmon", "potato salad"),
    "Pantry": ("lentils", "rice", "oats", "honey", "tinned tomatoes"),
}
DEPARTMENTS = tuple(GOODS)
REASONS = ("spoiled", "damaged", "wrong_item", "unwanted")
SEGMENTS = {"family": 4, "single": 3, "senior": 2, "business": 1}
FIRST_NO = 1
"""Numbers of the warehouse begin with 1, for 0 is none."""

Days = NDArray[np.datetime64]


def numbers(rows: Rows) -> Numbers:
    """The numbers by which rows are known, int64 [rows]."""
    return rows.numbers + FIRST_NO


def region(stores: Rows) -> NDArray[Any]:
    """The region of each store; the first stores are one in each."""
    drawn = stores.integers("region", 0, len(REGIONS) - 1)
    return np.array(REGIONS)[np.where(stores.numbers < len(REGIONS), stores.numbers, drawn)]


def department(products: Rows) -> NDArray[Any]:
    """The department of each product."""
    return np.array(DEPARTMENTS)[_department(products)]


def product_names(products: Rows) -> NDArray[Any]:
    """The name of each product: a brand, and what it is."""
    goods = np.array(list(GOODS.values()))  # [departments, goods]
    chosen = goods[_department(products), products.integers("goods", 0, goods.shape[1] - 1)]
    return np.char.add(np.char.add(products.picks("brand", POOLS["last_names"]), " "), chosen)


def _department(products: Rows) -> Numbers:
    """The number of each product's department; the first products are one in each."""
    drawn = products.integers("department", 0, len(DEPARTMENTS) - 1)
    return np.where(products.numbers < len(DEPARTMENTS), products.numbers, drawn)


def price_cents(products: Rows) -> Numbers:
    """The list price of each product."""
    return products.integers("price", 8, 250, skew=3) * 10 - 1


def cost_cents(products: Rows) -> Numbers:
    """What the chain pays for each product."""
    return price_cents(products) * products.integers("cost", 45, 80) // 100


def promotion_days(promotions: Rows) -> tuple[Days, Days]:
    """The first and the last day of each promotion."""
    first = promotions.dates("first", OPENED, YESTERDAY - timedelta(days=20))
    return first, first + promotions.integers("days", 20, 80)


def percent(promotions: Rows) -> Numbers:
    """How much each promotion takes off."""
    return promotions.integers("percent", 1, 6) * 5


class Sales:
    """Sales with all that follows from them; each an array of one value a sale.

    Args:
        rows: Rows of the table ``sales``.
    """

    def __init__(self, rows: Rows) -> None:
        self.store = rows.other("store", "stores", skew=2)
        self.product = rows.other("product", "products")
        self.customer = rows.other("customer", "customers")
        days = (YESTERDAY - OPENED).days
        self.sold_on: Days = np.datetime64(YESTERDAY) - rows.integers("age", 0, days, skew=2).astype("timedelta64[D]")
        promotion = rows.other("promotion", "promotions", skew=1)
        first, last = promotion_days(promotion)
        holds = (first <= self.sold_on) & (self.sold_on <= last)
        self.promotion_no = np.where(holds, numbers(promotion), 0)
        self.channel = rows.choices("channel", {"till": 5, "online": 1})
        self.quantity = rows.integers("quantity", 1, 6, skew=3)
        gross = price_cents(self.product) * self.quantity
        self.net_cents = gross - np.where(holds, gross * percent(promotion) // 100, 0)


def returned_sales(returns: Rows) -> Rows:
    """The sale of each return, of which none comes back twice."""
    step = returns.counts["sales"] // returns.counts["returns"]
    return returns.at("sales", returns.numbers * step + returns.integers("sale", 0, step - 1))
