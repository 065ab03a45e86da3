"""What a check is given: a small snapshot, sandboxes that begin with it, a process of the host, and secrets."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Self, TypeAlias

from ..limits import Limits
from ..protocol import Sandbox

StartSandbox: TypeAlias = Callable[[Path, Limits], Sandbox]
"""Starts a sandbox with a snapshot's folder and limits."""
SMALL = Limits(cpu_s=20, memory_mb=512, processes=64, file_mb=16, disk_mb=32, output_bytes=8_000)


class Stage:
    """Where a check plays; all that it has started is ended when the check is over.

    Args:
        folder: An empty folder of the host.
        start: Starts a sandbox.
    """

    def __init__(self, folder: Path, start: StartSandbox) -> None:
        self.secret = secrets.token_hex(16)
        self.folder, self._start, self._open = folder, start, ExitStack()
        folder.chmod(0o755)
        self.snapshot = folder / "snapshot"
        (self.snapshot / "package" / "inner").mkdir(parents=True)
        (self.snapshot / "readme.txt").write_text("A small tree.\n")
        (self.snapshot / "package" / "code.py").write_text("print('hello')\n")
        (self.snapshot / "package" / "inner" / "data.txt").write_text("1\n2\n3\n")
        (self.snapshot / "run.sh").write_text("#!/bin/sh\necho ran\n")
        (self.snapshot / "run.sh").chmod(0o755)
        (self.snapshot / "link.txt").symlink_to("readme.txt")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def sandbox(self, limits: Limits = SMALL) -> Sandbox:
        """A sandbox that begins with the snapshot."""
        return self.closing(self._start(self.snapshot, limits))

    def closing(self, sandbox: Sandbox) -> Sandbox:
        """A sandbox that is closed when the check is over."""
        self._open.callback(sandbox.close)
        return sandbox

    def bystander(self) -> subprocess.Popen[bytes]:
        """A process of the host that waits, with the secret among its arguments and in its environment."""
        command = ["sh", "-c", "read line", self.secret]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, env={"SECRET": self.secret, "PATH": "/usr/bin:/bin"})

        def end() -> None:
            process.kill()
            process.communicate()

        self._open.callback(end)
        return process
