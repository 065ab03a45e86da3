"""Pools: lists of names and words that rows pick from, made with Faker once and frozen under a digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from agent_envs.snapshots.cache import build_once, cache_path, reading

FAKER = "40.54.0"
"""The version of Faker (MIT licence) that the digests of pools belong to."""
_DRAWS_PER_ENTRY = 100


class PoolsChanged(RuntimeError):
    """Faker is missing, or gives other entries than those that were frozen."""


class PoolSpec(NamedTuple):
    """How one pool is made.

    Args:
        provider: Method of Faker that gives one entry, such as ``city``. None that looks at the clock.
        size: How many different entries.
        locale: Whose names.
        options: Arguments of the method, such as ``{"part_of_speech": "noun"}``.
        seed: Where Faker begins.
    """

    provider: str
    size: int
    locale: str = "en_GB"
    options: Mapping[str, str | int | bool] = MappingProxyType({})
    seed: int = 0


class Pools(Mapping[str, tuple[str, ...]]):
    """Named pools, made at first use and read from the cache ever after, when Faker is not even imported.

    Args:
        name: What they are called in the cache.
        specs: How each is made.
        digest: `digest_of` their entries: what every machine must come to.
    """

    def __init__(self, name: str, specs: Mapping[str, PoolSpec], digest: str) -> None:
        self.name, self.specs, self.digest = name, specs, digest

    def __getitem__(self, pool: str) -> tuple[str, ...]:
        return self._entries[pool]

    def __iter__(self) -> Iterator[str]:
        return iter(self.specs)

    def __len__(self) -> int:
        return len(self.specs)

    @cached_property
    def _entries(self) -> dict[str, tuple[str, ...]]:
        """All entries.

        Raises:
            PoolsChanged: They are not in the cache, and the Faker that is installed does not give them.
            CacheDamaged: What is cached is not what was frozen.
        """
        path = build_once(cache_path("domain-pools", self.name, self.digest, ".json"), self._build)
        with reading(path):
            entries = msgspec.json.decode(path.read_bytes(), type=dict[str, tuple[str, ...]])
            if digest_of(entries) != self.digest:
                raise ValueError("its entries are not those that were written")
        return entries

    def _build(self, path: Path) -> None:
        entries = make_pools(self.specs)
        if (digest := digest_of(entries)) != self.digest:
            raise PoolsChanged(
                f"the pools {self.name!r} came out as {digest} and not as {self.digest}, to which they are frozen; "
                f"they belong to Faker {FAKER} and {version('faker')} is installed: pip install faker=={FAKER}. "
                "If it was the specs that changed, freeze the new digest; every row of every domain changes with it"
            )
        path.write_bytes(msgspec.json.encode(entries))


def make_pools(specs: Mapping[str, PoolSpec]) -> dict[str, tuple[str, ...]]:
    """Make the entries of pools, in the order in which Faker comes to them.

    Raises:
        PoolsChanged: Faker is not installed.
        ValueError: A provider that does not have so many different entries.
    """
    try:
        from faker import Faker
    except ImportError as error:
        raise PoolsChanged(f"pools are made with Faker, once: pip install faker=={FAKER}") from error
    made: dict[str, tuple[str, ...]] = {}
    for name, spec in specs.items():
        faker = Faker(spec.locale)
        faker.seed_instance(spec.seed)
        draw = getattr(faker, spec.provider)
        entries: dict[str, None] = {}
        for _ in range(_DRAWS_PER_ENTRY * spec.size):
            entries[str(draw(**spec.options))] = None
            if len(entries) == spec.size:
                break
        else:
            raise ValueError(f"the pool {name!r}: {spec.provider} has {len(entries)} entries, not {spec.size}")
        made[name] = tuple(entries)
    return made


def digest_of(entries: Mapping[str, tuple[str, ...]]) -> str:
    """Digest of pools, in hexadecimal."""
    encoded = msgspec.json.encode(entries, order="sorted")
    return hashlib.blake2b(encoded, digest_size=16).hexdigest()


POOLS = Pools(
    "standard",
    {
        "female_names": PoolSpec("first_name_female", 180),
        "male_names": PoolSpec("first_name_male", 180),
        "last_names": PoolSpec("last_name", 480),
        "streets": PoolSpec("street_name", 1000),
        "cities": PoolSpec("city", 400),
        "postcodes": PoolSpec("postcode", 2000),
        "companies": PoolSpec("company", 500),
        "jobs": PoolSpec("job", 500),
        "slogans": PoolSpec("catch_phrase", 500),
        "nouns": PoolSpec("word", 900, "en_US", {"part_of_speech": "noun"}),
        "adjectives": PoolSpec("word", 300, "en_US", {"part_of_speech": "adjective"}),
        "verbs": PoolSpec("word", 400, "en_US", {"part_of_speech": "verb"}),
    },
    "26cd4c1d8799d0701eb15874b006a4ce",
)
"""The pools that every domain may use: British names and places, English words."""
