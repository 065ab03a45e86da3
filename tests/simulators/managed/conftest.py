"""What the tests of managed backends share: a small backend that does as it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeGuard

import pytest

from agent_envs.simulators.managed import Managed
from agent_envs.tools import ToolError


class Kitchen:
    """Cooks, unless it is told otherwise: each order takes the next item of the script, if one is left.

    Args:
        script: An exception is raised, a function is called before it cooks, anything else is served.
        name: What is written on the plates.
    """

    def __init__(self, *script: Any, name: str = "kitchen") -> None:
        self.script, self.name = list(script), name
        self.orders: list[tuple[Any, ...]] = []

    def cook(self, dish: str, *sides: Any) -> str:
        self.orders.append((dish, *sides))
        item = self.script.pop(0) if self.script else None
        if isinstance(item, Exception):
            raise item
        if callable(item):
            item()
        elif item is not None:
            return item  # type: ignore[no-any-return]
        if dish == "stones":
            raise ToolError("stones cannot be cooked; order a dish")
        return f"{dish} from the {self.name}"


def is_plate(answer: object) -> TypeGuard[str]:
    return isinstance(answer, str) and " from the " in answer


class ManagedKitchen(Managed[Kitchen]):
    """What a user writes for a backend of their own."""

    def cook(self, dish: str, *sides: Any) -> str:
        return self.call(is_plate, "cook", dish, *sides)


@pytest.fixture
def make_kitchen() -> Callable[..., Kitchen]:
    """Makes a kitchen of a script."""
    return Kitchen


@pytest.fixture
def manage() -> Callable[..., ManagedKitchen]:
    """Makes a managed kitchen that does not wait before it tries again."""

    def make(backend: Kitchen, **settings: Any) -> ManagedKitchen:
        return ManagedKitchen(backend, **{"wait_s": 0.0, **settings})

    return make


@pytest.fixture
def stuck() -> Any:
    """Something to wait for that comes when the test is over, or sooner."""
    event = threading.Event()
    yield event
    event.set()
