"""A task in a domain: what the user wants and knows, what the right calls are, and what the reward is made of."""

from __future__ import annotations

from typing import Literal

import msgspec

from agent_envs.messages import ToolCall
from agent_envs.tasks import Task

PartName = Literal["state", "communicated", "called", "policy"]
Persona = Literal["plain", "terse", "chatty", "impatient", "confused", "changes_mind"]
WantKind = Literal["learn", "act", "refused", "works"]


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
        kind: ``learn``: met when all of `told` was said; ``act``: met when it was done and all of `told` was said;
            ``refused``: the policy forbids it, and it is met when the agent refuses and stays with it; ``works``: met
            when what the user tries themselves shows it.
        told: Values that the user waits for.
        bounds: Limits to what the agent may propose.
        writes: How many changes it takes, of each of which the user gets word, for ``act``.
        at_first: What a user who changes their mind asks for at first.
        check: What the user tries, for ``works``.
        shows: What its result then holds.
    """

    request: str
    kind: WantKind
    told: tuple[str, ...] = ()
    bounds: tuple[Bound, ...] = ()
    writes: int = 1
    at_first: str = ""
    check: ToolCall | None = None
    shows: str = ""


class Script(msgspec.Struct, frozen=True):
    """Who the user is in a task.

    Args:
        wants: What they want, in this order.
        facts: What they know, by slot such as ``order_id``; told when asked for, not before.
        persona: How they talk; it never changes what they want.
        does: What they can do themselves: a phrase such as ``restart``, and the call of a tool of their own that they
            make when the agent asks for it. Parts of a phrase that may stand apart are joined by `` + ``.
    """

    wants: tuple[Want, ...]
    facts: tuple[tuple[str, str], ...] = ()
    persona: Persona = "plain"
    does: tuple[tuple[str, ToolCall], ...] = ()


class Move(msgspec.Struct, frozen=True):
    """A right call, and who makes it."""

    by: Literal["agent", "user"]
    call: ToolCall


class DomainTask(Task, frozen=True, kw_only=True):
    """A task of `ToolDomain`.

    Args:
        script: Who the user is.
        plan: What an agent that knows the solution says and calls, in this order.
        moves: The calls that lead to the right state, in this order; where no call writes, all that the agent makes.
        parts: What the reward is the product of.
        told: Values that must be said to the user, for the part ``communicated``.
        confirmed: Tools that may write only after the user has agreed, for the part ``policy``.
        secret: Values that must not be said to the user, for the part ``policy``.
    """

    script: Script
    plan: tuple[str | ToolCall, ...]
    moves: tuple[Move, ...] = ()
    parts: tuple[PartName, ...] = ("state", "communicated")
    told: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The agent's right calls."""
        return tuple(move.call for move in self.moves if move.by == "agent")
