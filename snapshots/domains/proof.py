"""Proof of a task: its dialogue earns 1, silence 0, a dialogue with a right call left out or altered less than 1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from agent_envs.envs.domain_task import DomainTask
from agent_envs.envs.tool_domain import Domain, ToolDomain, User
from agent_envs.messages import Action, Message, ToolCall
from agent_envs.tasks import TaskSet

LIMIT_TURNS = 100
_LAST_NUMBER = re.compile(r"\d+(?=\D*$)")


class Proof(NamedTuple):
    """What came of proving a task.

    Args:
        solved: What its own dialogue earns.
        silent: What silence earns.
        mutants: How many damaged dialogues were played.
        survivors: Those that earned 1 all the same: the calls that did not matter, in words.
        unasked: Facts that the user knows and its own dialogue never brings up: nobody else could ask for them either.
    """

    solved: float
    silent: float
    mutants: int
    survivors: tuple[str, ...]
    unasked: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the task may be given."""
        return (self.solved, self.silent) == (1.0, 0.0) and self.mutants > 0 and not (self.survivors or self.unasked)


def prove(domain: Domain, user: User, task: DomainTask) -> Proof:
    """Play a task as it is, not at all, and with each right call left out or one of its arguments altered.

    An altered argument is another option, the next number, the id of the neighbour, the other truth value, or is left
    out where it is optional. A right call of the user's is left out with the words that ask for it.
    """
    env = ToolDomain(domain, TaskSet("proof", [task]), user, limit_turns=LIMIT_TURNS)
    env.reset(seed=0)
    turns = env.solution()
    unasked = tuple(_unasked(env, turns, task))
    survivors, mutants = [], 0
    for what, damaged in _damaged(env, turns, task):
        mutants += 1
        if _reward(env, damaged) == 1.0:
            survivors.append(what)
    proof = Proof(_reward(env, turns), _reward(env, ()), mutants, tuple(survivors), unasked)
    env.close()
    return proof


def _reward(env: ToolDomain, turns: tuple[Action, ...]) -> float:
    """What these turns earn, with silence behind them: a few turns of it, for silence changes nothing."""
    env.reset(seed=0)
    total = 0.0
    for turn in (*turns, "", ""):
        _, reward, terminated, truncated, _ = env.step(turn)
        total += float(reward)
        if terminated or truncated:
            return total
    return total


def _damaged(env: ToolDomain, turns: tuple[Action, ...], task: DomainTask) -> Iterator[tuple[str, tuple[Action, ...]]]:
    """The turns without one of the right calls, or with one of its arguments altered, each with what was done."""
    for number, turn in enumerate(turns):
        call = turn.calls[0] if isinstance(turn, Message) and turn.calls else None
        before, after = turns[:number], turns[number + 1 :]
        if call in task.calls and call is not None:
            yield f"without {call.name}{call.arguments}", (*before, *after)
            arguments = msgspec.json.decode(call.arguments)
            for other in _altered(arguments, env.tools[call.name].parameters):
                altered = ToolCall(call.name, msgspec.json.encode(other).decode())
                turn = Message("assistant", calls=(altered,))
                yield f"{call.name}{altered.arguments} for {call.arguments}", (*before, turn, *after)
    for call in dict.fromkeys(move.call for move in task.moves if move.by == "user"):
        kept = tuple(turn for turn in turns if not _urges(env, task, turn, call))
        yield f"without asking for {call.name}{call.arguments}", kept


def _unasked(env: ToolDomain, turns: tuple[Action, ...], task: DomainTask) -> Iterator[str]:
    """The facts that no turn makes the user tell."""
    memory = env.user.begin(task.script, 0).memory
    said = [turn.content for turn in turns if isinstance(turn, Message) and not turn.calls]
    answers = [env.user.hear(task.script, 0, memory, text, 0).text for text in said]
    for slot, value in task.script.facts:
        if not any(value in answer for answer in answers):
            yield slot


def _urges(env: ToolDomain, task: DomainTask, turn: Action, call: ToolCall) -> bool:
    """Whether a turn makes the user make a call."""
    if not isinstance(turn, Message) or turn.calls:
        return False
    begun = env.user.begin(task.script, 0)
    return call in env.user.hear(task.script, 0, begun.memory, turn.content, 0).calls


def _altered(value: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    """Other values near one, each of which differs from it in one place."""
    if isinstance(value, dict):
        required, properties = schema.get("required", ()), schema.get("properties", {})
        for name, inner in value.items():
            if name not in required and inner != properties.get(name, {}).get("default", ...):
                yield {key: other for key, other in value.items() if key != name}
            for other in _altered(inner, properties.get(name, {})):
                yield {**value, name: other}
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            if len(value) > 1:
                yield [*value[:place], *value[place + 1 :]]
            for other in _altered(inner, schema.get("items", {})):
                yield [*value[:place], other, *value[place + 1 :]]
    elif "enum" in schema:
        options = schema["enum"]
        yield options[(options.index(value) + 1) % len(options)]
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, float):
        yield value + 1.0
    elif isinstance(value, str):
        found = _LAST_NUMBER.search(value)
        yield f"{value[: found.start()]}{int(found[0]) + 1}{value[found.end() :]}" if found else f"{value}x"
