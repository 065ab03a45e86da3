"""What a malformed turn costs: the episode, or only the reward part that says so."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import msgspec
from gymnasium import Env

from agent_envs.core import Result
from agent_envs.dialects import Parsed
from agent_envs.messages import Action, Context, checked_action
from agent_envs.outcome import Outcome, StopReason
from agent_envs.stack import Wrapper


class FormatGate(Wrapper):
    """Halts at the first malformed turn with a reward of 0, or lets the agent recover and keeps account.

    A turn is malformed if its dialect says so, or if the arguments of a call are no JSON object; a call of an unknown
    tool, or with wrong arguments, is well-formed. Every outcome gets the part ``format``: 1 if no turn was malformed.
    Source: halting is GLM-4.5's process penalty (arXiv 2508.06471 §3), recovering is Tongyi DeepResearch's loop.

    Args:
        env: What is wrapped.
        on_error: ``halt`` or ``recover``.

    Raises:
        ValueError: `on_error` is neither.
    """

    memory: int = 0  # malformed turns so far
    not_over: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"ThinkingBudget": "it would judge turns that are still to be cut; put it outside"}
    )

    def __init__(self, env: Env[Context, Action], on_error: Literal["halt", "recover"] = "halt") -> None:
        super().__init__(env)
        if on_error not in ("halt", "recover"):
            raise ValueError(f"on_error={on_error!r}: give 'halt' or 'recover'")
        self.settings = self.on_error = on_error

    def reset(self, **kwargs: Any) -> tuple[Context, dict[str, Any]]:
        """Begin an episode."""
        self.memory = 0
        return super().reset(**kwargs)

    def step(self, action: Action) -> Result:
        """Take the turn if its form is right, or if the agent may recover."""
        core = self.core
        if core.state.outcome is not None:
            return self.env.step(action)
        parsed = core.dialect.parse(checked_action(action))
        wrong = _wrong(parsed)
        if wrong and self.on_error == "halt":
            self.add((parsed.written,))
            core.finish(Outcome(reason=StopReason.FORMAT_ERROR, parts={"format": 0.0}, detail=wrong))
            self.memory += 1
            return core.result(0.0)
        result = self.env.step(action)
        self.memory += bool(wrong)
        outcome = core.state.outcome
        if outcome is None:
            return result
        parts = {**outcome.parts, "format": float(not self.memory)}
        core.finish(msgspec.structs.replace(outcome, parts=parts))
        return self.result(result)


def _wrong(parsed: Parsed) -> str:
    """What is wrong with a turn's form; empty if nothing is."""
    told = [error.message for error in parsed.errors]
    told += [
        f"the arguments of {call.name[:100]!r} are no JSON object: {call.arguments[:100]!r}"
        for call in parsed.turn.calls
        if not _is_object(call.arguments)
    ]
    return "; ".join(told)


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(msgspec.json.decode(arguments), dict)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return False
