"""Tool backends that may fail, looked after; and failures on purpose, to see that they are."""

from __future__ import annotations

from importlib.util import find_spec

if not (find_spec("cachetools") and find_spec("stamina")):
    raise ImportError("managed backends need cachetools and stamina: pip install 'agent-envs[managed]'")

from .encyclopedia import FaultyEncyclopedia, ManagedEncyclopedia
from .faulty import Faulty
from .managed import Managed

__all__ = ["Faulty", "FaultyEncyclopedia", "Managed", "ManagedEncyclopedia"]
