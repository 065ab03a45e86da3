from __future__ import annotations

from pathlib import Path

import pytest

from agent_envs.sandbox import available
from agent_envs.snapshots.repositories.red_team import ATTACKS, Attack, tried
from agent_envs.snapshots.repositories.repository_set import RepositorySet

BACKENDS = [backend.name for backend in available() if backend.isolates and not backend.missing]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_no_attack_is_rewarded_or_takes_a_reward(attack: Attack, backend: str, ledger_folder: Path) -> None:
    ledger = RepositorySet(ledger_folder, backend)
    ledger.ground = ledger.ground._replace(least_timeout_s=3.0)
    repelled = tried(ledger, ledger.tasks[0], attack)
    assert not repelled.verdict.resolved
    assert not repelled.unscanned.resolved
    assert repelled.solved is None or repelled.solved.resolved, repelled.solved.detail
