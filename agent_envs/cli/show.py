"""``agent-envs show``: one episode of a recorded run as a readable transcript."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from agent_envs.rollouts.trajectory import decode

from .making import fail
from .transcript import print_episode


def show(
    file: Annotated[Path, typer.Argument(help="What `run --out` wrote.")],
    episode: Annotated[int, typer.Option(min=0, help="Which one, counted from 0.")] = 0,
) -> None:
    """Show one episode of a recorded run."""
    try:
        with file.open("rb") as lines:
            count = 0
            for line in lines:
                if count == episode:
                    print_episode(Console(), decode(line))
                    return
                count += 1
    except OSError as error:
        fail(error)
    except msgspec.MsgspecError as error:
        fail(f"{file}:{episode + 1} is no recorded episode: {error}")
    fail(f"{file} holds {count} episodes, counted from 0; there is no episode {episode}")
