from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agent_envs.envs.editing import bash
from agent_envs.envs.repo_task import RepoTask
from agent_envs.envs.workbench import Workbench
from agent_envs.messages import ToolCall, assistant
from agent_envs.snapshots.repositories.repository_set import RepositorySet
from agent_envs.tools import ToolError

FAILING = """import unittest


class Case(unittest.TestCase):
    def test_it(self):
        self.assertEqual(object(), 1)


def test_objects():
    assert {object(): "a", "b": {"c", "d"}} == [lambda: 0]
"""


def run(bench: Workbench, command: str, **arguments: Any) -> str:
    return bash(bench, ToolCall.of("bash", command=command, **arguments).arguments)


def test_the_session_goes_on_with_folder_variables_and_functions(bench: Workbench) -> None:
    assert run(bench, "cd ledger; NAME=ann; export AGE=3; greet() { echo hello $NAME; }") == "[no output]"
    assert run(bench, "pwd; greet; python -c 'import os; print(os.environ[\"AGE\"])'") == "/tree/ledger\nhello ann\n3"


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("false", "[exit code 1]"),
        ("echo out; echo err >&2; exit 3", "out\nerr\n[exit code 3]"),
        ("exec false", "[exit code 1]"),
        ("kill -9 $$", "[exit code 137]"),
        ("nothing-of-this-name 2> /dev/null", "[exit code 127]"),
        ("printf '\\xff\\n\\n'", "\\xff"),
        ("echo", "[no output]"),
    ],
)
def test_output_and_exit_code_are_shown(bench: Workbench, command: str, shown: str) -> None:
    run(bench, "NAME=ann")
    assert run(bench, command) == shown
    assert run(bench, "echo $NAME") == "ann"


def test_a_command_that_takes_too_long_is_ended_and_told(bench: Workbench) -> None:
    run(bench, "NAME=ann")
    shown = run(bench, "NAME=eve; echo begun; sleep 1000", timeout_s=1)
    assert shown == "begun\n[ended after 1 s: it took too long; timeout_s may be up to 600]"
    assert run(bench, "echo $NAME") == "ann"


@pytest.mark.parametrize("timeout_s", [0, -1, 601, "long"])
def test_a_time_that_is_not_allowed_is_refused(bench: Workbench, timeout_s: object) -> None:
    with pytest.raises(ToolError, match="the arguments of bash do not fit"):
        run(bench, "true", timeout_s=timeout_s)


@pytest.mark.parametrize("command", ["echo \0", f"echo {'x' * 200_000}"])
def test_a_command_that_no_shell_takes_is_refused(bench: Workbench, command: str) -> None:
    with pytest.raises(ToolError, match="give at most 100,000 bytes, none of them zero"):
        run(bench, command)


def test_long_output_is_cut_in_the_middle_with_a_note(bench: Workbench) -> None:
    lines = run(bench, "seq 1000000").splitlines()
    assert (lines[0], lines[-1]) == ("1", "1000000")
    (note,) = (line for line in lines if line.startswith("[…"))
    assert note == "[… 6,872,896 bytes cut …]"
    assert len("\n".join(lines)) < 17_000


def test_a_gigabyte_of_output_is_cut(bench: Workbench) -> None:
    assert len(run(bench, "head -c 1G /dev/zero | tr '\\0' x")) < 17_000


def test_processes_end_with_their_command(bench: Workbench) -> None:
    assert run(bench, "sleep 1000 & (setsid sleep 1000 &); nohup sleep 1000 > /dev/null 2>&1 & echo begun") == "begun"
    assert run(bench, "pgrep -c sleep") == "0\n[exit code 1]"


@pytest.mark.parametrize(
    "attack",
    [
        ":() { : | : & }; :",
        "for n in {1..400}; do sleep 1000 & done; wait",
        "kill -9 $PPID; kill -9 1; kill -9 -1",
        "for n in 1 2 3; do head -c 300M /dev/zero > file$n; head -c 300M /dev/zero > /tmp/file$n; done",
        "python -c 'x = [bytearray(1 << 26) for _ in range(1000)]'",
        "rm -rf / 2> /dev/null",
        "rm -rf .git ledger",
    ],
)
def test_an_attack_on_the_machine_harms_nobody_else(ledger: RepositorySet, bench: Workbench, attack: str) -> None:
    other = Workbench(ledger)
    other.begin(ledger.tasks[0])
    try:
        before = other.sandbox.digest()
        run(bench, attack, timeout_s=3)
        assert run(bench, "echo on") == "on"
        assert bench.digest() == bench.digest()
        assert other.sandbox.digest() == before
    finally:
        other.close()


@pytest.mark.parametrize("command", ["python -m pytest", "pytest -q", "pytest -vv", "python -m unittest"])
def test_tests_print_the_same_in_two_episodes(ledger: RepositorySet, command: str) -> None:
    shown = []
    for _ in range(2):
        bench = Workbench(ledger)
        bench.begin(ledger.tasks[0])
        bench.sandbox.write("tests/test_failing.py", FAILING.encode())
        shown.append((run(bench, f"{command}; {command} tests/test_failing.py"), bench.digest()))
        bench.close()
    assert shown[0] == shown[1]
    assert "<object object at 0x" in shown[0][0]
    assert " in 0.00s" in shown[0][0]


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("== 3 passed in 1.52s ==", "== 3 passed in 0.00s =="),
        ("1 failed in 75.02s (0:01:15)", "1 failed in 0.00s"),
        ("2 passed in 90000.10s (1 day, 1:00:00)", "2 passed in 0.00s"),
        ("Ran 3 tests in 0.012s", "Ran 3 tests in 0.00s"),
        ("0.31s call     tests/test_a.py::test_b", "0.00s call     tests/test_a.py::test_b"),
        ("in 3 steps, 1.5s", "in 3 steps, 1.5s"),
    ],
)
def test_durations_of_test_runs_are_blotted_out(bench: Workbench, printed: str, shown: str) -> None:
    assert run(bench, f"echo '{printed}'") == shown


@pytest.mark.parametrize("command", ["pytest -q", "python -m pytest -q"])
def test_the_agent_can_run_the_tests_that_it_sees(begin: Callable[..., RepoTask], command: str) -> None:
    *_, info = begin().step(assistant(calls=(ToolCall.of("bash", command=command),)))
    assert info["new"][-1].content.splitlines()[-1] == "5 passed in 0.00s"
