"""Registering the catalogue with Gymnasium, and making an environment with its world."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import gymnasium

from agent_envs.catalog import CATALOG, WRAPPERS, Entry, WrapperEntry
from agent_envs.core import Env


class WorldUnavailable(ImportError):
    """What a world needs is not installed; the message names the command that installs it."""


def register_all() -> None:
    """Make every environment of the catalogue known to `gymnasium.make`; imports none of them."""
    for entry in CATALOG:
        if entry.id not in gymnasium.registry:
            gymnasium.register(entry.id, "agent_envs.registry:build", kwargs={"catalog_id": entry.id})


def entry_of(env_id: str) -> Entry:
    """The catalogue's line of an id, with or without its namespace.

    Raises:
        KeyError: There is none; the message lists what there is.
    """
    for entry in CATALOG:
        if env_id in (entry.id, entry.id.partition("/")[2]):
            return entry
    raise KeyError(f"unknown environment {env_id!r}; there are {', '.join(entry.id for entry in CATALOG)}")


def build(catalog_id: str, **kwargs: Any) -> Env[Any, Any]:
    """An environment with its world: what `gymnasium.make` calls.

    Args:
        catalog_id: The id in the catalogue.
        **kwargs: Parameters of the world and of the environment, told apart by their names.

    Raises:
        TypeError: A parameter that neither takes; the message lists those that exist.
        WorldUnavailable: What the world needs is not installed.
    """
    entry = entry_of(catalog_id)
    make_env: Any = resolve(entry.env)
    try:
        open_world: Any = resolve(entry.world)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("agent_envs"):
            raise
        raise WorldUnavailable(f"{entry.id} needs {error.name}: pip install 'agent-envs[{entry.extra}]'") from error
    for_world, for_env = _keywords(open_world), _keywords(make_env)
    allowed = [name for name in (*for_world, *for_env) if name not in entry.given]
    unknown = sorted(set(kwargs) - set(allowed))
    if unknown:
        raise TypeError(f"{entry.id} takes no {', '.join(unknown)}; it takes {', '.join(allowed)}")
    world = open_world(**entry.given, **{name: value for name, value in kwargs.items() if name in for_world})
    env: Env[Any, Any] = make_env(**world, **{name: value for name, value in kwargs.items() if name not in for_world})
    return env


def wrapped(env: gymnasium.Env[Any, Any], *wrappers: WrapperEntry) -> gymnasium.Env[Any, Any]:
    """An environment in wrappers as they are tried, the first of them innermost.

    Raises:
        ValueError: Their order makes no sense.
    """
    for entry in wrappers:
        make: Any = resolve(entry.wrapper)
        env = make(env, **entry.tried)
    return env


def make_wrapped(env_id: str, names: Sequence[str], **kwargs: Any) -> gymnasium.Env[Any, Any]:
    """Make an environment of the catalogue in wrappers of the catalogue, named from the inside out.

    Raises:
        ValueError: Their order makes no sense.
    """
    register_all()  # another process may not have done so
    entries = {entry.name: entry for entry in WRAPPERS}
    return wrapped(gymnasium.make(env_id, **kwargs), *(entries[name] for name in names))


def resolve(name: str) -> object:
    """What ``module:name`` names."""
    module, _, attribute = name.partition(":")
    found: object = getattr(import_module(module), attribute)
    return found


def _keywords(function: Callable[..., object]) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
