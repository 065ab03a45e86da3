"""``agent-envs run``: play episodes, show the results and one transcript, write the record."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from agent_envs.rollouts.collect import collect
from agent_envs.rollouts.policies import POLICIES, PolicyName
from agent_envs.rollouts.trajectory import Trajectory

from .making import EnvId, Settings, Wraps, fail, full_id, made
from .transcript import Tally, print_episode, print_summary


def run(
    env_id: EnvId,
    policy: Annotated[PolicyName, typer.Option(help="Who plays.")] = "oracle",
    episodes: Annotated[int, typer.Option(min=1, help="How many episodes.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first episode; each next one is one more.")] = 0,
    settings: Settings = [],  # noqa: B006 - typer reads it and never changes it
    wraps: Wraps = [],  # noqa: B006 - typer reads it and never changes it
    workers: Annotated[int, typer.Option(min=1, help="How many processes play.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="Write every episode to this file, *.jsonl or *.parquet; what it holds is not played again."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Play episodes and show how they ended."""
    made(env_id, settings, wraps).close()  # what is wrong with it is told before any worker begins
    tally = Tally()
    first: Trajectory | None = None
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    try:
        played = collect(
            partial(made, env_id, settings, wraps),
            POLICIES[policy],
            range(seed, seed + episodes),
            workers=workers,
            backend="processes" if workers > 1 else "threads",
            out=out,
        )
        with Progress(*columns, console=Console(stderr=True), disable=as_json) as progress:
            for episode in progress.track(played, total=episodes, description=f"{policy} plays"):
                first = first or episode
                tally.add(episode)
    except (ValueError, OSError, ImportError) as error:
        fail(error)
    results = {"env": full_id(env_id), "policy": policy, **tally.results()}
    if as_json:
        typer.echo(json.dumps(results))
        return
    console = Console()
    if first:
        print_episode(console, first)
    print_summary(console, results)
