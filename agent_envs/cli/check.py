"""``agent-envs check``: hold environments, and wrappers over them, against the contract."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from agent_envs import conformance
from agent_envs.catalog import CATALOG, WRAPPERS
from agent_envs.conformance import Report
from agent_envs.registry import make_wrapped

from .making import Settings, fail, full_id, made, parsed_settings

OF_WRAPPERS = tuple(name for name in conformance.CHECKS if name != "gymnasium's own checker")  # it sees no wrapper
OF_PAIRS = tuple(name for name in OF_WRAPPERS if name not in ("processes and hash seeds", "close and leaks"))


def check(
    env_id: Annotated[str | None, typer.Argument(help="Id of the environment.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="The whole catalogue, every wrapper over each id.")] = False,
    pairs: Annotated[bool, typer.Option("--pairs", help="Also every wrapper over every other that it allows.")] = False,
    settings: Settings = [],  # noqa: B006 - typer reads it and never changes it
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds to play.")] = 3,
) -> None:
    """Check the contract; exit code 1 if it is broken."""
    if everything == (env_id is not None):
        fail("name one environment, or give --all")
    ids = [entry.id for entry in CATALOG] if env_id is None else [full_id(env_id)]
    console = Console()
    kept = broken = 0
    for one in ids:
        made(one, settings).close()
        report = conformance.check(one, seeds=tuple(range(seeds)), **parsed_settings(settings))
        console.print(f"[bold]{one}[/]")
        for finding in report.findings:
            mark = "[red]broken[/]" if finding.problem else "[green]kept[/]  "
            console.print(f"  {mark}  {finding.check}  [dim]{finding.seconds:.1f} s[/]", highlight=False)
            _print_problem(console, finding.problem)
        kept += len(report.findings) - len(report.problems)
        broken += len(report.problems)
        if not (everything or pairs):
            continue
        for name, report in _over(one, tuple(range(seeds)), pairs, parsed_settings(settings)):
            seconds = sum(finding.seconds for finding in report.findings)
            mark = "[red]broken[/]" if report.problems else f"[green]kept {len(report.findings)}[/]"
            console.print(f"  {mark}  {name}  [dim]{seconds:.1f} s[/]", highlight=False)
            for problem in report.problems:
                _print_problem(console, problem)
            kept += len(report.findings) - len(report.problems)
            broken += len(report.problems)
    console.print(f"{kept} kept, {broken} broken", highlight=False)
    raise typer.Exit(1 if broken else 0)


def _over(env_id: str, seeds: tuple[int, ...], pairs: bool, settings: dict[str, Any]) -> Iterator[tuple[str, Report]]:
    """What the checks find on each wrapper over an environment, and on each pair whose order makes sense."""
    names = [entry.name for entry in WRAPPERS]
    for name in names:
        make = partial(make_wrapped, env_id, (name,), **settings)
        yield name, conformance.check(make, seeds=seeds, checks=OF_WRAPPERS)
    for inner, outer in product(names, names) if pairs else ():
        make = partial(make_wrapped, env_id, (inner, outer), **settings)
        try:
            make().close()
        except ValueError:
            continue  # refused, with its reason
        yield f"{outer} over {inner}", conformance.check(make, seeds=seeds, checks=OF_PAIRS)


def _print_problem(console: Console, problem: str) -> None:
    if problem:
        console.print(f"          {escape(problem)}", highlight=False)
