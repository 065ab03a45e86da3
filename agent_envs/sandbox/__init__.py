"""Untrusted commands in a copy of a folder: isolated, limited, forkable, digested; `start` one."""

from .backends import Backend, Protection, available, check_backend, start
from .layout import View
from .limits import Limits
from .protocol import Changed, Result, Sandbox
from .snapshot import Snapshot

__all__ = [
    "Backend",
    "Changed",
    "Limits",
    "Protection",
    "Result",
    "Sandbox",
    "Snapshot",
    "View",
    "available",
    "check_backend",
    "start",
]
