from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agent_envs.snapshots.repositories.git import GitError, GitRepository
from agent_envs.snapshots.repositories.history import Candidate, Rejected, candidates

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
SOURCE = '''"""Sums."""

LIMIT = 10


def add(a, b):
    """The sum."""
    return a - b


class Total:
    start = 0

    def more(self):
        return 1

    @property
    def value(self):
        return 2

    @value.setter
    def value(self, new):
        pass
'''
TEST = "def test_add():\n    assert True\n"
NEW_TEST = TEST + "\n\ndef test_more():\n    assert add(1, 2) == 3\n"
START = {"pkg/__init__.py": "", "pkg/sums.py": SOURCE, "tests/test_sums.py": TEST, "README": "sums\n"}
Changes = dict[str, str | None]
Sorted = Callable[[Changes], Candidate | Rejected]


def committed(folder: Path, files: Changes, subject: str) -> None:
    for path, content in files.items():
        target = folder / path
        if content is None:
            target.unlink()
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content)
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, "add", "--all", "--force"], cwd=folder, check=True)
    subprocess.run(["git", *who, "commit", "--quiet", f"--message={subject}"], cwd=folder, check=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    committed(tmp_path, dict(START), "start")
    return tmp_path


@pytest.fixture
def sorted_(folder: Path) -> Sorted:
    """What a second commit with these changes is."""

    def sort(changes: Changes) -> Candidate | Rejected:
        committed(folder, changes, "Fix the sum")
        return next(candidates(GitRepository(folder)))

    return sort


def test_a_fix_with_its_test_is_a_candidate_in_two_parts(sorted_: Sorted, folder: Path) -> None:
    fixed = SOURCE.replace("a - b", "a + b")
    data = {"tests/data/one.sql": "SELECT 1", "README": "better\n", "setup.py": "", "pkg/data.json": "{}"}
    found = sorted_({"pkg/sums.py": fixed, "tests/test_sums.py": NEW_TEST, **data})
    newest, oldest = GitRepository(folder).commits()
    assert found == Candidate(
        commit=newest.id,
        parent=oldest.id,
        subject="Fix the sum",
        sources={"pkg/sums.py": fixed.encode()},
        tests={"tests/data/one.sql": b"SELECT 1", "tests/test_sums.py": NEW_TEST.encode()},
    )


def test_a_test_that_moves_is_removed_and_added(sorted_: Sorted) -> None:
    fixed = SOURCE.replace("a - b", "a + b")
    found = sorted_({"pkg/sums.py": fixed, "tests/test_sums.py": None, "tests/test_all.py": NEW_TEST})
    assert isinstance(found, Candidate)
    assert found.tests == {"tests/test_all.py": NEW_TEST.encode(), "tests/test_sums.py": None}


ACCEPTED = {
    "a function": SOURCE.replace("a - b", "a + b"),
    "the rest of a module": SOURCE.replace("LIMIT = 10", "LIMIT = 11"),
    "the rest of a class": SOURCE.replace("start = 0", "start = 1"),
    "one of two definitions of a name": SOURCE.replace("pass", "self.new = new"),
    "one that is added": SOURCE + "\ndef less(a, b):\n    return a - b\n",
    "four": SOURCE.replace("= 0", "= 1").replace("1", "3").replace("return 2", "return 4"),
}
REFUSED = {
    SOURCE.replace("The sum.", "Its sum."): "nothing changes besides docstrings and comments",
    SOURCE.replace("return 1", "return 1  # more"): "nothing changes besides docstrings and comments",
    SOURCE.replace("add", "plus"): "it deletes 1 functions or classes",
    SOURCE + "\ndef f():\n    def g(): pass\n\ndef h(): pass\n": "it adds 2 functions or classes",
    SOURCE.replace("0", "5").replace("1", "3").replace("2", "4").replace("a - b", "b"): "it changes 5 functions",
    SOURCE + "x = 1\n" * 200: "it changes 200 lines of code, more than 199",
    SOURCE + "x = '" + "y" * 10_000 + "'\n": "its diff is longer than 9999 bytes",
    SOURCE + "print 1\n": "pkg/sums.py cannot be parsed: Missing parentheses",
    SOURCE + "x = '\0'\n": "pkg/sums.py cannot be parsed",
}


@pytest.mark.parametrize("source", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_a_small_change_is_accepted(sorted_: Sorted, source: str) -> None:
    assert isinstance(sorted_({"pkg/sums.py": source, "tests/test_sums.py": NEW_TEST}), Candidate)


@pytest.mark.parametrize(("source", "reason"), REFUSED.items(), ids=range(len(REFUSED)))
def test_what_is_no_small_change_of_code_is_rejected_with_the_reason(sorted_: Sorted, source: str, reason: str) -> None:
    found = sorted_({"pkg/sums.py": source, "tests/test_sums.py": NEW_TEST})
    assert isinstance(found, Rejected)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tests/test_sums.py": NEW_TEST}, "no module of the project changes"),
        ({"tests/test_sums.py": NEW_TEST, "setup.py": "1", "docs/conf.py": "1"}, "no module of the project changes"),
        ({"pkg/sums.py": "LIMIT = 1\n", "tests/data.txt": "1"}, "no test module changes"),
        ({"pkg/sums.py": SOURCE + "x = 1\n", "tests/test_sums.py": "# new\n" + TEST}, "no test is changed or added"),
        ({"pkg/sums.py": SOURCE + "x = 1\n", "tests/test_sums.py": None}, "no test is changed or added"),
        ({"tests/test_sums.py": NEW_TEST, **{f"pkg/m{n}.py": "1" for n in range(5)}}, "it changes 5 modules"),
    ],
)
def test_a_commit_without_both_parts_is_rejected_with_the_reason(
    sorted_: Sorted, changes: Changes, reason: str
) -> None:
    found = sorted_(changes)
    assert isinstance(found, Rejected)
    assert reason in found.reason


def test_a_link_in_a_part_is_rejected(folder: Path, sorted_: Sorted) -> None:
    (folder / "tests/link").symlink_to("test_sums.py")
    found = sorted_({"pkg/sums.py": SOURCE + "x = 1\n", "tests/test_sums.py": NEW_TEST})
    assert isinstance(found, Rejected)
    assert found.reason == "tests/link is a link or a submodule"


def test_the_first_commit_has_nothing_before_it(folder: Path) -> None:
    (only,) = candidates(GitRepository(folder))
    assert isinstance(only, Rejected)
    assert only.reason == "it has no parent"


def test_a_project_that_had_no_module_has_no_candidate(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    committed(tmp_path, {"tests/test_sums.py": TEST}, "start")
    committed(tmp_path, {"pkg.py": "x = 1\n", "tests/test_sums.py": NEW_TEST}, "code")
    newest = next(candidates(GitRepository(tmp_path)))
    assert isinstance(newest, Rejected)
    assert newest.reason.startswith("at its parent: no Python module outside of tests")


def test_the_limit_counts_commits_and_an_empty_repository_is_an_error(folder: Path, tmp_path: Path) -> None:
    committed(folder, {"README": "more\n"}, "docs")
    assert len(list(candidates(GitRepository(folder)))) == 2
    assert len(list(candidates(GitRepository(folder), limit=1))) == 1
    subprocess.run(["git", "init", "--quiet", tmp_path / "empty"], check=True)
    with pytest.raises(GitError, match="names no commit"):
        list(candidates(GitRepository(tmp_path / "empty")))
