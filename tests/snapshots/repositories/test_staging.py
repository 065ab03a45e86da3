from __future__ import annotations

import pytest

from agent_envs.snapshots.repositories.grading import grade
from agent_envs.snapshots.repositories.repository_set import Base, RepositorySet
from agent_envs.snapshots.repositories.staging import Counters, Stage
from agent_envs.snapshots.repositories.submission import Submission

SOURCE, TEST = "ledger/money.py", "tests/test_money.py"


@pytest.fixture(scope="module")
def base(ledger: RepositorySet) -> Base:
    return ledger.base(ledger.tasks[0])


@pytest.fixture(scope="module")
def stage(ledger: RepositorySet, base: Base) -> Stage:
    return Stage(ledger.ground, base.snapshot, base.tree, base.hidden)


@pytest.fixture(scope="module")
def against(stage: Stage, base: Base) -> Counters:
    return stage.counters(base.gold)


def test_every_hidden_test_of_the_task_has_copies_that_fail_with_the_solution(against: Counters, base: Base) -> None:
    tests = [one.id(one.name, each) for one, of in against.tests for each in of]
    assert tests == list(base.hidden.fail_to_pass)


@pytest.mark.parametrize("own", [0, 1])
def test_the_solution_does_what_it_must_whichever_text_has_the_name_of_the_test(
    own: int, stage: Stage, against: Counters, base: Base
) -> None:
    played = stage.play(base.gold, against, own=own)
    assert played.believed and all(played.came(*one) for one in played.named)
    assert played.failed([*base.hidden.fail_to_pass, *base.hidden.pass_to_pass]) == []
    for test in base.hidden.fail_to_pass:
        assert played.run.tests[test].outcome == ("failed" if own else "passed")
    assert not all(stage.play({}, against, own=own).came(*one) for one in played.named)


READS = """
import pathlib
_held = {str(path): path.read_text() for path in pathlib.Path("tests").rglob("*.py")}
raise ImportError("\\n".join(_held.values()))
"""


def test_what_hidden_tests_hold_is_in_no_file_while_they_run(stage: Stage, base: Base, against: Counters) -> None:
    run = stage.play({SOURCE: (base.gold[SOURCE] or b"") + READS.encode()}, against).run
    told = "\n".join(run.unread.values())
    assert "test_parse_reads_cents" in told  # it is in the agent's tree
    assert all(one.name not in told for one, _ in against.tests)


def test_nothing_of_the_programs_that_run_tests_is_found_by_its_name(stage: Stage, base: Base) -> None:
    code = b"""
import sys as _sys
_found = [name for name in _sys.modules if name.partition(".")[0] == "inside" or "seals" in name]
assert _found == [] and not [path for path in _sys.path if path.endswith("repositories")], _found
assert set(vars(_sys.modules["__main__"])) <= {"__name__", "__doc__", "__package__", "__loader__", "__spec__"}
"""
    assert not stage.play({SOURCE: (base.gold[SOURCE] or b"") + code}).failed(base.hidden.fail_to_pass)


RELAYS = b"""
import os as _os, threading as _threading
for _fd in range(3, 40):
    try:
        _os.fstat(_fd)
    except OSError:
        continue
    _out = _os.dup(_fd)
    _in, _to = _os.pipe()
    _os.dup2(_to, _fd)
    def _pass_on(_in=_in, _out=_out):
        for _line in open(_in, "rb", buffering=0):
            _os.write(_out, _line.replace(b'"failed"', b'"passed"').replace(b'"error"', b'"passed"'))
    _threading.Thread(target=_pass_on, daemon=True).start()
"""


def test_who_stands_between_the_tests_and_their_judge_can_change_nothing(stage: Stage, base: Base) -> None:
    before = base.tree.read(SOURCE) or b""
    played = stage.play({SOURCE: before + RELAYS})
    assert not played.run.passed(base.hidden.fail_to_pass[0])


def test_code_that_lets_a_test_pass_whatever_it_says_is_found_out_in_the_second_run(
    stage: Stage, base: Base, against: Counters
) -> None:
    name = base.hidden.fail_to_pass[0].rpartition("::")[2]
    code = f"""
import sys as _sys
_function = _sys.modules["_pytest.python"].Function
_run = _function.runtest
_function.runtest = lambda self: None if self.name == {name!r} else _run(self)
"""
    files: dict[str, bytes | None] = {SOURCE: (base.tree.read(SOURCE) or b"") + code.encode()}
    first = stage.play(files, against)
    assert first.believed and first.failed(base.hidden.fail_to_pass) == []
    assert all(first.came(*one) for one in first.named)
    verdict = grade(stage.ground, base.snapshot, base.tree, Submission(files, {}), base.hidden, files, against)
    assert not verdict.resolved and "in due form" in verdict.detail
