from __future__ import annotations

from collections.abc import Callable

import pytest

from agent_envs.snapshots.repositories.grading import Verdict, grade
from agent_envs.snapshots.repositories.repository_set import Base, RepositorySet
from agent_envs.snapshots.repositories.staging import HiddenTests
from agent_envs.snapshots.repositories.submission import Submission, submission

SOURCE, TEST = "ledger/money.py", "tests/test_money.py"
Graded = Callable[..., Verdict]


@pytest.fixture(scope="module")
def base(ledger: RepositorySet) -> Base:
    return ledger.base(ledger.tasks[0])


@pytest.fixture(scope="module")
def gold(base: Base) -> bytes:
    return base.gold[SOURCE] or b""


@pytest.fixture
def graded(ledger: RepositorySet, base: Base) -> Graded:
    """Grades what files hold, by the hidden tests or others."""

    def judge(files: dict[str, bytes | None], hidden: HiddenTests = base.hidden, timeout_s: float = 30.0) -> Verdict:
        ground = ledger.ground._replace(least_timeout_s=timeout_s)
        return grade(ground, base.snapshot, base.tree, Submission(files, {}), hidden, base.gold)

    return judge


def test_the_solution_resolves_and_nothing_does_not(graded: Graded, base: Base) -> None:
    assert graded(dict(base.gold)) == Verdict(1.0, 1.0, True, "")
    assert graded({}) == Verdict(0.0, 1.0, False, f"{base.hidden.fail_to_pass[0]} does not pass")


def test_what_breaks_other_tests_does_not_resolve(graded: Graded, base: Base, gold: bytes) -> None:
    broken = gold.replace(b"int(whole) * 100", b"int(whole)")
    assert broken != gold
    verdict = graded({SOURCE: broken})
    assert (verdict.fail_to_pass, verdict.resolved) == (1.0, False)
    assert verdict.pass_to_pass == 1 - 1 / len(base.hidden.pass_to_pass)
    assert verdict.detail == f"{TEST}::test_parse_reads_cents does not pass"


@pytest.mark.parametrize("content", [b"def f(:\n", b"raise SystemExit(0)\n", b"\xff\n", None])
def test_code_that_cannot_be_imported_passes_nothing(content: bytes | None, graded: Graded) -> None:
    verdict = graded({SOURCE: content})
    assert (verdict.fail_to_pass, verdict.resolved) == (0.0, False)
    assert verdict.pass_to_pass < 1


def test_code_that_hangs_takes_its_time_and_no_more(graded: Graded) -> None:
    verdict = graded({SOURCE: b"while True: pass\n"}, timeout_s=1.5)
    assert verdict == Verdict(0.0, 0.0, False, "the tests took too long", timed_out=True)


@pytest.mark.parametrize("said", [b"NaN", b'{"file": "a", "message": "\\\\ud800"}', b"[" * 5000])
def test_nonsense_on_every_descriptor_is_worth_nothing(said: bytes, graded: Graded, gold: bytes) -> None:
    code = b"\nimport os as _os\n_say = getattr(_os.path.os, 'wri' + 'te')\nfor _fd in range(3, 64):\n    try:\n"
    code += b"        _say(_fd, b'\\n" + said + b"\\n')\n    except OSError:\n        pass\n"
    assert not graded({SOURCE: gold + code, "ledger/book.py": b""}).resolved


def test_a_message_that_is_no_unicode_is_no_crash(graded: Graded) -> None:
    assert graded({SOURCE: b"raise ImportError('\\ud800')\n"}).resolved is False


def hidden_with(base: Base, test: str) -> HiddenTests:
    """Hidden tests, one of them with another body."""
    content = base.hidden.files[TEST] or b""
    at = content.index(b"def test_shares_keep")
    return base.hidden._replace(files={TEST: content[:at] + test.encode()}, pass_to_pass=())


@pytest.mark.parametrize(
    "test",
    [
        "def test_other(): pass\n",
        "def test_shares_keep_the_sum():\n    pytest.skip()\n",
        "@pytest.mark.xfail\ndef test_shares_keep_the_sum():\n    assert 0\n",
        "@pytest.mark.xfail\ndef test_shares_keep_the_sum(): pass\n",
        "@pytest.mark.skip\ndef test_shares_keep_the_sum(): pass\n",
        "@pytest.fixture\ndef bad():\n    yield\n    1 / 0\ndef test_shares_keep_the_sum(bad): pass\n",
    ],
)
def test_a_hidden_test_that_is_missing_or_does_anything_but_pass_fails(test: str, graded: Graded, base: Base) -> None:
    verdict = graded(dict(base.gold), hidden_with(base, test))
    assert verdict == Verdict(0.0, 1.0, False, f"{TEST}::test_shares_keep_the_sum does not pass")


def test_the_same_with_a_test_that_passes_resolves(graded: Graded, base: Base) -> None:
    hidden = hidden_with(base, "def test_shares_keep_the_sum(): pass\n")
    assert graded(dict(base.gold), hidden).resolved


def test_what_uses_a_way_to_the_tests_is_not_run(graded: Graded, base: Base, gold: bytes) -> None:
    verdict = graded({SOURCE: gold + b"\nimport gc\n"})
    assert verdict == Verdict(0.0, 0.0, False, "the changes hold gc: tests cannot judge them")


def test_what_the_solution_uses_itself_is_not_suspicious(ledger: RepositorySet, base: Base, gold: bytes) -> None:
    files: dict[str, bytes | None] = {SOURCE: gold + b"\nimport gc\n"}
    verdict = grade(ledger.ground, base.snapshot, base.tree, Submission(files, {}), base.hidden, files)
    assert verdict.resolved


def test_tests_and_conftests_of_the_agent_do_not_count(ledger: RepositorySet, base: Base, gold: bytes) -> None:
    sandbox = ledger.sandbox(ledger.tasks[0])
    try:
        sandbox.write("tests/conftest.py", b"raise SystemExit(1)\n")
        sandbox.write("conftest.py", b"collect_ignore_glob = ['*']\n")
        sandbox.write(TEST, b"def test_shares_keep_the_sum(): pass\n")
        without = ledger.grade(ledger.tasks[0], sandbox)
        sandbox.write(SOURCE, gold)
        verdict = ledger.grade(ledger.tasks[0], sandbox)
        assert set(submission(sandbox, base.tree).left_out) == {"tests/conftest.py", "conftest.py", TEST}
    finally:
        sandbox.close()
    assert not without.resolved
    assert verdict.resolved
    for path in ("conftest.py", "tests/conftest.py", TEST):
        assert f"{path} did not count: tests are the hidden ones" in verdict.detail


def test_a_long_list_of_failures_is_cut(graded: Graded, base: Base) -> None:
    names = tuple(f"{TEST}::test_nothing_{number}" for number in range(9))
    verdict = graded(dict(base.gold), base.hidden._replace(fail_to_pass=names))
    assert verdict.fail_to_pass == 0.0
    assert verdict.detail.endswith("test_nothing_4 does not pass; 4 more do not pass")


def test_verdicts_of_equal_work_are_equal(graded: Graded) -> None:
    assert graded({SOURCE: b"x = 1\n"}) == graded({SOURCE: b"x = 1\n"})
