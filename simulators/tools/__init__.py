"""Tools that have a specification and no implementation: read from wherever they are specified, and simulated."""

from __future__ import annotations

from .live import live_tools
from .simulator import Simulator
from .source import TRACKER, load_tools
from .spec import Effect, Refused, SpecError, Toolset, ToolSpec
from .world_model import WorldModel

__all__ = [
    "TRACKER",
    "Effect",
    "Refused",
    "Simulator",
    "SpecError",
    "ToolSpec",
    "Toolset",
    "WorldModel",
    "live_tools",
    "load_tools",
]
