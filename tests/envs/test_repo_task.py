from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from agent_envs.core import Result
from agent_envs.envs.repo_task import RepoTask
from agent_envs.messages import ToolCall, assistant
from agent_envs.outcome import Fault, Outcome, StopReason
from agent_envs.sandbox.local import LocalSandbox

Begin = Callable[..., RepoTask]
MONEY, BOOK = "ledger/money.py", "ledger/book.py"
WRONG, RIGHT = "(number <= rest)", "(number < rest)"
SEARCH = """### {path}
<<<<<<< SEARCH
{old}
=======
{new}
>>>>>>> REPLACE
"""
LINE = "    return [share + {} for number in range(people)]"
FIX = SEARCH.format(path=MONEY, old=LINE.format(WRONG), new=LINE.format(RIGHT))


def call(env: RepoTask, name: str, **arguments: Any) -> Result:
    return env.step(assistant(calls=(ToolCall.of(name, **arguments),)))


def told(result: Result) -> str:
    """What the agent reads of a step."""
    return "\n".join(message.content for message in result[4]["new"][1:])


def submitted(env: RepoTask) -> Outcome:
    _, reward, terminated, truncated, info = call(env, "submit")
    outcome: Outcome = info["outcome"]
    assert (terminated, truncated, outcome.reason) == (True, False, StopReason.SUBMITTED)
    assert (reward, reward == 1) == (outcome.reward, outcome.success)
    return outcome


def fix(env: RepoTask) -> None:
    call(env, "edit", command="replace", path=MONEY, old=WRONG, text=RIGHT)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_solution_earns_one(begin: Begin, seed: int) -> None:
    env = begin(seed)
    results = [env.step(action) for action in env.solution()]
    assert [result[1] for result in results] == [0.0] * (len(results) - 1) + [1.0]
    assert results[-1][4]["outcome"].success


@pytest.mark.parametrize("seed", [0, 1])
def test_work_that_changes_nothing_earns_nothing(begin: Begin, seed: int) -> None:
    outcome = submitted(begin(seed))
    assert (outcome.reward, outcome.parts) == (0.0, {"fail_to_pass": 0.0, "pass_to_pass": 1.0})


def by_sed(env: RepoTask) -> None:
    call(env, "bash", command=f"cd ledger && sed -i 's/{WRONG}/{RIGHT}/' money.py")


def by_insert(env: RepoTask) -> None:
    call(env, "edit", command="insert", path=MONEY, line=14, text=LINE.format(RIGHT))


def by_create(env: RepoTask) -> None:
    call(env, "bash", command=f"mv {MONEY} old.py")
    content = env.world.sandbox.read("old.py").decode()
    call(env, "edit", command="create", path=MONEY, text=content.replace(WRONG, RIGHT))


def by_blocks(env: RepoTask) -> None:
    assert told(env.step(assistant(f"This mends it.\n\n{FIX}"))) == f"Changed: {MONEY}."


def by_a_commit(env: RepoTask) -> None:
    by_sed(env)
    call(env, "bash", command="git commit -qam fix; git stash list; git status --short")


@pytest.mark.parametrize("way", [fix, by_sed, by_insert, by_create, by_blocks, by_a_commit])
def test_the_right_change_earns_one_in_whatever_way_it_is_made(begin: Begin, way: Callable[[RepoTask], None]) -> None:
    env = begin()
    way(env)
    assert submitted(env).reward == 1


def test_a_wrong_change_earns_nothing(begin: Begin) -> None:
    env = begin()
    call(env, "edit", command="replace", path=MONEY, old=WRONG, text="(number > rest)")
    assert submitted(env).reward == 0


def test_half_of_the_solution_earns_nothing_and_the_parts_tell_it(begin: Begin) -> None:
    env = begin(1)
    fix(env)
    outcome = submitted(env)
    assert (outcome.reward, outcome.parts) == (0.0, {"fail_to_pass": 0.5, "pass_to_pass": 1.0})
    assert "test_who_is_paid_owes does not pass" in outcome.detail


def test_the_right_change_beside_one_that_breaks_another_test_earns_nothing(begin: Begin) -> None:
    env = begin()
    fix(env)
    call(env, "edit", command="replace", path=MONEY, old="* 100", text="* 10")
    outcome = submitted(env)
    assert (outcome.reward, outcome.parts) == (0.0, {"fail_to_pass": 1.0, "pass_to_pass": 0.75})


def test_changed_tests_do_not_count_and_are_named(begin: Begin) -> None:
    env = begin()
    call(env, "bash", command="rm -r tests; echo > conftest.py; echo 'def test_a(): pass' > ledger/test_a.py")
    outcome = submitted(env)
    assert (outcome.reward, outcome.parts["pass_to_pass"]) == (0.0, 1.0)
    assert "ledger/test_a.py did not count: tests are the hidden ones" in outcome.detail


