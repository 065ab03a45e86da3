"""A call travels as a chat completion, and a reply is what came; values that make no sense are refused."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from agent_envs.messages import Message, ToolCall
from agent_envs.simulators.chat import Call, Endpoint, Reply

from .conftest import Completion, Serve, fault

WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
LOOKS = {"id": "call-0", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Graz"}'}}


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
