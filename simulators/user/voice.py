"""Users whose words a model chooses: the agenda decides what happens, and what is said is checked before it counts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import msgspec

from agent_envs.envs.domain_task import Script
from agent_envs.envs.tool_domain import Spoken
from agent_envs.messages import Context, Message
from agent_envs.outcome import Fault
from agent_envs.simulators.chat.protocol import Call, Chat

from .agenda import AgendaUser
from .guard import Meant, wrong_with
from .understanding import understood

VOICE_VERSION = 1
"""Raise it when the same replies of a model lead to another dialogue, or the prompts change."""
STOP, TRANSFER, OUT_OF_SCOPE = "###STOP###", "###TRANSFER###", "###OUT-OF-SCOPE###"
_PERSONAS = {
    "plain": "You speak plainly.",
    "terse": "You say as little as you can.",
    "chatty": "You like to chat.",
    "impatient": "You are in a hurry, and it shows.",
    "confused": "You are unsure how such things work.",
    "changes_mind": "You think aloud.",
}


class Voiced(msgspec.Struct, frozen=True):
    """What the user remembers.

    Args:
        agenda: What the agenda remembers.
        calls: How often the model was asked.
        said: The dialogue so far, the user's own words as the assistant's.
    """

    agenda: Any
    calls: int = 0
    said: Context = ()


class Voice(ABC):
    """A user in a model's words.

    An agenda-based user goes along: it decides what is wanted next, what is agreed to and when the conversation ends,
    so that the reward means the same whoever speaks. The model says it; `guard` holds its words against what they are
    to say and what the user can know. What is wrong is told to the model and it tries again; after so many attempts the
    user has failed, which is a `Fault` and never the agent's loss.

    Args:
        chat: Who answers calls.
        model: Name of the model.
        attempts: How often it may try to say one thing.
        agenda: The agenda-based user.
        **sampling: Parameters such as ``temperature=0.7``.

    Raises:
        ValueError: No attempt at all.
    """

    form: ClassVar[str]
    to_the_letter: ClassVar[bool]

    def __init__(
        self, chat: Chat, model: str, *, attempts: int = 3, agenda: AgendaUser | None = None, **sampling: Any
    ) -> None:
        if type(attempts) is not int or attempts < 1:
            raise ValueError(f"attempts={attempts!r}: give a whole number, at least 1")
        self.chat, self.model, self.attempts, self.sampling = chat, model, attempts, sampling
        self.agenda = agenda or AgendaUser()
        form = f"{self.form} {VOICE_VERSION} by {model}, {attempts} attempts"
        self.digest = f"{form}, {msgspec.json.encode(sampling, order='sorted').decode()}; {self.agenda.digest}"

    def begin(self, script: Script, seed: int) -> Spoken:
        """Greet and say the first want."""
        return self._voiced(script, seed, Voiced(None), "", self.agenda.begin(script, seed), asked=False)

    def hear(self, script: Script, seed: int, memory: Voiced, text: str, written: int) -> Spoken:
        """Answer the agent."""
        asked = understood(text, script, memory.agenda.want).proposes
        meant = self.agenda.hear(script, seed, memory.agenda, text, written)
        return self._voiced(script, seed, memory, text, meant, asked=asked)

    def observe(self, script: Script, seed: int, memory: Voiced, results: tuple[str, ...]) -> Spoken:
        """Say what came of their own actions."""
        told = "(You tried it yourself: " + " ".join(results) + ")"
        meant = self.agenda.observe(script, seed, memory.agenda, results)
        return self._voiced(script, seed, memory, told, meant, asked=False)

    def _voiced(self, script: Script, seed: int, memory: Voiced, heard: str, meant: Spoken, *, asked: bool) -> Spoken:
        """What is meant in the model's words, if it has words at all."""
        said = (*memory.said, Message("user", heard)) if heard else memory.said
        if meant.calls or not meant.text.strip():
            return meant._replace(memory=Voiced(meant.memory, memory.calls, said))
        text, calls = self._asked(script, seed, memory.calls, said, meant, asked)
        return meant._replace(text=text, memory=Voiced(meant.memory, calls, (*said, Message("assistant", text))))

    def _asked(
        self, script: Script, seed: int, calls: int, said: Context, meant: Spoken, asked: bool
    ) -> tuple[str, int]:
        """The model's words, once they may be said, and how often it was asked by then."""
        to_say = Meant(meant.text, meant.agrees, meant.stops, asked)
        known = " \n ".join((*_known(script), meant.text, *(message.content for message in said)))
        messages = self.prompt(script, said, meant)
        text, wrong = "", tuple[str, ...]()
        for _ in range(self.attempts):
            call = Call(model=self.model, messages=messages, sampling=self.sampling, seed=seed, index=calls)
            message, calls = self.chat(call).message, calls + 1
            text = message.content.strip()
            if OUT_OF_SCOPE in text:
                raise Fault(f"the user's model finds the scenario lacking ({OUT_OF_SCOPE})", origin="user")
            if meant.stops or TRANSFER in text:
                text = text.replace(STOP, "").replace(TRANSFER, "").strip() or meant.text
            wrong = wrong_with(text, to_say, known, script, to_the_letter=self.to_the_letter)
            if message.calls:
                wrong = (*wrong, "calls a tool")
            if not wrong:
                return text, calls
            told = f"This cannot be said: it {'; it '.join(wrong)}. Say it again, and nothing else."
            messages = (*messages, Message("assistant", text), Message("user", told))
        raise Fault(
            f"after {self.attempts} attempts the user's model {self.model} still says what it may not: it"
            f" {'; it '.join(wrong)}. It was {text[:200]!r}, for {meant.text[:200]!r}",
            origin="user",
        )

    @abstractmethod
    def prompt(self, script: Script, said: Context, meant: Spoken) -> Context:
        """What the model is asked."""


