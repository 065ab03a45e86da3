"""How the shop's rows are made: one function a table, each a function of its row alone."""

from __future__ import annotations

from datetime import date, timedelta

from agent_envs.snapshots.domains.pools import POOLS
from agent_envs.snapshots.domains.recipe import Cells
from agent_envs.snapshots.domains.rows import Row

from .goods import CATEGORIES, COLOURS, category, category_number, price_cents, variant_count, variant_id
from .history import NOW, OPENED, TIERS, Order, address_count, coupon, expires_on, method_count
from .rules import DELAY_CREDIT_CENTS


def counts(rows: int) -> dict[str, int]:
    """Numbers of each table: an order makes about seven rows in all."""
    orders = max(20, rows * 14 // 100)
    customers, products = max(8, orders * 2 // 5), max(len(CATEGORIES), orders // 8)
    of_customers = dict.fromkeys(("customers", "addresses", "payment_methods"), customers)
    of_goods = {"categories": len(CATEGORIES), "products": products, "variants": products, "coupons": 20}
    of_orders = ("orders", "order_items", "payments", "shipments", "returns", "return_items", "delay_credits")
    return of_customers | of_goods | dict.fromkeys(of_orders, orders)


def customers(row: Row) -> Cells:
    """Somebody who shops here."""
    first = row.pick("first name", POOLS[row.choice("names", {"female_names": 1, "male_names": 1})])
    last = row.pick("last name", POOLS["last_names"])
    domain = row.pick("domain", ("example.com", "example.org", "example.net"))
    local = f"{first}.{last}".replace("'", "").replace(" ", "").lower()
    return {
        "customer_id": row.key("C"),
        "name": f"{first} {last}",
        "email": f"{local}{row.number}@{domain}",
        "phone": f"07700 900{row.integer('phone', 0, 999):03}",  # a range that Ofcom keeps for fiction
        "joined_on": row.date("joined", date(2019, 1, 7), OPENED.date()),
        "tier": row.choice("tier", TIERS),
        "store_credit_cents": row.cents("credit", 500, 5000, step=250) if row.chance("has credit", 0.2) else 0,
    }


def addresses(row: Row) -> list[Cells]:
    """Where a customer has parcels sent: up to three places."""
    return [
        {
            "address_id": row.key("A", index, 3),
            "customer_id": row.key("C"),
            "label": ("home", "work", "other")[index],
            "street": f"{part.integer('house', 1, 180, skew=2)} {part.pick('street', POOLS['streets'])}",
            "city": part.pick("city", POOLS["cities"]),
            "postcode": part.pick("postcode", POOLS["postcodes"]),
        }
        for index, part in enumerate(map(row.part, range(address_count(row.at("customers", row.number)))))
    ]


def payment_methods(row: Row) -> list[Cells]:
    """How a customer pays: a card, and with some a wallet or a second card."""
    customer = row.at("customers", row.number)
    made: list[Cells] = []
    for index in range(method_count(customer)):
        part, ends = row.part(index), expires_on(customer, index)
        card = f"{part.choice('brand', {'Visa': 6, 'Mastercard': 4})} ending {part.integer('digits', 0, 9999):04}"
        made.append(
            {
                "method_id": row.key("M", index, 2),
                "customer_id": row.key("C"),
                "kind": "card" if ends else "wallet",
                "label": card if ends else "Pocketpay wallet",
                "expires_on": ends,
            }
        )
    return made


def categories(row: Row) -> Cells:
    """A department of the shop."""
    of = CATEGORIES[row.number]
    return {"category_id": row.key("G"), "name": of.name, "final_sale": int(of.final_sale)}


def products(row: Row) -> Cells:
    """Something that is sold, in one or more variants."""
    return {
        "product_id": row.key("P"),
        "category_id": row.at("categories", category_number(row)).key("G"),
        "name": f"{row.pick('series', POOLS['cities'])} {row.pick('thing', category(row).things)}",
    }


def variants(row: Row) -> list[Cells]:
    """A product's colours and sizes, each with its price and its stock."""
    product = row.at("products", row.number)
    sizes = category(product).sizes
    first = row.integer("colour", 0, len(COLOURS) - 1)
    return [
        {
            "variant_id": variant_id(product, index),
            "product_id": row.key("P"),
            "colour": COLOURS[(first + index // len(sizes) * 5) % len(COLOURS)],
            "size": sizes[index % len(sizes)],
            "price_cents": price_cents(product, index),
            "stock": 0 if part.chance("sold out", 0.12) else part.integer("stock", 1, 60, skew=2),
        }
        for index, part in enumerate(map(row.part, range(variant_count(product))))
    ]


def coupons(row: Row) -> Cells:
    """A discount by code."""
    return coupon(row)._asdict()


def orders(row: Row) -> Cells:
    """An order; its total is the sum of its lines, less its coupon, with delivery."""
    order = Order(row)
    reasons = {"changed_mind": 4, "ordered_by_mistake": 3, "too_slow": 2, "found_cheaper": 2}
    return {
        "order_id": row.key("O"),
        "customer_id": order.customer.key("C"),
        "address_id": order.customer.key("A", row.integer("address", 0, address_count(order.customer) - 1, skew=2), 3),
        "method_id": order.method_id,
        "status": order.status,
        "placed_at": order.placed_at,
        "promised_on": order.promised_on,
        "delivery": order.delivery,
        "coupon_code": order.coupon.code if order.coupon else None,
        **order.bill._asdict(),
        "cancel_reason": row.choice("reason", reasons) if order.status == "cancelled" else None,
    }


def order_items(row: Row) -> list[Cells]:
    """The lines of an order."""
    return [
        {
            "order_id": row.key("O"),
            "line": line.line,
            "variant_id": line.variant_id,
            "quantity": line.quantity,
            "unit_price_cents": line.unit_price_cents,
        }
        for line in Order(row).lines
    ]


def payments(row: Row) -> list[Cells]:
    """What was paid for an order and what was paid back; store credit has no method."""
    order = Order(row)
    method, total = order.method_id, order.bill.total_cents
    made: list[Cells] = [{"kind": "charge", "method_id": method, "amount_cents": total, "made_at": order.placed_at}]
    if order.status == "cancelled":
        made.append({**made[0], "kind": "refund", "made_at": order.cancelled_at})
    back = order.sent_back
    if back is not None and back.status == "refunded":
        to = method if back.refund_to == "original_method" else None
        refund: Cells = {"method_id": to, "amount_cents": back.refund_cents, "made_at": back.refunded_at}
        made.append({"kind": "refund", **refund})
    return [{"payment_id": row.key("T", i, 3), "order_id": row.key("O"), **payment} for i, payment in enumerate(made)]


def shipments(row: Row) -> list[Cells]:
    """The parcel of an order that has left the warehouse."""
    order = Order(row)
    if order.status not in ("shipped", "delivered"):
        return []
    shipment: Cells = {
        "shipment_id": row.key("S"),
        "order_id": row.key("O"),
        "carrier": row.choice("carrier", {"Northway": 5, "Parcelbird": 3, "Quickfoot": 2}),
        "tracking_number": row.key("TR"),
        "shipped_at": order.shipped_at,
        "delivered_at": order.delivered_at,
    }
    return [shipment]


def returns(row: Row) -> list[Cells]:
    """What a customer sent back, if anything."""
    back = Order(row).sent_back
    if back is None:
        return []
    reasons = {"changed_mind": 4, "does_not_fit": 3, "damaged": 2, "not_as_described": 2, "wrong_item": 1}
    made: Cells = {
        "return_id": row.key("R"),
        "order_id": row.key("O"),
        "status": back.status,
        "reason": row.choice("reason", reasons),
        "refund_to": back.refund_to,
        "refund_cents": back.refund_cents,
        "requested_at": back.requested_at,
    }
    return [made]


def return_items(row: Row) -> list[Cells]:
    """The lines of a return."""
    back = Order(row).sent_back
    if back is None:
        return []
    return [
        {"return_id": row.key("R"), "order_id": row.key("O"), "line": back.line.line, "quantity": back.line.quantity}
    ]


def delay_credits(row: Row) -> list[Cells]:
    """Store credit for an order that came late, where the customer asked for it."""
    if not row.chance("asked", 0.3):
        return []
    order = Order(row)
    delivered = order.delivered_at
    if delivered is None or order.status != "delivered" or delivered.date() <= order.promised_on:
        return []
    given = delivered + timedelta(hours=row.integer("hours", 1, 90))
    if given > NOW:
        return []
    tier = order.customer.choice("tier", TIERS)
    return [{"order_id": row.key("O"), "amount_cents": DELAY_CREDIT_CENTS[tier], "given_at": given}]
