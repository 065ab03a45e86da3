"""The agenda-based user: goes through what it wants, answers what it is asked, agrees or objects, without a model."""

from __future__ import annotations

from functools import partial

import msgspec

from agent_envs.envs.domain_task import Script, Want
from agent_envs.envs.tool_domain import Spoken

from . import phrases
from .phrases import phrase
from .understanding import Understood, understood

AGENDA_VERSION = 3
"""Raise it when the same script and seed give another dialogue."""
MAX_REFUSALS = 2
MAX_CLAIMS = 2


class Memory(msgspec.Struct, frozen=True):
    """What the user remembers.

    Args:
        want: Number of the want that they have come to.
        told: Values of it that they have heard.
        writes: How many changes they got word of since they asked for it.
        claims: How often it was called done without a word of it.
        refusals: How often it was refused.
        rethought: The last want in which they changed their mind.
        utterances: How often they have spoken.
        pending: What they were about to say when they used a tool of theirs.
        checks: Whether the last of their calls is a try whether it works.
    """

    want: int = 0
    told: tuple[str, ...] = ()
    writes: int = 0
    claims: int = 0
    refusals: int = 0
    rethought: int = -1
    utterances: int = 1
    pending: tuple[str, ...] = ()
    checks: bool = False


class AgendaUser:
    """A user who wants one thing after the other.

    They say what they know only when asked for it, agree to a proposal unless it breaks a bound of theirs, and never
    invent a fact. They stop when all wants are met: the values were said, the changes were made, what they try works;
    or, where the script says so or the agent insists, the want was refused twice. The seed and the persona choose
    their words, and nothing else.
    """

    digest = f"agenda {AGENDA_VERSION}"

    def begin(self, script: Script, seed: int) -> Spoken:
        """Greet and say the first want."""
        greeting = phrase(phrases.GREETING, script.persona, seed, 0)
        return Spoken(Memory(), f"{greeting} {_request(script, Memory())}".strip())

    def hear(self, script: Script, seed: int, memory: Memory, text: str, written: int) -> Spoken:
        """Answer the agent, or use tools of their own."""
        say = partial(_said, script, seed, memory)
        heard = understood(text, script, memory.want)
        want, facts = script.wants[memory.want], dict(script.facts)
        refused = heard.refuses and not heard.asked and not heard.lacking
        memory = msgspec.structs.replace(
            memory,
            told=tuple(dict.fromkeys((*memory.told, *heard.told))),
            writes=memory.writes + written,
            refusals=memory.refusals + (refused and (want.kind == "refused" or not heard.asks)),
            claims=memory.claims + (heard.completes and not heard.asks and not written),
        )
        parts = [say(phrases.FACT, slot=_named(slot), value=facts[slot]) for slot in heard.asked]
        parts += (say(phrases.LACKING, slot=_named(slot)) for slot in heard.lacking[:1])
        if heard.urged or (want.kind == "works" and heard.completes and not heard.asks):
            calls = tuple(script.does[number][1] for number in heard.urged)
            check = (want.check,) if want.check else ()
            held = msgspec.structs.replace(memory, pending=tuple(parts), checks=bool(check))
            return Spoken(held, "", calls=(*calls, *check))
        agrees = False
        if heard.proposes and want.kind == "refused":
            parts.append(say(phrases.NOT_THAT))
        elif heard.proposes and _thinks_again(script, memory):
            memory = msgspec.structs.replace(memory, rethought=memory.want)
            parts.append(say(phrases.RATHER, request=want.request) if want.at_first else say(phrases.WAIT))
        elif heard.proposes and heard.objection:
            parts.append(say(phrases.NO, why=heard.objection))
        elif heard.proposes:
            agrees = True
            parts.append(say(phrases.YES))
        met = _is_met(want, heard, memory)
        return self._go_on(script, seed, memory, parts or _doubts(script, seed, memory, heard, met), met, agrees)

    def observe(self, script: Script, seed: int, memory: Memory, results: tuple[str, ...]) -> Spoken:
        """Say what came of their own actions."""
        say = partial(_said, script, seed, memory)
        want, parts, met = script.wants[memory.want], [*memory.pending], False
        results, tried = (results[:-1], results[-1]) if memory.checks else (results, "")
        if results:
            parts.append(say(phrases.DID, results=" ".join(results)))
        if memory.checks:
            met = want.shows in tried and set(want.told) <= set(memory.told)
            parts.append(tried if want.shows in tried else say(phrases.STILL, result=tried))
        return self._go_on(script, seed, msgspec.structs.replace(memory, pending=(), checks=False), parts, met, False)

    def _go_on(self, script: Script, seed: int, memory: Memory, parts: list[str], met: bool, agrees: bool) -> Spoken:
        """Say it, and come to the next want or to the end if this one is met."""
        say, at = partial(_said, script, seed, memory), memory.utterances + 1
        if not met:
            return Spoken(msgspec.structs.replace(memory, utterances=at), " ".join(parts), agrees)
        if memory.want + 1 == len(script.wants):
            done = msgspec.structs.replace(memory, utterances=at)
            return Spoken(done, " ".join((*parts, say(phrases.THANKS))), stops=True)
        memory = Memory(memory.want + 1, rethought=memory.rethought, utterances=at)
        return Spoken(memory, " ".join((*parts, say(phrases.NEXT), _request(script, memory))))


def _doubts(script: Script, seed: int, memory: Memory, heard: Understood, met: bool) -> list[str]:
    """What they say where nothing was asked of them that they can answer."""
    say = partial(_said, script, seed, memory)
    if met:
        return []
    if heard.refuses and not heard.asks:
        return [say(phrases.PUSH)]
    if heard.stalls:
        return [say(phrases.STALLED)]
    if heard.completes and not heard.asks and script.wants[memory.want].kind == "act":
        return [say(phrases.NO_WORD)]
    return [say(phrases.AGAIN), _request(script, memory)]


def _is_met(want: Want, heard: Understood, memory: Memory) -> bool:
    if memory.refusals >= MAX_REFUSALS:
        return True
    if want.kind in ("refused", "works") or not set(want.told) <= set(memory.told) or heard.proposes:
        return False
    if want.kind == "learn":
        return True
    return not heard.asks and (memory.writes >= want.writes or memory.claims >= MAX_CLAIMS)


def _thinks_again(script: Script, memory: Memory) -> bool:
    """Whether they change their mind now: once in each want that can change, and once at least."""
    if script.persona != "changes_mind" or memory.rethought == memory.want:
        return False
    return memory.rethought < 0 or bool(script.wants[memory.want].at_first)


def _request(script: Script, memory: Memory) -> str:
    want = script.wants[memory.want]
    changes = script.persona == "changes_mind" and memory.rethought != memory.want
    return want.at_first if changes and want.at_first else want.request


def _named(slot: str) -> str:
    return slot.replace("_", " ")


def _said(script: Script, seed: int, memory: Memory, options: phrases.Phrases, **values: str) -> str:
    return phrase(options, script.persona, seed, memory.utterances, **values)
