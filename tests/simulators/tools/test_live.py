from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from agent_envs.messages import ToolCall
from agent_envs.outcome import Fault
from agent_envs.simulators.tools import Simulator, live_tools

needs_mcp = pytest.mark.skipif(find_spec("mcp") is None, reason="mcp, of the extra mcp, is not installed")
SERVER = """
try:
    from mcp.server.mcpserver import MCPServer as Server
except ImportError:
    from mcp.server.fastmcp import FastMCP as Server

server = Server("notes")

@server.tool()
def create_note(title: str, body: str = "") -> str:
    "Make a note."

@server.tool()
def get_note(note_id: str) -> str:
    "Read a note."

@server.tool()
def list_notes() -> list[str]:
    "List the notes."

@server.tool()
def delete_note(note_id: str) -> str:
    "Delete a note."

server.run()
"""


@needs_mcp
def test_a_live_server_is_simulated(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    path = {"PYTHONPATH": ":".join(filter(None, sys.path))}
    tools = live_tools(sys.executable, str(tmp_path / "server.py"), name="notes", environment=path)
    assert [tool.name for tool in tools.tools] == ["create_note", "get_note", "list_notes", "delete_note"]
    simulator = Simulator(tools)
    state, made = simulator.call(simulator.begin(), ToolCall.of("create_note", title="Milk"), 0)
    assert "Milk" in made
    _, found = simulator.call(state, ToolCall.of("get_note", note_id="N107"), 0)
    assert "Milk" in found
    _, listed = simulator.call(state, ToolCall("list_notes"), 0)
    assert "N107" in listed


@needs_mcp
@pytest.mark.parametrize("script", ["raise SystemExit(3)", "print('<html>')", "while True: input()"])
def test_a_server_that_is_none_is_a_fault(tmp_path: Path, script: str) -> None:
    (tmp_path / "server.py").write_text(script)
    with pytest.raises(Fault, match="did not list its tools") as raised:
        live_tools(sys.executable, str(tmp_path / "server.py"), timeout_s=1.5)
    assert raised.value.origin == "infra"


@needs_mcp
def test_a_server_that_does_not_exist_is_a_fault() -> None:
    with pytest.raises(Fault, match="no-such-program"):
        live_tools("no-such-program")


@pytest.mark.skipif(find_spec("mcp") is not None, reason="mcp is installed")
def test_without_mcp_the_command_that_installs_it_is_named() -> None:
    with pytest.raises(ImportError, match=r"pip install 'agent-envs\[mcp\]'"):
        live_tools("anything")
