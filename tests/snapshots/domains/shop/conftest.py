"""The shop as its tests have it: an image, a database on it, and calls after which the books balance."""

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
