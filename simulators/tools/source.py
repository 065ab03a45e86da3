"""Reading tools from wherever they are specified: a file, or what it would hold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from .effects import with_effects
from .functions import functions
from .openapi import operations
from .spec import Refused, SpecError, Toolset, ToolSpec

TRACKER = Path(__file__).with_name("tracker.json")
"""An issue tracker: the specification that is here."""


def load_tools(source: str | Path | Mapping[str, Any] | Sequence[Any], name: str = "") -> Toolset:
    """The tools of a source.

    Args:
        source: The path of a JSON or YAML file, or what such a file holds: an OpenAPI 3 document, the answer of an MCP
            server to ``tools/list``, or a list of functions.
        name: What it is called; None is the file's.

    Returns:
        What can be used, and by name and reason what cannot.

    Raises:
        SpecError: It cannot be read, is none of these, or holds no tool that can be used.
        ImportError: It is YAML and no reader of YAML is installed; the message names the command that installs it.
    """
    if isinstance(source, str | Path):
        name, source = name or Path(source).stem, _read(Path(source))
    try:
        digest = hashlib.blake2b(msgspec.json.encode(source, order="sorted"), digest_size=16).hexdigest()
    except (TypeError, UnicodeError, RecursionError) as error:
        raise SpecError(f"the source is no JSON: {error}") from None
    return toolset(name or "tools", _entries(source), digest)


def toolset(name: str, entries: Sequence[ToolSpec | Refused], digest: str) -> Toolset:
    """The toolset of what was read; of several tools of one name the first is kept."""
    tools: dict[str, ToolSpec] = {}
    refused = []
    for entry in entries:
        if isinstance(entry, Refused):
            refused.append(entry)
        elif entry.name in tools:
            refused.append(Refused(entry.name, "another tool before it has this name"))
        else:
            tools[entry.name] = entry
    return Toolset(name=name, tools=with_effects(tools.values()), refused=tuple(refused), digest=digest)


def _entries(source: Any) -> list[ToolSpec | Refused]:
    try:
        if isinstance(source, Mapping) and ("openapi" in source or "swagger" in source):
            return list(operations(source))
        listed = source.get("tools") if isinstance(source, Mapping) else source
        if isinstance(listed, Sequence) and not isinstance(listed, str):
            return list(functions(listed))
    except RecursionError:
        raise SpecError("the source is nested too deeply") from None
    raise SpecError(
        f"the source is {source!r:.100}; give an OpenAPI 3 document, a list of functions, or an MCP list of tools"
    )


def _read(path: Path) -> Any:
    try:
        held = path.read_bytes()
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error}") from None
    try:
        if path.suffix.lower() not in (".yaml", ".yml"):
            return msgspec.json.decode(held)
        return _without_dates(msgspec.yaml.decode(held))
    except ImportError:
        raise ImportError(f"{path} is YAML, which needs pyyaml: pip install 'agent-envs[mcp]'") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise SpecError(f"{path} is damaged: {error}") from None


def _without_dates(value: Any) -> Any:
    """What YAML reads, as JSON has it: keys are text, and so are dates."""
    if isinstance(value, Mapping):
        return {str(key): _without_dates(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_dates(one) for one in value]
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)
