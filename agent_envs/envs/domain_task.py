"""A task in a domain: what the user wants and knows, what the right calls are, and what the reward is made of."""

from __future__ import annotations

from typing import Literal

import msgspec

from agent_envs.messages import ToolCall
from agent_envs.tasks import Task

PartName = Literal["state", "communicated", "called", "policy"]
Persona = Literal["plain", "terse", "chatty", "impatient", "confused", "changes_mind"]


class Bound(msgspec.Struct, frozen=True):
    """A limit that the user sets to what the agent may propose.

    Args:
        kind: ``not_before`` and ``not_after`` bound every time of day (``09:30``) or date (``2026-03-01``) that a
            proposal names, whichever `value` is; ``at_most`` bounds every amount of money (``12.50``); ``one_of``
            lets a proposal name of `options` only `value`.
        value: The bound.
        because: What the user says when a proposal breaks it.
        options: All that could be proposed, for ``one_of``.
    """

    kind: Literal["not_before", "not_after", "at_most", "one_of"]
    value: str
    because: str
    options: tuple[str, ...] = ()


class Want(msgspec.Struct, frozen=True):
    """One thing that the user wants.

    Args:
        request: How the user asks for it.
        kind: ``learn``: met when all of `told` was said; ``act``: met when the agent says that it is done, and has said
            `told`; ``refused``: the policy forbids it, and it is met when the agent refuses.
        told: Values that the user waits for.
        bounds: Limits to what the agent may propose.
    """

    request: str
    kind: Literal["learn", "act", "refused"]
    told: tuple[str, ...] = ()
    bounds: tuple[Bound, ...] = ()


class Script(msgspec.Struct, frozen=True):
    """Who the user is in a task.

    Args:
        wants: What they want, in this order.
        facts: What they know, by slot such as ``order_id``; told when asked for, not before.
        persona: How they talk; it never changes what they want.
        does: What they can do themselves: a phrase such as ``restart``, and the call of a tool of their own that they
            make when the agent asks for it.
    """

    wants: tuple[Want, ...]
    facts: tuple[tuple[str, str], ...] = ()
    persona: Persona = "plain"
    does: tuple[tuple[str, ToolCall], ...] = ()


class DomainTask(Task, frozen=True, kw_only=True):
    """A task of `ToolDomain`.

    Args:
        script: Who the user is.
        plan: What an agent that knows the solution says and calls, in this order.
        calls: The agent's calls that lead to the right state.
        user_calls: The user's calls that lead to it, made before the agent's.
        parts: What the reward is the product of.
        told: Values that must be said to the user, for the part ``communicated``.
        confirmed: Tools that may write only after the user has agreed, for the part ``policy``.
    """

    script: Script
    plan: tuple[str | ToolCall, ...]
    calls: tuple[ToolCall, ...] = ()
    user_calls: tuple[ToolCall, ...] = ()
    parts: tuple[PartName, ...] = ("state", "communicated")
    told: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
