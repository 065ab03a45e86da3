"""The kinds of figures: what each means, in which unit it is given, and the query that finds it."""

from __future__ import annotations

from typing import Literal, NamedTuple

Area = Literal["sales", "returns", "customers", "margins"]
Unit = Literal["cents", "count", "hundredths_of_percent", "product_no"]
ScopeKind = Literal["store", "region", "department"]
LEAST_CUSTOMERS = 10
"""A figure about fewer customers than this is not given out."""


class Metric(NamedTuple):
    """A kind of figure.

    Args:
        metric_id: Its name.
        area: The grant that it takes.
        unit: In what it is given.
        definition: What it means, so that there is one right figure.
        value: The expression that finds it, over the sales ``s`` and products ``p`` of a period and scope.
    """

    metric_id: str
    area: Area
    unit: Unit
    definition: str
    value: str


_REFUNDS = "sum(r.refund_cents)"
METRICS = (
    Metric("revenue", "sales", "cents", "The sum of net_cents of the sales.", "sum(s.net_cents)"),
    Metric("items_sold", "sales", "count", "The sum of quantity of the sales.", "sum(s.quantity)"),
    Metric("sale_count", "sales", "count", "The number of sales: rows of the table sales.", "count(*)"),
    Metric(
        "mean_sale",
        "sales",
        "cents",
        "Revenue divided by the number of sales, rounded to whole cents, a half upwards.",
        "CAST(floor(sum(s.net_cents) / count(*) + 0.5) AS BIGINT)",
    ),
    Metric(
        "online_share",
        "sales",
        "hundredths_of_percent",
        "Revenue of the channel 'online' as a share of all revenue, in hundredths of a per cent, a half upwards.",
        "CAST(floor(10000 * sum(s.net_cents) FILTER (s.channel = 'online') / sum(s.net_cents) + 0.5) AS BIGINT)",
    ),
    Metric(
        "promotion_share",
        "sales",
        "hundredths_of_percent",
        "Revenue of sales with a promotion_no other than 0 as a share of all revenue, in hundredths of a per cent,"
        " a half upwards.",
        "CAST(floor(10000 * sum(s.net_cents) FILTER (s.promotion_no <> 0) / sum(s.net_cents) + 0.5) AS BIGINT)",
    ),
    Metric(
        "best_product",
        "sales",
        "product_no",
        "The product_no with the most revenue; of several with as much, the lowest.",
        "",
    ),
    Metric(
        "returned_value",
        "returns",
        "cents",
        "The sum of refund_cents of the returns whose returned_on lies in the period; store and department are those of"
        " the sale, whenever it was.",
        _REFUNDS,
    ),
    Metric(
        "spoiled_value",
        "returns",
        "cents",
        "As returned_value, but of returns with the reason 'spoiled' alone.",
        f"{_REFUNDS} FILTER (r.reason = 'spoiled')",
    ),
    Metric(
        "margin",
        "margins",
        "cents",
        "Revenue less the cost of what was sold: for every sale, quantity times cost_cents of its product.",
        "sum(s.net_cents - s.quantity * p.cost_cents)",
    ),
    Metric(
        "active_customers",
        "customers",
        "count",
        "The number of different customers with a sale.",
        "count(DISTINCT s.customer_no)",
    ),
)
BY_ID = {metric.metric_id: metric for metric in METRICS}


class Extent(NamedTuple):
    """Of what a figure is: a scope, and days of which the first and the last are included."""

    scope_kind: str
    scope: str
    first_day: str
    last_day: str


def figure_sql(metric_id: str, of: Extent) -> str:
    """The query that finds a figure, as one row of one column."""
    if metric_id == "best_product":
        best = "GROUP BY product_no ORDER BY sum(s.net_cents) DESC, product_no LIMIT 1"
        return f"SELECT product_no AS figure {_from(metric_id, of)} {best}"
    return f"SELECT {BY_ID[metric_id].value} AS figure {_from(metric_id, of)}"


def customers_sql(metric_id: str, of: Extent) -> str:
    """The query that counts the customers of a figure, as one row of one column."""
    spoiled = " AND r.reason = 'spoiled'" if metric_id == "spoiled_value" else ""
    return f"SELECT count(DISTINCT s.customer_no) AS customers {_from(metric_id, of)}{spoiled}"


def _from(metric_id: str, of: Extent) -> str:
    """The sales of a figure, to the end of the conditions."""
    is_return = BY_ID[metric_id].area == "returns"
    within = {
        "store": f"s.store_no = {of.scope}",
        "region": f"s.store_no IN (SELECT store_no FROM stores WHERE region = '{of.scope}')",
        "department": f"p.department = '{of.scope}'",
    }[of.scope_kind]
    return (
        f"FROM sales s JOIN products p USING (product_no){' JOIN returns r USING (sale_no)' if is_return else ''}"
        f" WHERE {'r.returned_on' if is_return else 's.sold_on'} BETWEEN DATE '{of.first_day}' AND DATE '{of.last_day}'"
        f" AND {within}"
    )


def shown(unit: str, figure: int) -> str:
    """A figure as colleagues read it."""
    sign, size = "-" if figure < 0 else "", abs(figure)
    if unit == "cents":
        return f"{sign}{size // 100}.{size % 100:02d}"
    if unit == "hundredths_of_percent":
        return f"{sign}{size // 100}.{size % 100:02d}%"
    return f"{sign}{size}"
