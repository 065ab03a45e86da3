from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import gymnasium
import openai
import pytest

from agent_envs.dialects import OpenAI
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.messages import Message
from agent_envs.outcome import StopReason
from agent_envs.rollouts.chat import chat
from agent_envs.rollouts.collect import EpisodeFailed, collect
from agent_envs.rollouts.rollout import rollout
from agent_envs.rollouts.trajectory import Trajectory
from agent_envs.wrappers.thinking_budget import EARLY_STOP, ThinkingBudget
from agent_envs.wrappers.thinking_mode import ThinkingMode

MakeTiny = Callable[..., WikiSearch]
CALL = '<tool_call>{"name": "search", "arguments": {"query": ["Vienna"]}}</tool_call>'
ANSWER = "<answer>Grossglockner</answer>"


class Endpoint:
    """A real server that gives scripted replies and keeps the requests; silent until it is stopped behind the last.

    Args:
        replies: Bodies, as they are where they are bytes; a number is the status of an answer without a body.
    """

    def __init__(self, *replies: Any) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self._replies, self._stopped, self._lock = iter(replies), threading.Event(), threading.Lock()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.keys.append(self.headers["Authorization"])
                reply = endpoint.next_reply(body)
                if reply is None:
                    endpoint._stopped.wait()
                    return
                status, content = (reply, b"{}") if isinstance(reply, int) else (200, reply)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(content if isinstance(content, bytes) else json.dumps(content).encode())

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def next_reply(self, body: dict[str, Any]) -> Any:
        with self._lock:
            self.requests.append(body)
            return next(self._replies, None)

    @contextmanager
    def serving(self) -> Iterator[Endpoint]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self._stopped.set()
            self._server.shutdown()
            thread.join()
            self._server.server_close()


def said(content: str | None = None, **beside: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content, **beside}}
    return {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}


def called(name: str, number: int = 0, **arguments: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"id": f"call-{number}", "type": "function", "function": function}


def played(env: gymnasium.Env[Any, Any], *replies: Any, **keywords: Any) -> tuple[Trajectory, Endpoint]:
    with Endpoint(*replies).serving() as endpoint:
        keywords = {"timeout_s": 30.0, "retries": 0, **keywords}
        return rollout(env, chat("tiny", base_url=endpoint.base_url, **keywords), 2), endpoint


def test_a_text_dialect_gets_raw_contents_and_its_stop_strings(make_tiny: MakeTiny) -> None:
    episode, endpoint = played(make_tiny(), said(f"I look.\n{CALL}"), said(ANSWER), temperature=0.5, top_k=20)
    assert episode.reward == 1.0
    assert [turn.action for turn in episode.turns] == [f"I look.\n{CALL}", ANSWER]
    first, second = endpoint.requests
    assert first["messages"] == [{"role": m.role, "content": m.content} for m in episode.opening]
    assert [message["role"] for message in second["messages"]] == ["system", "user", "assistant", "user"]
    assert second["messages"][2]["content"] == f"I look.\n{CALL}"
    beside = {name: value for name, value in first.items() if name != "messages"}
    assert beside == {"model": "tiny", "seed": 2, "stop": ["<tool_response>"], "temperature": 0.5, "top_k": 20}


def test_results_of_a_text_dialect_name_their_calls(make_tiny: MakeTiny) -> None:
    section = (
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.search:0<|tool_call_argument_begin|>"
        '{"query": ["Vienna"]}<|tool_call_end|><|tool_calls_section_end|>'
    )
    _, endpoint = played(make_tiny(dialect="kimi", limit_turns=1, forced_answer=False), said(section))
    assert "tools" not in endpoint.requests[0]
    _, endpoint = played(make_tiny(dialect="kimi", limit_turns=2, forced_answer=False), said(section), said("hm"))
    result = endpoint.requests[1]["messages"][3]
    assert (result["role"], result["tool_call_id"]) == ("tool", "functions.search:0")


