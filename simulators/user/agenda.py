"""The agenda-based user: goes through what it wants, answers what it is asked, agrees or objects, without a model."""

from __future__ import annotations

import hashlib

import msgspec

from agent_envs.envs.domain_task import Persona, Script, Want
from agent_envs.envs.tool_domain import Spoken

from .understanding import Understood, understood

AGENDA_VERSION = 1
"""Raise it when the same script and seed give another dialogue."""

GREETINGS: dict[Persona, tuple[str, ...]] = {
    "plain": ("Hello.", "Good morning.", "Hi there."),
    "terse": ("",),
    "chatty": ("Hello, how nice to reach somebody at last!", "Hi! I hope you are having a good day."),
    "impatient": ("Hello, I have little time.", "Hi, I hope this will be quick."),
    "confused": ("Hello, I hope I am right here.", "Hi, I am not sure how this works."),
    "changes_mind": ("Hello.", "Hi, let me see."),
}
YES = ("Yes, please.", "Yes, go ahead.", "Yes, that is right.")
WAIT = (
    "Wait, let me think about it once more. What was it?",
    "Hold on, I am not quite sure yet. Say it again, please.",
)
NEXT = ("Thank you. One more thing.", "Good. There is something else.", "Thanks. And then:")
THANKS = ("Thank you, that is all.", "Great, that was everything. Goodbye.", "Thanks for your help. Bye.")
PUSHES = ("Is there really no way?", "Can you not make an exception?")
AGAIN = ("Sorry, I do not follow.", "I am not sure what you mean.", "That does not help me yet.")


class Memory(msgspec.Struct, frozen=True):
    """What the user remembers.

    Args:
        want: Number of the want that they have come to.
        told: Values of it that they have heard.
        refusals: How often it was refused.
        waited: Whether they have already asked for time to think.
        utterances: How often they have spoken.
    """

    want: int = 0
    told: tuple[str, ...] = ()
    refusals: int = 0
    waited: bool = False
    utterances: int = 1


class AgendaUser:
    """A user who wants one thing after the other.

    They say what they know only when asked for it, agree to a proposal unless it breaks a bound of theirs, and never
    invent a fact. They stop when all wants are met: a value was said, a thing reported as done, or, where the script
    says so or the agent insists, refused. The seed and the persona choose their words, and nothing else.
    """

    digest = f"agenda {AGENDA_VERSION}"

    def begin(self, script: Script, seed: int) -> Spoken:
        """Greet and say the first want."""
        greeting = _one_of(GREETINGS[script.persona], seed, 0)
        return Spoken(Memory(), f"{greeting} {script.wants[0].request}".strip())

    def hear(self, script: Script, seed: int, memory: Memory, text: str) -> Spoken:
        """Answer the agent."""
        heard = understood(text, script, memory.want)
        if heard.urged:
            return Spoken(memory, "", calls=tuple(script.does[number][1] for number in heard.urged))
        facts = dict(script.facts)
        parts = [f"My {slot.replace('_', ' ')} is {facts[slot]}." for slot in heard.asked]
        agrees = False
        if heard.proposes:
            if script.persona == "changes_mind" and not memory.waited:
                memory = msgspec.structs.replace(memory, waited=True)
                parts.append(_one_of(WAIT, seed, memory.utterances))
            elif heard.objection:
                parts.append(f"No. {heard.objection}")
            else:
                agrees = True
                parts.append(_one_of(YES, seed, memory.utterances))
        return self._go_on(script, seed, memory, heard, parts, agrees)

    def observe(self, script: Script, seed: int, memory: Memory, results: tuple[str, ...]) -> Spoken:
        """Say what came of their own actions."""
        spoken = msgspec.structs.replace(memory, utterances=memory.utterances + 1)
        return Spoken(spoken, " ".join(("I did that. It says:", *results)))

    def _go_on(
        self, script: Script, seed: int, memory: Memory, heard: Understood, parts: list[str], agrees: bool
    ) -> Spoken:
        want = script.wants[memory.want]
        told = tuple(dict.fromkeys((*memory.told, *heard.told)))
        refusals = memory.refusals + (heard.refuses and not heard.proposes)
        at = memory.utterances
        memory = msgspec.structs.replace(memory, told=told, refusals=refusals, utterances=at + 1)
        if _is_met(want, heard, memory):
            if memory.want + 1 == len(script.wants):
                return Spoken(memory, " ".join((*parts, _one_of(THANKS, seed, at))), agrees, stops=True)
            memory = msgspec.structs.replace(memory, want=memory.want + 1, told=(), refusals=0)
            parts += (_one_of(NEXT, seed, at), script.wants[memory.want].request)
        elif heard.refuses and not heard.proposes and want.kind != "refused":
            parts.append(_one_of(PUSHES, seed, at))
        elif not parts:
            parts += (_one_of(AGAIN, seed, at), want.request)
        return Spoken(memory, " ".join(parts), agrees)


def _is_met(want: Want, heard: Understood, memory: Memory) -> bool:
    if want.kind == "refused":
        return memory.refusals > 0
    if memory.refusals > 1:
        return True
    told = set(want.told) <= set(memory.told)
    return told and not heard.proposes and (want.kind == "learn" or heard.completes)


def _one_of(options: tuple[str, ...], seed: int, utterance: int) -> str:
    drawn = hashlib.blake2b(f"{seed} {utterance}".encode(), digest_size=8).digest()
    return options[int.from_bytes(drawn, "big") % len(options)]
