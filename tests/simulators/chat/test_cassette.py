"""A cassette replays what it recorded, and says what it does not hold."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent_envs.messages import Message
from agent_envs.outcome import Fault
from agent_envs.simulators.chat import Call, Cassette, Endpoint, NotRecorded, Reply
from agent_envs.simulators.chat.cassette import recorded

from .conftest import Completion, Parrot, Serve, changed

KEY = "sk-" + "secret" * 8


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
