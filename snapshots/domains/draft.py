"""Writing a task: what the user wants, and beside it what an agent that knows the way says and calls."""

from __future__ import annotations

import hashlib
from typing import Any, get_args

from agent_envs.envs.domain_task import Bound, DomainTask, PartName, Persona, Script, Want
from agent_envs.messages import ToolCall
from agent_envs.tasks import Split
from agent_envs.tools import Toolbox

PERSONAS: tuple[Persona, ...] = get_args(Persona)


class Draft:
    """A task in the making; wants and steps are added in the order of the dialogue.

    Args:
        shape: What sort of task it is, such as ``cancel``.
        tools: The domain's tools.
        facts: What the user knows, by slot.
    """

    def __init__(self, shape: str, tools: Toolbox[Any], **facts: str) -> None:
        self.shape = shape
        self.facts = facts
        self._tools = tools
        self._wants: list[Want] = []
        self._plan: list[str | ToolCall] = []

    def want(self, request: str, kind: str = "act", *told: str, bounds: tuple[Bound, ...] = ()) -> None:
        """The user wants this: ``act``, ``learn`` the values that are `told`, or be ``refused``."""
        self._wants.append(Want(request, kind, told, bounds))  # type: ignore[arg-type]

    def say(self, text: str) -> None:
        """The agent says this."""
        self._plan.append(text)

    def call(self, name: str, **arguments: Any) -> None:
        """The agent calls this."""
        self._plan.append(ToolCall.of(name, **arguments))

    def task(self, task_id: str, subject: str) -> DomainTask:
        """The finished task.

        Its gold calls are those that write; where none does, all of them, because no state can tell.

        Args:
            task_id: Its id.
            subject: What it is about; it decides the split and the persona, so that no subject stands in two splits.
        """
        calls = [step for step in self._plan if isinstance(step, ToolCall)]
        writes = tuple(call for call in calls if self._tools[call.name].writes)
        told = tuple(dict.fromkeys(value for want in self._wants for value in want.told))
        parts: list[PartName] = ["state", *(["communicated"] if told else []), "policy" if writes else "called"]  # type: ignore[list-item]
        drawn = int.from_bytes(hashlib.blake2b(subject.encode(), digest_size=8).digest(), "big")
        split: Split = "validation" if drawn % 10 == 8 else "test" if drawn % 10 == 9 else "train"
        return DomainTask(
            id=task_id,
            instruction=" ".join(want.request for want in self._wants),
            split=split,
            difficulty=len(calls),
            script=Script(tuple(self._wants), tuple(self.facts.items()), PERSONAS[drawn // 10 % len(PERSONAS)]),
            plan=tuple(self._plan),
            calls=writes or tuple(calls),
            parts=tuple(parts),
            told=told,
            confirmed=tuple(name for name, tool in self._tools.items() if tool.writes),
        )
