from __future__ import annotations

import json
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from agent_envs.cli import app
from agent_envs.messages import Message
from agent_envs.outcome import Fault
from agent_envs.simulators.chat import Call, Cassette, Endpoint, NotRecorded, Reply
from agent_envs.simulators.chat.cassette import recorded

Serve = Callable[..., Any]
Completion = Callable[..., dict[str, Any]]
KEY = "sk-" + "secret" * 8


class Parrot:
    """Somebody who answers, differently each time, and counts."""

    def __init__(self) -> None:
        self.asked = 0
        self._lock = threading.Lock()

    def __call__(self, call: Call, /) -> Reply:
        with self._lock:
            self.asked += 1
            return Reply(message=Message("assistant", f"{call.messages[-1].content} {self.asked}"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


def changed(call: Call, **fields: Any) -> Call:
    return msgspec.structs.replace(call, **fields)


def dialogue(chat: Callable[[Call], Reply], call: Call, turns: int = 5) -> tuple[Message, ...]:
    """What becomes of a conversation in which a model speaks every other time."""
    messages = call.messages
    for index in range(turns):
        reply = chat(changed(call, messages=messages, index=index))
        messages = (*messages, reply.message, Message("user", f"And then, {index}?"))
    return messages


@pytest.mark.parametrize("stream", [False, True])
def test_a_dialogue_is_replayed_to_the_byte_with_the_server_off(
    serve: Serve, completion: Completion, call: Call, file: Path, tmp_path: Path, stream: bool
) -> None:
    script = [completion(f"It is number {number}: 🌧 “{'x' * number}”") for number in range(5)]
    server = serve(*script)
    with Cassette(file, "record", Endpoint(base_url=server.base_url, stream=stream)) as cassette:
        said = msgspec.json.encode(dialogue(cassette, call))
    server.stop()
    assert len(server.requests) == 5
    before = file.read_bytes()
    gone = Endpoint(base_url=server.base_url, retries=0)
    for mode in ("replay", "replay-or-fail"):
        with Cassette(file, mode, gone) as cassette:
            assert msgspec.json.encode(dialogue(cassette, call)) == said
        assert file.read_bytes() == before
    with Cassette(file, "record", gone) as cassette:
        assert msgspec.json.encode(dialogue(cassette, call)) == said
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize(
    ("mode", "asked", "kept"), [("record", 1, 2), ("replay", 1, 1), ("replay-or-fail", 0, 1), ("bypass", 2, 1)]
)
def test_the_modes_ask_and_keep_what_their_table_says(call: Call, file: Path, mode: Any, asked: int, kept: int) -> None:
    with Cassette(file, "record", Parrot()) as cassette:
        first = cassette(call)
    parrot = Parrot()
    with Cassette(file, mode, parrot) as cassette:
        assert (cassette(call) == first) or mode == "bypass"
        new = changed(call, seed=8)
        if mode == "replay-or-fail":
            with pytest.raises(NotRecorded):
                cassette(new)
        else:
            cassette(new)
    assert (parrot.asked, len(recorded(file))) == (asked, kept)


@pytest.mark.parametrize(
    "other",
    [
        {"model": "small"},
        {"messages": (Message("user", "What is it?"),)},
        {"tools": ({"type": "function", "function": {"name": "look"}},)},
        {"sampling": {"temperature": 0.6}},
        {"seed": 8},
        {"index": 1},
    ],
    ids=lambda other: next(iter(other)),
)
def test_calls_that_differ_in_anything_have_answers_of_their_own(call: Call, file: Path, other: dict[str, Any]) -> None:
    with Cassette(file, "record", Parrot()) as cassette:
        assert cassette(call) != cassette(changed(call, **other))
        assert cassette(call) == cassette(changed(call))


def test_the_order_of_keys_makes_no_difference(call: Call, file: Path) -> None:
    with Cassette(file, "record", Parrot()) as cassette:
        one = cassette(changed(call, sampling={"temperature": 0.5, "top_p": 0.9}))
        assert cassette(changed(call, sampling={"top_p": 0.9, "temperature": 0.5})) == one


def test_what_fails_is_not_kept(serve: Serve, completion: Completion, call: Call, file: Path) -> None:
    server = serve(500, completion("up again"))
    with Cassette(file, "record", Endpoint(base_url=server.base_url, origin="user", retries=0)) as cassette:
        with pytest.raises(Fault, match="status 500") as raised:
            cassette(call)
        assert raised.value.origin == "user"
        assert recorded(file) == []
        assert cassette(call).message.content == "up again"


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"model": "small"}, "model at character 0: 'small' here, 'tiny' there"),
        ({"seed": 8}, "seed: 8 here, 7 there"),
        ({"sampling": {"temperature": 0.6}}, "sampling.temperature: 0.6 here, 0.5 there"),
        ({"sampling": {"temperature": 0.5, "top_p": 1}}, "sampling.top_p: 1 here, nothing there"),
        ({"messages": (Message("user", "What is it?"),)}, "messages: 1 here, 2 there"),
        (
            {"messages": (Message("system", "You are a customer."), Message("user", "What was it?"))},
            "messages[1].content at character 5: 'What was it?' here, 'What is it?' there",
        ),
        ({"tools": ({"function": {"name": "look"}},)}, "tools: 1 here, 0 there"),
    ],
)
def test_a_miss_says_what_differs_from_the_nearest_call(
    call: Call, file: Path, other: dict[str, Any], told: str
) -> None:
    with Cassette(file, "record", Parrot()) as cassette:
        cassette(call)
        for number in range(5):
            cassette(changed(call, seed=100 + number, index=number, messages=(Message("user", "Something else."),)))
    for mode in ("replay", "replay-or-fail"):
        with Cassette(file, mode) as cassette, pytest.raises(NotRecorded) as raised:
            cassette(changed(call, **other))
        assert told in str(raised.value)
        assert "the nearest recorded one is call 0 of seed 7" in str(raised.value)


