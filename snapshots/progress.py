"""A progress bar on standard error for what is built at first use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def progress_bar(description: str) -> Iterator[Callable[[int, int], None]]:
    """A bar that appears at its first advance; where nothing is built, nothing is printed.

    Args:
        description: What is being built.

    Yields:
        A function of the work done and the whole work, in the same unit.
    """
    with ExitStack() as stack:
        advance: Callable[[int, int], None] | None = None

        def appear() -> Callable[[int, int], None]:
            from rich.console import Console
            from rich.progress import Progress

            progress = stack.enter_context(Progress(console=Console(stderr=True), transient=True))
            bar = progress.add_task(description, total=None)
            return lambda done, total: progress.update(bar, completed=done, total=total)

        def show(done: int, total: int) -> None:
            nonlocal advance
            advance = advance or appear()
            advance(done, total)

        yield show
