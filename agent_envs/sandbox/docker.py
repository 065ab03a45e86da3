"""A container engine that begins the process that serves a sandbox, in a container with nothing of its own in it."""

from __future__ import annotations

import contextlib
import csv
import fcntl
import io
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import msgspec

from agent_envs.outcome import Fault

from .launch import Launch, alone
from .layout import GUEST, Layout
from .limits import Limits

IMAGE = "agent-envs-empty"
"""An image without any file, which is made where the engine has none of this name: nothing is ever pulled."""
LABEL = "agent-envs"
"""What every container is marked by, so that those that an engine has kept can be found."""
_NO_IMAGE = "agent-envs-nothing"
_ANSWER_S = 30.0
_GRACE_S = 10.0
# The process needs rights to make the namespaces in which commands run; it has given them up before the first one.
_RIGHTS = "SYS_ADMIN NET_ADMIN SETUID SETGID SETPCAP SETFCAP CHOWN DAC_OVERRIDE FOWNER KILL".split()
_UNCONFINED = ("seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined", "label=disable")
_USERS_OF_ITS_OWN = ("name=rootless", "name=userns")
_LIMIT_SHOWN_BYTES = 200
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
    """The engine that answers, once it has our image; it is asked once.

    Raises:
        Fault: There is no client, no engine answers it as engines do, or that engine does not see our files or cannot
            make the image.
    """
    if shutil.which("docker") is None:
        raise Fault("docker is not on the PATH", origin="infra")
    said = _asked("info", "--format", "{{json .}}")
    try:
        found = msgspec.json.decode(said, type=Engine)
    except msgspec.DecodeError as error:
        came = said[:_LIMIT_SHOWN_BYTES].decode(errors="replace").strip()
        raise Fault(f"docker info answers {came!r}, which no engine says: {error}", origin="infra") from None
    if not found.server_version:  # some clients answer without an engine
        raise Fault("docker is installed, and no engine answers it", origin="infra")
    _see_our_files()
    _have_image()
    return found


def by_docker(base: Path, root: Layout, hidden: list[Path], limits: Limits) -> Callable[[], Launch]:
    """How an engine begins it: each in a container with no network and no more of the host than a sandbox may show.

    Args:
        base: The snapshot.
        root: What is to be shown.
        hidden: What it needs to begin, and commands are not to see.
        limits: The memory is the container's.

    Raises:
        Fault: There is no such engine, or it cannot be told one of the paths.
    """
    words = ["--rm", "--interactive", "--pull", "never", "--label", LABEL, "--log-driver", "none"]
    words += ["--network", "none", "--read-only", "--tmpfs", "/tmp", "--workdir", "/", "--user", "0:0"]
    words += ["--cap-drop", "ALL", *(word for right in _RIGHTS for word in ("--cap-add", right))]
    words += [word for option in _UNCONFINED for word in ("--security-opt", option)]
    if engine().memory_limit:
        most = f"{limits.memory_mb + limits.disk_mb}m"
        words += ["--memory", most, "--memory-swap", most]
    shown = [source for source, _ in root.binds] + [path for _, path in root.links]  # mounting follows links
    for path in sorted({*shown, *map(str, [base, GUEST, *hidden])}):
        words += ["--mount", _mount(path)]
    return partial(_launch, [*words, IMAGE, *alone()], variables())


def _launch(words: list[str], environment: dict[str, str]) -> Launch:
    """A container with a name of its own, by which it can be removed when it does not answer."""
    name = f"{LABEL}-{secrets.token_hex(8)}"
    argv = ["docker", "run", "--name", name, *words]
    return Launch(argv, environment, grace_s=_GRACE_S, remove=partial(_remove, name, environment))


def _remove(name: str, environment: dict[str, str]) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):  # an engine that hangs keeps it
        words = ["docker", "rm", "--force", name]
        subprocess.run(words, env=environment, capture_output=True, check=False, timeout=_ANSWER_S)


def _mount(path: str) -> str:
    """A path of the host at the same path; fields are told apart by commas, as in a table."""
    if "\r\n" in path or os.fsencode(path) != path.encode(errors="ignore"):
        raise Fault(
            f"docker cannot mount {path!r}: give a path in UTF-8 without the characters '\\r\\n', or another backend",
            origin="infra",
        )
    line = io.StringIO()
    fields = ["type=bind", f"src={path}", f"dst={path}", "readonly"]
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="").writerow(fields)
    return line.getvalue()


def _see_our_files() -> None:
    """Ask for a container of an image that is not there: an engine complains of what it cannot mount before that."""
    with tempfile.TemporaryDirectory(prefix="agent-envs-") as folder:
        said = _run("create", "--pull", "never", "--mount", _mount(folder), _NO_IMAGE).stderr.decode(errors="replace")
    if "mount" in said:
        raise Fault(
            f"the engine runs on another machine, or does not see the files of this one: {said.strip()}", origin="infra"
        )


def _have_image() -> None:
    """Make the image where there is none, one process after another: of two made at once, one would lose its name."""
    lock = os.open(GUEST, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _run("image", "inspect", IMAGE).returncode:
            _asked("import", "-", IMAGE, said=bytes(1024))  # an archive that ends at once
    finally:
        os.close(lock)


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