def test_a_miss_with_many_differences_tells_the_first_few(call: Call, file: Path) -> None:
    with Cassette(file, "record", Parrot()) as cassette:
        cassette(changed(call, messages=tuple(Message("user", f"old {number}") for number in range(50))))
    with Cassette(file, "replay") as cassette, pytest.raises(NotRecorded, match="46 more") as raised:
        cassette(changed(call, messages=tuple(Message("user", f"new {number}") for number in range(50))))
    assert len(str(raised.value)) < 1000


def test_a_miss_in_an_empty_recording_says_so(call: Call, file: Path) -> None:
    Cassette(file, "record", Parrot()).close()
    with Cassette(file, "replay-or-fail") as cassette, pytest.raises(NotRecorded, match="it is empty"):
        cassette(call)


def test_no_key_is_in_the_file(
    serve: Serve, completion: Completion, call: Call, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    bad = lambda request: request.send(request.headers["Authorization"].encode(), 401)  # noqa: E731
    server = serve(completion(), bad)
    with Cassette(file, "record", Endpoint(base_url=server.base_url)) as cassette:
        cassette(call)
        with pytest.raises(Fault):
            cassette(changed(call, index=1))
        written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert server.keys == [f"Bearer {KEY}"] * 2
    for secret in (KEY, "Bearer", "Authorization", "OPENAI_API_KEY"):
        assert secret.encode() not in written + file.read_bytes()


def test_of_several_answers_to_one_call_everybody_gets_the_first(call: Call, file: Path) -> None:
    parrot, everybody = Parrot(), threading.Barrier(64)

    def ask(number: int) -> Reply:
        everybody.wait()
        return cassette(changed(call, index=number % 2))

    with Cassette(file, "record", parrot) as cassette, ThreadPoolExecutor(64) as threads:
        replies = list(threads.map(ask, range(64)))
    assert len(set(replies[::2])) == len(set(replies[1::2])) == 1
    assert [each.reply for each in recorded(file)] == replies[:2]


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


@pytest.mark.parametrize(
    ("mode", "chat", "told"),
    [
        ("play", None, "mode='play'; there are record, replay, replay-or-fail, bypass"),
        ("record", None, "mode 'record' asks for what it does not know: give chat="),
        ("bypass", None, "mode 'bypass' asks"),
    ],
)
def test_a_mode_that_makes_no_sense_is_refused(file: Path, mode: Any, chat: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Cassette(file, mode, chat)
    assert not file.exists()


@pytest.mark.parametrize("mode", ["replay", "replay-or-fail"])
def test_a_recording_that_is_not_there_is_told_and_not_made(file: Path, mode: Any) -> None:
    with pytest.raises(FileNotFoundError, match="make one with mode='record'"):
        Cassette(file, mode)
    assert not file.exists()


@pytest.mark.parametrize("content", [b"This is no database. " * 100, bytes(5000)], ids=["text", "zeros"])
@pytest.mark.parametrize("mode", ["record", "replay"])
def test_a_file_of_something_else_is_refused_and_left_alone(file: Path, mode: Any, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(ValueError, match="is no recording"):
        Cassette(file, mode, Parrot())
    assert file.read_bytes() == content


@pytest.mark.parametrize("mode", ["record", "replay"])
def test_a_database_of_something_else_is_refused_and_left_alone(file: Path, mode: Any) -> None:
    with sqlite3.connect(file) as handle:
        handle.execute("CREATE TABLE orders (id)")
    handle.close()
    before = file.read_bytes()
    with pytest.raises(ValueError, match="database of something else"):
        Cassette(file, mode, Parrot())
    assert file.read_bytes() == before


def test_a_folder_that_is_not_there_is_told(file: Path) -> None:
    with pytest.raises(OSError, match="unable to open"):
        Cassette(file.parent / "nowhere" / "calls.db", "record", Parrot())


def test_the_command_lists_the_calls(call: Call, file: Path) -> None:
    with Cassette(file, "record", Parrot()) as cassette:
        for seed in (8, 7):
            cassette(changed(call, seed=seed, messages=(*call.messages, Message("user", "[bold] one\ntwo " * 30))))
    shown = CliRunner().invoke(app, ["cassette", str(file)], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert "[bold] one two" in shown.output and "tiny" in shown.output
    listed = CliRunner().invoke(app, ["cassette", str(file), "--json"])
    calls = [json.loads(line) for line in listed.output.splitlines()]
    assert [each["call"]["seed"] for each in calls] == [7, 8]
    assert calls[0]["reply"]["message"]["content"].endswith(" 2")


@pytest.mark.parametrize("content", [None, b"no database " * 100])
def test_the_command_refuses_what_is_no_recording(file: Path, content: bytes | None) -> None:
    if content:
        file.write_bytes(content)
    result = CliRunner().invoke(app, ["cassette", str(file)])
    assert result.exit_code == 2
    assert "no recording" in " ".join(result.output.split())
