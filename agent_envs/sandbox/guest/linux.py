"""The calls of Linux that Python does not offer: namespaces, mounts, capabilities, keyrings."""

from __future__ import annotations

import ctypes
import os
import struct

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE = 0x4000, 0x40000
MNT_DETACH = 2
PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 4, 22, 36, 38
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV, ATTR_IDMAP = 1, 2, 4, 0x100000

_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE = -100, 0x1000, 0x8000
_OPEN_TREE_CLONE, _OPEN_TREE_CLOEXEC, _MOVE_MOUNT_F_EMPTY_PATH = 1, 0o2000000, 4
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442  # the same on every architecture
_ADDR_NO_RANDOMIZE = 0x0040000
_KEYCTL = {"x86_64": 250}.get(os.uname().machine, 219)
_KEYCTL_JOIN_SESSION_KEYRING = 1
_CAPABILITY_VERSION_3 = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Leave namespaces for new ones."""
    _checked(_libc.unshare(flags), "the system does not let us make namespaces: unshare")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount a file system, bind a path to another, or change how one is mounted."""
    names = (os.fsencode(text) or None for text in (source, target, kind))
    done = _libc.mount(*names, ctypes.c_ulong(flags), os.fsencode(options) or None)
    _checked(done, f"mount of {kind or source} on {target}")


def bind(source: str, target: str, attributes: int = 0) -> None:
    """Let a path be seen at another, with all that is mounted below it.

    Args:
        source: The path.
        target: Where it is seen.
        attributes: How it is seen there: any of ``ATTR_…`` but the last.
    """
    mount(source, target, "", MS_BIND | MS_REC)
    if attributes:
        set_attributes(_AT_FDCWD, target, attributes)


def set_attributes(fd: int, path: str, attributes: int, userns_fd: int = 0) -> None:
    """Add attributes to a mount and those below it."""
    values = struct.pack("=QQQQ", attributes, 0, 0, userns_fd)
    flags = _AT_RECURSIVE | (0 if path else _AT_EMPTY_PATH)
    done = _libc.syscall(_MOUNT_SETATTR, fd, os.fsencode(path), flags, values, len(values))
    _checked(done, f"mount_setattr of {path or 'a mount'}")


def bind_with_owner(source: str, target: str, userns_fd: int) -> None:
    """Let a path be seen at another, read-only and with owners as a user namespace maps them."""
    fd = _libc.syscall(_OPEN_TREE, _AT_FDCWD, os.fsencode(source), _OPEN_TREE_CLONE | _OPEN_TREE_CLOEXEC)
    _checked(fd, f"open_tree of {source}")
    try:
        set_attributes(fd, "", ATTR_IDMAP | ATTR_RDONLY, userns_fd)
        moved = _libc.syscall(_MOVE_MOUNT, fd, b"", _AT_FDCWD, os.fsencode(target), _MOVE_MOUNT_F_EMPTY_PATH)
        _checked(moved, f"move_mount to {target}")
    finally:
        os.close(fd)


def unmount(target: str) -> None:
    """Take a mount out of sight, and end it when nothing uses it any more."""
    _checked(_libc.umount2(os.fsencode(target), MNT_DETACH), f"umount of {target}")


def pivot_root(new: str, old: str) -> None:
    """Make one mount the root, and let the old root be seen below it."""
    _checked(_libc.pivot_root(os.fsencode(new), os.fsencode(old)), "pivot_root")


def prctl(option: int, value: int, more: int = 0) -> None:
    """Set an attribute of this process."""
    _checked(_libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(more), 0, 0), f"prctl {option}")


def fix_addresses() -> None:
    """Let programs that this process becomes stand at the same addresses each time, where the system can do so."""
    _libc.personality(ctypes.c_ulong(_ADDR_NO_RANDOMIZE))


def drop_capabilities() -> None:
    """Give up every capability, for ever."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    _checked(_libc.capset(header, bytes(24)), "capset")
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def leave_keyring() -> None:
    """Leave the session's keyring for an empty one, where the system has keyrings."""
    _libc.syscall(_KEYCTL, _KEYCTL_JOIN_SESSION_KEYRING, None)
