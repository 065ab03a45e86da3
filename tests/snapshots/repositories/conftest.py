"""What the tests of repositories share: a small project with bugs in it, as a set on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_envs.sandbox import available
from agent_envs.snapshots.repositories.repository_set import RepositorySet

from .ledger import write_ledger


@pytest.fixture(autouse=True, scope="session")
def _isolated() -> None:
    if not any(backend.isolates and not backend.missing for backend in available()):
        pytest.skip("; ".join(f"{backend.name}: {backend.missing}" for backend in available() if backend.missing))


@pytest.fixture(scope="session")
def ledger_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The set."""
    return write_ledger(tmp_path_factory.mktemp("ledger"))


@pytest.fixture(scope="session")
def ledger(ledger_folder: Path) -> RepositorySet:
    """It, opened."""
    return RepositorySet(ledger_folder)
