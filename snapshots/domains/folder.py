"""The folder of a domain: its files read and its modules imported; every fault names the file and the line."""

from __future__ import annotations

from pathlib import Path
from types import FunctionType, ModuleType
from typing import NamedTuple, get_type_hints

import msgspec

from agent_envs.tools import Tool, Toolbox

from .episode import EpisodeDatabase
from .package import import_from
from .schema import DomainError

_FILES = "a domain is a folder of schema.sql, data.py, tools.py and policy.md"


class Folder(NamedTuple):
    """Where a domain's files are.

    Args:
        path: The folder.
        package: Name under which its modules are imported.
    """

    path: Path
    package: str

    def has(self, name: str) -> bool:
        """Whether there is a file of this name."""
        return (self.path / name).is_file()

    def file(self, name: str) -> Path:
        """A file.

        Raises:
            DomainError: It is missing.
        """
        if not self.has(name):
            raise DomainError(f"{self.path / name} is missing; {_FILES}")
        return self.path / name

    def text(self, name: str) -> str:
        """What a file says.

        Raises:
            DomainError: It is missing, empty, or not UTF-8.
        """
        path = self.file(name)
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError as error:
            raise DomainError(f"{path}:1: not UTF-8: {error}") from error
        if not text.strip():
            raise DomainError(f"{path}:1: it is empty; it tells the agent its rules")
        return text

    def module(self, stem: str) -> ModuleType:
        """A file of Python, imported.

        Raises:
            DomainError: It is missing, or does not run.
        """
        return import_from(self.package, self.file(f"{stem}.py"))

    def function(self, stem: str, name: str, does: str) -> FunctionType:
        """A function of a module.

        Args:
            stem: The module.
            name: The function.
            does: What it is for, for the message.

        Raises:
            DomainError: There is none.
        """
        module = self.module(stem)
        function = getattr(module, name, None)
        if not isinstance(function, FunctionType):
            raise DomainError(f"{module.__file__}:1: there is no function {name}(), which {does}")
        return function

    def toolbox(self, stem: str) -> Toolbox[EpisodeDatabase]:
        """The tools of a module.

        Raises:
            DomainError: There is none, or one without a return type that its results can be checked against.
        """
        module = self.module(stem)
        tools = [value for value in vars(module).values() if isinstance(value, Tool)]
        if not tools:
            raise DomainError(f"{module.__file__}:1: it holds no tool; put @tool over a function")
        for tool in tools:
            code = tool.function.__code__
            place = f"{code.co_filename}:{code.co_firstlineno}: tool {tool.name!r}"
            hints = get_type_hints(tool.function)
            if hints.get("return", type(None)) is type(None):
                raise DomainError(f"{place} has no return type; it is what its results are checked against")
            try:
                msgspec.json.schema(hints["return"])
            except TypeError as error:
                raise DomainError(f"{place}: its return type: {error}") from error
        return Toolbox(tools)
