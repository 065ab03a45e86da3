"""Making an environment from what stands on the command line; what is wrong there is told without a traceback."""

from __future__ import annotations

import json
from typing import Annotated, Any, NoReturn, TypeAlias

import gymnasium
import typer

import agent_envs
from agent_envs.catalog import WRAPPERS
from agent_envs.registry import entry_of, resolve

EnvId: TypeAlias = Annotated[str, typer.Argument(help="Id of the environment, such as agent_envs/WikiSearch-v0.")]
Settings: TypeAlias = Annotated[
    list[str], typer.Option("--set", metavar="KEY=VALUE", help="A parameter; an unknown one lists those there are.")
]
Wraps: TypeAlias = Annotated[
    list[str],
    typer.Option("--wrap", metavar="NAME[:KEY=VALUE,…]", help="A wrapper around it; the first is the innermost."),
]


def fail(message: object) -> NoReturn:
    """Say what is wrong and end with exit code 2."""
    typer.secho(f"Error: {message}", err=True, fg=typer.colors.RED)
    raise typer.Exit(2)


def parsed_settings(settings: list[str]) -> dict[str, Any]:
    """``key=value`` pairs as keywords; a value that is JSON is read as such, any other is text."""
    parsed: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key.isidentifier():
            fail(f"--set takes key=value, not {setting!r}")
        try:
            parsed[key] = json.loads(value)
        except ValueError:
            parsed[key] = value
    return parsed


def full_id(env_id: str) -> str:
    """The id as Gymnasium knows it, with its namespace."""
    if env_id in gymnasium.registry:
        return env_id
    try:
        return entry_of(env_id).id
    except KeyError as error:
        fail(error.args[0])


def made(env_id: str, settings: list[str], wraps: list[str] = []) -> gymnasium.Env[Any, Any]:  # noqa: B006 - only read
    """The environment in its wrappers; a wrong id, parameter or file ends the command with a message."""
    keywords = parsed_settings(settings)
    try:
        env = gymnasium.make(full_id(env_id), **keywords)
        if not isinstance(env.unwrapped, agent_envs.Env):
            fail(f"{env_id} is no environment of language-model agents: it is no agent_envs.Env")
        for wrap in wraps:
            env = _wrapped(env, *wrap.partition(":")[::2])
        return env
    except KeyError as error:
        fail(error.args[0])
    except (ValueError, TypeError, OSError, ImportError) as error:
        fail(error)


def _wrapped(env: gymnasium.Env[Any, Any], name: str, settings: str) -> gymnasium.Env[Any, Any]:
    classes = {entry.wrapper.partition(":")[2]: entry.wrapper for entry in WRAPPERS}
    if name not in classes:
        fail(f"there is no wrapper {name!r}; there are {', '.join(sorted(classes))}")
    wrapper: Any = resolve(classes[name])
    wrapped: gymnasium.Env[Any, Any] = wrapper(env, **parsed_settings(settings.split(",") if settings else []))
    return wrapped
