"""The shop's tools that read."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError, tool

from . import views
from .returning import Items, check_return

_SHOWN = 20
Text = Annotated[str, Meta(min_length=1, max_length=100)]


class CustomerName(msgspec.Struct, frozen=True):
    """A customer who was found."""

    customer_id: str
    name: str


class OrderLine(msgspec.Struct, frozen=True):
    """An order in a list."""

    order_id: str
    status: views.Status
    placed_at: str
    total_cents: int


class OrderList(msgspec.Struct, frozen=True):
    """The newest orders of a customer, and how many there are in all."""

    total: int
    orders: list[OrderLine]


class Product(msgspec.Struct, frozen=True):
    """Something that is sold."""

    product_id: str
    name: str
    category: str
    final_sale: bool
    variants: list[views.Variant]


class ProductLine(msgspec.Struct, frozen=True):
    """A product in a list, with the price of its cheapest variant and the stock of all."""

    product_id: str
    name: str
    from_price_cents: int
    stock: int


class Category(msgspec.Struct, frozen=True):
    """A department; what is sold in a final sale cannot be returned."""

    category_id: str
    name: str
    final_sale: bool


class ReturnQuote(msgspec.Struct, frozen=True):
    """What a return would pay back."""

    refund_cents: int


@tool
def find_customer_by_email(db: EpisodeDatabase, email: Text) -> CustomerName:
    """Find a customer by the whole e-mail address."""
    row = db.row("SELECT customer_id, name FROM customers WHERE email = ?", email.lower())
    if row is None:
        raise ToolError(f"no customer has the e-mail address {email!r}; ask for it again, or for name and postcode")
    return CustomerName(**row)


@tool
def find_customer_by_name(db: EpisodeDatabase, name: Text, postcode: Text) -> list[CustomerName]:
    """Find customers by full name and the postcode of any of their addresses; an empty list means nobody."""
    rows = db.rows(
        "SELECT DISTINCT customer_id, name FROM customers JOIN addresses USING (customer_id)"
        " WHERE postcode = ? AND lower(name) = lower(?) ORDER BY customer_id",
        postcode,
        name,
    )
    return [CustomerName(**row) for row in rows]


@tool
def get_customer(db: EpisodeDatabase, customer_id: Text) -> views.Customer:
    """Read a customer: contact, tier, store credit, addresses and payment methods."""
    return views.customer(db, customer_id)


@tool
def list_orders(db: EpisodeDatabase, customer_id: Text, status: views.Status | None = None) -> OrderList:
    """List a customer's orders, of one status or of all: the newest twenty, and how many there are."""
    views.customer(db, customer_id)
    where = "FROM orders WHERE customer_id = ?1 AND (?2 IS NULL OR status = ?2)"
    rows = db.rows(
        f"SELECT order_id, status, placed_at, total_cents {where}"
        f" ORDER BY placed_at DESC, order_id DESC LIMIT {_SHOWN}",
        customer_id,
        status,
    )
    return OrderList(db.scalar(f"SELECT count(*) {where}", customer_id, status), [OrderLine(**row) for row in rows])


@tool
def get_order(db: EpisodeDatabase, order_id: Text) -> views.Order:
    """Read an order: its lines, delivery, price, payments and status."""
    return views.order(db, order_id)


@tool
def track_order(db: EpisodeDatabase, order_id: Text) -> list[views.Shipment]:
    """Read the parcels of an order; an empty list means that it has not left the warehouse."""
    views.order(db, order_id)
    return views.shipments(db, order_id)


@tool
def search_products(db: EpisodeDatabase, words: Text, only_in_stock: bool = False) -> list[ProductLine]:
    """Search products whose name holds all the words, at most twenty; fewer words find more."""
    wanted = words.lower().split()
    if not 1 <= len(wanted) <= 5:
        raise ToolError(f"{len(wanted)} words came; give one to five")
    holds = " AND ".join("instr(lower(p.name), ?) > 0" for _ in wanted)
    having = "HAVING sum(v.stock) > 0" if only_in_stock else ""
    rows = db.rows(
        "SELECT p.product_id, p.name, min(v.price_cents) AS from_price_cents, sum(v.stock) AS stock"
        f" FROM products p JOIN variants v USING (product_id) WHERE {holds}"
        f" GROUP BY p.product_id, p.name {having} ORDER BY p.product_id LIMIT {_SHOWN}",
        *wanted,
    )
    return [ProductLine(**row) for row in rows]


@tool
def get_product(db: EpisodeDatabase, product_id: Text) -> Product:
    """Read a product: its department and every variant with its price and stock."""
    row = views.found(db, "products", "product_id", product_id, "product", "search_products gives the ids")
    category = views.found(db, "categories", "category_id", row["category_id"], "category", "see list_categories")
    variants = db.rows("SELECT * FROM variants WHERE product_id = ? ORDER BY variant_id", product_id)
    shown = [views.Variant(**variant) for variant in variants]
    return Product(product_id, row["name"], category["name"], bool(category["final_sale"]), shown)


@tool
def list_categories(db: EpisodeDatabase) -> list[Category]:
    """List the departments of the shop and which of them sell for good."""
    rows = db.rows("SELECT * FROM categories ORDER BY category_id")
    return [Category(**row | {"final_sale": bool(row["final_sale"])}) for row in rows]


@tool
def get_coupon(db: EpisodeDatabase, code: Text) -> views.Coupon:
    """Read a coupon: what it takes off, from which amount, when, and how often it can still be used."""
    return views.coupon(db, code)


@tool
def list_returns(db: EpisodeDatabase, order_id: Text) -> list[views.Return]:
    """List the returns of an order, also those that are done or cancelled."""
    views.order(db, order_id)
    ids = db.rows("SELECT return_id FROM returns WHERE order_id = ? ORDER BY return_id", order_id)
    return [views.returned(db, row["return_id"]) for row in ids]


@tool
def quote_return(db: EpisodeDatabase, order_id: Text, items: Items) -> ReturnQuote:
    """Work out what returning these items would pay back, without doing it; says why where it is not possible."""
    return ReturnQuote(check_return(db, views.order(db, order_id), items))
