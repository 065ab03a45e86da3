"""Wrappers decide what the agent sees of its own history, and what a turn may cost; each is a file of its own."""

from .call_budget import CallBudget
from .context_length import ContextLength
from .format_gate import FormatGate
from .rubric_reward import RubricReward
from .summary import Summariser, Summary
from .thinking_budget import ThinkingBudget
from .thinking_mode import ThinkingMode
from .token_budget import TokenBudget
from .turn_limit import TurnLimit
from .workspace import Workspace

__all__ = [
    "CallBudget",
    "ContextLength",
    "FormatGate",
    "RubricReward",
    "Summariser",
    "Summary",
    "ThinkingBudget",
    "ThinkingMode",
    "TokenBudget",
    "TurnLimit",
    "Workspace",
]
