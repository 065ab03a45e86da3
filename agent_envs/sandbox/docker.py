"""A container engine that begins the process that serves a sandbox, in a container with nothing of its own in it."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import msgspec

from agent_envs.outcome import Fault

from .launch import alone
from .layout import GUEST, Layout
from .limits import Limits

IMAGE = "agent-envs-empty"
"""An image without any file, which is made where the engine has none of this name: nothing is ever pulled."""
_ANSWER_S = 30.0
# The process needs rights to make the namespaces in which commands run; it has given them up before the first one.
_RIGHTS = "SYS_ADMIN NET_ADMIN SETUID SETGID SETPCAP SETFCAP CHOWN DAC_OVERRIDE FOWNER KILL".split()
_UNCONFINED = ("seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined", "label=disable")
_USERS_OF_ITS_OWN = ("name=rootless", "name=userns")
_KEPT = ("HOME", "PATH", "XDG_RUNTIME_DIR")


class Engine(msgspec.Struct, frozen=True, rename="pascal"):
    """What an engine says of itself.

    Args:
        server_version: Its version.
        security_options: What it confines containers by.
        memory_limit: Whether it can limit the memory of a container.
    """

    server_version: str = ""
    security_options: tuple[str, ...] | None = None
    memory_limit: bool = False

    @property
    def may_be_anyone(self) -> bool:
        """Whether the root of a container is that of the host, who may become the users kept for sandboxes."""
        said = self.security_options or ()
        return not any(option.startswith(_USERS_OF_ITS_OWN) for option in said)


def variables() -> dict[str, str]:
    """What the client needs of our environment to find its engine."""
    return {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("DOCKER_")}


@cache
def engine() -> Engine:
    """The engine that answers; it is asked once.

    Raises:
        Fault: There is no client, or no engine answers it.
    """
    if shutil.which("docker") is None:
        raise Fault("docker is not on the PATH", origin="infra")
    found = msgspec.json.decode(_asked("info", "--format", "{{json .}}"), type=Engine)
    if not found.server_version:  # some clients answer without an engine
        raise Fault("docker is installed, and no engine answers it", origin="infra")
    return found


def by_docker(base: Path, root: Layout, hidden: list[Path], limits: Limits) -> list[str]:
    """The command with which an engine begins it, with no network and no more of the host than a sandbox may show.

    Args:
        base: The snapshot.
        root: What is to be shown.
        hidden: What it needs to begin, and commands are not to see.
        limits: The memory is the container's.

    Raises:
        Fault: No engine answers, or it cannot make an image.
    """
    _have_image()
    words = ["docker", "run", "--rm", "--interactive", "--pull", "never", "--log-driver", "none"]
    words += ["--network", "none", "--read-only", "--tmpfs", "/tmp", "--workdir", "/", "--user", "0:0"]
    words += ["--cap-drop", "ALL", *(word for right in _RIGHTS for word in ("--cap-add", right))]
    words += [word for option in _UNCONFINED for word in ("--security-opt", option)]
    if engine().memory_limit:
        most = f"{limits.memory_mb + limits.disk_mb}m"
        words += ["--memory", most, "--memory-swap", most]
    shown = [source for source, _ in root.binds] + [path for _, path in root.links]  # mounting follows links
    for path in sorted({*shown, *map(str, [base, GUEST, *hidden])}):
        words += ["--mount", _mount(path)]
    return [*words, IMAGE, *alone()]


def _mount(path: str) -> str:
    """A folder of the host at its own path; fields are told apart by commas, as in a table."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(["type=bind", f"src={path}", f"dst={path}", "readonly"])
    return line.getvalue()


@cache
def _have_image() -> None:
    engine()
    if _run("image", "inspect", IMAGE).returncode:
        _asked("import", "-", IMAGE, said=bytes(1024))  # an archive that ends at once


def _asked(*words: str, said: bytes = b"") -> bytes:
    done = _run(*words, said=said)
    if done.returncode:
        raise Fault(f"docker {words[0]} fails: {done.stderr.decode(errors='replace').strip()}", origin="infra")
    return done.stdout


def _run(*words: str, said: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["docker", *words], input=said, capture_output=True, check=False, env=variables(), timeout=_ANSWER_S
        )
    except subprocess.TimeoutExpired:
        raise Fault(f"docker {words[0]} does not answer within {_ANSWER_S:.0f} s", origin="infra") from None
