"""What the shop sells: departments, products and their variants, as functions of their rows."""

from __future__ import annotations

from typing import NamedTuple

from agent_envs.snapshots.domains.rows import Row


class Category(NamedTuple):
    """A department: its things, in which sizes, at what base prices, and whether they can be sent back."""

    name: str
    things: tuple[str, ...]
    sizes: tuple[str, ...]
    low_cents: int
    high_cents: int
    final_sale: bool = False


_ONE = ("one size",)
_SIZES = ("small", "medium", "large")
_BEDS = ("single", "double", "king")
CATEGORIES = (
    Category("Lamps", ("desk lamp", "floor lamp", "table lamp", "pendant lamp", "wall lamp"), _ONE, 1999, 14999),
    Category("Bedding", ("duvet cover", "fitted sheet", "blanket", "quilt"), _BEDS, 1499, 8999),
    Category("Cushions and throws", ("cushion", "throw", "bolster", "seat pad"), _SIZES, 999, 5999),
    Category("Rugs", ("wool rug", "jute rug", "doormat", "hall runner"), _SIZES, 1999, 24999),
    Category("Chairs", ("dining chair", "armchair", "stool", "bench", "rocking chair"), _ONE, 3999, 29999),
    Category("Tables", ("coffee table", "side table", "desk", "dining table"), _SIZES, 4999, 39999),
    Category("Storage", ("basket", "shelf", "chest", "coat stand", "shoe rack"), _SIZES, 1499, 12999),
    Category("Cookware", ("saucepan", "frying pan", "casserole", "kettle", "teapot"), _SIZES, 1499, 9999),
    Category("Tableware", ("mug", "bowl", "plate set", "jug", "vase"), _SIZES, 499, 4999),
    Category("Garden", ("planter", "watering can", "bird bath", "lantern", "parasol"), _SIZES, 999, 11999),
    Category("Plants and seeds", ("fern", "herb set", "rose bush", "bulb mix"), _SIZES, 299, 2999, final_sale=True),
    Category("Cut to order", ("blind", "curtain pair", "worktop", "mirror"), _SIZES, 2999, 19999, final_sale=True),
)
COLOURS = ("white", "black", "grey", "oak", "walnut", "green", "navy", "terracotta", "mustard", "cream", "teal", "plum")
LIMIT_VARIANTS = 9
"""Most variants of one product."""


def category_number(product: Row) -> int:
    """The department of a product; every department has one among the first products."""
    first = product.number < len(CATEGORIES)
    return product.number if first else product.integer("category", 0, len(CATEGORIES) - 1)


def category(product: Row) -> Category:
    """The department of a product."""
    return CATEGORIES[category_number(product)]


def variant_count(product: Row) -> int:
    """How many variants a product comes in: all its sizes, in one to three colours."""
    return product.integer("colours", 1, 3) * len(category(product).sizes)


def price_cents(product: Row, variant: int) -> int:
    """The price of a variant: larger ones cost a quarter of the base more, a size."""
    of = category(product)
    base = product.cents("price", of.low_cents, of.high_cents, step=100)
    return base + (base + 1) // 400 * 100 * (variant % len(of.sizes))


def variant_id(product: Row, variant: int) -> str:
    """The key of a variant."""
    return product.key("V", variant, LIMIT_VARIANTS)