class Paraphraser(Voice):
    """The agenda's sentences in a model's words: it is given the sentence alone, and every value in it has to stay."""

    form = "paraphrase"
    to_the_letter = True

    def prompt(self, script: Script, said: Context, meant: Spoken) -> Context:
        """The sentence, and how to say it."""
        system = (
            "You put what a customer says to a service desk into other words. Keep every name, number, date, time, "
            "code and address exactly; add none. Keep what is asked, told, agreed to or refused: a yes stays a yes, "
            "a no a no. "
            f"{_PERSONAS[script.persona]} Answer with the customer's words and nothing else."
        )
        return Message("system", system), Message("user", meant.text)


class LLMUser(Voice):
    """A user whom a model plays in a scenario: it knows what the user knows and wants, and the dialogue so far."""

    form = "model"
    to_the_letter = False

    def prompt(self, script: Script, said: Context, meant: Spoken) -> Context:
        """The scenario, the dialogue, and what is to be said now."""
        facts = "; ".join(f"{slot.replace('_', ' ')}: {value}" for slot, value in script.facts) or "nothing by heart"
        wants = "\n".join(f"- {want.request}" for want in script.wants)
        system = (
            "You play a customer who talks with the agent of a service desk. You are the customer, never the agent.\n"
            f"What you want, one after the other:\n{wants}\n"
            f"What you know, and tell only when you are asked for it: {facts}. Anything else you do not know; say so, "
            f"and never make it up.\n{_PERSONAS[script.persona]} Say one or two sentences at a time, in plain words.\n"
            f"When everything is settled, end with {STOP}. If the agent hands you over to somebody, end with "
            f"{TRANSFER}. If what you are told to say makes no sense in this scenario, answer {OUT_OF_SCOPE} alone."
        )
        agree = " You agree to what the agent proposes." if meant.agrees else ""
        now = f"(Now say this, in your own words: {meant.text}{agree})"
        *before, last = said or (Message("user", "Hello."),)
        return (Message("system", system), *before, Message("user", f"{last.content}\n\n{now}"))


def _known(script: Script) -> tuple[str, ...]:
    """All that the user can have a value from before anything is said."""
    bounds = (text for want in script.wants for bound in want.bounds for text in (bound.value, bound.because))
    wants = (text for want in script.wants for text in (want.request, want.at_first))
    return (*(value for _, value in script.facts), *wants, *bounds)
