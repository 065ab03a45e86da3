"""``agent-envs run``: play episodes, show the results and one transcript, write the record."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from agent_envs.rollouts.policies import POLICIES, PolicyName
from agent_envs.rollouts.rollout import rollout
from agent_envs.rollouts.trajectory import Trajectory, encode

from .making import EnvId, Settings, fail, full_id, made
from .transcript import Tally, print_episode, print_summary


def run(
    env_id: EnvId,
    policy: Annotated[PolicyName, typer.Option(help="Who plays.")] = "oracle",
    episodes: Annotated[int, typer.Option(min=1, help="How many episodes.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first episode; each next one is one more.")] = 0,
    settings: Settings = [],  # noqa: B006 - typer reads it and never changes it
    out: Annotated[Path | None, typer.Option(help="Write every episode to this file, one JSON line each.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Play episodes and show how they ended."""
    env = made(env_id, settings)
    tally = Tally()
    first: Trajectory | None = None
    with ExitStack() as stack:
        lines: IO[bytes] | None = None
        columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
        progress = stack.enter_context(Progress(*columns, console=Console(stderr=True), disable=as_json))
        for number in progress.track(range(episodes), description=f"{policy} plays"):
            played = rollout(env, POLICIES[policy], seed + number)
            first = first or played
            tally.add(played)
            if out and lines is None:  # not before there is something to write: an old file may be worth more
                lines = stack.enter_context(_opened(out))
            if lines:
                lines.write(encode(played) + b"\n")
                lines.flush()
    env.close()
    results = {"env": full_id(env_id), "policy": policy, **tally.results()}
    if as_json:
        typer.echo(json.dumps(results))
        return
    console = Console()
    if first:
        print_episode(console, first)
    print_summary(console, results)


def _opened(out: Path) -> IO[bytes]:
    try:
        return out.open("wb")
    except OSError as error:
        fail(error)
