"""A progress bar on standard error for what is built at first use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(description: str) -> Iterator[Callable[[int, int], None]]:
    """A bar that appears at its first advance.

    Args:
        description: What is being built.

    Yields:
        A function of the work done and the whole work, in the same unit.
    """
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(description, total=None, visible=False)
        yield lambda done, total: progress.update(bar, completed=done, total=total, visible=True)
