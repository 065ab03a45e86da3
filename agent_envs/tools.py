"""Tools: a typed Python function becomes a JSON schema for the model and a validated call for the environment."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeAlias, TypeVar, get_type_hints, overload

import msgspec

from agent_envs.messages import ToolCall

W = TypeVar("W")
Fields: TypeAlias = list[tuple[str, Any] | tuple[str, Any, Any]]


class ToolError(Exception):
    """A mistake of the agent, told to it in words: what came, what is allowed, what to do. The episode goes on."""


class Tool(Generic[W]):
    """A function that the agent may call; its first parameter is the world and is not the agent's to give.

    The description is the function's docstring and the parameters' schema comes from their types;
    ``Annotated[str, msgspec.Meta(description=…)]`` describes and constrains one.

    Args:
        function: What runs.
        writes: Whether it may change the world.

    Raises:
        TypeError: A parameter without a type, a type without a schema, or no docstring; names file and line.
    """

    def __init__(self, function: Callable[..., Any], *, writes: bool = False) -> None:
        where = f"{function.__code__.co_filename}:{function.__code__.co_firstlineno}: tool {function.__name__!r}"
        if not inspect.getdoc(function):
            raise TypeError(f"{where} has no docstring; it is what the model reads")
        hints = get_type_hints(function, include_extras=True)
        _, *parameters = inspect.signature(function).parameters.values()
        fields: Fields = []
        for parameter in parameters:
            if parameter.name not in hints:
                raise TypeError(f"{where}: its parameter {parameter.name!r} has no type")
            default = () if parameter.default is inspect.Parameter.empty else (parameter.default,)
            fields.append((parameter.name, hints[parameter.name], *default))
        try:
            self._build(function, writes, fields)
        except TypeError as error:
            raise TypeError(f"{where}: {error}") from error

    def _build(self, function: Callable[..., Any], writes: bool, fields: Fields) -> None:
        self.function, self.writes, self._fields = function, writes, fields
        self.name = function.__name__
        self.description = inspect.getdoc(function) or ""
        arguments = msgspec.defstruct(self.name, fields, forbid_unknown_fields=True)
        schema = msgspec.json.schema(arguments)
        self._decode = msgspec.json.Decoder(arguments).decode
        self.parameters: dict[str, Any] = _inline(schema)
        self.schema: dict[str, Any] = {
            "type": "function",
            "function": {"name": self.name, "description": self.description, "parameters": self.parameters},
        }

    def __call__(self, world: W, arguments: str) -> str:
        """Validate the arguments, given as JSON text, and run.

        Returns:
            What the function returned, if it is text; its JSON otherwise.

        Raises:
            ToolError: The arguments do not fit, or the function refuses them.
        """
        try:
            values = msgspec.structs.astuple(self._decode(arguments))
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
            raise ToolError(f"the arguments of {self.name} do not fit: {error}. It takes {self.usage}") from None
        result = self.function(world, *values)
        return result if isinstance(result, str) else msgspec.json.encode(result).decode()

    def __reduce__(self) -> tuple[Any, ...]:
        """By name where the tool is an importable module's; by its parts where it is not, for cloudpickle."""
        module = sys.modules.get(self.function.__module__)
        if getattr(module, self.name, None) is self and importlib.util.find_spec(self.function.__module__):
            return _tool_at, (self.function.__module__, self.name)
        return _rebuilt, (self.function, self.writes, self._fields)

    @property
    def usage(self) -> str:
        """Its parameters with their types, on one line, for messages to the agent."""
        required = self.parameters.get("required", ())
        shown = (
            f"{name}{'' if name in required else '?'}: {_type_name(schema)}"
            for name, schema in self.parameters["properties"].items()
        )
        return "{" + ", ".join(shown) + "}"


@overload
def tool(function: Callable[..., Any], /) -> Tool[Any]: ...
@overload
def tool(*, writes: bool = False) -> Callable[[Callable[..., Any]], Tool[Any]]: ...
def tool(
    function: Callable[..., Any] | None = None, /, *, writes: bool = False
) -> Tool[Any] | Callable[[Callable[..., Any]], Tool[Any]]:
    """Make a tool of a function: ``@tool`` where it only reads, ``@tool(writes=True)`` where it changes the world."""
    if function is not None:
        return Tool(function)
    return lambda function: Tool(function, writes=writes)


class Toolbox(Mapping[str, Tool[W]], Generic[W]):
    """The tools of an environment, by name, in a fixed order.

    Raises:
        ValueError: Two tools of one name.
    """

    def __init__(self, tools: Iterable[Tool[W]]) -> None:
        tools = tuple(tools)
        self._tools = {tool.name: tool for tool in tools}
        if len(self._tools) != len(tools):
            raise ValueError(f"two tools of one name among {[tool.name for tool in tools]}")
        self.schemas = tuple(tool.schema for tool in tools)

    def __getitem__(self, name: str) -> Tool[W]:
        return self._tools[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)

    def call(self, world: W, call: ToolCall) -> str:
        """Run one call on the world.

        Raises:
            ToolError: No such tool, or the tool refuses.
        """
        found = self._tools.get(call.name)
        if found is None:
            raise ToolError(f"there is no tool {call.name[:100]!r}; the tools are {', '.join(self._tools)}")
        return found(world, call.arguments)


def _tool_at(module: str, name: str) -> Tool[Any]:
    found: Tool[Any] = getattr(importlib.import_module(module), name)
    return found


def _rebuilt(function: Callable[..., Any], writes: bool, fields: Fields) -> Tool[Any]:
    rebuilt: Tool[Any] = Tool.__new__(Tool)
    rebuilt._build(function, writes, fields)
    return rebuilt


def _inline(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its references resolved, as chat templates expect it; the struct's own title is dropped."""
    definitions: dict[str, Any] = schema.get("$defs", {})

    def resolve(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return resolve(definitions[node["$ref"].rpartition("/")[2]])
            return {key: resolve(value) for key, value in node.items() if key != "$defs"}
        return [resolve(item) for item in node] if isinstance(node, list) else node

    resolved: dict[str, Any] = resolve(schema)
    return {key: value for key, value in resolved.items() if key != "title"}


def _type_name(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " | ".join(_type_name(option) for option in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(repr, schema["enum"]))
    if schema.get("type") == "array":
        of = schema.get("prefixItems") or [schema.get("items") or {}]  # a tuple has the one, a list the other
        return f"[{', '.join(map(_type_name, of))}]"
    return str(schema.get("type", "any"))
