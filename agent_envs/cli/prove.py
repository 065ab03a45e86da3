"""``agent-envs prove``: prove a domain's tasks: their own dialogues pay 1, silence 0, damaged dialogues less than 1."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent_envs.catalog import PROOFS
from agent_envs.registry import resolve

from .making import fail


def prove(
    domain: Annotated[str, typer.Argument(help="Name of an embedded domain, or the folder of any other.")],
    rows: Annotated[int | None, typer.Option(min=1, help="Rows of all tables; without it the domain's own.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Names the snapshot.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Prove every task that a domain could give; only those that are proved are given. Exit code 1 if none is."""
    begun = time.perf_counter()
    console = Console(stderr=as_json)
    try:
        proofs: Any = resolve(PROOFS)(domain, rows=rows, world_seed=seed)  # type: ignore[operator]
        told, difficulties = _played(console, proofs)
    except (ValueError, OSError, ImportError) as error:
        fail(error)
    told["seconds"] = round(time.perf_counter() - begun, 1)
    if as_json:
        typer.echo(json.dumps({**told, "by_difficulty": dict(sorted(difficulties.items()))}))
    else:
        table = Table(f"tasks of {escape(domain)}", "")
        for name, number in told.items():
            table.add_row(name.replace("_", " "), f"{number:,}")
        table.add_row("difficulty", f"{min(difficulties, default=0)} to {max(difficulties, default=0)} calls")
        console.print(table)
    raise typer.Exit(0 if told["proved"] else 1)


def _played(console: Console, proofs: Any) -> tuple[dict[str, float], Counter[int]]:
    """Counts of what came of the proofs; what is not proved is printed with its reason."""
    told: Counter[str] = Counter(dict.fromkeys(("candidates", "proved", "damaged_dialogues", "of_them_paid_less"), 0))
    difficulties: Counter[int] = Counter()
    for task, proof in proofs:
        told["candidates"] += 1
        told["damaged_dialogues"] += proof.mutants
        told["of_them_paid_less"] += proof.mutants - len(proof.survivors)
        if proof.holds:
            told["proved"] += 1
            told[f"in_{task.split}"] += 1
            difficulties[task.difficulty] += 1
        else:
            console.print(f"not given: {escape(f'{task.id}: {proof}'):.500}", highlight=False)
    return dict(told), difficulties