def test_a_structured_dialect_gets_tools_and_calls_with_ids(make_tiny: MakeTiny) -> None:
    env = make_tiny(dialect="openai")
    search, answer = called("search", query=["Vienna"]), called("answer", 1, answer="Grossglockner")
    episode, endpoint = played(
        env, said(None, tool_calls=[search], reasoning_content="Where is it?"), said("So:", tool_calls=[answer])
    )
    assert episode.reward == 1.0
    assert episode.turns[0].action == Message(
        "assistant",
        "",
        "Where is it?",
        OpenAI().parse(json.dumps({"role": "assistant", "tool_calls": [search]}))[0].calls,
    )
    first, second = endpoint.requests
    assert [tool["function"]["name"] for tool in first["tools"]] == ["search", "visit", "answer"]
    assert second["tools"] == first["tools"]
    assert "stop" not in first
    asked, result = second["messages"][2:]
    assert asked == {
        "role": "assistant",
        "content": "",
        "reasoning_content": "Where is it?",
        "tool_calls": [search],
    }
    assert (result["role"], result["tool_call_id"]) == ("tool", "call-0")


class Forgetful(OpenAI):
    """A dialect whose chat template drops what was thought before the last question."""

    keeps_thinking = False


def test_old_thoughts_are_not_sent_where_the_dialect_drops_them(make_tiny: MakeTiny) -> None:
    thinks = partial(said, reasoning_content="hm")
    search = [called("search", query=["Vienna"])]
    _, endpoint = played(
        make_tiny(dialect=Forgetful(), limit_turns=3, forced_answer=False),
        thinks("Is it far?"),  # no call: a user's message asks to go on
        thinks("", tool_calls=search),
        thinks("", tool_calls=search),
    )
    last = endpoint.requests[-1]["messages"]
    assert [message["role"] for message in last] == ["system", "user", "assistant", "user", "assistant", "tool"]
    assert ["reasoning_content" in message for message in last] == [False, False, False, False, True, False]


def test_a_turn_that_was_begun_is_continued(make_tiny: MakeTiny) -> None:
    episode, endpoint = played(
        ThinkingBudget(make_tiny(), 10), said(f"<think>{'long ' * 40}</think>{ANSWER}"), said(ANSWER)
    )
    assert episode.reward == 1.0
    first, second = endpoint.requests
    assert "continue_final_message" not in first
    assert (second["continue_final_message"], second["add_generation_prompt"]) == (True, False)
    assert second["messages"][-1]["role"] == "assistant"
    assert second["messages"][-1]["content"].partition(EARLY_STOP)[2].strip() == "</think>"


def test_an_endpoint_with_a_switch_for_thinking_is_told(make_tiny: MakeTiny) -> None:
    answer = said(None, tool_calls=[called("answer", answer="Grossglockner")])
    _, endpoint = played(ThinkingMode(make_tiny(dialect="openai"), default=False), answer)
    assert endpoint.requests[0]["chat_template_kwargs"] == {"enable_thinking": False}


def test_a_thought_that_the_endpoint_took_out_is_put_back(make_tiny: MakeTiny) -> None:
    episode, _ = played(make_tiny(), said(f"\n\n{ANSWER}", reasoning="\nI know it.\n"))
    begin, end = make_tiny().dialect.thought
    assert episode.turns[0].action == f"{begin}I know it.{end}{ANSWER}"


@pytest.mark.parametrize("style", ["vllm", "llama.cpp"])
def test_tokens_and_their_logprobs_are_recorded(style: str, make_tiny: MakeTiny) -> None:
    reply = said(ANSWER)
    tokens: list[dict[str, Any]] = [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -0.25}]
    if style == "vllm":
        reply["choices"][0]["token_ids"] = [11, 12]
    else:
        tokens = [{**token, "id": id} for token, id in zip(tokens, (11, 12), strict=True)]
    reply["choices"][0]["logprobs"] = {"content": tokens}
    episode, endpoint = played(make_tiny(), reply, logprobs=True, return_token_ids=True)
    assert (endpoint.requests[0]["logprobs"], endpoint.requests[0]["return_token_ids"]) == (True, True)
    assert (episode.turns[0].token_ids, episode.turns[0].logprobs) == ((11, 12), (-0.5, -0.25))


