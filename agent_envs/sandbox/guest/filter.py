"""A filter of system calls: sockets that no network namespace holds back, limits of others, ways around the filter."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct

from . import linux

_FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
# By architecture: its number for the kernel, those of socket() and prlimit(), and what a call of a foreign interface
# begins with.
_MACHINES = {"x86_64": (0xC000003E, 41, 302, 0x40000000), "aarch64": (0xC00000B7, 198, 261, 1 << 31)}
_IO_URING_SETUP = 425  # it opens sockets without calling socket()
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_MODE_FILTER = 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def install() -> None:
    """Filter the calls of this process and of all that it starts, for ever.

    Raises:
        OSError: The system has no filters, or we know no numbers for its processor.
    """
    if os.uname().machine not in _MACHINES:
        raise OSError(errno.EOPNOTSUPP, f"no filter of system calls for {os.uname().machine}")
    architecture, socket_call, limit_call, foreign = _MACHINES[os.uname().machine]
    refuse = (_RETURN, 0, 0, _ERROR | errno.EPERM)
    unknown = (_RETURN, 0, 0, _ERROR | errno.EAFNOSUPPORT)
    allow = (_RETURN, 0, 0, _ALLOW)
    instructions = [  # a jump skips so many instructions if its condition holds, and so many if not
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_IF_EQUAL, 1, 0, architecture),
        refuse,
        (_LOAD, 0, 0, _NUMBER_AT),
        (_IF_AT_LEAST, 1, 0, foreign),
        (_IF_EQUAL, 0, 1, _IO_URING_SETUP),
        refuse,
        (_IF_EQUAL, 0, 3, limit_call),  # of the process itself alone: that which serves has the same user
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_IF_EQUAL, 1, 0, 0),
        refuse,
        (_LOAD, 0, 0, _NUMBER_AT),
        (_IF_EQUAL, 1, 0, socket_call),
        allow,
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        *((_IF_EQUAL, len(_FAMILIES) - number, 0, family) for number, family in enumerate(_FAMILIES)),
        unknown,
        allow,
    ]
    code = b"".join(struct.pack("=HBBI", *one) for one in instructions)
    program = _Program(len(instructions), code)
    linux.prctl(linux.PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(program))
