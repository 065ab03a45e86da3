"""Namespaces of one's own: other processes, other mounts, no network, and a root that holds what is bound into it."""

# ruff: noqa: PTH102, PTH103, PTH110, PTH112, PTH120, PTH211
from __future__ import annotations

import fcntl
import os
import socket
import struct
from typing import Any, NoReturn

from . import linux

INNER_ID = 1000
BASE = "/run/sandbox/base"
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_SPACES = (
    linux.CLONE_NEWNS
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWNET
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUTS
    | linux.CLONE_NEWCGROUP
)
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1


def enter(base: str, binds: list[list[str]], links: list[list[str]], *, new_user: bool) -> None:
    """Go on as the first process of new namespaces; the process that called stays outside and waits for the end.

    Args:
        base: The snapshot, which is seen at `BASE`.
        binds: Paths outside, and where each is seen read-only.
        links: Symbolic links: what each points to, and where it is.
        new_user: Whether a user namespace must give the right to make the others.

    Raises:
        OSError: The system does not allow it.
    """
    if new_user:
        enter_user_namespace(_SPACES)
    else:
        linux.unshare(_SPACES)
    child = os.fork()
    if child:
        _wait(child)
    linux.mount("", "/", "", linux.MS_REC | linux.MS_PRIVATE)
    _build_root([*binds, [base, BASE]], links)
    socket.sethostname("sandbox")
    _raise_loopback()


def enter_user_namespace(others: int = 0) -> None:
    """Be `INNER_ID` in a user namespace of one's own, and have every right over the other namespaces made with it."""
    uid, gid = os.geteuid(), os.getegid()
    linux.prctl(linux.PR_SET_DUMPABLE, 1)  # or the maps would not be ours to write
    linux.unshare(linux.CLONE_NEWUSER | others)
    write_file("/proc/self/setgroups", "deny")
    write_file("/proc/self/uid_map", f"{INNER_ID} {uid} 1")
    write_file("/proc/self/gid_map", f"{INNER_ID} {gid} 1")


def write_file(path: str, text: str) -> None:
    """Write a file of /proc in one call, as the kernel wants it."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def _wait(child: int) -> NoReturn:
    for fd in (0, 1):  # only the child speaks with the owner, and the owner sees when it has ended
        os.close(fd)
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _build_root(binds: list[list[str]], links: list[list[str]]) -> None:
    """A root in memory. The old one is moved below it first, so that no mount hides what is to be bound."""
    linux.mount("tmpfs", "/tmp", "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=4m,mode=755")
    os.mkdir("/tmp/old")
    os.mkdir("/tmp/new")
    linux.pivot_root("/tmp", "/tmp/old")
    os.chdir("/")
    for source, target in binds:
        _appear(f"/new{target}", is_folder=os.path.isdir(f"/old{source}"))
        linux.bind(f"/old{source}", f"/new{target}", linux.ATTR_RDONLY | linux.ATTR_NOSUID | linux.ATTR_NODEV)
    for points_to, path in links:
        os.makedirs(os.path.dirname(f"/new{path}"), exist_ok=True)
        os.symlink(points_to, f"/new{path}")
    for folder in ("dev", "proc", "tmp", "tree", "run/sandbox"):
        os.makedirs(f"/new/{folder}", exist_ok=True)
    for name in _DEVICES:
        _appear(f"/new/dev/{name}", is_folder=False)
        linux.bind(f"/old/dev/{name}", f"/new/dev/{name}")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{number}", f"/new/dev/{name}")
    os.symlink("/proc/self/fd", "/new/dev/fd")
    for folder in ("shm", "pts"):
        os.mkdir(f"/new/dev/{folder}")
    linux.mount("devpts", "/new/dev/pts", "devpts", linux.MS_NOSUID | linux.MS_NOEXEC, "newinstance,ptmxmode=0666")
    os.symlink("pts/ptmx", "/new/dev/ptmx")
    linux.mount("proc", "/new/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    linux.bind("/new", "/new")
    linux.unmount("/old")
    os.chdir("/new")
    linux.pivot_root(".", ".")
    linux.unmount(".")
    os.chdir("/")


def _appear(path: str, *, is_folder: bool) -> None:
    """Make the empty file or folder that something is bound to."""
    os.makedirs(path if is_folder else os.path.dirname(path), exist_ok=True)
    if not is_folder and not os.path.exists(path):
        os.close(os.open(path, os.O_CREAT | os.O_CLOEXEC, 0o644))


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request: Any = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))
