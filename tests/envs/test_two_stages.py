from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agent_envs.core import Result
from agent_envs.envs.bug_fixer import BugFixer
from agent_envs.envs.test_writer import TestWriter
from agent_envs.envs.two_stages import TwoStages
from agent_envs.messages import assistant
from agent_envs.outcome import StopReason
from agent_envs.snapshots.repositories.repository_set import RepositorySet

Make = Callable[..., TwoStages]
MONEY, TEST = "ledger/money.py", "tests/test_shares.py"
WRONG = "    return [share + (number <= rest) for number in range(people)]"
SUM = "from ledger.money import shares\n\n\ndef test_the_sum_is_kept():\n    assert sum(shares(100, 3)) == 100"


def block(path: str, old: str, new: str) -> str:
    return f"### {path}\n<<<<<<< SEARCH\n{old}{chr(10) if old else ''}=======\n{new}\n>>>>>>> REPLACE\n"


FIX = block(MONEY, WRONG, WRONG.replace("<=", "<"))


@pytest.fixture
def make(ledger: RepositorySet) -> Make:
    """Makes one of the two environments, at the beginning of an episode."""

    def made(kind: type[BugFixer] | type[TestWriter], seed: int = 0, **kwargs: Any) -> TwoStages:
        env = kind(ledger, ledger.tasks, dialect="openai", **kwargs)
        env.reset(seed=seed)
        return env

    return made


def said(env: TwoStages, text: str) -> Result:
    return env.step(assistant(text))


def told(env: TwoStages, text: str) -> str:
    """What the agent reads after a turn that does not end the episode."""
    _, reward, terminated, truncated, info = said(env, text)
    assert (reward, terminated, truncated) == (0.0, False, False)
    return str(info["new"][-1].content)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("kind", [BugFixer, TestWriter])
def test_the_solution_earns_one(make: Make, kind: type[BugFixer] | type[TestWriter], seed: int) -> None:
    env = make(kind, seed)
    choice, edits = env.solution()
    assert env.step(choice)[1] == 0.0
    _, reward, terminated, _, info = env.step(edits)
    assert (reward, terminated, info["outcome"].reason) == (1.0, True, StopReason.SUBMITTED)


def test_the_files_of_the_tree_are_named_at_the_beginning(make: Make) -> None:
    first = make(BugFixer).state.context[-1].content
    assert first.endswith(
        "ledger/__init__.py\nledger/book.py\nledger/money.py\ntests/__init__.py\ntests/test_book.py\ntests/test_money.py"
    )


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "- {}",
        "* `{}`",
        "• {}",
        "1. {}",
        "2) **{}**",
        "### {}",
        "  ./{}  ",
        "- ./{}",
        "'{}'",
        '"{}",',
        "`{}`:",
    ],
)
def test_a_path_is_understood_with_what_models_put_around_it(make: Make, line: str) -> None:
    shown = told(make(BugFixer), f"I would read this:\n\n{line.format(MONEY)}\n")
    assert shown.startswith(f'### {MONEY}\n```python\n"""Amounts of money in cents."""')
    assert "<<<<<<< SEARCH" in shown


def test_files_are_shown_once_in_the_order_in_which_they_are_named(make: Make) -> None:
    env = make(BugFixer)
    shown = told(env, f"{MONEY}\nledger/nothing.py\nreadme.md\nledger/book.py\n{MONEY}")
    assert [line for line in shown.splitlines() if line.startswith("### ")][:2] == [
        f"### {MONEY}",
        "### ledger/book.py",
    ]
    assert env.state.chosen == (MONEY, "ledger/book.py")


@pytest.mark.parametrize(
    ("text", "count"), [("Let me think.", 0), ("ledger/nothing.py\n../x.py\n/etc/passwd", 0), ("", 0), ("all", 6)]
)
def test_none_or_too_many_files_are_told_and_may_be_named_again(make: Make, text: str, count: int) -> None:
    env = make(BugFixer)
    names = "\n".join(env.world.files(env.task))
    assert f"this turn names {count} files of the repository; name 1 to 5" in told(
        env, names if text == "all" else text
    )
    assert told(env, MONEY).startswith(f"### {MONEY}")


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ("The bug is in shares.", "this turn holds no edit"),
        (FIX.partition("=======")[0], "block 1 (ledger/money.py) is not finished"),
        (FIX.partition("\n")[2], "block 1 has no path"),
        (FIX.replace("<= rest", "<= best"), "SEARCH is not found"),
        (FIX.replace(MONEY, "../money.py"), "no path inside the repository"),
        (FIX.replace(MONEY, "ledger/nothing.py"), "there is no such file"),
        (block(MONEY, "", "x = 1"), "SEARCH is empty, but the file exists"),
    ],
)
def test_edits_that_cannot_be_made_are_told_and_may_be_tried_again(make: Make, edits: str, words: str) -> None:
    env = make(BugFixer)
    told(env, MONEY)
    assert words in told(env, edits)
    assert said(env, FIX)[1] == 1


