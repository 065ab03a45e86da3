"""What customers of the operator come with: who they are, how they are found, and what they may want."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from agent_envs.snapshots.domains.compose import Piece, Subject, drawn, sampled
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import faults, wants_contract, wants_money, wants_offers, wants_refused
from .wanted import Customer

WANTS = (*faults.WANTS, *wants_contract.WANTS, *wants_money.WANTS, *wants_refused.WANTS)


def subjects(db: EpisodeDatabase) -> Iterator[Subject]:
    """Every customer, with all that they may want; and what anybody may ask about."""
    for customer_id in sampled(db, "customers", "customer_id"):
        customer = Customer.of(db, customer_id)
        pieces: list[Piece] = [partial(want, customer) for want in WANTS]
        yield Subject(customer_id, identified(customer), pieces, asides(customer))
    for table, column, piece in wants_offers.OFFERS:
        for key in sampled(db, table, column):
            yield Subject(key, Draft("offer"), [partial(piece, key)])


def identified(customer: Customer) -> Draft:
    """How a customer is found: by their number, or by e-mail address if they do not know it."""
    if drawn(customer.customer_id, "by email") % 4:
        draft = Draft("identified", phone=customer.number, date_of_birth=customer.date_of_birth)
        draft.say("Of course. May I have your phone number and your date of birth, please?")
        return draft.call("find_customer_by_number", number=customer.number, date_of_birth=customer.date_of_birth)
    draft = Draft("identified", email=customer.email, date_of_birth=customer.date_of_birth)
    draft.say("Of course. May I have your email address and your date of birth, please?")
    return draft.call("find_customer_by_email", email=customer.email, date_of_birth=customer.date_of_birth)


def asides(customer: Customer) -> list[str]:
    """What a customer may say besides, which leads nowhere."""
    several = ["My other lines are fine, leave them as they are."] * (customer.lines > 1)
    return [*several, "My brother is with you too, but this is only about me.", "I have been with you for years."]
