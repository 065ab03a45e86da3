"""Writing a task: what the user wants, and beside it what an agent that knows the way says and calls."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import takewhile
from typing import Any, Self, get_args

import msgspec

from agent_envs.envs.domain_task import Bound, DomainTask, Move, PartName, Persona, Script, Want
from agent_envs.messages import ToolCall
from agent_envs.tasks import Split
from agent_envs.tools import Toolbox

PERSONAS: tuple[Persona, ...] = get_args(Persona)


class Guided(msgspec.Struct, frozen=True):
    """Something that the agent asks the user to do, and what they then do themselves."""

    text: str
    phrase: str
    call: ToolCall


class Draft:
    """A task in the making; wants and steps are added in the order of the dialogue.

    A draft without a want is an opening: what comes before any want, such as finding out who the user is.

    Args:
        shape: What sort of task it is, such as ``cancel``.
        facts: What the user knows, by slot. Say in the agent's questions the slot's name, with spaces, or the fact
            itself: only then does the user tell it.
    """

    def __init__(self, shape: str, /, **facts: str) -> None:
        self.shape = shape
        self.facts = facts
        self._steps: list[Want | Guided | ToolCall | str] = []
        self._secret: tuple[str, ...] = ()
        self._can: tuple[tuple[str, ToolCall], ...] = ()

    def learn(self, request: str, *told: str) -> Self:
        """The user wants to learn these values, which the agent finds by reading."""
        if not told:
            raise ValueError(f"{self.shape!r}: who wants to learn waits for a value; give at least one")
        return self._add(Want(request, "learn", told))

    def act(self, request: str, *told: str, bounds: tuple[Bound, ...] = (), at_first: str = "") -> Self:
        """The user wants something done, and waits for these values.

        Args:
            request: How they ask for it.
            told: Values that an agent says who proposes it and reports it: an amount, a date.
            bounds: What they object to in a proposal.
            at_first: What they ask for at first if they are of those who change their mind at the proposal.
        """
        return self._add(Want(request, "act", told, bounds, at_first=at_first))

    def works(self, request: str, check: ToolCall, shows: str, *told: str) -> Self:
        """The user wants something to work again, which they try with a tool of their own.

        Args:
            request: How they complain.
            check: Their call.
            shows: What its result holds once it works.
            told: Values that they wait for as well.
        """
        return self._add(Want(request, "works", told, check=check, shows=shows))

    def refuse(self, request: str, *why: str) -> Self:
        """The user wants what the policy forbids; the agent refuses, and refuses again.

        Args:
            request: How they ask for it.
            why: What the agent says each time; the last is repeated. It says ``cannot``, and asks nothing. Where the
                agent has to read first, give none and `say` the refusals, two of them, after the calls.
        """
        self._add(Want(request, "refused"))
        for text in (*why, *why[-1:])[: 2 if why else 0]:
            self.say(text)
        return self

    def say(self, text: str) -> Self:
        """The agent says this."""
        return self._add(text)

    def call(self, name: str, /, **arguments: Any) -> Self:
        """The agent calls this."""
        return self._add(ToolCall.of(name, **arguments))

    def guide(self, text: str, phrase: str, name: str, /, **arguments: Any) -> Self:
        """The agent asks the user to do something, and they do it.

        Args:
            text: What the agent says; it holds the phrase.
            phrase: What makes them do it whoever says it; parts that may stand apart are joined by `` + ``.
            name: The tool of theirs that they use.
            arguments: With these.
        """
        return self._add(Guided(text, phrase, ToolCall.of(name, **arguments)))

    def can(self, phrase: str, name: str, /, **arguments: Any) -> Self:
        """The user could do this as well, such as look at something, or what is asked for in other words."""
        self._can += ((phrase, ToolCall.of(name, **arguments)),)
        return self

    def keep(self, *values: str) -> Self:
        """The agent must not say these values."""
        self._secret += values
        return self

    def aside(self, text: str) -> Self:
        """The user says this besides their first want; it is true and leads nowhere."""
        number, want = next((n, step) for n, step in enumerate(self._steps) if isinstance(step, Want))
        first = f"{want.at_first} {text}" if want.at_first else ""
        self._steps[number] = msgspec.structs.replace(want, request=f"{want.request} {text}", at_first=first)
        return self

    def agrees_with(self, other: Draft) -> bool:
        """Whether one user can know the facts of both."""
        return all(self.facts[slot] == other.facts[slot] for slot in self.facts.keys() & other.facts.keys())

    def then(self, other: Draft) -> Draft:
        """A draft of this one's steps and the other's; an opening's steps come behind the first want.

        Raises:
            ValueError: They know different values of one fact.
        """
        if not self.agrees_with(other):
            raise ValueError(f"{self.shape!r} and {other.shape!r} know different values of one fact")
        joined = Draft(other.shape, **self.facts | other.facts)
        is_opening = not any(isinstance(step, Want) for step in self._steps)
        first = other._steps[:1] if is_opening else []
        joined._steps = [*first, *self._steps, *other._steps[len(first) :]]
        joined._secret, joined._can = self._secret + other._secret, self._can + other._can
        return joined

    @property
    def moves(self) -> tuple[Move, ...]:
        """All calls, of the agent and of the user, in their order."""
        calls = (step for step in self._steps if isinstance(step, ToolCall | Guided))
        return tuple(Move("agent", each) if isinstance(each, ToolCall) else Move("user", each.call) for each in calls)

    def task(self, task_id: str, subject: str, tools: Toolbox[Any], user_tools: Toolbox[Any]) -> DomainTask:
        """The finished task.

        Its right calls are those that write, the agent's and the user's; where there is none, all of the agent's,
        because no state can tell.

        Args:
            task_id: Its id.
            subject: What it is about; it decides the split and the persona, so that no subject stands in two splits.
            tools: The agent's tools.
            user_tools: The user's.
        """
        owned = {"agent": tools, "user": user_tools}
        writes = tuple(move for move in self.moves if owned[move.by][move.call.name].writes)
        wants = tuple(self._wants(tools))
        told = tuple(dict.fromkeys(value for want in wants for value in want.told))
        guarded = bool(self._secret) or any(move.by == "agent" for move in writes)
        parts: dict[PartName, bool] = {
            "state": True, "communicated": bool(told), "called": not writes, "policy": guarded
        }  # fmt: skip
        drawn = int.from_bytes(hashlib.blake2b(subject.encode(), digest_size=8).digest(), "big")
        split: Split = "validation" if drawn % 10 == 8 else "test" if drawn % 10 == 9 else "train"
        does = tuple((step.phrase, step.call) for step in self._steps if isinstance(step, Guided))
        persona = PERSONAS[drawn // 10 % len(PERSONAS)]
        return DomainTask(
            id=task_id,
            instruction=" ".join(want.request for want in wants),
            split=split,
            difficulty=len(self.moves),
            script=Script(wants, tuple(self.facts.items()), persona, tuple(dict.fromkeys((*does, *self._can)))),
            plan=tuple(self._plan()),
            moves=writes or tuple(move for move in self.moves if move.by == "agent"),
            parts=tuple(part for part, counts in parts.items() if counts),
            told=told,
            confirmed=tuple(name for name, tool in tools.items() if tool.writes),
            secret=self._secret,
        )

    def _wants(self, tools: Toolbox[Any]) -> Iterator[Want]:
        """The wants, each with the number of changes that the agent makes for it."""
        for number, want in enumerate(self._steps):
            if isinstance(want, Want):
                until_next = takewhile(lambda step: not isinstance(step, Want), self._steps[number + 1 :])
                calls = (step.name for step in until_next if isinstance(step, ToolCall))
                writes = sum(tools[name].writes for name in calls)
                yield msgspec.structs.replace(want, writes=max(writes, 1))

    def _plan(self) -> Iterator[ToolCall | str]:
        for step in self._steps:
            if not isinstance(step, Want):
                yield step.text if isinstance(step, Guided) else step

    def _add(self, step: Want | Guided | ToolCall | str) -> Self:
        self._steps.append(step)
        return self