@pytest.mark.parametrize(
    "edits",
    [
        block(MONEY, WRONG, WRONG.replace("<=", ">")),
        block("tests/test_money.py", "def test_parse_reads_cents():", "def test_nothing():"),
        block("ledger/test_shares.py", "", "def test_it(): pass"),
        FIX + block(MONEY, "    if people < 1:", "    if people < -1:"),
        block(f"{MONEY}/x.py", "", "x = 1"),
        block("ledger", "", "x = 1"),
        block(f"ledger/{'a' * 300}.py", "", "x = 1"),
    ],
    ids=["wrong", "a test", "a new test", "breaks more", "below a file", "over a folder", "a name too long"],
)
def test_what_mends_nothing_earns_nothing(make: Make, edits: str) -> None:
    env = make(BugFixer)
    told(env, MONEY)
    _, reward, terminated, _, info = said(env, edits)
    assert (reward, terminated, info["outcome"].success) == (0.0, True, False)


def test_edits_of_tests_beside_the_fix_do_not_count(make: Make) -> None:
    env = make(BugFixer)
    told(env, MONEY)
    spoiled = block("tests/test_money.py", '    assert parse("12.5") == 1250', "    assert False")
    _, reward, _, _, info = said(env, FIX + spoiled)
    assert reward == 1
    assert "tests/test_money.py did not count: tests are the hidden ones" in info["outcome"].detail


def test_half_of_a_fix_earns_nothing(make: Make) -> None:
    env = make(BugFixer, 1)
    told(env, MONEY)
    _, reward, _, _, info = said(env, FIX)
    assert (reward, info["outcome"].parts["fail_to_pass"]) == (0.0, 0.5)


def test_a_limit_ends_the_episode_without_a_reward(make: Make) -> None:
    env = make(BugFixer, limit_turns=2)
    told(env, "Let me think.")
    _, reward, terminated, truncated, info = said(env, MONEY)
    assert (reward, terminated, truncated) == (0.0, False, True)
    assert info["outcome"].reason == StopReason.TURN_LIMIT


@pytest.mark.parametrize(
    ("test", "parts"),
    [
        (SUM, (1.0, 1.0)),
        ("def test_it():\n    assert False", (1.0, 0.0)),
        ("def test_it():\n    assert True", (0.0, 1.0)),
        ("X = 1", (0.0, 0.0)),
        ("import nothing_of_this_name", (0.0, 0.0)),
        (f"{SUM}\n\n\ndef test_more():\n    assert False", (1.0, 0.0)),
    ],
    ids=["right", "fails always", "passes always", "none", "unreadable", "fails beside"],
)
def test_a_test_is_worth_what_it_tells_apart(make: Make, test: str, parts: tuple[float, float]) -> None:
    env = make(TestWriter)
    told(env, MONEY)
    _, reward, terminated, _, info = said(env, block(TEST, "", test))
    found = info["outcome"].parts
    assert (found["fail_to_pass"], found["pass_to_pass"]) == parts
    assert (reward, terminated) == (float(parts == (1.0, 1.0)), True)


@pytest.mark.parametrize("text", ["open(money.__file__).read()", "inspect.getsource(money)"])
def test_a_test_that_looks_at_the_text_of_the_code_is_worth_nothing(make: Make, text: str) -> None:
    env = make(TestWriter)
    told(env, MONEY)
    test = f"import inspect\nfrom ledger import money\n\n\ndef test_it():\n    assert '<= rest' not in {text}"
    assert said(env, block(TEST, "", test))[1] == 0


@pytest.mark.parametrize(
    "edits",
    [
        block(TEST, "", SUM) + block("tests/test_more.py", "", SUM),
        block(TEST, "", SUM) + FIX,
        FIX,
        block("tests/conftest.py", "", SUM),
        block("tests/test_shares.txt", "", SUM),
    ],
)
def test_only_one_file_of_tests_may_be_written(make: Make, edits: str) -> None:
    env = make(TestWriter)
    told(env, MONEY)
    assert "give those of one file of tests, test_*.py" in told(env, edits)
    assert said(env, block(TEST, "", SUM))[1] == 1


@pytest.mark.parametrize("kind", [BugFixer, TestWriter])
def test_a_fork_goes_on_by_itself(make: Make, kind: type[BugFixer] | type[TestWriter]) -> None:
    env = make(kind)
    choice, edits = env.solution()
    env.step(choice)
    twin = env.fork()
    assert twin.state_digest() == env.state_digest()
    assert env.step(edits)[1] == 1
    assert "no edit" in told(twin, "Let me think.")
    assert twin.step(edits)[1] == 1
