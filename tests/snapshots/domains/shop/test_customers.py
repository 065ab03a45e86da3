"""Customers of the shop are found and change what is theirs; what is asked for wrongly is refused."""

from __future__ import annotations

from typing import Any

import pytest

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError

from .conftest import PENDING, one


def test_a_customer_is_found_by_email_and_by_name_and_postcode(db: EpisodeDatabase, call: Any) -> None:
    someone = call("get_customer", customer_id=one(db, "SELECT customer_id FROM customers"))
    assert call("find_customer_by_email", email=someone["email"].upper())["customer_id"] == someone["customer_id"]
    postcode = someone["addresses"][0]["postcode"]
    found = call("find_customer_by_name", name=someone["name"].lower(), postcode=postcode)
    assert someone["customer_id"] in [customer["customer_id"] for customer in found]
    assert call("find_customer_by_name", name="Nobody", postcode=postcode) == []


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
