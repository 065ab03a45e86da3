"""Forks and digests of work in a repository."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import msgspec

from agent_envs.envs.repo_task import RepoTask
from agent_envs.messages import Message, ToolCall, assistant
from agent_envs.snapshots.repositories.repository_set import RepositorySet

Begin = Callable[..., RepoTask]
MONEY = "ledger/money.py"


def turn(name: str, **arguments: Any) -> Message:
    return assistant(calls=(ToolCall.of(name, **arguments),))


def told(env: RepoTask, action: Message) -> str:
    return str(env.step(action)[4]["new"][-1].content)


WORK = (
    turn("edit", command="replace", path=MONEY, old="<= rest", text="< rest"),
    turn("edit", command="create", path="ledger/new/part.py", text="x = 1\n"),
    turn("bash", command="cd ledger; NAME=ann; greet() { echo hello $NAME; }"),
    turn("bash", command="python -m pytest -q .."),
    turn("bash", command="git add -A; git commit -qm work; git log --format=%H"),
)


def test_reading_does_not_change_the_state_of_the_tree(begin: Begin) -> None:
    env = begin()
    unopened = env.world.digest()
    env.step(turn("edit", command="view", path="."))
    env.step(turn("edit", command="view", path=MONEY))
    assert env.world.digest() == unopened


def test_equal_actions_lead_to_equal_digests_and_others_to_others(begin: Begin) -> None:
    one, other = begin(), begin()
    assert one.state_digest() == other.state_digest()
    for action in WORK:
        assert one.step(action)[0] == other.step(action)[0]
        assert one.state_digest() == other.state_digest()
    one.world.sandbox.write("more", b"")
    assert one.state_digest() != other.state_digest()


def test_what_can_be_undone_is_part_of_the_state(begin: Begin) -> None:
    one, other = begin(), begin()
    one.world.write({"new": b"1"})
    other.world.sandbox.write("new", b"1")
    assert one.world.digest() != other.world.digest()


def test_the_digest_is_the_same_in_another_process(begin: Begin, ledger: RepositorySet) -> None:
    code = (
        "import sys, msgspec\n"
        "from pathlib import Path\n"
        "from agent_envs.envs.repo_task import RepoTask\n"
        "from agent_envs.messages import Message\n"
        "from agent_envs.snapshots.repositories.repository_set import RepositorySet\n"
        "ledger = RepositorySet(Path(sys.argv[1]))\n"
        "env = RepoTask(ledger, ledger.tasks, dialect='openai')\n"
        "env.reset(seed=0)\n"
        "for action in msgspec.json.decode(sys.argv[2], type=list[Message]):\n"
        "    env.step(action)\n"
        "print(env.state_digest())\n"
        "env.close()\n"
    )
    actions = msgspec.json.encode(WORK).decode()
    env = begin()
    for action in WORK:
        env.step(action)
    done = subprocess.run(
        [sys.executable, "-c", code, str(ledger.folder), actions],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == env.state_digest()


def test_a_fork_goes_on_by_itself_with_tree_session_and_undo(begin: Begin) -> None:
    env = begin()
    for action in WORK[:3]:
        env.step(action)
    twin = env.fork()
    try:
        assert twin.state_digest() == env.state_digest()
        greet = turn("bash", command="pwd; greet; cat money.py | grep -c '< rest'; NAME=eve")
        assert told(twin, greet) == "/tree/ledger\nhello ann\n1"
        assert told(env, turn("bash", command="greet")) == "hello ann"
        assert told(twin, turn("edit", command="undo", path=MONEY)) == f"{MONEY} is as it was before the last edit."
        assert b"<= rest" in twin.world.sandbox.read(MONEY)
        assert b"<= rest" not in env.world.sandbox.read(MONEY)
        assert env.step(turn("submit"))[1] == 1
        assert twin.step(turn("submit"))[1] == 0
    finally:
        twin.close()


def test_a_fork_before_the_first_command_goes_on_by_itself(begin: Begin) -> None:
    env = begin()
    twin = env.fork()
    try:
        env.step(WORK[0])
        assert b"<= rest" in twin.world.sandbox.read(MONEY)
        assert twin.state_digest() != env.state_digest()
    finally:
        twin.close()


def test_closing_a_fork_leaves_the_other_alone(begin: Begin) -> None:
    env = begin()
    env.step(WORK[2])
    env.fork().close()
    assert told(env, turn("bash", command="greet")) == "hello ann"
