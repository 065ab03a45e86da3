"""The key of an endpoint is read when a call is made, and is in no message."""

from __future__ import annotations

import pickle

import pytest

from agent_envs.simulators.chat import Call, Endpoint

from .conftest import Completion, Serve, fault


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
