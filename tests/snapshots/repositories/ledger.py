"""A small project in two modules, and a set with two tasks on it: one bug, and one in each module."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent_envs import patches
from agent_envs.envs.issue_task import IssueTask
from agent_envs.snapshots.repositories.repository_set import ABOUT, TASKS, TREES, About
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
BOOK = '''"""Who owes how much."""


def balance(entries, name):
    """What one name has paid, less what it was paid."""
    return sum(cents if payer == name else -cents for payer, payee, cents in entries if name in (payer, payee))
'''
TEST_MONEY = """import pytest

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
TEST_BOOK = """from ledger.book import balance


def test_others_do_not_count():
    assert balance([("ann", "bob", 5)], "eve") == 0


def test_who_is_paid_owes():
    assert balance([("ann", "bob", 5), ("bob", "ann", 2)], "bob") == -3
"""
FILES = {
    "readme.md": "A ledger.\n",
    "ledger/__init__.py": "",
    "ledger/money.py": MONEY,
    "ledger/book.py": BOOK,
    "tests/__init__.py": "",
    "tests/test_money.py": TEST_MONEY,
    "tests/test_book.py": TEST_BOOK,
}
BROKEN = {
    "ledger/money.py": MONEY.replace("(number < rest)", "(number <= rest)"),
    "ledger/book.py": BOOK.replace("else -cents", "else cents"),
}
VISIBLE = {
    "tests/test_money.py": TEST_MONEY.replace(
        TEST_MONEY[TEST_MONEY.index("def test_shares") : TEST_MONEY.index("@pytest")], ""
    ),
    "tests/test_book.py": TEST_BOOK.partition("\n\n\ndef test_who_is_paid")[0] + "\n",
}
SHARES, PAID = "tests/test_money.py::test_shares_keep_the_sum", "tests/test_book.py::test_who_is_paid_owes"
KEPT = (
    "tests/test_money.py::test_parse_reads_cents",
    "tests/test_money.py::test_nobody_has_no_share[0]",
    "tests/test_money.py::test_nobody_has_no_share[-1]",
    "tests/test_book.py::test_others_do_not_count",
)


def _encoded(files: dict[str, str]) -> dict[str, bytes]:
    return {path: text.encode() for path, text in files.items()}


def _task(number: int, instruction: str, names: tuple[str, ...], fail_to_pass: tuple[str, ...]) -> IssueTask:
    """A task whose bugs are in modules of these names, and whose hidden tests are theirs."""
    broken = {path: BROKEN[path] for path in (f"ledger/{name}.py" for name in names)}
    visible = {path: VISIBLE[path] for path in (f"tests/test_{name}.py" for name in names)}

    def between(before: dict[str, str], after: dict[str, str]) -> str:
        return patches.made(_encoded(before), _encoded(after))

    return IssueTask(
        id=f"ledger-{number}",
        instruction=instruction,
        repository="ledger",
        kind="made",
        setup=between(FILES, {**broken, **visible}),
        patch=between(broken, {path: FILES[path] for path in broken}),
        test_patch=between(visible, {path: FILES[path] for path in visible}),
        fail_to_pass=fail_to_pass,
        pass_to_pass=KEPT,
    )


LEDGER_TASKS = TaskSet(
    "ledger",
    [
        _task(0, "ledger: the shares of an amount do not sum to it.", ("money",), (SHARES,)),
        _task(1, "ledger: shares do not sum, and who is paid owes nothing.", ("book", "money"), (SHARES, PAID)),
    ],
)


def write_ledger(folder: Path) -> Path:
    """Write the set to a folder, as `RepositorySet` opens it."""
    for path, text in FILES.items():
        place = folder / TREES / "ledger" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    LEDGER_TASKS.save(folder / TASKS)
    (folder / ABOUT).write_bytes(msgspec.json.encode(About("ledger", "by hand 2")))
    return folder
