"""What anybody may ask about: prices of plans and add-ons, and what roaming in a country needs."""

from __future__ import annotations

from collections.abc import Callable

from agent_envs.snapshots.domains.compose import drawn
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from .wanted import money

Offer = Callable[[str, EpisodeDatabase], Draft]


def plan_price(plan_id: str, db: EpisodeDatabase) -> Draft:
    """Ask what a plan costs, or how many minutes it has."""
    plan = db.rows("SELECT * FROM plans WHERE plan_id = ?", plan_id)[0]
    price, minutes = money(plan["monthly_cents"]), str(plan["minutes"])
    draft = Draft("plan price")
    if drawn(plan_id) % 2:
        draft.learn(f"What does your plan {plan['name']} cost a month?", price)
    else:
        draft.learn(f"What does your plan {plan['name']} cost a month, and how many minutes are in it?", price, minutes)
    return draft.call("list_plans").say(f"It costs {price} a month, with {minutes} minutes.")


def add_on_price(add_on_id: str, db: EpisodeDatabase) -> Draft:
    """Ask what an add-on costs and how long it is good."""
    add_on = db.rows("SELECT * FROM add_ons WHERE add_on_id = ?", add_on_id)[0]
    price, days = money(add_on["price_cents"]), str(add_on["days"])
    draft = Draft("add-on price").learn(
        f"What does the {add_on['name']} cost, and how many days is it good?", price, days
    )
    return draft.call("list_add_ons").say(f"It costs {price} and is good for {days} days.")


def country(name: str, db: EpisodeDatabase) -> Draft | None:
    """Ask which pass a country needs; where none is needed, the answer holds no value to wait for."""
    row = db.row("SELECT a.* FROM add_ons a JOIN countries USING (zone) WHERE country = ? ORDER BY add_on_id", name)
    if row is None:
        return None
    price = money(row["price_cents"])
    draft = Draft("country").learn(f"Which pass would I need in {name}, and what does it cost?", row["name"], price)
    return draft.call("get_country", country=name).say(f"In {name} you need the {row['name']}, for {price}.")


OFFERS = (
    ("plans", "plan_id", plan_price),
    ("add_ons", "add_on_id", add_on_price),
    ("countries", "country", country),
)
