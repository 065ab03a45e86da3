"""Calls of the editor, as an agent makes them."""

from __future__ import annotations

from typing import Any

import pytest

from agent_envs.envs.editing import edit
from agent_envs.envs.workbench import Workbench
from agent_envs.messages import ToolCall
from agent_envs.tools import ToolError


def done(bench: Workbench, command: str, path: str, **arguments: Any) -> str:
    """What is said of a call."""
    return edit(bench, ToolCall.of("edit", command=command, path=path, **arguments).arguments)


def refused(bench: Workbench, command: str, path: str, **arguments: Any) -> str:
    """What is said of a call that must not change anything."""
    assert bench.sandbox  # from now on the digest is that of its tree
    before = bench.digest()
    with pytest.raises(ToolError) as error:
        done(bench, command, path, **arguments)
    assert bench.digest() == before
    return str(error.value)


def put(bench: Workbench, content: bytes, path: str = "file") -> None:
    """Let a file hold this, by other means."""
    bench.sandbox.write(path, content)