def test_nothing_is_executed_behind_the_submission(begin: Begin) -> None:
    env = begin()
    late = ToolCall.of("edit", command="replace", path=MONEY, old=WRONG, text=RIGHT)
    _, reward, terminated, _, info = env.step(assistant(calls=(ToolCall.of("submit"), late)))
    assert (reward, terminated) == (0.0, True)
    assert info["new"][-1].content == "Error: your work is handed in already: this was not executed"


def test_hidden_tests_are_nowhere_where_the_agent_can_look(begin: Begin) -> None:
    env = begin(1)
    look = "grep -rlE '{}' . /tmp /opt 2> /dev/null"
    visible = told(call(env, "bash", command=look.format("parse_reads")))
    assert "./tests/test_money.py" in visible
    assert "./.git/objects/pack/" in visible  # what git keeps can be searched, too
    hidden = look.format("shares_keep|is_paid_owes|number < rest")
    assert told(call(env, "bash", command=hidden)) == "[exit code 1]"


def test_git_knows_one_commit_and_nothing_beside_it(begin: Begin) -> None:
    env = begin()
    command = "git log --all --oneline | wc -l; git rev-list --all --not HEAD; git reflog; git stash list; git tag"
    assert told(call(env, "bash", command=f"{command}; git remote")) == "1"
    assert told(call(env, "bash", command="git fsck --full --unreachable --lost-found; git status --short")) == (
        "[no output]"
    )
    kept = "git cat-file --batch-all-objects --batch-check | wc -l; git rev-list --objects HEAD | wc -l"
    assert len(set(told(call(env, "bash", command=kept)).split())) == 1


def test_a_turn_without_call_or_edit_is_told_what_it_could_do(begin: Begin) -> None:
    env = begin()
    assert "holds no edit. The tools are bash, edit, submit" in told(env.step(assistant("It is done.")))
    assert "block 1 (ledger/money.py) is not finished" in told(env.step(assistant(FIX.partition("=======")[0])))
    assert not env.world.edits


@pytest.mark.parametrize("place", ["ledger/money.py/new.py", "ledger", f"ledger/{'a' * 300}.py"])
def test_blocks_that_cannot_all_be_made_change_nothing(begin: Begin, place: str) -> None:
    env = begin()
    call(env, "edit", command="view", path=MONEY)
    before = env.world.digest()
    reply = told(
        env.step(assistant(FIX + SEARCH.format(path=place, old="", new="x = 1").replace("SEARCH\n\n", "SEARCH\n")))
    )
    assert reply.startswith("Error: nothing was changed: ")
    assert env.world.digest() == before


def test_blocks_are_undone_file_by_file(begin: Begin) -> None:
    env = begin()
    before = env.world.sandbox.read(MONEY)
    by_blocks(env)
    assert "as it was" in told(call(env, "edit", command="undo", path=MONEY))
    assert env.world.sandbox.read(MONEY) == before


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"limit_turns": 2}, StopReason.TURN_LIMIT),
        ({"limit_calls": 2}, StopReason.CALL_LIMIT),
        ({"limit_tokens": 3000}, StopReason.TOKEN_LIMIT),
    ],
)
def test_a_limit_cuts_the_episode_without_a_reward(begin: Begin, limits: dict[str, int], reason: StopReason) -> None:
    env = begin(**limits)
    fix(env)
    _, reward, terminated, truncated, info = call(env, "bash", command="seq 3000")
    assert (reward, terminated, truncated) == (0.0, False, True)
    assert (info["outcome"].reason, info["outcome"].success) == (reason, False)


def test_work_that_is_handed_in_with_the_last_call_is_graded(begin: Begin) -> None:
    env = begin(limit_calls=2, limit_turns=2)
    fix(env)
    assert submitted(env).reward == 1


def test_a_lost_sandbox_is_a_fault_and_no_reward(begin: Begin) -> None:
    env = begin()
    fix(env)
    sandbox, state = env.world.sandbox, env.state
    assert isinstance(sandbox, LocalSandbox)
    os.killpg(sandbox._process.pid, signal.SIGKILL)
    for name, arguments in (("bash", {"command": "true"}), ("submit", {})):
        with pytest.raises(Fault, match="the sandbox is lost"):
            call(env, name, **arguments)
        assert env.state is state
    env.reset(seed=0)
    fix(env)
    assert submitted(env).reward == 1


@pytest.mark.parametrize(
    "command",
    [
        "chmod 000 .",
        "chmod 000 ledger",
        "rm -rf * .git",
        "mv ledger /tmp; ln -s /tmp/ledger ledger",
        "mv ledger/money.py /tmp; ln -s /tmp/money.py ledger/money.py",
        "mkfifo ledger/pipe; ln -s / ledger/link; rm ledger/money.py",
        "echo 1 > ledger/$'new\\nline'.py",
        "echo 1 > ledger/$'\\xff'.py",
        "rm ledger/money.py; mkdir ledger/money.py; echo 1 > ledger/money.py/__init__.py",
        "rm -r ledger; echo 1 > ledger",
    ],
)
def test_a_tree_is_graded_in_whatever_state_it_is(begin: Begin, command: str) -> None:
    env = begin()
    call(env, "bash", command=command)
    assert submitted(env).reward == 0
