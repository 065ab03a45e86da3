"""Orders of the shop are placed, changed, paid and cancelled by its rules."""

from __future__ import annotations

from typing import Any

import pytest

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError

from .conftest import PENDING, one


def test_an_order_is_cancelled_and_paid_back(db: EpisodeDatabase, call: Any) -> None:
    order = call("get_order", order_id=one(db, PENDING + " AND coupon_code IS NOT NULL"))
    stock = db.scalar("SELECT stock FROM variants WHERE variant_id = ?", order["items"][0]["variant_id"])
    uses = call("get_coupon", code=order["coupon_code"])["uses_left"]
    after = call("cancel_order", order_id=order["order_id"], reason="changed_mind")
    assert after["status"] == "cancelled"
    assert after["payments"][-1]["amount_cents"] == order["total_cents"]
    assert after["payments"][-1]["made_at"] == db.now
    variant = order["items"][0]["variant_id"]
    assert (
        db.scalar("SELECT stock FROM variants WHERE variant_id = ?", variant) == stock + order["items"][0]["quantity"]
    )
    assert call("get_coupon", code=order["coupon_code"])["uses_left"] == uses + 1


@pytest.mark.parametrize("status", ["processing", "shipped", "delivered", "cancelled"])
def test_an_order_that_is_not_pending_cannot_be_changed(db: EpisodeDatabase, call: Any, status: str) -> None:
    order_id = one(db, f"SELECT order_id FROM orders WHERE status = '{status}'")
    calls: dict[str, dict[str, Any]] = {
        "cancel_order": {"reason": "too_slow"},
        "change_delivery": {"delivery": "express"},
        "change_item_quantity": {"line": 1, "quantity": 2},
        "remove_item": {"line": 1},
        "apply_coupon": {"code": "X"},
    }
    for name, arguments in calls.items():
        with pytest.raises(ToolError, match=f"is {status}; only a pending order"):
            call(name, order_id=order_id, **arguments)


def test_a_change_of_delivery_charges_the_difference(db: EpisodeDatabase, call: Any) -> None:
    order_id = one(db, PENDING + " AND delivery = 'standard' AND delivery_cents > 0")
    before, after = call("get_order", order_id=order_id), call("change_delivery", order_id=order_id, delivery="express")
    assert after["total_cents"] - before["total_cents"] == 500 == after["payments"][-1]["amount_cents"]
    back = call("change_delivery", order_id=order_id, delivery="standard")
    assert back["total_cents"] == before["total_cents"] and back["payments"][-1]["kind"] == "refund"


def test_a_line_changes_to_another_variant_of_its_product_only(db: EpisodeDatabase, call: Any) -> None:
    row = db.row(
        "SELECT o.order_id, i.line, w.variant_id, w.price_cents, i.quantity FROM orders o JOIN order_items i"
        " USING (order_id) JOIN variants v USING (variant_id) JOIN variants w ON w.product_id = v.product_id"
        " WHERE o.status = 'pending' AND w.stock >= 4 AND w.price_cents <> i.unit_price_cents AND NOT EXISTS"
        " (SELECT 1 FROM order_items x WHERE x.order_id = o.order_id AND x.variant_id = w.variant_id) ORDER BY 1, 2, 3"
    )
    assert row is not None
    where = {"order_id": row["order_id"], "line": row["line"]}
    after = call("change_item_variant", **where, variant_id=row["variant_id"])
    assert after["items"][row["line"] - 1]["unit_price_cents"] == row["price_cents"]
    wrong = one(
        db, f"SELECT variant_id FROM variants WHERE product_id <> '{after['items'][row['line'] - 1]['product_id']}'"
    )
    with pytest.raises(ToolError, match="is of product"):
        call("change_item_variant", **where, variant_id=wrong)


def test_an_order_keeps_at_least_one_line(db: EpisodeDatabase, call: Any) -> None:
    lines = "(SELECT count(*) FROM order_items i WHERE i.order_id = o.order_id)"
    several, single = one(db, f"{PENDING} AND {lines} > 1"), one(db, f"{PENDING} AND {lines} = 1")
    assert len(call("remove_item", order_id=several, line=1)["items"]) >= 1
    with pytest.raises(ToolError, match="cancel the order instead"):
        call("remove_item", order_id=single, line=1)


