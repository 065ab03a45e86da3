"""What anybody may ask of a model: its deposit, its rent, and when one is free."""

from __future__ import annotations

from datetime import timedelta

from agent_envs.snapshots.domains.compose import drawn, tried
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import reading, views
from .wanted import money
from .wants_new import Want


def held(model_id: str, db: EpisodeDatabase) -> Draft | None:
    """Ask for the deposit of a model."""
    model = views.model(db, model_id)
    amount = money(model.deposit_cents)
    draft = Draft("deposit of a model")
    if drawn(model_id, "held") % 2:  # some know the number from the catalogue, and one call is enough
        draft.learn(f"How much is the deposit for {model_id}, the {model.name}?", amount)
    else:
        draft.learn(f"How much is the deposit for the {model.name}?", amount)
        draft.call("search_models", words=model.name.lower())
    return draft.call("get_model", model_id=model_id).say(f"The deposit is {amount}.")


def rent(model_id: str, db: EpisodeDatabase) -> Draft | None:
    """Ask what a model costs for some days."""
    model, days = views.model(db, model_id), 2 + drawn(model_id, "rent") % 20
    amount = money(tried(db, reading.quote_rent, model_id=model_id, days=days)["rent_cents"])
    draft = Draft("rent").learn(
        f"What is the rent by the list for {model_id}, the {model.name}, for {days} days?", amount
    )
    return draft.call("quote_rent", model_id=model_id, days=days).say(f"It costs {amount} for {days} days.")


def when(model_id: str, db: EpisodeDatabase) -> Draft | None:
    """Ask from when on a model is free at a branch."""
    model = views.model(db, model_id)
    if not model.branches:
        return None
    number = drawn(model_id, "when")
    place, days = number % len(model.branches), 2 + number // 7 % 8
    not_before = (db.clock.date() + timedelta(days=1 + number // 11 % 60)).isoformat()
    asked = {"model_id": model_id, "days": days, "not_before": not_before}
    found = tried(db, reading.find_first_free, **asked)[place]
    if found["first_day"] is None:
        return None
    draft = Draft("when").learn(
        f"When can I have {model_id}, the {model.name}, at your branch {found['branch']} for {days} days in a row?"
        f" I mean the earliest days from {not_before} on.",
        found["first_day"],
    )
    return draft.call("find_first_free", **asked).say(f"The earliest day is {found['first_day']}.")


WANTS: tuple[Want, ...] = (held, rent, when)
