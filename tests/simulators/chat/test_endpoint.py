from __future__ import annotations

import asyncio
import json
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from agent_envs.messages import Message, ToolCall
from agent_envs.outcome import Fault
from agent_envs.simulators.chat import Call, Endpoint, Reply

Serve = Callable[..., Any]
Completion = Callable[..., dict[str, Any]]
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
LOOKS = {"id": "call-0", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Graz"}'}}


def fault(endpoint: Endpoint, call: Call) -> Fault:
    with pytest.raises(Fault) as raised:
        endpoint(call)
    return raised.value


def test_a_call_travels_as_a_chat_completion(serve: Serve, completion: Completion, call: Call) -> None:
    server = serve(completion())
    asked = msgspec.structs.replace(
        call,
        messages=(
            *call.messages,
            Message("assistant", "", "hm", (ToolCall.of("weather", city="Graz"),)),
            Message("tool", "rain", call_id="call-0"),
        ),
        tools=(WEATHER,),
    )
    Endpoint(base_url=server.base_url)(asked)
    (body,) = server.requests
    assert {name: value for name, value in body.items() if name != "messages"} == {
        "model": "tiny",
        "seed": 7,
        "temperature": 0.5,
        "tools": [WEATHER],
    }
    assert [message["role"] for message in body["messages"]] == ["system", "user", "assistant", "tool"]
    assert body["messages"][2]["tool_calls"][0]["function"] == {"name": "weather", "arguments": '{"city":"Graz"}'}
    assert body["messages"][3] == {"role": "tool", "content": "rain", "tool_call_id": "call-0"}


def test_a_reply_holds_the_message_its_end_and_its_usage(serve: Serve, completion: Completion, call: Call) -> None:
    server = serve(completion("It rains.", reasoning_content="Let me see."))
    assert Endpoint(base_url=server.base_url)(call) == Reply(
        message=Message("assistant", "It rains.", "Let me see."), prompt_tokens=3, completion_tokens=2
    )


@pytest.mark.parametrize(
    "beside",
    [{}, {"reasoning_content": "Grüß 🌍"}, {"content": None, "tool_calls": [LOOKS, {**LOOKS, "id": "call-1"}]}],
)
def test_a_stream_gives_the_same_reply(
    serve: Serve, completion: Completion, call: Call, beside: dict[str, Any]
) -> None:
    server = serve(completion(**{"content": "It rains, 🌧 and\nrains.", **beside}))
    asked = msgspec.structs.replace(call, tools=(WEATHER,))
    whole = Endpoint(base_url=server.base_url)(asked)
    streamed = Endpoint(base_url=server.base_url, stream=True)(asked)
    assert streamed == whole
    assert server.requests[1]["stream"] is True
    assert len(whole.message.calls) == len(beside.get("tool_calls", ()))


def test_awaiting_gives_the_same_reply_as_calling(serve: Serve, completion: Completion, call: Call) -> None:
    endpoint = Endpoint(base_url=serve(completion()).base_url)

    async def asked() -> list[Reply]:
        return await asyncio.gather(*(endpoint.ask(call) for _ in range(8)))

    assert asyncio.run(asked()) == [endpoint(call)] * 8


def hangs_up(request: Any) -> None:
    """Half of what was promised, then nothing."""
    request.send(b'{"choices": [{"mess', promised_bytes=5000)
    request.close_connection = True


HTML = b"<!doctype html><html><body>Welcome to nginx!</body></html>"
BROKEN_STREAM = b'data: {"choices": [{"delta": {"role": "assistant", "content": "Hal"}}]}\n\n'
ERROR_IN_STREAM = BROKEN_STREAM + b'data: {"error": {"message": "out of memory"}}\n\ndata: [DONE]\n\n'

WORTH_ANOTHER_TRY = {
    "too many requests": (429, "status 429"),
    "broken": (500, "status 500"),
    "a gateway without it": (502, "status 502"),
    "half a reply": (hangs_up, "half a reply"),
    "half a reply that says it is whole": (b'{"choices": [{"message": {"role": "assi', "only half of one"),
    "a web page": (HTML, "Welcome to nginx"),
    "invalid JSON": (b"{'choices': []}", "no chat completion"),
    "nothing": (b"", "no chat completion"),
    "other JSON": (b'{"error": "busy"}', "busy"),
    "content that is no text": (
        b'{"choices": [{"message": {"role": "assistant", "content": 5}}]}',
        "no chat completion",
    ),
    "no text at all": (b"\xff\xfe\x00", "no chat completion"),
    "half a character": (b'{"choices": [{"message": {"role": "assistant", "content": "\\ud800"}}]}', "completion"),
    "deep JSON": (b'{"choices":' + b"[" * 100_000, "no chat completion"),
    "an empty choice": (b'{"choices": []}', "no choice"),
    "a stream that breaks off": (BROKEN_STREAM, "breaks off"),
    "a stream that breaks off in a part": (BROKEN_STREAM + b'data: {"choi', "only half of one"),
    "an error within a stream": (ERROR_IN_STREAM, "out of memory"),
    "a stream of nothing": (b"data: [DONE]\n\n", "no choice"),
}


@pytest.mark.parametrize("name", WORTH_ANOTHER_TRY)
def test_what_is_damaged_is_asked_for_again(serve: Serve, completion: Completion, call: Call, name: str) -> None:
    bad, _ = WORTH_ANOTHER_TRY[name]
    server = serve(bad, bad, completion("at last"))
    assert Endpoint(base_url=server.base_url, retries=2)(call).message.content == "at last"
    assert len(server.requests) == 3


@pytest.mark.parametrize("name", WORTH_ANOTHER_TRY)
def test_what_stays_damaged_is_a_fault_of_whom_it_plays(serve: Serve, call: Call, name: str) -> None:
    bad, told = WORTH_ANOTHER_TRY[name]
    server = serve(bad)
    raised = fault(Endpoint(base_url=server.base_url, origin="user", retries=1), call)
    assert raised.origin == "user"
    assert server.base_url in str(raised) and told in str(raised)
    assert len(str(raised)) < 1000
    assert len(server.requests) == 2


LONG = b'{"choices": [{"message": {"role": "assistant", "content": "' + b"x" * 10_000_000 + b'"}}]}'
NO_TRY_HELPS = {
    "a wrong key": (401, "another key in OPENAI_API_KEY"),
    "a key that may not": (403, "another key in OPENAI_API_KEY"),
    "a wrong model": (404, "no model 'tiny'"),
    "a bad request": (400, "takes no such request"),
    "ten megabytes": (LONG, "more than 8,388,608 bytes"),
    "another role": (b'{"choices": [{"message": {"role": "user", "content": "hm"}}]}', "in the role 'user'"),
}


@pytest.mark.parametrize("name", NO_TRY_HELPS)
def test_what_would_not_change_is_not_tried_again(serve: Serve, call: Call, name: str) -> None:
    bad, told = NO_TRY_HELPS[name]
    server = serve(bad)
    raised = fault(Endpoint(base_url=server.base_url, origin="judge"), call)
    assert raised.origin == "judge" and told in str(raised)
    assert len(str(raised)) < 1000
    assert len(server.requests) == 1


def test_an_endless_answer_is_not_read_to_its_end(serve: Serve, call: Call) -> None:
    def endless(request: Any) -> None:
        request.send(b"", promised_bytes=10**15)
        try:
            while True:
                request.wfile.write(b"x" * 100_000)
        except OSError:  # the reader has left
            request.close_connection = True

    assert "more than" in str(fault(Endpoint(base_url=serve(endless).base_url), call))


@pytest.mark.parametrize("stream", [False, True])
def test_calls_are_wrong_where_no_tools_were_offered(
    serve: Serve, completion: Completion, call: Call, stream: bool
) -> None:
    server = serve(completion(None, tool_calls=[LOOKS]))
    endpoint = Endpoint(base_url=server.base_url, stream=stream)
    assert "calls of 'weather' where no tools were offered" in str(fault(endpoint, call))
    reply = endpoint(msgspec.structs.replace(call, tools=(WEATHER,)))
    assert reply.message.calls == (ToolCall("weather", '{"city": "Graz"}', "call-0"),)


def test_arguments_that_come_as_an_object_are_kept_as_text(serve: Serve, completion: Completion, call: Call) -> None:
    function = {"name": "weather", "arguments": {"city": "Graz"}}
    server = serve(
        completion(None, tool_calls=[{"type": "function", "function": function}, {"function": {"name": "weather"}}])
    )
    reply = Endpoint(base_url=server.base_url)(msgspec.structs.replace(call, tools=(WEATHER,)))
    assert [json.loads(call.arguments) for call in reply.message.calls] == [{"city": "Graz"}, {}]


def test_an_endpoint_that_is_down_is_a_fault(call: Call) -> None:
    told = str(fault(Endpoint(base_url="http://127.0.0.1:9/v1", retries=1), call))
    assert "http://127.0.0.1:9/v1 answers nothing" in told and "see whether it is up" in told


def test_a_silent_endpoint_is_a_fault(serve: Serve, call: Call) -> None:
    server: Any = serve(lambda _: server.stopped.wait())
    told = str(fault(Endpoint(base_url=server.base_url, timeout_s=0.05, retries=1), call))
    assert "nothing for 0.05 s" in told and "raise timeout_s" in told
    assert len(server.requests) == 2


def test_an_endpoint_that_falls_silent_within_its_answer_is_a_fault(serve: Serve, call: Call) -> None:
    def stalls(request: Any) -> None:
        request.send(b'{"choices"', promised_bytes=5000)
        request.wfile.flush()
        server.stopped.wait()

    server = serve(stalls)
    assert "nothing for 0.05 s" in str(fault(Endpoint(base_url=server.base_url, timeout_s=0.05, retries=0), call))


def test_the_deadline_holds_over_all_tries_of_an_endpoint_that_never_ends(serve: Serve, call: Call) -> None:
    def drips(request: Any) -> None:
        request.send(b"", promised_bytes=10**9)
        while not server.stopped.wait(0.01):
            try:
                request.wfile.write(b" ")
            except OSError:  # the reader has left
                return

    server = serve(drips)
    told = str(fault(Endpoint(base_url=server.base_url, deadline_s=0.2, retries=3), call))
    assert "no reply within 0.2 s" in told and "raise deadline_s" in told


def test_the_endpoint_says_how_long_it_wants_to_be_left_alone(serve: Serve, completion: Completion, call: Call) -> None:
    server = serve(lambda request: request.send(b"", 429, Retry_After="0"), completion())
    assert Endpoint(base_url=server.base_url)(call).message.content == "hello"


def test_no_more_calls_are_under_way_than_allowed(serve: Serve, completion: Completion, call: Call) -> None:
    under_way, most, lock = 0, 0, threading.Lock()
    together = threading.Barrier(4)

    def counted(request: Any) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        together.wait()  # none is answered before four are there
        with lock:
            under_way -= 1
        request.send(json.dumps(completion()).encode())

    endpoint = Endpoint(base_url=serve(counted).base_url, concurrency=4, retries=0)
    with ThreadPoolExecutor(32) as threads:
        assert len(list(threads.map(endpoint, [call] * 32))) == 32
    assert most == 4


def test_the_key_is_read_when_a_call_is_made_and_kept_nowhere(
    serve: Serve, completion: Completion, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(completion())
    endpoint = Endpoint(base_url=server.base_url, api_key_variable="TEST_MODEL_KEY")
    monkeypatch.delenv("TEST_MODEL_KEY", raising=False)
    endpoint(call)
    for key in ("sk-first-secret", "sk-second-secret"):
        monkeypatch.setenv("TEST_MODEL_KEY", key)
        endpoint(call)
        assert key not in repr(endpoint) and key.encode() not in pickle.dumps(endpoint)
    assert server.keys == [
        "Bearer none",
        "Bearer sk-first-secret",
        "Bearer sk-second-secret",
    ]


@pytest.mark.parametrize("status", [200, 401, 500])
def test_a_key_that_is_sent_back_is_in_no_message(
    serve: Serve, call: Call, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-" + "secret" * 30)
    server = serve(lambda request: request.send(f"wrong: {request.headers['Authorization']}".encode(), status))
    raised = fault(Endpoint(base_url=server.base_url, retries=0), call)
    assert "wrong: Bearer" in str(raised) and "secret" not in str(raised)
    assert raised.__cause__ is raised.__context__ is None  # an error of the client would hold the request's headers


def test_an_endpoint_is_a_value(serve: Serve, completion: Completion, call: Call) -> None:
    endpoint = Endpoint(base_url=serve(completion()).base_url)
    endpoint(call)
    copy = pickle.loads(pickle.dumps(endpoint))
    assert copy == endpoint and hash(copy) == hash(endpoint)
    assert copy(call) == endpoint(call)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_makes_connections_of_its_own(serve: Serve, completion: Completion) -> None:
    code = (
        "import os, sys\n"
        "from agent_envs.messages import Message\n"
        "from agent_envs.simulators.chat import Call, Endpoint\n"
        "endpoint, call = Endpoint(base_url=sys.argv[1]), Call(model='m', messages=(Message('user', 'hi'),))\n"
        "endpoint(call)\n"
        "child = os.fork()\n"
        "said = endpoint(call).message.content\n"
        "if child: assert os.waitpid(child, 0)[1] == 0\n"
        "print(said)\n"
    )
    server = serve(completion())
    done = subprocess.run([sys.executable, "-c", code, server.base_url], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["hello", "hello"], done.stderr
    assert len(server.requests) == 3


def test_what_can_be_no_key_is_told_and_not_shown(
    serve: Serve, completion: Completion, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(completion())
    endpoint = Endpoint(base_url=server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret\n")  # a file that was read whole
    endpoint(call)
    assert server.keys == ["Bearer sk-secret"]
    for key in ("sk-sec\nret", "sk-secret-ü"):
        monkeypatch.setenv("OPENAI_API_KEY", key)
        told = str(fault(endpoint, call))
        assert "OPENAI_API_KEY is no key" in told and "sec" not in told


def test_a_call_that_is_given_up_makes_room_for_the_next(serve: Serve, completion: Completion, call: Call) -> None:
    server: Any = serve(lambda _: server.stopped.wait(), completion())
    endpoint = Endpoint(base_url=server.base_url, concurrency=1)

    async def impatient() -> Reply:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(endpoint.ask(call), 0.1)
        return await endpoint.ask(call)

    assert asyncio.run(impatient()).message.content == "hello"


@pytest.mark.parametrize("package", ["openai", "stamina"])
def test_a_missing_package_is_told_with_the_command_that_installs_it(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=r"pip install 'agent-envs\[chat\]'"):
        Endpoint(base_url="http://localhost:9/v1")


@pytest.mark.parametrize("address", ["", "localhost:8000", "ftp://localhost"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="give an address such as http://"):
        Endpoint(base_url=address)


@pytest.mark.parametrize(
    "wrong", [{"timeout_s": 0.0}, {"deadline_s": -1.0}, {"concurrency": 0}, {"retries": -1}], ids=str
)
def test_a_number_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Endpoint(base_url="http://localhost:9/v1", **wrong)


def test_sampling_names_no_field_of_the_call(call: Call) -> None:
    endpoint = Endpoint(base_url="http://localhost:9/v1")
    with pytest.raises(ValueError, match=r"sampling names \['stream'\]"):
        endpoint(msgspec.structs.replace(call, sampling={"stream": True}))
