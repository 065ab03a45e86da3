"""``agent-envs rescore``: score a recorded run anew, without a model."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from agent_envs.outcome import Fault
from agent_envs.rollouts.rescore import rescore as rescored
from agent_envs.rollouts.store import Run, read

from .making import EnvId, Settings, Wraps, fail, made
from .transcript import Tally, print_summary


def rescore(
    file: Annotated[Path, typer.Argument(help="What `run --out` wrote.")],
    env_id: EnvId,
    settings: Settings = [],  # noqa: B006 - typer reads it and never changes it
    wraps: Wraps = [],  # noqa: B006 - typer reads it and never changes it
    out: Annotated[Path | None, typer.Option(help="Write the episodes with their new scores to this new file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Take the recorded turns again in this environment and show what they are worth now."""
    if out and out.exists():
        fail(f"{out} exists; give another file")
    env = made(env_id, settings, wraps)
    tally, before, changed = Tally(), Tally(), 0
    try:
        with Run(out) if out else nullcontext() as run:
            for recorded in read(file):
                now = rescored(recorded, env)
                before.add(recorded)
                tally.add(now)
                changed += (now.reward, now.outcome) != (recorded.reward, recorded.outcome)
                if run:
                    run.add(now)
            if run:
                run.finish()
    except KeyError as error:
        fail(error.args[0])
    except (Fault, ValueError, OSError, ImportError) as error:
        fail(error)
    env.close()
    results = {**tally.results(), "mean_reward_before": before.results()["mean_reward"], "changed": changed}
    if as_json:
        typer.echo(json.dumps(results))
    else:
        print_summary(Console(), results)
