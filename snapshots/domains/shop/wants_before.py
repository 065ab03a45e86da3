"""What customers want of goods and of orders that are not packed: prices, changes, cancellations, new orders."""

from __future__ import annotations

from collections.abc import Callable

from agent_envs.snapshots.domains.compose import drawn, tried
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import ordering
from .wanted import Customer, begun, difference, money, order_of, spoken

Want = Callable[[Customer, EpisodeDatabase], Draft | None]
_REASONS = {
    "changed_mind": "I have changed my mind",
    "ordered_by_mistake": "I ordered it by mistake",
    "too_slow": "it takes too long",
    "found_cheaper": "I found it cheaper elsewhere",
}
_PENDING = "o.status = 'pending'"
_VARIANTS = (
    "SELECT i.line, i.quantity, p.name, v.colour, v.size, w.variant_id, w.colour AS new_colour, w.size AS new_size,"
    " w.stock, p.product_id FROM order_items i JOIN variants v USING (variant_id) JOIN products p USING (product_id)"
    " JOIN variants w ON w.product_id = v.product_id AND w.variant_id <> v.variant_id WHERE i.order_id = ?"
    " AND w.stock >= i.quantity AND w.variant_id NOT IN (SELECT variant_id FROM order_items x"
    " WHERE x.order_id = i.order_id) ORDER BY i.line, w.variant_id"
)


def price(product_id: str, db: EpisodeDatabase) -> Draft | None:
    """Ask what a thing costs in one colour and size."""
    row = db.row(
        "SELECT p.name, v.* FROM products p JOIN variants v USING (product_id) WHERE product_id = ?1 AND 1 ="
        " (SELECT count(*) FROM products q WHERE q.name = p.name) ORDER BY v.variant_id DESC",
        product_id,
    )
    if row is None:
        return None
    cost, words = money(row["price_cents"]), row["name"].lower()
    draft = Draft("price")
    if drawn(product_id) % 2:  # some know the number from the catalogue, and one call is enough
        draft.learn(f"What does {product_id}, the {row['name']}, cost in {row['colour']}, size {row['size']}?", cost)
    else:
        draft.learn(f"What does the {row['name']} cost in {row['colour']}, size {row['size']}?", cost)
        draft.call("search_products", words=words)
    return draft.call("get_product", product_id=product_id).say(f"It costs {cost}.")


