"""The shop takes back, makes good and sends again what its policy says, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError

from .conftest import PENDING, one

RETURNABLE = (
    "SELECT {} FROM orders o JOIN order_items i USING (order_id) JOIN variants USING (variant_id) JOIN products"
    " USING (product_id) JOIN categories USING (category_id) JOIN shipments s USING (order_id) JOIN customers c"
    " USING (customer_id) WHERE o.status = 'delivered' AND NOT EXISTS (SELECT 1 FROM returns r"
    " WHERE r.order_id = o.order_id) AND "
)


def test_a_return_is_quoted_opened_redirected_and_cancelled(db: EpisodeDatabase, call: Any) -> None:
    where = "final_sale = 0 AND line = 1 AND delivered_at > '2026-02-10'"
    order_id = one(db, RETURNABLE.format("o.order_id") + where)
    items = [{"line": 1, "quantity": 1}]
    quote = call("quote_return", order_id=order_id, items=items)
    opened = call("request_return", order_id=order_id, items=items, reason="damaged")
    assert opened["status"] == "open" and opened["refund_cents"] == quote["refund_cents"]
    assert call("change_refund", return_id=opened["return_id"], refund_to="store_credit")["refund_to"] == "store_credit"
    with pytest.raises(ToolError, match="left to return"):
        call("request_return", order_id=order_id, items=[{"line": 1, "quantity": 10}], reason="damaged")
    assert call("cancel_return", return_id=opened["return_id"])["status"] == "cancelled"
    with pytest.raises(ToolError, match="is cancelled; only an open one"):
        call("cancel_return", return_id=opened["return_id"])


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("final_sale = 1 AND delivered_at > '2026-02-10'", "final sale"),
        ("final_sale = 0 AND tier <> 'gold' AND delivered_at < '2026-01-25'", "has 30"),
        ("final_sale = 0 AND tier = 'gold' AND delivered_at < '2026-01-10'", "has 45"),
    ],
)
def test_what_the_policy_forbids_to_return_is_refused(db: EpisodeDatabase, call: Any, where: str, told: str) -> None:
    sql = RETURNABLE.format("o.order_id, i.line") + where + " ORDER BY 1, 2"
    row = db.row(sql)
    assert row is not None
    with pytest.raises(ToolError, match=told):
        call("request_return", order_id=row["order_id"], items=[{"line": row["line"], "quantity": 1}], reason="damaged")


def test_a_late_order_earns_one_credit_by_tier(db: EpisodeDatabase, call: Any) -> None:
    row = db.row(
        "SELECT order_id, tier, customer_id FROM orders o JOIN shipments USING (order_id) JOIN customers"
        " USING (customer_id) WHERE substr(delivered_at, 1, 10) > promised_on AND NOT EXISTS"
        " (SELECT 1 FROM delay_credits d WHERE d.order_id = o.order_id) ORDER BY 1"
    )
    assert row is not None
    before = call("get_customer", customer_id=row["customer_id"])["store_credit_cents"]
    given = call("give_delay_credit", order_id=row["order_id"])
    assert given["amount_cents"] == {"standard": 500, "silver": 1000, "gold": 1500}[row["tier"]]
    assert given["store_credit_cents"] == before + given["amount_cents"]
    with pytest.raises(ToolError, match="one an order"):
        call("give_delay_credit", order_id=row["order_id"])
    with pytest.raises(ToolError, match="not late"):
        call("give_delay_credit", order_id=one(db, PENDING + f" AND promised_on > '{db.now[:10]}'"))


def test_a_lost_parcel_is_sent_again_once(db: EpisodeDatabase, call: Any) -> None:
    lost = (
        "SELECT o.order_id FROM orders o JOIN shipments USING (order_id) WHERE o.status = 'shipped' AND shipped_at {}"
        " '2026-02-16' AND NOT EXISTS (SELECT 1 FROM order_items i JOIN variants USING (variant_id)"
        " WHERE i.order_id = o.order_id AND stock < quantity)"
    )
    order_id = one(db, lost.format("<"))
    parcel = call("replace_lost_parcel", order_id=order_id)
    assert parcel["shipped_at"] == db.now
    assert [shipment["shipment_id"] for shipment in call("track_order", order_id=order_id)][-1] == parcel["shipment_id"]
    with pytest.raises(ToolError, match="already sent again"):
        call("replace_lost_parcel", order_id=order_id)
    with pytest.raises(ToolError, match="counts as lost after 14"):
        call("replace_lost_parcel", order_id=one(db, lost.format(">")))
