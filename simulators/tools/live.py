"""The tools of a live MCP server that speaks over standard input and output."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from agent_envs.outcome import Fault

from .source import load_tools
from .spec import Toolset

LIMIT_PAGES = 100


def live_tools(
    command: str,
    *arguments: str,
    name: str = "",
    environment: Mapping[str, str] | None = None,
    timeout_s: float = 30.0,
) -> Toolset:
    """Start a server, ask what tools it has, and stop it.

    Args:
        command: The program.
        *arguments: Its arguments.
        name: What the toolset is called; empty is the program's name.
        environment: What its environment has besides the few variables that it inherits.
        timeout_s: How long all this may take.

    Raises:
        ImportError: mcp is not installed; the message names the command that installs it.
        Fault: The server does not start, does not answer in time, or answers something else (origin ``infra``).
        SpecError: It has no tool that can be used.
    """
    if find_spec("mcp") is None:
        raise ImportError("a live MCP server needs mcp: pip install 'agent-envs[mcp]'")
    import anyio

    async def asked() -> list[Any]:
        with anyio.fail_after(timeout_s):
            return await _listed(command, arguments, environment)

    try:
        with ThreadPoolExecutor(1) as apart:  # the caller may run a loop of its own
            listed = apart.submit(anyio.run, asked).result()
    except Exception as error:  # whatever a stranger's server makes the client raise
        raise Fault(
            f"the MCP server {command!r} did not list its tools: {_first(error)!r:.500}", origin="infra"
        ) from None
    return load_tools(listed, name or Path(command).stem)


async def _listed(command: str, arguments: tuple[str, ...], environment: Mapping[str, str] | None) -> list[Any]:
    """The tools as the server lists them, of all its pages."""
    from mcp import ClientSession, StdioServerParameters, stdio_client
    from mcp.types import PaginatedRequestParams

    told = None if environment is None else dict(environment)
    server = StdioServerParameters(command=command, args=list(arguments), env=told)
    listed: list[Any] = []
    with Path(os.devnull).open("w") as nowhere:
        async with stdio_client(server, nowhere) as (reading, writing), ClientSession(reading, writing) as session:
            await session.initialize()
            cursor: str | None = None
            for _ in range(LIMIT_PAGES):
                params = None if cursor is None else PaginatedRequestParams(cursor=cursor)
                page = (await session.list_tools(params=params)).model_dump(
                    mode="json", by_alias=True, exclude_none=True
                )
                listed += page["tools"]
                cursor = page.get("nextCursor")
                if cursor is None:
                    break
    return listed


def _first(error: BaseException) -> BaseException:
    """What went wrong first, within the groups that tasks raise."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
