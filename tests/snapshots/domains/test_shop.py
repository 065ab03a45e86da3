"""The shop: its data are consistent, its tools keep its rules and its books balanced."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from agent_envs.messages import ToolCall
from agent_envs.snapshots.domains.domain import Domain, load_domain
from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.image import Image
from agent_envs.tools import ToolError

ROWS = 8_000
# What is always true of the shop; each gives the rows of which it is not.
WHOLE = {
    "an order's price is the sum of its lines": (
        "SELECT order_id FROM orders o WHERE items_cents <> (SELECT sum(quantity * unit_price_cents) FROM order_items i"
        " WHERE i.order_id = o.order_id)"
    ),
    "what was paid for an order is its price, and nothing once it is cancelled": (
        "SELECT order_id FROM orders o WHERE CASE status WHEN 'cancelled' THEN 0 ELSE total_cents END <>"
        " (SELECT sum(CASE kind WHEN 'charge' THEN amount_cents ELSE -amount_cents END) FROM payments p"
        " WHERE p.order_id = o.order_id) + coalesce((SELECT sum(refund_cents) FROM returns r"
        " WHERE r.order_id = o.order_id AND r.status = 'refunded'), 0)"
    ),
    "orders go to addresses of their customers": (
        "SELECT order_id FROM orders o JOIN addresses a USING (address_id) WHERE a.customer_id <> o.customer_id"
    ),
    "orders are paid by methods of their customers": (
        "SELECT order_id FROM orders o JOIN payment_methods m USING (method_id) WHERE m.customer_id <> o.customer_id"
    ),
    "nothing is charged to a method that had expired": (
        "SELECT payment_id FROM payments JOIN payment_methods USING (method_id)"
        " WHERE payments.kind = 'charge' AND expires_on < substr(made_at, 1, 10)"
    ),
    "delivered orders have a parcel that arrived": (
        "SELECT order_id FROM orders o WHERE (status = 'delivered') <> EXISTS (SELECT 1 FROM shipments s"
        " WHERE s.order_id = o.order_id AND delivered_at IS NOT NULL)"
    ),
    "orders that were not shipped have no parcel": (
        "SELECT order_id FROM orders JOIN shipments USING (order_id) WHERE status NOT IN ('shipped', 'delivered')"
    ),
    "nothing happens after now": (
        "SELECT placed_at AS at FROM orders WHERE placed_at > :now UNION ALL SELECT made_at FROM payments"
        " WHERE made_at > :now UNION ALL SELECT delivered_at FROM shipments WHERE delivered_at > :now UNION ALL"
        " SELECT requested_at FROM returns WHERE requested_at > :now"
    ),
    "final sales are not returned": (
        "SELECT return_id FROM return_items JOIN order_items USING (order_id, line) JOIN variants USING (variant_id)"
        " JOIN products USING (product_id) JOIN categories USING (category_id) WHERE final_sale = 1"
    ),
    "no more is returned than was bought": (
        "SELECT i.order_id FROM return_items r JOIN returns USING (return_id) JOIN order_items i"
        " ON i.order_id = r.order_id AND i.line = r.line WHERE status <> 'cancelled'"
        " GROUP BY i.order_id, i.line, i.quantity HAVING sum(r.quantity) > i.quantity"
    ),
    "cancelled orders, and no others, have a reason": (
        "SELECT order_id FROM orders WHERE (status = 'cancelled') <> (cancel_reason IS NOT NULL)"
    ),
}
PENDING = "SELECT order_id FROM orders o WHERE status = 'pending'"


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain("shop")


@pytest.fixture(scope="module")
def image(domain: Domain, tmp_path_factory: pytest.TempPathFactory) -> Image:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AGENT_ENVS_CACHE", str(tmp_path_factory.mktemp("cache")))
        return domain.image(ROWS, 0)


@pytest.fixture
def db(domain: Domain, image: Image) -> EpisodeDatabase:
    return EpisodeDatabase(image, domain.clock)


@pytest.fixture
def call(domain: Domain, db: EpisodeDatabase) -> Any:
    """Calls a tool; its result has passed the schema of its return type, and the books balance afterwards."""

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
        assert broken(db) == []
        kind = found.function.__annotations__["return"]
        msgspec.json.decode(text, type=eval(kind, found.function.__globals__))  # noqa: S307 - our own annotation
        return msgspec.json.decode(text)

    return run


def broken(db: EpisodeDatabase) -> list[str]:
    return [rule for rule, sql in WHOLE.items() if db.rows(sql.replace(":now", f"'{db.now}'"))]


def one(db: EpisodeDatabase, sql: str) -> Any:
    found = db.scalar(sql + " ORDER BY 1")
    assert found is not None, f"the shop has none: {sql}"
    return found


def test_the_shop_is_what_a_domain_should_be(domain: Domain) -> None:
    assert len(domain.tables) >= 8
    assert len(domain.tools) >= 15
    assert {tool.writes for tool in domain.tools.values()} == {True, False}


def test_the_rows_are_consistent(db: EpisodeDatabase) -> None:
    assert broken(db) == []


def test_every_kind_of_row_that_a_task_may_need_is_there(db: EpisodeDatabase) -> None:
    statuses = db.rows("SELECT status, count(*) AS count FROM orders GROUP BY status ORDER BY status")
    assert [row["status"] for row in statuses] == ["cancelled", "delivered", "pending", "processing", "shipped"]
    assert all(row["count"] >= 10 for row in statuses)
    for table in ("returns", "coupons", "delay_credits"):
        assert db.scalar(f"SELECT count(*) FROM {table}") >= 10


def test_few_customers_order_much(db: EpisodeDatabase) -> None:
    counts = db.rows("SELECT count(*) AS n FROM orders GROUP BY customer_id ORDER BY n DESC")
    customers = db.scalar("SELECT count(*) FROM customers")
    top = sum(row["n"] for row in counts[: customers // 5])
    assert 0.5 < top / sum(row["n"] for row in counts) < 0.7


def test_the_rows_are_as_many_as_were_asked_for(domain: Domain, db: EpisodeDatabase) -> None:
    total = sum(db.scalar(f"SELECT count(*) FROM {table}") for table in domain.tables)
    assert 0.85 * ROWS < total < 1.2 * ROWS


def test_a_customer_is_found_by_email_and_by_name_and_postcode(db: EpisodeDatabase, call: Any) -> None:
    someone = call("get_customer", customer_id=one(db, "SELECT customer_id FROM customers"))
    assert call("find_customer_by_email", email=someone["email"].upper())["customer_id"] == someone["customer_id"]
    postcode = someone["addresses"][0]["postcode"]
    found = call("find_customer_by_name", name=someone["name"].lower(), postcode=postcode)
    assert someone["customer_id"] in [customer["customer_id"] for customer in found]
    assert call("find_customer_by_name", name="Nobody", postcode=postcode) == []


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


def test_contact_details_change_unless_they_are_somebody_elses(db: EpisodeDatabase, call: Any) -> None:
    first, second = (row["customer_id"] for row in db.rows("SELECT customer_id FROM customers ORDER BY 1 LIMIT 2"))
    taken = call("get_customer", customer_id=second)["email"]
    assert call("change_contact", customer_id=first, email="New.Name@example.org")["email"] == "new.name@example.org"
    with pytest.raises(ToolError, match="cannot be used"):
        call("change_contact", customer_id=first, email=taken, phone="07700 900000")
    with pytest.raises(ToolError, match="neither email nor phone"):
        call("change_contact", customer_id=first)


@pytest.mark.parametrize("email", ["ann@example.org\n", "ann@example", "a b@example.org", "ann@@example.org"])
def test_an_email_address_that_is_none_is_refused(db: EpisodeDatabase, call: Any, email: str) -> None:
    with pytest.raises(ToolError):
        call("change_contact", customer_id=one(db, "SELECT customer_id FROM customers"), email=email)


def test_an_address_is_added_and_used(db: EpisodeDatabase, call: Any) -> None:
    order = call("get_order", order_id=one(db, PENDING))
    added = call(
        "add_address",
        customer_id=order["customer_id"],
        label="other",
        street="1 Elm Row",
        city="Reed",
        postcode="RD1 1AA",
    )
    after = call("change_delivery_address", order_id=order["order_id"], address_id=added["address_id"])
    assert after["address_id"] == added["address_id"]


def test_products_are_found_by_words(db: EpisodeDatabase, call: Any) -> None:
    name = one(db, "SELECT name FROM products")
    found = call("search_products", words=name.upper())
    product = call("get_product", product_id=found[0]["product_id"])
    assert product["name"] == name
    assert found[0]["stock"] == sum(variant["stock"] for variant in product["variants"])
    assert call("search_products", words="zzz") == []
    with pytest.raises(ToolError, match="one to five"):
        call("search_products", words="a b c d e f")


def test_lists_are_short_and_say_how_much_there_is(db: EpisodeDatabase, call: Any) -> None:
    who = db.scalar("SELECT customer_id FROM orders GROUP BY customer_id ORDER BY count(*) DESC, customer_id")
    listed = call("list_orders", customer_id=who)
    assert listed["total"] > len(listed["orders"]) == 20
    assert call("list_orders", customer_id=who, status="delivered")["total"] < listed["total"]
    assert len(call("list_categories")) == 12
    assert call("list_returns", order_id=one(db, "SELECT order_id FROM returns"))[0]["items"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"order_id": "O'; DROP TABLE orders; --", "line": 1, "quantity": 1},
        {"order_id": "O\0", "line": 1, "quantity": 1},
        {"order_id": "O1000000", "line": 10**30, "quantity": 1},
        {"order_id": "O1000000", "line": 1, "quantity": 0},
        {"order_id": "O1000000", "line": 1, "quantity": 1, "price": 0},
        {"order_id": "x" * 1_000_000, "line": 1, "quantity": 1},
        {"order_id": None, "line": 1, "quantity": 1},
    ],
)
def test_hostile_arguments_are_refused(call: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(ToolError):
        call("change_item_quantity", **arguments)
