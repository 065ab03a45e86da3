"""Property tests of a domain: one line in a test file plays random calls and checks what must always hold."""

from .machine import tool_machine
from .strategies import MALFORMED_ONE_IN, arguments, values

__all__ = ["MALFORMED_ONE_IN", "arguments", "tool_machine", "values"]
