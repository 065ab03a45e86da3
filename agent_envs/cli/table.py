"""``agent-envs list``: the catalogue as tables or as JSON."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from agent_envs.catalog import CATALOG, WRAPPERS


def list_environments(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False) -> None:
    """List every environment, and every wrapper."""
    if as_json:
        typer.echo(json.dumps([{"id": entry.id, "extra": entry.extra, "about": entry.about} for entry in CATALOG]))
        return
    table = Table("id", "extra", "about")
    for entry in CATALOG:
        table.add_row(entry.id, entry.extra, entry.about)
    wrappers = Table("wrapper", "about")
    for wrapper in WRAPPERS:
        wrappers.add_row(wrapper.name, wrapper.about)
    Console().print(table, wrappers)
