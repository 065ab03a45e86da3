"""``agent-envs cassette``: the recorded calls of models in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent_envs.catalog import RECORDED
from agent_envs.messages import Message
from agent_envs.registry import resolve

from .making import fail

LIMIT_SHOWN_CHARS = 60


def cassette(
    file: Annotated[Path, typer.Argument(help="What a cassette recorded.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print every call whole, one line of JSON each.")] = False,
) -> None:
    """List the recorded calls, by seed and index."""
    try:
        calls: Any = resolve(RECORDED)(file)  # type: ignore[operator]
    except (ValueError, OSError) as error:
        fail(error)
    if as_json:
        for each in calls:
            typer.echo(msgspec.json.encode(each._asdict()))
        return
    table = Table("seed", "index", "model", "messages", "the last of them", "answer", "tokens")
    for each in calls:
        asked, answered = each.call, each.reply
        last = _shown(asked.messages[-1]) if asked.messages else ""
        tokens = f"{answered.prompt_tokens} + {answered.completion_tokens}"
        whole = (asked.seed, asked.index, asked.model, len(asked.messages), last, _shown(answered.message), tokens)
        table.add_row(*(escape(str(cell)) for cell in whole))
    Console().print(table)


def _shown(message: Message) -> str:
    """The beginning of a message, with its calls, on one line."""
    text = " ".join((message.content, *(f"{call.name} {call.arguments}" for call in message.calls)))
    text = " ".join(text.split())
    return text if len(text) <= LIMIT_SHOWN_CHARS else f"{text[:LIMIT_SHOWN_CHARS]}…"
