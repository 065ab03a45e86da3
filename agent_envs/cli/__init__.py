"""The command ``agent-envs``: list, run, show, rescore, check, prove, build, cassette, doctor."""

from __future__ import annotations

import signal
import sys

import typer

from .build import build
from .cassette import cassette
from .check import check
from .doctor import doctor
from .prove import prove
from .rescore import rescore
from .run import run
from .show import show
from .table import list_environments

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command("list")(list_environments)
app.command()(run)
app.command()(check)
app.command()(prove)
app.command()(show)
app.command()(rescore)
app.command()(cassette)
app.command()(doctor)
app.add_typer(build, name="build")


def main() -> None:
    """Run the command; being told to end is an exit like others, which removes what is temporary."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    app()
