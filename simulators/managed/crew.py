"""Threads for calls that may hang: such a call is left behind, and there are never more than so many."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import Context, copy_context
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
Job: TypeAlias = tuple[Context, Callable[[], Any], Future[Any]]


class Crew:
    """Makes calls with a limit of time.

    A thread cannot be stopped, so a call that hangs keeps its thread until it returns; then the thread is used again.
    The threads are daemons, unlike those of `concurrent.futures`: a call that never returns does not keep the process
    from its end.

    Args:
        size: How many calls may be under way at once, those left behind included.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._free = threading.Semaphore(size)
        self._idle = threading.Semaphore(0)
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        weakref.finalize(self, self._jobs.put, None).atexit = False

    def call(self, act: Callable[[], T], timeout_s: float) -> T:
        """What the call returns, or raises.

        Raises:
            TimeoutError: It has not returned in time, or no thread became free in that time.
        """
        if not self._free.acquire(timeout=timeout_s):
            raise TimeoutError(f"none of {self.size} calls under way has returned within {timeout_s:g} s")
        if not self._idle.acquire(blocking=False):
            threading.Thread(target=_work, args=(self._jobs, self._idle, self._free), daemon=True).start()
        done: Future[T] = Future()
        self._jobs.put((copy_context(), act, done))
        try:
            return done.result(timeout_s)
        except TimeoutError:
            if done.done():  # it has raised this itself, or has answered just now
                return done.result()
            raise TimeoutError(f"no answer within {timeout_s:g} s") from None


def _work(jobs: SimpleQueue[Job | None], idle: threading.Semaphore, free: threading.Semaphore) -> None:
    """What a thread does: one job after the other, until the crew is no more."""
    while (job := jobs.get()) is not None:
        context, act, done = job
        try:
            tell = partial(done.set_result, context.run(act))
        except BaseException as error:  # it is raised where the call was made
            tell = partial(done.set_exception, error)
        idle.release()  # before `free`, so that whoever gets a place finds the thread that left it
        free.release()
        tell()
        del job, context, act, done, tell  # nothing is kept while it waits
    jobs.put(None)
