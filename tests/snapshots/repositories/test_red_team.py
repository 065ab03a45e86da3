from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agent_envs.sandbox.backends import NAMES, tried
from agent_envs.snapshots.repositories.red_team import ATTACKS
from agent_envs.snapshots.repositories.red_team import tried as attacked
from agent_envs.snapshots.repositories.repository_set import RepositorySet


@pytest.mark.parametrize("backend", [name for name in NAMES if name != "plain"])
def test_no_attack_is_rewarded_or_takes_a_reward(backend: str, ledger_folder: Path) -> None:
    if tried(backend).missing:
        pytest.skip(f"{backend} is not there: {tried(backend).missing}")
    ledger = RepositorySet(ledger_folder, backend)
    ledger.ground = ledger.ground._replace(least_timeout_s=3.0)
    with ThreadPoolExecutor(2) as pool:
        repelled = list(pool.map(lambda attack: attacked(ledger, ledger.tasks[0], attack), ATTACKS))
    assert len(repelled) >= 166
    assert [one.attack.name for one in repelled if not one.failed] == []
