"""The figures desk: its warehouse is consistent, its tools keep its rules, and its figures are what their words say."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from agent_envs.messages import ToolCall
from agent_envs.snapshots.domains.domain import Domain, load_domain
from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.warehouse.guide import TABLES
from agent_envs.snapshots.domains.warehouse.metrics import METRICS, Extent, customers_sql, figure_sql, shown
from agent_envs.testing import tool_machine
from agent_envs.tools import ToolError

ROWS = 20_000
TestWarehouse = tool_machine("warehouse")
# What is always true of the warehouse; each gives the rows of which it is not.
WHOLE = {
    "sales are of stores, products and customers that there are": (
        "SELECT sale_no FROM sales ANTI JOIN stores USING (store_no) UNION ALL"
        " SELECT sale_no FROM sales ANTI JOIN products USING (product_no) UNION ALL"
        " SELECT sale_no FROM sales ANTI JOIN customers USING (customer_no)"
    ),
    "what is returned was sold before, and is refunded in full": (
        "SELECT return_no FROM returns LEFT JOIN sales USING (sale_no) WHERE sold_on IS NULL OR returned_on < sold_on"
        " OR refund_cents <> net_cents"
    ),
    "nothing comes back twice": "SELECT sale_no FROM returns GROUP BY sale_no HAVING count(*) > 1",
    "a promotion takes its share off, in its days alone": (
        "SELECT sale_no FROM sales JOIN products USING (product_no) LEFT JOIN promotions USING (promotion_no)"
        " WHERE net_cents <> quantity * list_price_cents - coalesce(quantity * list_price_cents * percent // 100, 0)"
        " OR NOT coalesce(sold_on BETWEEN first_day AND last_day, promotion_no = 0)"
    ),
    "nothing happened today or later": (
        "SELECT sold_on FROM sales WHERE sold_on > DATE '2026-03-02' UNION ALL SELECT returned_on FROM returns"
        " WHERE returned_on > DATE '2026-03-02' UNION ALL SELECT delivered_on FROM deliveries"
        " WHERE delivered_on > DATE '2026-03-02'"
    ),
    "products cost less than they sell for": "SELECT product_no FROM products WHERE cost_cents >= list_price_cents",
}
OPEN = "SELECT request_id FROM requests WHERE status = 'open'"
NORTH = Extent("region", "North", "2025-12-01", "2025-12-31")
ALL_SALES = "sales s JOIN stores t USING (store_no) JOIN products p USING (product_no)"
IN_NORTH = "region = 'North' AND sold_on >= '2025-12-01' AND sold_on < '2026-01-01'"
# The figures of a region's month, computed in another way.
OTHERWISE = {
    "revenue": f"SELECT sum(net_cents) FROM {ALL_SALES} WHERE {IN_NORTH}",
    "items_sold": f"SELECT sum(quantity) FROM {ALL_SALES} WHERE {IN_NORTH}",
    "sale_count": f"SELECT count(sale_no) FROM {ALL_SALES} WHERE {IN_NORTH}",
    "mean_sale": f"SELECT CAST(round(avg(net_cents)) AS BIGINT) FROM {ALL_SALES} WHERE {IN_NORTH}",
    "online_share": (
        "SELECT CAST(round(10000 * avg(CASE channel WHEN 'online' THEN net_cents ELSE 0 END) / avg(net_cents))"
        f" AS BIGINT) FROM {ALL_SALES} WHERE {IN_NORTH}"
    ),
    "promotion_share": (
        "SELECT CAST(round(10000 * avg(CASE promotion_no WHEN 0 THEN 0 ELSE net_cents END) / avg(net_cents))"
        f" AS BIGINT) FROM {ALL_SALES} WHERE {IN_NORTH}"
    ),
    "best_product": (
        f"SELECT arg_min(product_no, (-total, product_no)) FROM (SELECT product_no, sum(net_cents) AS total FROM"
        f" {ALL_SALES} WHERE {IN_NORTH} GROUP BY ALL)"
    ),
    "returned_value": (
        "SELECT sum(refund_cents) FROM returns WHERE returned_on >= '2025-12-01' AND returned_on < '2026-01-01' AND"
        " sale_no IN (SELECT sale_no FROM sales JOIN stores USING (store_no) WHERE region = 'North')"
    ),
    "spoiled_value": (
        "SELECT sum(refund_cents) FROM returns WHERE returned_on >= '2025-12-01' AND returned_on < '2026-01-01' AND"
        " reason = 'spoiled' AND sale_no IN (SELECT sale_no FROM sales JOIN stores USING (store_no)"
        " WHERE region = 'North')"
    ),
    "margin": f"SELECT sum(net_cents) - sum(quantity * cost_cents) FROM {ALL_SALES} WHERE {IN_NORTH}",
    "active_customers": (
        f"SELECT count(*) FROM (SELECT customer_no FROM {ALL_SALES} WHERE {IN_NORTH} GROUP BY customer_no)"
    ),
}


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain("warehouse")


@pytest.fixture
def db(domain: Domain) -> EpisodeDatabase:
    return domain.open(ROWS, 0)


@pytest.fixture
def call(domain: Domain, db: EpisodeDatabase) -> Any:
    """Calls a tool; what is refused leaves the state as it was, and what only reads does too."""

    def run(name: str, /, **arguments: Any) -> Any:
        found = domain.tools[name]
        before = db.digest()
        try:
            with db.call(writes=found.writes):
                text = domain.tools.call(db, ToolCall.of(name, **arguments))
        except ToolError:
            assert db.digest() == before
            raise
        assert found.writes or db.digest() == before
        return msgspec.json.decode(text)

    return run


def found(db: EpisodeDatabase, sql: str) -> Any:
    """The one value that a query of the warehouse finds."""
    ((value,),) = db.warehouse.query(sql).rows
    return value


def one(db: EpisodeDatabase, sql: str) -> Any:
    value = db.scalar(f"{sql} ORDER BY 1")
    assert value is not None, f"the desk has none: {sql}"
    return value


def test_the_desk_is_what_a_domain_should_be(domain: Domain) -> None:
    assert len(domain.tables) >= 8
    assert sum(tool.writes for tool in domain.tools.values()) >= 5
    assert len(domain.tools) >= 15
    assert domain.rows >= 1_000_000


@pytest.mark.parametrize("rule", WHOLE)
def test_the_warehouse_is_consistent(db: EpisodeDatabase, rule: str) -> None:
    assert db.warehouse.query(WHOLE[rule]).rows == ()


def test_few_products_and_days_sell_much(db: EpisodeDatabase) -> None:
    share = "sum(n) FILTER (place <= {0}) / sum(n) FROM (SELECT count(*) AS n, row_number() OVER (ORDER BY n DESC) AS"
    assert found(db, f"SELECT {share.format(5)} place FROM sales GROUP BY product_no)") > 0.15
    recent = found(db, "SELECT count(*) FROM sales WHERE sold_on >= DATE '2025-09-02'")
    assert recent > found(db, "SELECT count(*) FROM sales WHERE sold_on < DATE '2024-09-02'")


@pytest.mark.parametrize("rows", [1_000, 200_000])
def test_the_rows_are_as_many_as_were_asked_for(domain: Domain, rows: int) -> None:
    database = domain.open(rows, 0)
    here = sum(one(database, f"SELECT count(*) FROM {table}") for table in database.image.tables)
    there = sum(found(database, f"SELECT count(*) FROM {table}") for table in TABLES)
    assert here + there == pytest.approx(rows, rel=0.3 if rows == 1_000 else 0.2)


def test_the_guide_names_every_table_and_column_with_its_type(domain: Domain, db: EpisodeDatabase, call: Any) -> None:
    assert call("list_tables").keys() == {table.name for table in domain.schema.tables if table.schema == "warehouse"}
    for table in TABLES:
        told = call("describe_table", name=table)["columns"]
        query = f"SELECT {', '.join(f'typeof({column})' for column in told)} FROM {table} LIMIT 1"
        assert [each.split(":")[0].split(",")[0] for each in told.values()] == list(db.warehouse.query(query).rows[0])
        assert db.warehouse.query(f"SELECT * FROM {table} LIMIT 1").columns == tuple(told)


@pytest.mark.parametrize("metric", [metric.metric_id for metric in METRICS])
def test_a_figure_is_what_its_definition_says(db: EpisodeDatabase, metric: str) -> None:
    figure = found(db, figure_sql(metric, NORTH))
    assert isinstance(figure, int)
    assert figure == found(db, OTHERWISE[metric])


def test_the_customers_of_a_figure_are_those_of_its_sales(db: EpisodeDatabase) -> None:
    of_all = found(db, f"SELECT count(DISTINCT customer_no) FROM {ALL_SALES} WHERE {IN_NORTH}")
    assert found(db, customers_sql("best_product", NORTH)) == of_all
    spoiled, returned = (found(db, customers_sql(metric, NORTH)) for metric in ("spoiled_value", "returned_value"))
    assert 0 < spoiled < returned < of_all


@pytest.mark.parametrize(
    ("unit", "figure", "told"),
    [
        ("cents", -5, "-0.05"),
        ("cents", 123456, "1234.56"),
        ("hundredths_of_percent", 1234, "12.34%"),
        ("count", 7, "7"),
    ],
)
def test_a_figure_is_told_in_its_unit(unit: str, figure: int, told: str) -> None:
    assert shown(unit, figure) == told


def test_a_colleague_is_found_by_email_however_it_is_spelled(db: EpisodeDatabase, call: Any) -> None:
    email = one(db, "SELECT email FROM colleagues")
    colleague = call("find_colleague", email=email.upper())
    assert colleague == call("get_colleague", colleague_id=colleague["colleague_id"])
    assert "sales" in colleague["areas"]
    with pytest.raises(ToolError, match="no colleague has the e-mail address"):
        call("find_colleague", email="nobody@example.com")


def test_a_request_is_answered_or_withdrawn_once(db: EpisodeDatabase, call: Any) -> None:
    request_id = one(db, OPEN)
    answered = call("answer_request", request_id=request_id, figure=-12)
    assert (answered["status"], answered["figure"]) == ("answered", -12)
    for name, more in (("answer_request", {"figure": 1}), ("withdraw_request", {})):
        with pytest.raises(ToolError, match="is answered; only an open one"):
            call(name, request_id=request_id, **more)
    other = one(db, OPEN)
    assert call("withdraw_request", request_id=other)["status"] == "withdrawn"
    assert call("get_request", request_id=other)["status"] == "withdrawn"
    listed = call("list_requests", colleague_id=answered["colleague_id"])
    assert [each["asked_at"] for each in listed] == sorted((each["asked_at"] for each in listed), reverse=True)


def test_a_report_changes_its_day_and_its_readers(db: EpisodeDatabase, call: Any) -> None:
    report = call("get_report", report_id=one(db, "SELECT report_id FROM reports"))
    report_id, owner = report["report_id"], report["owner_id"]
    reader = one(db, f"SELECT colleague_id FROM colleagues WHERE colleague_id <> '{owner}'")
    day = "Monday" if report["weekday"] != "Monday" else "Friday"
    assert call("change_weekday", report_id=report_id, weekday=day)["weekday"] == day
    with pytest.raises(ToolError, match="already sent on"):
        call("change_weekday", report_id=report_id, weekday=day)
    with pytest.raises(ToolError, match="does not get report"):
        call("change_format", report_id=report_id, colleague_id=reader, format="chart")
    subscribed = call("subscribe", report_id=report_id, colleague_id=reader, format="chart")
    assert {"report_id": report_id, "colleague_id": reader, "format": "chart"} in subscribed["subscriptions"]
    assert report_id in [each["report_id"] for each in call("list_reports", colleague_id=reader)]
    with pytest.raises(ToolError, match="already"):
        call("subscribe", report_id=report_id, colleague_id=reader, format="table")
    with pytest.raises(ToolError, match="owns report"):
        call("unsubscribe", report_id=report_id, colleague_id=owner)
    left = call("unsubscribe", report_id=report_id, colleague_id=reader)
    assert left["subscriptions"] == report["subscriptions"]


def test_an_alert_is_set_moved_and_switched(db: EpisodeDatabase, call: Any) -> None:
    alert = {
        "colleague_id": one(db, "SELECT colleague_id FROM colleagues"),
        "metric_id": "margin",
        "scope_kind": "region",
        "scope": "Lakes",
        "direction": "below",
        "threshold": 100,
    }
    with pytest.raises(ToolError, match="there is no region 'Moon'; there are North, South"):
        call("create_alert", **alert | {"scope": "Moon"})
    made = call("create_alert", **alert)
    assert made.items() >= {**alert, "active": True}.items()
    assert made["alert_id"] == one(db, "SELECT max(alert_id) FROM alerts")
    assert call("change_threshold", alert_id=made["alert_id"], threshold=7)["threshold"] == 7
    with pytest.raises(ToolError, match="already on"):
        call("switch_alert", alert_id=made["alert_id"], active=True)
    assert not call("switch_alert", alert_id=made["alert_id"], active=False)["active"]
    assert call("list_alerts", colleague_id=alert["colleague_id"])[-1]["alert_id"] == made["alert_id"]


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("get_colleague", {"colleague_id": "K"}, "find_colleague gives the id"),
        ("get_metric", {"metric_id": "profit"}, "list_metrics names them all"),
        ("get_request", {"request_id": "Q"}, "list_requests gives the ids"),
        ("get_report", {"report_id": "P"}, "list_reports gives the ids"),
        ("change_threshold", {"alert_id": "L", "threshold": 1}, "list_alerts gives the ids"),
        ("describe_table", {"name": "secrets"}, "the tables are stores, products"),
        ("run_sql", {"sql": "SELECT * FROM colleagues"}, "there is no table 'colleagues'"),
        ("run_sql", {"sql": "DELETE FROM sales"}, "the data are only read"),
    ],
)
def test_what_is_not_there_is_told_with_what_to_do(call: Any, name: str, arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ToolError, match=told):
        call(name, **arguments)
