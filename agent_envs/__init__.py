"""Worlds in which LLM agents are trained and measured: offline, deterministic, forkable.

Importing this package registers its environments: ``gymnasium.make("agent_envs/WikiSearch-v0")``.
"""

from agent_envs.core import Env
from agent_envs.messages import Action, Context, Message, ToolCall
from agent_envs.outcome import Fault, Outcome, StopReason
from agent_envs.registry import register_all
from agent_envs.stack import Wrapper, fork, state_digest
from agent_envs.tasks import Task, TaskSet
from agent_envs.tools import Tool, Toolbox, ToolError, tool

__all__ = [
    "Action",
    "Context",
    "Env",
    "Fault",
    "Message",
    "Outcome",
    "StopReason",
    "Task",
    "TaskSet",
    "Tool",
    "ToolCall",
    "ToolError",
    "Toolbox",
    "Wrapper",
    "fork",
    "state_digest",
    "tool",
]

register_all()