def test_more_than_the_stock_cannot_be_ordered(db: EpisodeDatabase, call: Any) -> None:
    row = db.row(
        "SELECT order_id, line FROM orders JOIN order_items USING (order_id) JOIN variants USING (variant_id)"
        " WHERE status = 'pending' AND stock + quantity < 10 ORDER BY 1, 2"
    )
    assert row is not None
    with pytest.raises(ToolError, match="in stock, not"):
        call("change_item_quantity", **row, quantity=10)


def test_a_coupon_is_good_once_an_order_and_in_its_days(db: EpisodeDatabase, call: Any) -> None:
    day = db.now[:10]
    good = f"uses_left > 0 AND first_day <= '{day}' AND last_day >= '{day}'"
    code = one(db, f"SELECT code FROM coupons WHERE {good} AND min_items_cents <= 4000")
    order_id = one(db, PENDING + " AND coupon_code IS NULL AND items_cents >= 4000")
    over = one(db, f"SELECT code FROM coupons WHERE last_day < '{day}'")
    with pytest.raises(ToolError, match="holds from"):
        call("apply_coupon", order_id=order_id, code=over)
    after = call("apply_coupon", order_id=order_id, code=code)
    assert after["discount_cents"] > 0 and after["payments"][-1]["kind"] == "refund"
    with pytest.raises(ToolError, match="already has the coupon"):
        call("apply_coupon", order_id=order_id, code=code)


def test_an_order_is_placed_and_its_id_follows_from_the_state(db: EpisodeDatabase, call: Any) -> None:
    last = db.scalar("SELECT max(order_id) FROM orders")
    who = one(db, f"SELECT customer_id FROM payment_methods WHERE expires_on IS NULL OR expires_on > '{db.now[:10]}'")
    someone = call("get_customer", customer_id=who)
    usable = [m for m in someone["payment_methods"] if m["expires_on"] is None or m["expires_on"] > db.now[:10]]
    variants = db.rows("SELECT variant_id, price_cents FROM variants WHERE stock > 2 ORDER BY variant_id LIMIT 2")
    arguments = {
        "customer_id": who,
        "items": [{"variant_id": variant["variant_id"], "quantity": 2} for variant in variants],
        "address_id": someone["addresses"][0]["address_id"],
        "method_id": usable[0]["method_id"],
    }
    order = call("place_order", **arguments)
    assert order["order_id"] == f"O{int(last[1:]) + 1}"
    assert order["items_cents"] == 2 * sum(variant["price_cents"] for variant in variants)
    assert [payment["amount_cents"] for payment in order["payments"]] == [order["total_cents"]]
    with pytest.raises(ToolError, match="twice"):
        call("place_order", **arguments | {"items": arguments["items"] * 2})


def test_nothing_of_another_customer_can_be_used(db: EpisodeDatabase, call: Any) -> None:
    order = call("get_order", order_id=one(db, PENDING))
    address = one(db, f"SELECT address_id FROM addresses WHERE customer_id <> '{order['customer_id']}'")
    method = one(db, f"SELECT method_id FROM payment_methods WHERE customer_id <> '{order['customer_id']}'")
    with pytest.raises(ToolError, match="has no address"):
        call("change_delivery_address", order_id=order["order_id"], address_id=address)
    with pytest.raises(ToolError, match="has no payment method"):
        call("change_payment_method", order_id=order["order_id"], method_id=method)


def test_another_payment_method_is_charged_and_the_old_one_refunded(db: EpisodeDatabase, call: Any) -> None:
    other = (
        "SELECT o.order_id, m.method_id FROM orders o JOIN payment_methods m USING (customer_id) WHERE o.status ="
        " 'pending' AND m.method_id <> o.method_id AND coalesce(expires_on, '9') {} ? ORDER BY 1, 2"
    )
    usable, expired = db.row(other.format(">="), db.now[:10]), db.row(other.format("<"), db.now[:10])
    assert usable is not None and expired is not None
    before, after = call("get_order", order_id=usable["order_id"]), call("change_payment_method", **usable)
    assert after["method_id"] == usable["method_id"] != before["method_id"]
    paid = [(payment["kind"], payment["method_id"], payment["amount_cents"]) for payment in after["payments"][-2:]]
    total = before["total_cents"]
    assert paid == [("refund", before["method_id"], total), ("charge", usable["method_id"], total)]
    with pytest.raises(ToolError, match="already paid by"):
        call("change_payment_method", **usable)
    with pytest.raises(ToolError, match="expired on"):
        call("change_payment_method", **expired)
