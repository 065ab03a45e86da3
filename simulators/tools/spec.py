"""What is known of a tool that has a specification and no implementation."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

Schema: TypeAlias = dict[str, Any]
"""A JSON schema in the plain form that `plain.Plain` writes."""

Verb = Literal["create", "get", "list", "update", "delete"]


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What a tool does to which entity.

    Args:
        verb: What it does.
        entity: To what, in the singular: ``issue``.
        key: The argument that says which one; empty for ``create`` and ``list``.
        scope: The arguments that say where, from the outside in: ``("owner", "repo")``.
        home: Names the collection: the path of an API without its parameters' names, or the entity itself.
    """

    verb: Verb
    entity: str
    key: str = ""
    scope: tuple[str, ...] = ()
    home: str = ""


class ToolSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One tool.

    Args:
        name: What it is called by.
        description: What the model reads.
        input: Schema of its arguments, an object.
        output: Schema of its reply; None where none is declared.
        effect: What it does to which entity; None where that cannot be told.
        unclear: Why it cannot be told; empty where it can.
        method: The method of an API's operation; empty elsewhere.
        path: The path of an API's operation; empty elsewhere.
        empty: It is declared to reply nothing.
    """

    name: str
    description: str
    input: Schema
    output: Schema | None = None
    effect: Effect | None = None
    unclear: str = ""
    method: str = ""
    path: str = ""
    empty: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """The tool as chat templates and endpoints take it."""
        function = {"name": self.name, "description": self.description, "parameters": self.input}
        return {"type": "function", "function": function}

    @property
    def usage(self) -> str:
        """Its arguments with their types, on one line, for messages to the agent."""
        required = self.input.get("required", ())
        shown = (f"{name}{'' if name in required else '?'}" for name in self.input.get("properties", {}))
        return "{" + ", ".join(shown) + "}"


class Refused(msgspec.Struct, frozen=True):
    """A tool of the source that cannot be used, and why."""

    name: str
    reason: str


class Toolset(msgspec.Struct, frozen=True, kw_only=True):
    """The tools of one source.

    Args:
        name: What the source is called.
        tools: Those that can be used, in the order of the source.
        refused: Those that cannot.
        digest: Digest of the source.

    Raises:
        SpecError: There is none that can be used.
    """

    name: str
    tools: tuple[ToolSpec, ...]
    refused: tuple[Refused, ...] = ()
    digest: str

    def __post_init__(self) -> None:
        if not self.tools:
            told = "; ".join(f"{one.name}: {one.reason}" for one in self.refused[:5])
            raise SpecError(f"{self.name} holds no tool that can be used{': ' if told else ''}{told}")

    def only(self, *names: str) -> Toolset:
        """The same with these tools alone, in this order.

        Raises:
            KeyError: There is no such tool.
        """
        by_name = {tool.name: tool for tool in self.tools}
        if missing := [name for name in names if name not in by_name]:
            raise KeyError(f"{self.name} has no tool {', '.join(missing)}; it has {', '.join(by_name)}")
        chosen = tuple(by_name[name] for name in names)
        return msgspec.structs.replace(self, tools=chosen, digest=f"{self.digest} {' '.join(names)}")


class SpecError(ValueError):
    """A source of tools that cannot be used; the message says why."""
