"""Endpoints that damage, delay or refuse their answers: asked again where it helps, a fault where not."""

from __future__ import annotations

from typing import Any

import pytest

from agent_envs.simulators.chat import Call, Endpoint

from .conftest import Completion, Serve, fault


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
