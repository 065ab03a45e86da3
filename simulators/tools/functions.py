"""Lists of functions: as endpoints of models take them, and as an MCP server lists its tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .openapi import INPUT_DEPTH, OUTPUT_DEPTH, tool_name
from .plain import Plain, Unusable, as_object
from .spec import Refused, ToolSpec

_INPUTS = ("parameters", "inputSchema", "input_schema")
_OUTPUTS = ("outputSchema", "output_schema", "returns", "response")


def functions(listed: Sequence[Any]) -> Iterator[ToolSpec | Refused]:
    """Every function of a list, in its order.

    Read are the forms of OpenAI (``{"type": "function", "function": {…, "parameters": …}}``, and the flat one), of
    Anthropic (``input_schema``) and of MCP (``inputSchema`` and ``outputSchema``).

    Args:
        listed: The list.
    """
    for number, entry in enumerate(listed):
        inner = entry.get("function", entry) if isinstance(entry, Mapping) else entry
        name = inner.get("name") if isinstance(inner, Mapping) else None
        if not isinstance(name, str) or not tool_name(name):
            yield Refused(f"entry {number}", f"it is {entry!r:.100}, and a function has a name")
            continue
        try:
            yield ToolSpec(
                name=tool_name(name),
                description=str(inner.get("description") or name),
                input=_input(inner),
                output=_output(inner),
            )
        except Unusable as error:
            yield Refused(name, str(error))


def _input(entry: Mapping[str, Any]) -> dict[str, Any]:
    found: Any = next((entry[name] for name in _INPUTS if entry.get(name) is not None), {})
    closed = isinstance(found, Mapping) and found.get("additionalProperties") is False
    schema = as_object(Plain(found, INPUT_DEPTH)(found))
    return schema | ({"additionalProperties": False} if closed else {})


def _output(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    found = next((entry[name] for name in _OUTPUTS if isinstance(entry.get(name), Mapping)), None)
    return None if found is None else Plain(found, OUTPUT_DEPTH)(found)