NONSENSE: list[Any] = [
    b"<html>welcome</html>",
    b"",
    b"\xff",
    {"choices": []},
    {"error": "overloaded"},
    said(["parts"]),  # type: ignore[arg-type]
    said("", tool_calls=[{"id": "a"}]),
]


@pytest.mark.parametrize("reply", NONSENSE, ids=str)
def test_nonsense_is_a_failure_of_the_world(reply: Any, make_tiny: MakeTiny) -> None:
    episode, endpoint = played(make_tiny(), said(CALL), reply)
    assert episode.reward is None
    assert len(episode.turns) == 1
    assert episode.fault is not None
    assert episode.fault.origin == "infra"
    assert f"{endpoint.base_url}/ answers what is no completion" in episode.fault.message


@pytest.mark.parametrize(("status", "told"), [(500, "InternalServerError"), (400, "BadRequest"), (429, "RateLimit")])
def test_an_endpoint_that_fails_is_a_failure_of_the_world(status: int, told: str, make_tiny: MakeTiny) -> None:
    episode, _ = played(make_tiny(), status)
    assert episode.fault is not None
    assert (episode.reward, episode.fault.origin) == (None, "infra")
    assert told in episode.fault.message


def test_a_request_that_fails_is_sent_again(make_tiny: MakeTiny) -> None:
    episode, endpoint = played(make_tiny(), 500, said(ANSWER), retries=1)
    assert episode.reward == 1.0
    assert len(endpoint.requests) == 2


def test_silence_is_a_failure_of_the_world(make_tiny: MakeTiny) -> None:
    episode, _ = played(make_tiny(), timeout_s=0.1)
    assert episode.fault is not None
    assert "APITimeoutError" in episode.fault.message


def test_an_endpoint_that_is_down_is_a_failure_of_the_world(make_tiny: MakeTiny) -> None:
    with Endpoint().serving() as endpoint:
        base_url = endpoint.base_url
    episodes = list(collect(make_tiny, chat("tiny", base_url=base_url, retries=0), range(3), workers=2))
    assert [episode.reward for episode in episodes] == [None] * 3
    assert "APIConnectionError" in (episodes[0].fault.message if episodes[0].fault else "")


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_key_or_model_that_is_refused_ends_the_run(status: int, make_tiny: MakeTiny) -> None:
    with Endpoint(status).serving() as endpoint, pytest.raises(EpisodeFailed, match="seed 0") as failed:
        list(collect(make_tiny, chat("tiny", base_url=endpoint.base_url, api_key="secret"), [0]))
    assert isinstance(failed.value.__cause__, openai.APIStatusError)
    assert endpoint.keys == ["Bearer secret"]


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_workers_share_an_endpoint(backend: Any, make_tiny: MakeTiny) -> None:
    with Endpoint(*[said("<answer>Grossglockner</answer>")] * 8).serving() as endpoint:
        policy = chat("tiny", base_url=endpoint.base_url, retries=0)
        episodes = list(collect(make_tiny, policy, range(8), workers=2, backend=backend))
    assert [episode.reward for episode in episodes] == [1.0, 0.0] * 4
    assert {episode.outcome.reason for episode in episodes if episode.outcome} == {StopReason.ANSWERED}
    assert sorted(request["seed"] for request in endpoint.requests) == list(range(8))


def test_without_openai_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(ImportError, match=r"pip install 'agent-envs\[chat\]'"):
        chat("tiny", base_url="http://localhost/v1")
