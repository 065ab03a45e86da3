"""Serving a sandbox: set it up as the first message says, then do what each message asks until the owner ends."""

# ruff: noqa: PTH102, PTH116, PTH208
from __future__ import annotations

import contextlib
import errno
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any, TypeAlias

from . import commands, ending, files, linux, namespaces, room, wire
from .changes import Area

Answer: TypeAlias = tuple[dict[str, Any], bytes]


def main() -> None:
    """Serve on standard input and output; returns when the owner has ended.

    Raises:
        SystemExit: It never served, and leaves what is to be removed to the owner.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process of a namespace gets what it handles, and no other
    wire.greet(1)
    first = wire.receive(0)
    if first is None:
        sys.exit(1)
    try:
        guest = _set_up(first[0])
    except OSError as error:
        wire.send(1, {"errno": error.errno or errno.EIO, "problem": f"{error.strerror or error}"})
        sys.exit(1)
    wire.send(1, {"root": guest.tree.path})
    with contextlib.suppress(commands.OwnerEnded):
        _serve(guest)
    guest.setting.end_others()
    if first[0]["folder"] is not None:
        os.execve("/bin/sh", [*ending.FORGET, first[0]["folder"]], ending.PROGRAMS)


def _serve(guest: Guest) -> None:
    while (message := wire.receive(0)) is not None:
        try:
            header, payload = guest.answer(*message)
        except (OSError, ValueError) as error:
            number = error.errno if isinstance(error, OSError) else errno.EFBIG
            problem = error.strerror if isinstance(error, OSError) else str(error)
            header, payload = {"errno": number, "problem": problem}, b""
        wire.send(1, header, payload)


class Guest:
    """Does what messages ask.

    Args:
        place: Where commands may write.
        setting: What every command has in common.
    """

    def __init__(self, place: room.Room, setting: commands.Setting) -> None:
        self.tree, self.tmp = Area(place.tree, place.changes_fd), Area(place.tmp)
        self.setting = setting

    def answer(self, header: dict[str, Any], payload: bytes) -> Answer:
        """What a message comes to.

        Raises:
            OSError: It cannot be done.
            ValueError: It is too large.
        """
        doing: dict[str, Callable[[], Answer]] = {
            "run": lambda: commands.run(header["argv"], header["timeout_s"], self.setting, 0),
            "read": lambda: ({}, files.read(self.tree.path, header["path"], header["limit_bytes"])),
            "write": lambda: self._write(header["path"], payload),
            "digest": lambda: (self._digest(header["ignoring"]), b""),
            "take": self._take,
            "apply": lambda: self._apply(header, payload),
        }
        return doing[header["do"]]()

    def _write(self, path: str, held: bytes) -> Answer:
        files.write(self.tree.path, path, held)
        return {}, b""

    def _digest(self, ignoring: list[str]) -> dict[str, Any]:
        return {**self.tree.digest(ignoring), "session": files.session_digest(self.tree.path, self.tmp.path)}

    def _take(self) -> Answer:
        (tree, tree_bytes), (tmp, tmp_bytes) = self.tree.taken(), self.tmp.taken()
        return {"tree": tree, "tmp": tmp, "tree_bytes": len(tree_bytes)}, tree_bytes + tmp_bytes

    def _apply(self, header: dict[str, Any], payload: bytes) -> Answer:
        self.tree.apply(header["tree"], payload[: header["tree_bytes"]])
        self.tmp.apply(header["tmp"], payload[header["tree_bytes"] :])
        return {}, b""


def _set_up(wanted: dict[str, Any]) -> Guest:
    os.umask(0o022)
    uid: int | None = wanted["uid"]
    if wanted["enter"]:
        namespaces.enter(wanted["base"], wanted["binds"], wanted["links"], new_user=uid is None)
    alone = os.getpid() == 1
    if alone:
        place = room.furnish(uid, wanted["disk_mb"], wanted["hide"], wanted["empty"], overlay=wanted["overlay"])
    else:
        place = _plain_room(wanted["base"], wanted["folder"], uid)
    room.become_nobody(uid)
    exclusive = alone or uid is not None  # then all that may be signalled is the sandbox's
    linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
    others = 0 if exclusive else _own_processes()
    commands.limit(resource.RLIMIT_CORE, 0)
    commands.limit(resource.RLIMIT_NOFILE, wanted["open_files"])
    commands.limit(resource.RLIMIT_FSIZE, wanted["file_mb"] << 20)
    commands.limit(resource.RLIMIT_NPROC, others + wanted["processes"])
    given = {name: value.replace("{tree}", place.tree) for name, value in wanted["environment"].items()}
    environment = {**given, "HOME": place.tmp, "TMPDIR": place.tmp}
    setting = commands.Setting(
        folder=place.tree,
        environment=environment,
        limit_cpu_s=wanted["cpu_s"],
        limit_memory_bytes=wanted["memory_mb"] << 20,
        limit_output_bytes=wanted["output_bytes"],
        end_others=ending.end_all if exclusive else ending.end_descendants,
    )
    return Guest(place, setting)


def _plain_room(base: str, folder: str, uid: int | None) -> room.Room:
    """A copy of the snapshot in a folder of the host, and one for temporary files beside it."""
    tree, tmp = f"{folder}/tree", f"{folder}/tmp"
    room.copy_tree(base, tree, uid)
    os.mkdir(tmp)
    for path in (folder, tmp):
        room.own(path, uid)
    return room.Room(tree, tmp, None)


def _own_processes() -> int:
    """Processes and threads of this user, which the system's limit counts as well."""
    count = 0
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == os.geteuid():
                count += len(os.listdir(f"/proc/{name}/task"))
    return count
