"""How the rows are made: the warehouse by columns, the desk's own books row by row."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from agent_envs.snapshots.domains.columns import Columns, Rows
from agent_envs.snapshots.domains.pools import POOLS
from agent_envs.snapshots.domains.recipe import Cells
from agent_envs.snapshots.domains.rows import Row

from . import facts
from .desk import Colleague, asked
from .facts import NOW, OPENED, YESTERDAY, Sales, numbers
from .metrics import METRICS

__all__ = ["NOW"]
ROWS = 1_200_000
"""A warehouse is large; the tests of tools take less."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
MONTHS = 24


def counts(rows: int) -> dict[str, int]:
    """Numbers of each table: five in six rows are sales."""
    stores, colleagues = max(6, min(60, rows // 20_000)), max(10, min(240, rows // 100))
    sales = max(200, rows * 5 // 6)
    return {
        **dict.fromkeys(("colleagues", "grants", "requests", "alerts"), colleagues),
        "metrics": len(METRICS),
        **dict.fromkeys(("reports", "subscriptions"), colleagues // 2),
        "stores": stores,
        "products": max(24, min(3000, rows // 400)),
        "customers": max(20, rows // 40),
        "promotions": 40,
        "sales": sales,
        "returns": sales // 16,
        "deliveries": sales // 20,
        "targets": stores * MONTHS,
    }


def colleagues(row: Row) -> Cells:
    """Somebody who may ask the desk."""
    colleague = Colleague(row)
    return {
        "colleague_id": row.key("K"),
        "name": colleague.name,
        "email": colleague.email,
        "role": colleague.role,
        "scope": colleague.scope,
    }


def grants(row: Row) -> list[Cells]:
    """The areas of which a colleague may know."""
    colleague = Colleague(row.at("colleagues", row.number))
    return [{"colleague_id": row.key("K"), "area": area} for area in colleague.areas]


def metrics(row: Row) -> Cells:
    """A kind of figure."""
    metric = METRICS[row.number]
    return {
        "metric_id": metric.metric_id,
        "area": metric.area,
        "unit": metric.unit,
        "definition": metric.definition,
    }


def requests(row: Row) -> list[Cells]:
    """The figures that a colleague asked for; the newest are open."""
    return asked(row)


def reports(row: Row) -> Cells:
    """A figure that is sent every week, and whose it is."""
    owner = Colleague(row.at("colleagues", row.number * 2))
    kind, scope = owner.covers(row, "scope")
    metric = row.pick("metric", [metric for metric in METRICS if metric.area in owner.areas])
    return {
        "report_id": row.key("P"),
        "owner_id": owner.row.key("K"),
        "metric_id": metric.metric_id,
        "scope_kind": kind,
        "scope": scope,
        "weekday": row.pick("weekday", WEEKDAYS),
    }


def subscriptions(row: Row) -> list[Cells]:
    """Who gets a report: its owner, and at times a director."""
    owner = row.at("colleagues", row.number * 2)
    first: Cells = {"report_id": row.key("P"), "colleague_id": owner.key("K"), "format": _format(row)}
    other = row.other("other", "colleagues")
    if other.number == owner.number or Colleague(other).role != "director":
        return [first]
    return [first, {**first, "colleague_id": other.key("K"), "format": _format(row.part(1))}]


def alerts(row: Row) -> list[Cells]:
    """What a colleague is to be told of by itself, if anything."""
    colleague = Colleague(row.at("colleagues", row.number))
    if not row.chance("has alert", 0.5):
        return []
    kind, scope = colleague.covers(row, "scope")
    alert: Cells = {
        "alert_id": row.key("L"),
        "colleague_id": row.key("K"),
        "metric_id": "revenue",
        "scope_kind": kind,
        "scope": scope,
        "direction": row.pick("direction", ("above", "below")),
        "threshold": row.integer("threshold", 100, 9000) * 1000,
        "active": int(row.chance("active", 0.7)),
    }
    return [alert]


def stores(rows: Rows) -> Columns:
    """The shops."""
    return {
        "store_no": numbers(rows),
        "name": rows.picks("name", POOLS["cities"]),
        "region": facts.region(rows),
        "opened_on": rows.dates("opened", date(1998, 1, 5), OPENED),
    }


def products(rows: Rows) -> Columns:
    """What they sell."""
    return {
        "product_no": numbers(rows),
        "name": facts.product_names(rows),
        "department": facts.department(rows),
        "list_price_cents": facts.price_cents(rows),
        "cost_cents": facts.cost_cents(rows),
    }


def customers(rows: Rows) -> Columns:
    """Who shops with a card; nobody is named."""
    return {
        "customer_no": numbers(rows),
        "joined_on": rows.dates("joined", date(2015, 1, 5), OPENED),
        "segment": rows.choices("segment", facts.SEGMENTS),
    }


def promotions(rows: Rows) -> Columns:
    """What was cheaper for a time."""
    first, last = facts.promotion_days(rows)
    return {"promotion_no": numbers(rows), "percent": facts.percent(rows), "first_day": first, "last_day": last}


def sales(rows: Rows) -> Columns:
    """What was sold: one line of a receipt each."""
    made = Sales(rows)
    return {
        "sale_no": numbers(rows),
        "sold_on": made.sold_on,
        "store_no": numbers(made.store),
        "product_no": numbers(made.product),
        "customer_no": numbers(made.customer),
        "promotion_no": made.promotion_no,
        "channel": made.channel,
        "quantity": made.quantity,
        "net_cents": made.net_cents,
    }


def returns(rows: Rows) -> Columns:
    """What came back, whole lines."""
    back = facts.returned_sales(rows)
    sold = Sales(back)
    returned_on = np.minimum(sold.sold_on + rows.integers("days", 0, 25, skew=2), np.datetime64(YESTERDAY))
    return {
        "return_no": numbers(rows),
        "sale_no": numbers(back),
        "returned_on": returned_on,
        "reason": rows.picks("reason", facts.REASONS),
        "refund_cents": sold.net_cents,
    }


def deliveries(rows: Rows) -> Columns:
    """What was brought to the stores."""
    return {
        "delivery_no": numbers(rows),
        "store_no": numbers(rows.other("store", "stores", skew=2)),
        "product_no": numbers(rows.other("product", "products")),
        "delivered_on": rows.dates("day", OPENED, YESTERDAY - timedelta(days=1)),
        "quantity": rows.integers("quantity", 1, 40) * 6,
    }


def targets(rows: Rows) -> Columns:
    """What each store is to sell in each month: the chain's mean, and what it is to do better."""
    store, month = np.divmod(rows.numbers, MONTHS)
    mean = rows.counts["sales"] * 900 // rows.counts["stores"] // MONTHS
    return {
        "store_no": store + facts.FIRST_NO,
        "month": (np.datetime64("2024-03") + month).astype("datetime64[D]"),
        "target_cents": mean * rows.integers("better", 40, 160) // 100 // 1000 * 1000 + 1000,
    }


def _format(row: Row) -> str:
    return row.pick("format", ("table", "chart"))
