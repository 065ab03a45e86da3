"""The arguments of a call: read, held against the tool's schema, refused in words that help."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_envs.tools import ToolError

from .fitting import misfit
from .spec import ToolSpec


def checked(tool: ToolSpec, text: str) -> dict[str, Any]:
    """The arguments of a call.

    Args:
        tool: What is called.
        text: The arguments as the model wrote them.

    Raises:
        ToolError: They are no JSON object, or do not fit.
    """
    try:
        arguments = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise _refusal(tool, str(error)) from None
    properties = tool.input.get("properties", {})
    if unknown := [name for name in arguments if name not in properties]:
        raise _refusal(tool, f"there is no argument {', '.join(repr(name[:60]) for name in unknown[:5])}")
    if wrong := misfit(tool.input, arguments):
        raise _refusal(tool, wrong)
    return arguments


def named(value: Any) -> str:
    """The key that an argument names: 3, 3.0 and "3" name one thing."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _refusal(tool: ToolSpec, why: str) -> ToolError:
    return ToolError(f"the arguments of {tool.name} do not fit: {why}. It takes {tool.usage}")
