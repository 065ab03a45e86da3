"""What a sandbox may use."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of a sandbox; the time of a command is given with the command.

    Args:
        cpu_s: Processor time of each process, in seconds.
        memory_mb: Address space of each process; where the system has control groups that one may write, also the
            memory of all processes together.
        processes: Processes and threads at once.
        open_files: Open files of each process.
        file_mb: Size of a file.
        disk_mb: What the changes of the tree and the temporary files may hold together.
        output_bytes: How much of a command's output is kept: its beginning and its end.

    Raises:
        ValueError: One of them is not above 0.
    """

    cpu_s: int = 300
    memory_mb: int = 2048
    processes: int = 256
    open_files: int = 1024
    file_mb: int = 256
    disk_mb: int = 512
    output_bytes: int = 16_000

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name}={getattr(self, name)!r}: give a whole number above 0")
