"""``agent-envs build``: build worlds that are too large, or too much one's own, to be built at first use."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent_envs.catalog import BUILD_INSTANCES, BUILD_LOCAL, BUILD_REAL
from agent_envs.registry import resolve

from .making import fail

MOST_LEFT_OUT = 5
"""Files of a repository that are told of one by one."""

build = typer.Typer(help=__doc__, no_args_is_help=True)

Out = Annotated[Path | None, typer.Option(help="The folder to make, for --set repos=FOLDER.")]
Workers = Annotated[int, typer.Option(min=1, help="Sandboxes at once.")]
Needs = Annotated[list[str], typer.Option("--need", help="A distribution that the tests import; installed here.")]


@build.command()
def repos(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Projects, git repositories, source distributions.")
    ] = None,
    out: Out = None,
    tasks: Annotated[int | None, typer.Option(min=0, help="Bugs to make on each repository; 40 by default.")] = None,
    mine: Annotated[int, typer.Option(min=0, help="Newest commits of each git repository to look at.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Chooses among all the changes there are.")] = 0,
    need: Needs = [],  # noqa: B006 - only read
    workers: Workers = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Make tasks on repositories; without any, fetch real projects from the package index, for --set repos=real."""
    report = _Report(Console(stderr=True))
    options: dict[str, Any] = {"seed": seed, "workers": workers, "report": report.made, "rejected": report.rejected}
    own: dict[str, Any] = {"mine": mine, "needs": need, "left_out": report.left_out}
    options |= {} if tasks is None else {"count": tasks}
    if not paths and (tasks is not None or seed) and out is None:
        fail("--tasks and --seed make another set than that of repos=real: give --out FOLDER as well")
    if paths and out is None:
        fail("give --out FOLDER: where the set is to be made")
    try:
        if paths:
            folder = resolve(BUILD_LOCAL)(paths, out, **own, **options)  # type: ignore[operator]
        else:
            folder = resolve(BUILD_REAL)(out=out, **options)  # type: ignore[operator]
    except (ValueError, OSError, RuntimeError, ImportError) as error:
        fail(error)
    report.show(folder, as_json)


@build.command()
def instances(
    file: Annotated[Path, typer.Argument(help="Instances in SWE-bench's format: .json, .jsonl or .parquet.")],
    clones: Annotated[Path, typer.Option(help="Folder with a git repository for each: owner__name, owner/name, name.")],
    out: Annotated[Path, typer.Option(help="The folder to make, for --set repos=FOLDER.")],
    need: Needs = [],  # noqa: B006 - only read
    workers: Workers = 2,
) -> None:
    """Keep the trees of instances, and the tasks of those whose solution resolves them and nothing does not."""
    report = _Report(Console(stderr=True))
    options: dict[str, Any] = {"needs": need, "workers": workers, "rejected": report.rejected}
    options |= {"taken": report.taken, "left_out": report.left_out}
    try:
        folder = resolve(BUILD_INSTANCES)(file, clones, out, **options)  # type: ignore[operator]
    except (ValueError, OSError, RuntimeError, ImportError) as error:
        fail(error)
    report.show(folder, as_json=False)


class _Report:
    """Tells what comes of each repository."""

    def __init__(self, console: Console) -> None:
        self._console, self._begun, self._last = console, time.perf_counter(), time.perf_counter()
        self._rows: list[dict[str, Any]] = []
        self._taken = self._rejected = 0
        self._left_out: set[tuple[str, str]] = set()
        self._operators: dict[str, list[int]] = {}

    def made(self, made: Any) -> None:
        """Take what a repository gave."""
        now = time.perf_counter()
        self._rows.append(
            {
                "repository": made.name,
                "tests": made.reliable,
                "tried": made.came_of.tried.total(),
                "bugs": made.came_of.valid.total(),
                "tasks": len(made.tasks),
                "seconds": round(now - self._last, 1),
            }
        )
        for operator, tried in made.came_of.tried.items():
            counts = self._operators.setdefault(operator, [0, 0])
            counts[0] += tried
            counts[1] += made.came_of.valid[operator]
        self._last = now
        self._console.print(escape(f"{made.name}: {made.unfit or f'{len(made.tasks)} tasks'}"), highlight=False)

    def rejected(self, name: str, why: str) -> None:
        """Take what made no task."""
        self._rejected += 1
        self._console.print(escape(f"{name} gives no task: {why}"), highlight=False)

    def taken(self, name: str) -> None:
        """Take what is a task as it was given."""
        self._taken += 1

    def left_out(self, name: str, files: Mapping[str, str]) -> None:
        """Take the files that a repository has and its tasks have not; those that were told of are not told again."""
        new = [path for path in files if (name, path) not in self._left_out]
        self._left_out.update((name, path) for path in new)
        for path in new[:MOST_LEFT_OUT]:
            self._console.print(escape(f"{name} is taken without {path}: {files[path]}"), highlight=False)
        if more := len(new[MOST_LEFT_OUT:]):
            self._console.print(escape(f"{name} is taken without {more} more files"), highlight=False)

    def show(self, folder: Path, as_json: bool) -> None:
        """Print all of it."""
        seconds = round(time.perf_counter() - self._begun, 1)
        operators = dict(sorted(self._operators.items()))
        if as_json:
            told = {"folder": str(folder), "seconds": seconds, "repositories": self._rows, "operators": operators}
            typer.echo(json.dumps(told))
            return
        console = Console()
        if self._rows:
            table = Table(*self._rows[0])
            for row in self._rows:
                table.add_row(*(f"{value:,}" if isinstance(value, int) else str(value) for value in row.values()))
            console.print(table)
            table = Table("operator", "tried", "bugs")
            for operator, (tried, bugs) in operators.items():
                table.add_row(operator, f"{tried:,}", f"{bugs:,}")
            console.print(table)
        told = {"taken": self._taken, "left out": self._rejected}
        counts = [f"{count:,} {what}" for what, count in told.items() if count]
        console.print(f"{folder}: {', '.join((*counts, f'{seconds} s'))}", highlight=False, soft_wrap=True)
