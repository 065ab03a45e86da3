"""``agent-envs doctor``: what is installed, what isolates, what is cached, what is missing, and what mends it."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires, version

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent_envs.catalog import CATALOG, INVENTORY
from agent_envs.registry import resolve
from agent_envs.sandbox import available

_REQUIREMENT = re.compile(r"^(?P<name>[\w.-]+)(?P<allowed>[^;\[]*)(?:.*extra == ['\"](?P<extra>[\w-]+)['\"])?")


def doctor() -> None:
    """Tell what is installed, isolates and is cached on this machine; exit code 1 if an environment lacks something."""
    console = Console()
    missing = _installed(console)
    _isolating(console)
    _cached(console)
    for extra in sorted(missing):
        console.print(f"missing packages of [bold]{extra}[/]: pip install 'agent-envs\\[{extra}]'", highlight=False)
    raise typer.Exit(1 if missing else 0)


def _installed(console: Console) -> set[str]:
    """Print every package of the catalogue's extras; return the extras that lack one."""
    families = {entry.extra for entry in CATALOG}
    table = Table("extra", "package", "allowed", "installed", title=f"agent-envs {version('agent-envs')}")
    missing = set()
    for requirement in requires("agent-envs") or ():
        found = _REQUIREMENT.match(requirement)
        if found is None or (found["extra"] and found["extra"] not in families):
            continue
        try:
            installed = version(found["name"])
            if found["allowed"].startswith("==") and installed != found["allowed"].removeprefix("==").strip():
                installed = f"[red]{installed}[/]"
                missing.add(found["extra"] or "")
        except PackageNotFoundError:
            installed = "[red]missing[/]"
            missing.add(found["extra"] or "")
        table.add_row(found["extra"] or "", found["name"], found["allowed"].strip(), installed)
    console.print(table)
    return missing


def _isolating(console: Console) -> None:
    """Print every backend of the sandbox, best first, and why it is not there."""
    table = Table("sandbox", "isolates", "missing")
    for backend in available():
        isolates = "" if backend.missing else "yes" if backend.isolates else "no"
        table.add_row(backend.name, isolates, escape(backend.missing))
    console.print(table)


def _cached(console: Console) -> None:
    try:
        inventory = resolve(INVENTORY)
    except ModuleNotFoundError:
        return  # the packages that a cache needs are among the missing ones above
    table = Table("cached", "name", "digest", "MB", "path")
    for item in inventory():  # type: ignore[operator]
        table.add_row(item.kind, item.name, item.digest, f"{item.size_bytes / 1e6:.1f}", str(item.path))
    console.print(
        table if table.row_count else "Nothing is built yet; the first run of an environment builds its world."
    )
