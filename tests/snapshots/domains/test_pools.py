"""Pools: frozen by their digest, made once, and never silently other than they were."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agent_envs.snapshots.cache import CacheDamaged
from agent_envs.snapshots.domains.pools import POOLS, Pools, PoolsChanged, PoolSpec, digest_of, make_pools

SPECS = {"names": PoolSpec("first_name", 20), "nouns": PoolSpec("word", 10, "en_US", {"part_of_speech": "noun"})}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AGENT_ENVS_CACHE", str(tmp_path))
    return tmp_path


def test_the_standard_pools_come_out_as_they_were_frozen() -> None:
    entries = make_pools(POOLS.specs)
    assert digest_of(entries) == POOLS.digest
    assert all(len(set(entries[name])) == spec.size for name, spec in POOLS.specs.items())


def test_pools_that_are_cached_need_no_faker(cache: Path) -> None:
    code = (
        "import sys; from agent_envs.snapshots.domains.pools import POOLS;"
        "print(len(POOLS['cities']), 'faker' in sys.modules)"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in "12"]
    assert [run.stdout.split()[1] for run in runs] == ["True", "False"]


def test_a_pool_more_changes_no_other_pool() -> None:
    assert make_pools(SPECS)["nouns"] == make_pools({"nouns": SPECS["nouns"]})["nouns"]


def test_pools_that_drift_are_an_error_that_says_what_to_do(cache: Path) -> None:
    with pytest.raises(PoolsChanged, match="pip install faker=="):
        Pools("drifted", SPECS, "0" * 32)["names"]
    assert not list(cache.glob("*/[!.]*"))


def test_pools_that_were_damaged_are_an_error(cache: Path) -> None:
    digest = digest_of(make_pools(SPECS))
    assert len(Pools("small", SPECS, digest)["names"]) == 20
    file = next(cache.glob("domain-pools/[!.]*.json"))
    file.write_text('{"names": ["Eve"], "nouns": []}')
    with pytest.raises(CacheDamaged, match="delete it"):
        Pools("small", SPECS, digest)["names"]


def test_a_provider_that_has_too_few_entries_is_an_error() -> None:
    with pytest.raises(ValueError, match="has 2 entries, not 3"):
        make_pools({"truth": PoolSpec("boolean", 3)})
