"""``agent-envs show``: one episode of a recorded run as a readable transcript."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from agent_envs.rollouts.store import read

from .making import fail
from .transcript import print_episode


def show(
    file: Annotated[Path, typer.Argument(help="What `run --out` wrote.")],
    episode: Annotated[int, typer.Option(min=0, help="Which one, counted from 0.")] = 0,
) -> None:
    """Show one episode of a recorded run."""
    count = 0
    try:
        for recorded in read(file):
            if count == episode:
                print_episode(Console(), recorded)
                return
            count += 1
    except (ValueError, OSError, ImportError) as error:
        fail(error)
    fail(f"{file} holds {count} episodes, counted from 0; there is no episode {episode}")
