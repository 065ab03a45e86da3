"""What the operator sells and where: plans, add-ons, countries, regions, and the numbers that it gives out."""

from __future__ import annotations

from typing import NamedTuple


class Plan(NamedTuple):
    """A plan by the month; a plan that is no longer sold stays with those who have it."""

    name: str
    monthly_cents: int
    data_mb: int
    minutes: int
    audience: str = "all"
    on_sale: int = 1
    share: int = 10


class AddOn(NamedTuple):
    """Something that is booked once, for some days."""

    name: str
    kind: str
    zone: str | None
    data_mb: int
    price_cents: int
    days: int


PLANS = (
    Plan("Brook 2", 700, 2_000, 200, share=14),
    Plan("Brook 5", 1000, 5_000, 500, share=20),
    Plan("River 10", 1300, 10_000, 1000, share=18),
    Plan("River 20", 1600, 20_000, 2000, share=14),
    Plan("River 40", 2000, 40_000, 3000, share=8),
    Plan("Lake 80", 2600, 80_000, 5000, share=5),
    Plan("Lake 200", 3500, 200_000, 5000, share=3),
    Plan("Sprout 15", 900, 15_000, 500, "young", share=4),
    Plan("Sprout 50", 1500, 50_000, 1000, "young", share=3),
    Plan("Heritage 1", 600, 1_000, 100, on_sale=0, share=5),
    Plan("Heritage 8", 1100, 8_000, 400, on_sale=0, share=4),
    Plan("Heritage 30", 1800, 30_000, 800, on_sale=0, share=2),
)
ADD_ONS = (
    AddOn("Data 1 GB", "data", None, 1_000, 300, 31),
    AddOn("Data 5 GB", "data", None, 5_000, 750, 31),
    AddOn("Data 15 GB", "data", None, 15_000, 1250, 31),
    AddOn("Near Pass", "roaming", "near", 0, 850, 10),
    AddOn("World Pass", "roaming", "world", 0, 1650, 10),
)
COUNTRIES = {
    **dict.fromkeys(("France", "Germany", "Greece", "Ireland", "Italy", "Portugal", "Spain"), "included"),
    **dict.fromkeys(("Albania", "Morocco", "Switzerland", "Turkey"), "near"),
    **dict.fromkeys(("Australia", "Brazil", "Canada", "India", "Japan", "Kenya"), "world"),
}
REGIONS = (
    *("Northmoor", "Eastvale", "Southdown", "Westmere", "Highfell", "Lowmarsh"),
    *("Saltcoast", "Greenweald", "Stonebridge", "Riverhead", "Oldforest", "Newharbour"),
)
_NUMBERS = 10_000_000
_STRIDE = 7_654_321
_FREE_FROM = 6_000_000


def number_of(place: int) -> str:
    """The phone number of a place: under a prefix that Ofcom keeps for fiction, with four digits more to be unique."""
    digits = (place * _STRIDE + 1_234_567) % _NUMBERS
    return f"07700 900{digits // 10_000:03} {digits % 10_000:04}"


def free_number(place: int) -> str:
    """A number that no line has."""
    return number_of(_FREE_FROM + place)
