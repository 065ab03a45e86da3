"""A sandbox of this machine: the owner's side of the process that serves it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple, Self
from weakref import finalize

from agent_envs.outcome import Fault

from .guest import ending, wire
from .launch import Launch
from .memory import MemoryGroup
from .protocol import LIMIT_FILE_BYTES, TIMEOUT_S, Changed, Result
from .session import in_session
from .snapshot import Snapshot

LIMIT_COMMAND_BYTES = 100_000
_BEGIN_S = 60.0
_GRACE_S = 30.0
_LONG_S = 600.0  # for what takes time in the size of the tree
_WAIT = ["/bin/sh", "-c", 'read -r line; exec "$@"', "sh"]  # until the process is in its control group
_numbers = count()


class Start(NamedTuple):
    """All that a sandbox and its forks begin with.

    Args:
        backend: Name of the backend.
        snapshot: What the tree begins with.
        launch: How the process that serves it is begun; each sandbox calls it once.
        message: What that process is told: how to isolate itself, what to show, what commands have in common.
        has_own_user: Whether each is a user of its own, which only root can make it.
        group_bytes: Memory of its control group; None where an engine has it, and what is begun here only passes
            messages on.
    """

    backend: str
    snapshot: Snapshot
    launch: Callable[[], Launch]
    message: dict[str, Any]
    has_own_user: bool
    group_bytes: int | None


class LocalSandbox:
    """See `agent_envs.sandbox.protocol.Sandbox`.

    Args:
        start: What it begins with.

    Raises:
        Fault: It cannot be started.
    """

    def __init__(self, start: Start) -> None:
        self._start = start
        launch = start.launch()
        group = None if start.group_bytes is None else _memory_group(start.group_bytes)
        self._process = subprocess.Popen(
            launch.argv if group is None else [*_WAIT, *launch.argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=launch.variables,
            cwd="/",
            start_new_session=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        if group is not None:
            group.add(self._process.pid)
            os.write(self._to, b"\n")
        os.set_blocking(self._to, False)  # a process that is stopped reads nothing
        self._end = finalize(self, _end, self._process, launch, group, os.getpid())
        with self._or_lost(f"it did not begin within {_BEGIN_S:.0f} s"):
            wire.await_greeting(self._from, _BEGIN_S)
        uid = ending.FIRST_UID + self._process.pid if start.has_own_user else None
        try:
            self.root = str(self._asked({**start.message, "uid": uid, "folder": launch.folder})[0]["root"])
        except OSError as error:
            self.close()
            raise Fault(f"no sandbox by {start.backend}: {error.strerror}", origin="infra") from None

    def run(self, command: str, *, timeout_s: float = TIMEOUT_S) -> Result:
        """Run a command in a fresh shell; see `Sandbox.run`."""
        return self._ran(command, command, timeout_s)

    def shell(self, command: str, *, timeout_s: float = TIMEOUT_S) -> Result:
        """Run a command in the shell session of this sandbox; see `Sandbox.shell`."""
        return self._ran(command, in_session(command), timeout_s)

    def _ran(self, command: str, script: str, timeout_s: float) -> Result:
        """What came of a command, for which bash is given a script."""
        size = len(script.encode(errors="surrogateescape"))
        if "\0" in command or size > LIMIT_COMMAND_BYTES:
            raise ValueError(
                f"a command of {len(command):,} characters ({size:,} bytes as bash is given it): give at most"
                f" {LIMIT_COMMAND_BYTES:,} bytes, none of them zero; longer scripts can be written to a file and run"
                " from there"
            )
        argv = ["/bin/bash", "--norc", "--noprofile", "-c", script]
        try:
            header, kept = self._asked({"do": "run", "argv": argv, "timeout_s": timeout_s}, timeout_s=timeout_s)
        except OSError as error:
            raise Fault(f"no command can be started in this sandbox: {error.strerror}", origin="infra") from None
        head, total = header["head_bytes"], header["total_bytes"]
        cut = total > len(kept)
        output = _text(kept)
        if cut:
            output = f"{_text(kept[:head])}\n[… {total - len(kept):,} bytes cut …]\n{_text(kept[head:])}"
        return Result(header["exit_code"], output, header["timed_out"], cut)

    def read(self, path: str, *, limit_bytes: int = LIMIT_FILE_BYTES) -> bytes:
        """What a file of the tree holds; see `Sandbox.read`."""
        return self._asked({"do": "read", "path": path, "limit_bytes": limit_bytes})[1]

    def write(self, path: str, content: bytes) -> None:
        """Let a file of the tree hold this; see `Sandbox.write`."""
        self._asked({"do": "write", "path": path}, content)

    def fork(self) -> Self:
        """An independent copy; see `Sandbox.fork`."""
        taken, payload = self._asked({"do": "take"})
        twin = type(self)(self._start)
        try:
            twin._asked({**taken, "do": "apply"}, payload)
        except BaseException:
            twin.close()
            raise
        return twin

    def changed(self) -> Changed:
        """What differs from the snapshot; see `Sandbox.changed`."""
        header, _ = self._asked({"do": "digest", "ignoring": []})
        return Changed(tuple(header["removed"]), tuple((path, kind) for path, kind in header["present"]))

    def digest(self, *, ignoring: Sequence[str] = ()) -> str:
        """Digest of the tree and the session; see `Sandbox.digest`."""
        header, _ = self._asked({"do": "digest", "ignoring": list(ignoring)})
        tree = self._start.snapshot.digest(header["removed"], header["present"], int(header["sum"], 16))
        return f"{tree}-{header['session']}" if header["session"] else tree

    def close(self) -> None:
        """End all processes and forget the tree; see `Sandbox.close`."""
        self._end()

    def _asked(
        self, header: dict[str, Any], payload: bytes = b"", timeout_s: float = _LONG_S
    ) -> tuple[dict[str, Any], bytes]:
        if not self._end.alive:
            raise Fault(f"the sandbox is lost ({self._start.backend}): it was closed", origin="infra")
        limit_s = timeout_s + _GRACE_S
        with self._or_lost(f"it did not answer within {limit_s:.0f} s"):
            wire.send(self._to, header, payload, limit_s)
            answer = wire.receive(self._from, limit_s)
            if answer is None:
                raise EOFError
        if "errno" in answer[0]:
            raise OSError(answer[0]["errno"], answer[0]["problem"], header.get("path"))
        return answer

    @contextlib.contextmanager
    def _or_lost(self, on_silence: str) -> Iterator[None]:
        """Close the sandbox if talking to it fails, with what the process that serves it, or began it, said last."""
        try:
            yield
            return
        except (EOFError, BrokenPipeError):
            reason = ""
        except TimeoutError:
            reason = on_silence
        except wire.Garbled as error:
            reason = str(error)
        except BaseException:  # the answer is still to come, and would be taken for that of the next question
            self.close()
            raise
        assert self._process.stderr is not None
        words = wire.available(self._process.stderr.fileno()).decode(errors="replace").strip()
        self.close()
        why = "; ".join(filter(None, [reason, words])) or "a command ended what serves it, or memory ran out"
        raise Fault(f"the sandbox is lost ({self._start.backend}): {why}", origin="infra")


def _memory_group(limit_bytes: int) -> MemoryGroup | None:
    """A control group for a sandbox; None where one may not make any."""
    with contextlib.suppress(OSError):
        return MemoryGroup(str(next(_numbers)), limit_bytes)
    return None


def _end(process: subprocess.Popen[bytes], launch: Launch, group: MemoryGroup | None, owner: int) -> None:
    if owner != os.getpid():  # a fork of the owner that exits leaves its parent's sandbox alone
        return
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    process.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        if launch.grace_s:  # it has no namespace here that would end its commands with it: it must do so itself
            process.wait(launch.grace_s)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    process.stdout.close()
    process.stderr.close()
    if process.returncode and launch.remove is not None:  # it was killed before it could do so itself
        launch.remove()
    if group is not None:
        group.close()


def _text(kept: bytes) -> str:
    return kept.decode(errors="backslashreplace")
