"""What the rental shop lends: branches, models with their rates, and accessories, as functions of their rows."""

from __future__ import annotations

from typing import NamedTuple

from agent_envs.snapshots.domains.rows import Row

BRANCHES = ("Harbour", "Northgate", "Millfield", "Station", "Old Town", "Castle Hill")
LIMIT_ACCESSORIES = 3
"""Most accessories of one model."""


class Thing(NamedTuple):
    """A sort of equipment: its category, who may use it, the range of its day rate, and what goes with it."""

    name: str
    category: str
    machine_class: str
    low_cents: int
    high_cents: int
    accessories: tuple[str, ...]


_FUEL, _GLOVES, _TRAILER = "fuel can", "safety gloves", "trailer"
THINGS = (
    Thing("lawn mower", "garden", "open", 1200, 2600, (_FUEL, "grass catcher")),
    Thing("chainsaw", "garden", "cutting", 1800, 3800, (_FUEL, "cutting trousers", "spare chain")),
    Thing("hammer drill", "building", "open", 900, 2200, ("drill bit set", "dust hood")),
    Thing("family tent", "camping", "open", 1100, 2900, ("ground sheet", "camping lamp", "cool box")),
    Thing("mini digger", "building", "plant", 8900, 15900, (_FUEL, _TRAILER, "narrow bucket")),
    Thing("canoe", "water", "open", 2200, 4200, ("dry bag", "roof rack", "spare paddle")),
    Thing("cargo bike", "cycling", "open", 1900, 3900, ("rain cover", "child seat")),
    Thing("pressure washer", "cleaning", "open", 1500, 3100, ("patio head", "long hose")),
    Thing("hedge cutter", "garden", "cutting", 1300, 2700, (_FUEL, _GLOVES)),
    Thing("carpet cleaner", "cleaning", "open", 1400, 2800, ("upholstery nozzle", "cleaning fluid")),
    Thing("wood chipper", "garden", "cutting", 4900, 8900, (_FUEL, _GLOVES)),
    Thing("plate compactor", "building", "plant", 3900, 6900, (_FUEL, "rubber mat")),
    Thing("paddle board", "water", "open", 1400, 2900, ("dry bag", "buoyancy vest")),
    Thing("folding bike", "cycling", "open", 900, 1900, ("pannier", "child seat")),
    Thing("scaffold tower", "building", "open", 2900, 5900, ("safety rail", _TRAILER)),
    Thing("road roller", "building", "plant", 9900, 16900, (_FUEL, _TRAILER)),
    Thing("trekking tent", "camping", "open", 900, 2100, ("ground sheet", "camping lamp")),
    Thing("tile cutter", "building", "cutting", 1900, 3900, ("diamond blade", _GLOVES)),
)


class Rates(NamedTuple):
    """What a model costs: by the day, by the week, and what is held on the card while it is out."""

    day_cents: int
    week_cents: int
    deposit_cents: int


def thing(model: Row) -> Thing:
    """The sort of a model; every sort is among the first models."""
    return THINGS[model.number if model.number < len(THINGS) else model.integer("thing", 0, len(THINGS) - 1)]


def rates(model: Row) -> Rates:
    """The rates of a model: a week costs about four days, the deposit is some days' rent."""
    of = thing(model)
    day = model.cents("day", of.low_cents, of.high_cents, step=50)
    week = day * model.integer("days a week", 38, 46) // 1000 * 100
    return Rates(day, week, min(day * model.integer("days of deposit", 3, 8) // 1000 * 1000 + 2000, 25000))


def model_of(item: Row) -> Row:
    """The model of an item; there are many of few models."""
    return item.other("model", "models", skew=2)


def branch_number(item: Row) -> int:
    """The branch where an item is at home; some branches are larger."""
    return item.choice("branch", {0: 6, 1: 5, 2: 4, 3: 3, 4: 2, 5: 2})


def accessory_count(model: Row) -> int:
    """How many accessories a model has."""
    return len(thing(model).accessories)


def accessory_price_cents(model: Row, index: int) -> int:
    """The price of an accessory, once a booking."""
    return model.part(index).cents("accessory", 200, 1800, step=50)
