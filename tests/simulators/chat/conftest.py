"""What the tests of model calls share: a scripted endpoint on a real socket, a call, and somebody who answers it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
import stamina

from agent_envs.messages import Message
from agent_envs.outcome import Fault
from agent_envs.simulators.chat import Call, Endpoint, Reply

Serve = Callable[..., Any]
Completion = Callable[..., dict[str, Any]]


class Request(BaseHTTPRequestHandler):
    """One request, as the script sees it."""

    body: dict[str, Any]

    def send(self, answer: bytes, status: int = 200, *, promised_bytes: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer) if promised_bytes is None else promised_bytes))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None: ...


class Server(ThreadingHTTPServer):
    request_queue_size = 128  # many come at once
    daemon_threads = True


class ScriptedServer:
    """A server that answers as its script says, one item a request and the last one ever after.

    Args:
        script: Bodies; a number is a status; a function does what it likes with the request. A request that wants a
            stream gets a body in small parts.
    """

    def __init__(self, *script: Any) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.stopped = threading.Event()
        self._script, self._lock = list(script), threading.Lock()
        scripted = self

        class Handler(Request):
            def do_POST(self) -> None:
                self.body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                scripted.answer(self)

        self._server = Server(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def answer(self, request: Request) -> None:
        with self._lock:
            self.requests.append(request.body)
            self.keys.append(request.headers["Authorization"])
            item = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if callable(item):
            item(request)
        elif isinstance(item, int):
            request.send(b'{"error": {"message": "as scripted"}}', item)
        elif isinstance(item, bytes):
            request.send(item)
        else:
            request.send(in_parts(item) if request.body.get("stream") else json.dumps(item).encode())

    def start(self) -> None:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def in_parts(completion: dict[str, Any], size: int = 3) -> bytes:
    """The completion as a stream: texts and arguments in pieces, usage in a part of its own behind the others."""
    (choice,) = completion["choices"]
    message = dict(choice["message"])
    deltas: list[dict[str, Any]] = [{"role": message["role"], "content": None}]
    for name in ("reasoning_content", "content"):
        deltas += ({name: piece} for piece in pieces(message.get(name) or "", size))
    for index, call in enumerate(message.get("tool_calls") or ()):
        first, *rest = pieces(call["function"]["arguments"], size)
        function = {"name": call["function"]["name"], "arguments": first}
        deltas.append({"tool_calls": [{**call, "index": index, "function": function}]})
        deltas += ({"tool_calls": [{"index": index, "function": {"arguments": piece}}]} for piece in rest)
    events: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas
    ]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    events.append({"choices": [], "usage": completion.get("usage")})
    return (
        b": hello\n\n"
        + b"".join(b"data: %s\n\n" % json.dumps(event).encode() for event in events)
        + b"data: [DONE]\n\n"
    )


def pieces(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    """Makes a server that answers until the test is over, or it is stopped."""
    servers: list[ScriptedServer] = []

    def started(*script: Any) -> ScriptedServer:
        servers.append(ScriptedServer(*script))
        servers[-1].start()
        return servers[-1]

    yield started
    for server in servers:
        if not server.stopped.is_set():
            server.stop()


@pytest.fixture
def completion() -> Callable[..., dict[str, Any]]:
    """Makes the body of an answer."""

    def made(content: str | None = "hello", **beside: Any) -> dict[str, Any]:
        message = {"role": "assistant", "content": content, **beside}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        return {
            "id": "x",
            "object": "chat.completion",
            "choices": [choice],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2},
        }

    return made


@pytest.fixture
def call() -> Call:
    messages = (Message("system", "You are a customer."), Message("user", "What is it?"))
    return Call(model="tiny", messages=messages, sampling={"temperature": 0.5}, seed=7)


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """What is tried again is so at once."""
    with stamina.set_testing(True, attempts=10, cap=True):
        yield


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


def fault(endpoint: Endpoint, call: Call) -> Fault:
    with pytest.raises(Fault) as raised:
        endpoint(call)
    return raised.value
