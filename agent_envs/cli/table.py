"""``agent-envs list``: the catalogue as a table or as JSON."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from agent_envs.catalog import CATALOG


def list_environments(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False) -> None:
    """List every environment."""
    if as_json:
        typer.echo(json.dumps([{"id": entry.id, "extra": entry.extra, "about": entry.about} for entry in CATALOG]))
        return
    table = Table("id", "extra", "about")
    for entry in CATALOG:
        table.add_row(entry.id, entry.extra, entry.about)
    Console().print(table)
