"""``agent-envs check``: hold environments against the contract."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from agent_envs import conformance
from agent_envs.catalog import CATALOG

from .making import Settings, fail, full_id, made, parsed_settings


def check(
    env_id: Annotated[str | None, typer.Argument(help="Id of the environment.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Check the whole catalogue.")] = False,
    settings: Settings = [],  # noqa: B006 - typer reads it and never changes it
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds to play.")] = 3,
) -> None:
    """Check the contract; exit code 1 if it is broken."""
    if everything == (env_id is not None):
        fail("name one environment, or give --all")
    ids = [entry.id for entry in CATALOG] if env_id is None else [full_id(env_id)]
    console = Console()
    broken = 0
    for one in ids:
        made(one, settings).close()
        report = conformance.check(one, seeds=tuple(range(seeds)), **parsed_settings(settings))
        console.print(f"[bold]{one}[/]")
        for finding in report.findings:
            mark = "[red]broken[/]" if finding.problem else "[green]kept[/]  "
            console.print(f"  {mark}  {finding.check}  [dim]{finding.seconds:.1f} s[/]", highlight=False)
            if finding.problem:
                console.print(f"          {escape(finding.problem)}", highlight=False)
        broken += len(report.problems)
    raise typer.Exit(1 if broken else 0)
