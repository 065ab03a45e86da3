"""Threads and processes record into one cassette, and what was kept survives them."""

from __future__ import annotations

import os
import pickle
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from agent_envs.simulators.chat import Call, Cassette
from agent_envs.simulators.chat.cassette import recorded

from .conftest import Parrot

RECORD = """
import sys
from concurrent.futures import ThreadPoolExecutor
from agent_envs.messages import Message
from agent_envs.simulators.chat import Call, Cassette, Reply

def ask(seed):
    call = Call(model="m", messages=(Message("user", f"{seed} " * 200),), seed=seed)
    return cassette(call).message.content

def answer(call):
    return Reply(message=Message("assistant", f"{sys.argv[2]} {call.seed}"))

with Cassette(sys.argv[1], "record", answer) as cassette, ThreadPoolExecutor(64) as threads:
    print("ready", flush=True)
    sys.stdin.readline()
    for round in range(int(sys.argv[3])):
        print(*threads.map(ask, range(1000 * round, 1000 * round + 500)), sep="\\n", flush=True)
"""


def recorder(file: Path, name: str, rounds: int) -> subprocess.Popen[str]:
    """A process in which 64 threads record as soon as it is told to."""
    words = [sys.executable, "-c", RECORD, str(file), name, str(rounds)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_four_processes_of_64_threads_record_the_same_calls_and_agree(file: Path) -> None:
    processes = [recorder(file, name, 1) for name in ("one", "two", "three", "four")]
    for process in processes:
        assert process.stdout and process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, answers
    assert len({told for told, _ in answers}) == 1  # whoever asked, each heard the one that was first
    assert [each.reply.message.content for each in recorded(file)] == answers[0][0].splitlines()
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill like that")
def test_a_process_that_is_killed_while_it_records_leaves_what_it_kept(file: Path, call: Call) -> None:
    process = recorder(file, "killed", 1000)
    assert process.stdin and process.stdout
    process.stdin.write("go\n")
    process.stdin.flush()
    heard = [process.stdout.readline().strip() for _ in range(1 + 500)][1:]
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    kept = {each.reply.message.content for each in recorded(file)}
    assert set(heard) <= kept
    with Cassette(file, "record", Parrot()) as cassette:
        cassette(call)
    assert len(recorded(file)) == len(kept) + 1
    with sqlite3.connect(file) as handle:
        assert handle.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    handle.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_records_into_the_same_file(file: Path) -> None:
    code = (
        "import os, sys\n"
        "from agent_envs.messages import Message\n"
        "from agent_envs.simulators.chat import Call, Cassette, Reply\n"
        "cassette = Cassette(sys.argv[1], 'record', lambda call: Reply(message=Message('assistant', str(call.seed))))\n"
        "ask = lambda seed: cassette(Call(model='m', messages=(), seed=seed))\n"
        "ask(0)\n"
        "child = os.fork()\n"
        "for seed in range(1, 50): ask(2 * seed + bool(child))\n"
        "if child: assert os.waitpid(child, 0)[1] == 0\n"
        "cassette.close()\n"
    )
    subprocess.run([sys.executable, "-c", code, str(file)], check=True, timeout=60)
    assert [each.call.seed for each in recorded(file)] == [0, *range(2, 100)]


def test_a_cassette_travels_to_other_processes_by_its_path(call: Call, file: Path) -> None:
    with Cassette(file, "record", Parrot()) as cassette:
        said = cassette(call)
    with Cassette(file, "replay-or-fail") as cassette, pickle.loads(pickle.dumps(cassette)) as copy:
        assert copy(call) == said
