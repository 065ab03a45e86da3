"""What the tests of repositories share: a small project with a bug in it, as a set with one task."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from agent_envs import patches
from agent_envs.envs.issue_task import IssueTask
from agent_envs.sandbox import available
from agent_envs.snapshots.repositories.repository_set import ABOUT, TASKS, TREES, About, RepositorySet
from agent_envs.tasks import TaskSet

MONEY = '''"""Amounts of money in cents."""


def parse(text):
    """The cents of an amount such as ``12.50``."""
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int((part + "00")[:2])


def shares(cents, people):
    """An amount in equal shares; the first get a cent more where it does not divide."""
    if people < 1:
        raise ValueError(f"no shares for {people} people")
    share, rest = divmod(cents, people)
    return [share + (number < rest) for number in range(people)]
'''
BROKEN = MONEY.replace("(number < rest)", "(number <= rest)")
TEST = """import pytest

from ledger.money import parse, shares


def test_parse_reads_cents():
    assert parse("12.5") == 1250


def test_shares_keep_the_sum():
    assert sum(shares(100, 3)) == 100
    assert shares(100, 3) == [34, 33, 33]


@pytest.mark.parametrize("people", [0, -1])
def test_nobody_has_no_share(people):
    with pytest.raises(ValueError):
        shares(10, people)
"""
VISIBLE = TEST.replace(TEST[TEST.index("def test_shares") : TEST.index("@pytest")], "")
FILES = {
    "readme.md": "A ledger.\n",
    "ledger/__init__.py": "",
    "ledger/money.py": MONEY,
    "tests/__init__.py": "",
    "tests/test_money.py": TEST,
}


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files below a folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def encoded(files: dict[str, str]) -> dict[str, bytes]:
    return {path: text.encode() for path, text in files.items()}


TASK = IssueTask(
    id="ledger-0",
    instruction="ledger: the shares of an amount do not sum to it.",
    repository="ledger",
    kind="made",
    setup=patches.made(encoded(FILES), encoded({"ledger/money.py": BROKEN, "tests/test_money.py": VISIBLE})),
    patch=patches.made(encoded({"ledger/money.py": BROKEN}), encoded({"ledger/money.py": MONEY})),
    test_patch=patches.made(encoded({"tests/test_money.py": VISIBLE}), encoded({"tests/test_money.py": TEST})),
    fail_to_pass=("tests/test_money.py::test_shares_keep_the_sum",),
    pass_to_pass=(
        "tests/test_money.py::test_parse_reads_cents",
        "tests/test_money.py::test_nobody_has_no_share[0]",
        "tests/test_money.py::test_nobody_has_no_share[-1]",
    ),
)


@pytest.fixture(autouse=True, scope="session")
def _isolated() -> None:
    if not any(backend.isolates and not backend.missing for backend in available()):
        pytest.skip("; ".join(f"{backend.name}: {backend.missing}" for backend in available() if backend.missing))


@pytest.fixture(scope="session")
def ledger_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set on disk."""
    folder = tmp_path_factory.mktemp("ledger")
    write(folder / TREES / "ledger", FILES)
    TaskSet("ledger", [TASK]).save(folder / TASKS)
    (folder / ABOUT).write_bytes(msgspec.json.encode(About("ledger", "by hand 1")))
    return folder


@pytest.fixture(scope="session")
def ledger(ledger_folder: Path) -> RepositorySet:
    """It, opened."""
    return RepositorySet(ledger_folder)
