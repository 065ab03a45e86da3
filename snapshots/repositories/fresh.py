"""Fresh trees with changes, and what tests say of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from agent_envs.sandbox import Sandbox, Snapshot, start

from .running import LIMITS, TestRun, run_tests
from .task_python import TaskPython

_REMOVED = ".removed"


class Ground(NamedTuple):
    """Where tests are run.

    Args:
        python: The Python that they see.
        backend: Name of the sandboxes' backend; empty for the best that isolates.
        trusted: Whether a backend may be used that does not isolate.
        least_timeout_s: How long tests may take at least, however fast they were when the task was made.
    """

    python: TaskPython
    backend: str = ""
    trusted: bool = False
    least_timeout_s: float = 30.0

    def sandbox(self, snapshot: Snapshot, paths: tuple[str, ...]) -> Sandbox:
        """A sandbox for tests.

        Raises:
            Fault: It cannot be started.
        """
        view = self.python.view(paths, grading=True)
        return start(snapshot, backend=self.backend, trusted=self.trusted, limits=LIMITS, view=view)


def run_changed(
    ground: Ground,
    snapshot: Snapshot,
    paths: tuple[str, ...],
    changes: Iterable[Mapping[str, bytes | None]],
    files: Iterable[str],
    *,
    wanted: Iterable[str] | None = None,
    describe: bool = False,
    frozen: Iterable[str] = (),
    hidden: Mapping[str, bytes] = MappingProxyType({}),
    timeout_s: float,
) -> TestRun:
    """Run tests of a fresh tree with changes.

    Args:
        ground: Where.
        snapshot: What the tree begins with.
        paths: Folders of the tree from which the project is imported.
        changes: What files hold instead, one after the other; None where a file is to be removed.
        files: The files of tests.
        wanted: Ids of the tests; None for all in the files.
        describe: Whether to tell what the tests failed with.
        frozen: Files that must not change while they run; see `run_tests`.
        hidden: What some of those hold for the tests alone; see `run_tests`.
        timeout_s: How long all of it may take.

    Raises:
        OSError: A change cannot be written.
        Fault: The sandbox cannot be started, or is lost.
    """
    sandbox = ground.sandbox(snapshot, paths)
    try:
        for change in changes:
            removed = [path for path, content in change.items() if content is None]
            if removed:  # what becomes a folder, or was one, is in the way of files
                sandbox.write(_REMOVED, "\0".join(removed).encode(errors="surrogateescape"))
                sandbox.run(f"xargs -0 rm -rf -- < {_REMOVED}; rm {_REMOVED}")
            for path, content in change.items():
                if content is not None:
                    sandbox.write(path, content)
        return run_tests(
            sandbox,
            paths,
            files,
            wanted=wanted,
            describe=describe,
            frozen=frozen,
            hidden=hidden,
            timeout_s=timeout_s,
        )
    finally:
        sandbox.close()
