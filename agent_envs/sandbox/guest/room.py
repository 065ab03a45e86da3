"""The folders that commands may write: the tree over its snapshot, and /tmp, both in memory of a fixed size."""

# ruff: noqa: PTH101, PTH102, PTH112, PTH116, PTH208
from __future__ import annotations

import errno
import os
import shutil
import signal
from typing import NamedTuple

from . import filter, linux
from .namespaces import BASE, INNER_ID, enter_user_namespace, write_file

TREE = "/tree"
_HIDDEN = "/run/sandbox"
_SCRATCH = f"{_HIDDEN}/scratch"
_FILES_PER_MB = 256
_SMALLEST_FILE_BYTES = 4096


class Room(NamedTuple):
    """Where commands may write.

    Args:
        tree: Path of the tree.
        tmp: Path of the folder for temporary files.
        changes_fd: The upper layer of the tree, with the changes alone; None where the tree is a copy.
    """

    tree: str
    tmp: str
    changes_fd: int | None


def furnish(uid: int | None, disk_mb: int, hide: list[str], empty: list[str], *, overlay: bool) -> Room:
    """Mount what commands may write into a root that holds all else, and make that read-only.

    Args:
        uid: Who is to own it; None for who owns it already.
        disk_mb: How much all of it may hold.
        hide: What the serving process needed to begin, and commands are not to see.
        empty: Folders that commands are to see empty.
        overlay: Whether one may try to lay changes over the snapshot, rather than copy it.

    Raises:
        OSError: The system does not allow it.
    """
    os.mkdir(_SCRATCH)
    options = f"mode=755,size={disk_mb}m,nr_inodes={disk_mb * _FILES_PER_MB}"
    linux.mount("tmpfs", _SCRATCH, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)
    for name in ("tree", "upper", "work", "lower", "tmp"):
        os.mkdir(f"{_SCRATCH}/{name}")
        own(f"{_SCRATCH}/{name}", uid)
    changes_fd = _lay_over(uid) if overlay else None
    if changes_fd is None:
        _copy_into_memory(uid, disk_mb)
    for path in hide:
        linux.unmount(path)
    for path in [path for path in empty if os.path.isdir(path)]:
        linux.mount("tmpfs", path, "tmpfs", linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV, "mode=755,size=4k")
    for name in os.listdir("/tmp"):  # what is bound below /tmp stays visible there
        os.mkdir(f"{_SCRATCH}/tmp/{name}")
        linux.bind(f"/tmp/{name}", f"{_SCRATCH}/tmp/{name}")
    linux.bind(f"{_SCRATCH}/tmp", "/tmp")
    linux.bind(f"{_SCRATCH}/tmp", "/dev/shm")
    linux.mount("", "/", "", linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV)
    for name in os.listdir(_HIDDEN):
        linux.unmount(f"{_HIDDEN}/{name}")
    return Room(TREE, "/tmp", changes_fd)


def copy_tree(base: str, target: str, uid: int | None) -> None:
    """Copy a snapshot and let someone own the copy."""
    shutil.copytree(base, target, symlinks=True, dirs_exist_ok=True)
    own(target, uid)
    for folder, folders, files in os.walk(target):
        for name in (*folders, *files):
            own(f"{folder}/{name}", uid)


def own(path: str, uid: int | None) -> None:
    """Let someone own a file; None lets it be."""
    if uid is not None:
        os.chown(path, uid, uid, follow_symlinks=False)


def _copy_into_memory(uid: int | None, disk_mb: int) -> None:
    sizes = [
        _SMALLEST_FILE_BYTES + os.lstat(f"{at}/{name}").st_size for at, _, names in os.walk(BASE) for name in names
    ]
    options = f"mode=755,size={(disk_mb << 20) + 2 * sum(sizes)},nr_inodes={disk_mb * _FILES_PER_MB + 2 * len(sizes)}"
    linux.mount("", _SCRATCH, "", linux.MS_REMOUNT | linux.MS_NOSUID | linux.MS_NODEV, options)
    copy_tree(BASE, f"{_SCRATCH}/tree", uid)
    linux.bind(f"{_SCRATCH}/tree", TREE)


def _lay_over(uid: int | None) -> int | None:
    """Mount the tree as changes over the snapshot; None where the system cannot."""
    upper, lower = f"{_SCRATCH}/upper", BASE
    options = f"upperdir={upper},workdir={_SCRATCH}/work,index=off,userxattr"
    try:
        if uid is not None:
            lower = f"{_SCRATCH}/lower"
            _bind_owned(uid, lower)
        os.setxattr(upper, "user.probe", b"")  # without such attributes a layer cannot say that a folder is new
        os.removexattr(upper, "user.probe")
        os.chmod(upper, os.stat(BASE).st_mode & 0o777)
        linux.mount("overlay", TREE, "overlay", linux.MS_NOSUID | linux.MS_NODEV, f"lowerdir={lower},{options}")
    except OSError:
        return None
    return os.open(upper, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _bind_owned(uid: int, target: str) -> None:
    """Let the snapshot's owner appear as the sandbox's: with a user namespace that maps the one to the other."""
    ready, tell = os.pipe()
    child = os.fork()
    if not child:
        try:
            linux.unshare(linux.CLONE_NEWUSER)
            os.write(tell, b"+")
            signal.pause()
        finally:
            os._exit(1)
    os.close(tell)
    try:
        if not os.read(ready, 1):
            raise OSError(errno.EPERM, "no user namespaces to map owners with")
        base = os.stat(BASE)
        write_file(f"/proc/{child}/uid_map", f"{base.st_uid} {uid} 1")
        write_file(f"/proc/{child}/gid_map", f"{base.st_gid} {uid} 1")
        fd = os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        linux.bind_with_owner(BASE, target, fd)
        os.close(fd)
    finally:
        os.close(ready)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def become_nobody(uid: int | None) -> None:
    """Give up every right, for ever.

    Args:
        uid: The user to become; None to stay who one is.

    Raises:
        OSError: The system does not allow it.
    """
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    if os.getpid() == 1:
        if os.geteuid() != INNER_ID:
            enter_user_namespace()
        write_file("/proc/sys/user/max_user_namespaces", "0")
    linux.leave_keyring()
    linux.drop_capabilities()
    filter.install()
    linux.prctl(linux.PR_SET_DUMPABLE, 0)  # its memory, descriptors and environment are nobody's to read
