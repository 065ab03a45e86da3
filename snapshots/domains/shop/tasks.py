"""What customers of the shop come with: who they are, how they are found, and what they may want."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from agent_envs.snapshots.domains.compose import Piece, Subject, drawn, sampled
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import wants_after, wants_before
from .wanted import Customer

WANTS = (*wants_before.WANTS, *wants_after.WANTS)
OFF_TOPIC = (
    "Can you also tell me whether it will rain here tomorrow?",
    "Could you recommend a good restaurant near me?",
    "By the way, what do you think of the new kettle of your competitor? Should I buy it there?",
)


def subjects(db: EpisodeDatabase) -> Iterator[Subject]:
    """Every customer, with all that they may want; and goods that anybody may ask for."""
    for customer_id in sampled(db, "customers", "customer_id"):
        customer = Customer.of(db, customer_id)
        pieces: list[Piece] = [partial(want, customer) for want in WANTS]
        yield Subject(customer_id, identified(customer), [*pieces, partial(off_topic, customer)], asides(db, customer))
    for product_id in sampled(db, "products", "product_id"):
        yield Subject(product_id, Draft("goods"), [partial(wants_before.price, product_id)])


def identified(customer: Customer) -> Draft:
    """How a customer is found: by e-mail address, or by name and postcode."""
    if drawn(customer.customer_id, "by name") % 3:
        draft = Draft("identified", email=customer.email)
        draft.say("Of course. May I have your email address, please?")
        return draft.call("find_customer_by_email", email=customer.email)
    draft = Draft("identified", name=customer.name, postcode=customer.postcode)
    draft.say("Of course. May I have your full name and your postcode, please?")
    return draft.call("find_customer_by_name", name=customer.name, postcode=customer.postcode)


def asides(db: EpisodeDatabase, customer: Customer) -> list[str]:
    """What a customer may say besides: about other orders of theirs, or about nothing."""
    orders = db.rows("SELECT order_id FROM orders WHERE customer_id = ? ORDER BY order_id", customer.customer_id)
    others = [f"I also have the order {row['order_id']}; leave that one as it is." for row in orders[-1:]]
    return [*others, "My sister shops with you too, under a name much like mine.", "I have been a customer for years."]


def off_topic(customer: Customer, db: EpisodeDatabase) -> Draft:
    """Ask for what is no matter of the shop."""
    request = OFF_TOPIC[drawn(customer.customer_id, "off topic") % len(OFF_TOPIC)]
    return Draft("off topic").refuse(request, "I am sorry, I cannot help with that: it is no matter of the shop.")