def total(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask what an order cost."""
    order = order_of(db, customer, "total")
    if order is None:
        return None
    said, amount = spoken(db, order, "total"), money(order["total_cents"])
    return begun(Draft("total").learn(f"What is the total of {said.words}?", amount), order, said).say(
        f"The total is {amount}."
    )


def cancel(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Cancel an order that is pending."""
    order = order_of(db, customer, "cancel", _PENDING)
    if order is None:
        return None
    said, amount = spoken(db, order, "cancel"), money(order["total_cents"])
    first, reason = _two(order["order_id"], *_REASONS)
    draft = Draft("cancel", reason=_REASONS[reason]).act(
        f"Please cancel {said.words}.", amount, at_first=f"Please cancel {said.words}: {_REASONS[first]}."
    )
    begun(draft, order, said)
    draft.say("What is the reason, please?")
    draft.say(f"I would cancel order {order['order_id']}: {amount} goes back to {order['method']}. Shall I do that?")
    draft.call("cancel_order", order_id=order["order_id"], reason=reason)
    return draft.say(f"It has been cancelled; {amount} goes back to you.")


def too_late(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Cancel or redirect an order that is no longer pending."""
    order = order_of(db, customer, "too late", "o.status IN ('processing', 'shipped', 'delivered')")
    if order is None:
        return None
    said = spoken(db, order, "too late")
    what = ("cancel {}", "have {} sent by express", "send {} to another address")[drawn(order["order_id"]) % 3]
    draft = begun(Draft("too late").refuse(f"Please {what.format(said.words)}."), order, said)
    draft.say(f"I cannot do that: the order is {order['status']}, and only a pending order can be changed.")
    return draft.say(f"I really cannot. The order is {order['status']}.")


def faster(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Have an order delivered by express, or no longer so."""
    order = order_of(db, customer, "faster", _PENDING)
    if order is None:
        return None
    to = "standard" if order["delivery"] == "express" else "express"
    after = tried(db, ordering.change_delivery, order_id=order["order_id"], delivery=to)
    said, new = spoken(db, order, "faster"), money(after["total_cents"])
    draft = begun(Draft("delivery").act(f"Can {said.words} come by {to} delivery?", new), order, said)
    costs = difference(order["total_cents"], after["total_cents"])
    draft.say(f"By {to} delivery the total is {new}; {costs}. Shall I change it?")
    draft.call("change_delivery", order_id=order["order_id"], delivery=to)
    return draft.say(f"Done: it comes by {to} delivery, for {new} in all.")


def readdress(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Have an order sent to another address: one that the shop knows, or a new one."""
    order = order_of(db, customer, "readdress", _PENDING)
    if order is None:
        return None
    said, order_id = spoken(db, order, "readdress"), order["order_id"]
    other = db.row(
        "SELECT address_id, label, street FROM addresses WHERE customer_id = ? AND address_id <> ? ORDER BY address_id",
        customer.customer_id,
        order["address_id"],
    )
    if other is not None:
        draft = Draft("readdress").act(f"Please send {said.words} to my {other['label']} address.", other["street"])
        begun(draft, order, said).call("get_customer", customer_id=customer.customer_id)
        draft.say(f"That is {other['street']}. Shall I change the address of order {order_id}?")
        draft.call("change_delivery_address", order_id=order_id, address_id=other["address_id"])
        return draft.say(f"The address has been changed to {other['street']}.")
    number = drawn(order_id, "house")
    street, city = f"{1 + number % 90} Station Road", ("Eastford", "Wending", "Halby")[number % 3]
    postcode = f"EF{1 + number % 9} {1 + number % 7}AB"
    draft = Draft("new address", new_address=f"{street}, {city}, {postcode}")
    draft.act(f"I am moving. Please send {said.words} to my new home.", street)
    begun(draft, order, said).say("What is the new address, please?")
    draft.say(f"I would add {street}, {city}, {postcode} and send order {order_id} there. Shall I do that?")
    place = {"label": "home", "street": street, "city": city, "postcode": postcode}
    added = tried(db, ordering.add_address, customer_id=customer.customer_id, **place)
    draft.call("add_address", customer_id=customer.customer_id, **place)
    draft.call("change_delivery_address", order_id=order_id, address_id=added["address_id"])
    return draft.say(f"Done: the order goes to {street}.")


def quantity(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Have more of a line, or fewer."""
    order = order_of(db, customer, "quantity", _PENDING)
    line = order and db.row(
        "SELECT i.*, p.name FROM order_items i JOIN variants v USING (variant_id) JOIN products p USING (product_id)"
        " WHERE i.order_id = ? AND v.stock > 0 ORDER BY i.line DESC",
        order["order_id"],
    )
    if order is None or line is None:
        return None
    wanted, first = line["quantity"] + 1, line["quantity"] + 2
    arguments = {"order_id": order["order_id"], "line": line["line"], "quantity": wanted}
    after = tried(db, ordering.change_item_quantity, **arguments)
    if after is None:
        return None
    said, new = spoken(db, order, "quantity"), money(after["total_cents"])
    request = "I would like {} of the " + line["name"] + f" in {said.words}."
    draft = begun(Draft("quantity").act(request.format(wanted), new, at_first=request.format(first)), order, said)
    costs = difference(order["total_cents"], after["total_cents"])
    draft.say(f"With {wanted} of them the new total is {new}; {costs}. Shall I change it?")
    draft.call("change_item_quantity", **arguments)
    return draft.say(f"Done: {wanted} of them, for {new} in all.")


def variant(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Have a line in another colour or size."""
    order = order_of(db, customer, "variant", _PENDING)
    choices = db.rows(_VARIANTS, order["order_id"]) if order else []
    if order is None or not choices:
        return None
    first, other = choices[-1], choices[drawn(order["order_id"]) % len(choices)]
    arguments = {"order_id": order["order_id"], "line": other["line"], "variant_id": other["variant_id"]}
    after = tried(db, ordering.change_item_variant, **arguments)
    said, new = spoken(db, order, "variant"), money(after["total_cents"])
    request = "Please send me the {name} in {new_colour}, size {new_size}, instead of the one"
    draft = Draft("variant").act(
        f"{request.format(**other)} of {said.words}.", new, at_first=f"{request.format(**first)} of {said.words}."
    )
    begun(draft, order, said).call("get_product", product_id=other["product_id"])
    costs = difference(order["total_cents"], after["total_cents"])
    draft.say(
        f"In {other['new_colour']}, size {other['new_size']}, the new total is {new}; {costs}. Shall I change it?"
    )
    draft.call("change_item_variant", **arguments)
    return draft.say(f"Done: the new total is {new}.")


def take_out(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Take a line out; of an order with one line only, cancelling is another matter."""
    lines = "(SELECT count(*) FROM order_items i WHERE i.order_id = o.order_id)"
    order = order_of(db, customer, "take out", f"{_PENDING} AND {lines} > 1")
    if order is None:
        return None
    line = db.row(
        "SELECT i.line, p.name FROM order_items i JOIN variants USING (variant_id) JOIN products p USING (product_id)"
        " WHERE i.order_id = ? ORDER BY i.line",
        order["order_id"],
    )
    assert line is not None
    arguments = {"order_id": order["order_id"], "line": line["line"]}
    after = tried(db, ordering.remove_item, **arguments)
    said, new = spoken(db, order, "take out"), money(after["total_cents"])
    draft = Draft("take out").act(f"I no longer want the {line['name']}. Please take it out of {said.words}.", new)
    begun(draft, order, said)
    costs = difference(order["total_cents"], after["total_cents"])
    lost = " Its coupon no longer counts." if order["discount_cents"] and not after["discount_cents"] else ""
    draft.say(f"Without it the total is {new}; {costs}.{lost} Shall I take it out?")
    draft.call("remove_item", **arguments)
    return draft.say(f"Done: the new total is {new}.")


def again(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Order something again that they had before, to the same place and by the same means."""
    order = order_of(db, customer, "again", "o.status = 'delivered'")
    line = order and db.row(
        "SELECT i.variant_id, v.product_id, p.name, v.colour, v.size FROM order_items i JOIN variants v"
        " USING (variant_id) JOIN products p USING (product_id) WHERE i.order_id = ? AND v.stock > 0 ORDER BY i.line",
        order["order_id"],
    )
    if order is None or line is None:
        return None
    arguments = {
        "customer_id": customer.customer_id,
        "items": [{"variant_id": line["variant_id"], "quantity": 1 + drawn(order["order_id"]) % 2}],
        "address_id": order["address_id"],
        "method_id": order["method_id"],
        "delivery": "express",
    }
    placed = tried(db, ordering.place_order, **arguments)
    if placed is None:  # the card has expired
        return None
    said, cost = spoken(db, order, "again"), money(placed["total_cents"])
    what = f"{arguments['items'][0]['quantity']} of the {line['name']} in {line['colour']}, size {line['size']}"
    draft = Draft("again", delivery="express").act(f"Please send me {what} again, like in {said.words}.", cost)
    begun(draft, order, said).call("get_product", product_id=line["product_id"]).say("Which delivery would you like?")
    draft.say(f"It costs {cost} by express delivery, paid by {order['method']}. Shall I place the order?")
    draft.call("place_order", **arguments)
    return draft.say(f"It has been ordered; {cost} is charged.")


def _two(name: str, *options: str) -> tuple[str, str]:
    """Two different options: what is wanted at first, and what in the end."""
    number = drawn(name) % len(options)
    return options[number], options[(number + 1) % len(options)]


WANTS: tuple[Want, ...] = (total, cancel, too_late, faster, readdress, quantity, variant, take_out, again)
