"""What a user understands of what the agent says: questions for facts, proposals, reports, refusals, values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from agent_envs.answers import normalised
from agent_envs.envs.domain_task import Bound, Script
from agent_envs.mentions import LIMIT_CHARS, mentions_of

# Phrases by which agents ask for common facts, beside the slot's own name.
SLOT_PHRASES: Mapping[str, tuple[str, ...]] = {
    "name": ("full name", "your name", "first and last name", "who am i speaking"),
    "email": ("e-mail", "email address", "mail address"),
    "phone": ("phone number", "telephone", "mobile number", "your number"),
    "date_of_birth": ("birth date", "birthday", "born"),
    "postcode": ("postal code", "zip code", "zip"),
    "address": ("street", "where do you live"),
    "order_id": ("order number", "order reference", "order code", "which order"),
    "customer_id": ("customer number", "account number", "customer reference"),
}
_THINGS = {"phone"}
"""Slots whose own name is a thing besides: who says ``restart your phone`` asks for no number."""
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_ASKS = re.compile(
    r"\?|^\W*(?:please|could you|can you|may i have|tell me|give me|provide|reply|answer|type|i(?:'ll| will)? need"
    r"|let me know)\b",
    re.I,
)
_COURTESY = re.compile(
    r"\b(?:(?:any|some)thing else|further (?:assistance|questions|help)|(?:help|assist) you|wait|hold|moment)\b", re.I
)
_PROPOSES = re.compile(
    r"\b(?:shall (?:i|we)|should i|may i(?! (?:have|ask|know|get|see))|can i go|would you like (?:me )?to"
    r"|(?:do )?you (?:want|wish) (?:me )?to"
    r"|do you (?:confirm|agree|approve|accept)|(?:can you |please |to )confirm|your (?:confirmation|approval|consent)"
    r"|(?:is|are) (?:that|this|these|it|you) (?:all )?(?:ok|okay|right|fine|correct|happy|acceptable)|yes/no|yes or no"
    r"|(?:reply|say|answer)(?: with)? \W?yes|go ahead|proceed)\b",
    re.I,
)
_CONFIRMS = re.compile(r"\bconfirm\b", re.I)
_COMPLETES = re.compile(
    r"\b(?:done|(?:has|have) been|is now|are now|completed|i(?:'ve| have) (?:now |just |already )?"
    r"(?!located|found|checked|looked|verified|received|reviewed|noted|identified|retrieved|confirmed)"
    r"[a-z]+(?:ed|t|n))\b",
    re.I,
)
_REFUSES = re.compile(
    r"\b(?:cannot|can't|can not|unable|not (?:possible|allowed|permitted|able|eligible)|isn't possible|must refuse"
    r"|have to (?:refuse|decline)|against (?:our|the) policy)\b",
    re.I,
)
_NEGATION = re.compile(r"\b(?:not|never|avoid|without|before|(?:do|did|does|is|was)n't)\b", re.I)


class Understood(NamedTuple):
    """What the user takes from an utterance.

    Args:
        asked: Slots of the script that it asks for, in its order.
        lacking: Common slots that it asks for and that the script does not hold.
        asks: Whether it waits for an answer.
        proposes: Whether it asks for the user's agreement.
        objection: Why the user cannot agree; empty if they can.
        told: Values of the current want that it says.
        completes: Whether it says that something is done.
        refuses: Whether it says that something cannot be done.
        stalls: Whether it only asks for patience.
        urged: Numbers of the user's own actions that it asks for.
    """

    asked: tuple[str, ...]
    lacking: tuple[str, ...]
    asks: bool
    proposes: bool
    objection: str
    told: tuple[str, ...]
    completes: bool
    refuses: bool
    stalls: bool
    urged: tuple[int, ...]


def understood(text: str, script: Script, want: int) -> Understood:
    """Read what the agent says.

    Args:
        text: What it says.
        script: Who the user is.
        want: Number of the want that they have come to.
    """
    text = text[:LIMIT_CHARS].strip()
    sentences = [sentence for sentence in _SENTENCE_END.split(text) if sentence]
    questions = [each for each in sentences if _ASKS.search(each) and not _is_courtesy(each)]
    statements = [each for each in sentences if not each.endswith("?")]
    proposals = [each for each in questions if _proposes(each, script)]
    asking = [each for each in questions if each not in proposals]
    current, said = script.wants[want], mentions_of(text)
    asked = tuple(slot for slot, value in script.facts if any(_asks_for(each, slot, value) for each in asking))
    known = {slot for slot, _ in script.facts}
    lacking = [slot for slot in SLOT_PHRASES if slot not in known and any(_names_slot(each, slot) for each in asking)]
    return Understood(
        asked=asked,
        lacking=() if asked else tuple(lacking),
        asks=bool(questions),
        proposes=bool(proposals),
        objection=_objection(current.bounds, sentences, proposals),
        told=tuple(value for value in current.told if said.hold(value)),
        completes=any(_COMPLETES.search(each) for each in statements),
        refuses=any(_REFUSES.search(each) for each in statements),
        stalls=not questions and bool(sentences) and all(_COURTESY.search(each) for each in sentences),
        urged=tuple(n for n, (phrase, _) in enumerate(script.does) if any(_urges(each, phrase) for each in sentences)),
    )


def _is_courtesy(sentence: str) -> bool:
    return bool(_COURTESY.search(sentence)) and not _PROPOSES.search(sentence)


def _proposes(sentence: str, script: Script) -> bool:
    """Whether a question asks for agreement: neither for a fact to be confirmed, nor for a choice the user has made."""
    if not _PROPOSES.search(sentence):
        return False
    if _CONFIRMS.search(sentence) and any(_names_slot(sentence, slot) for slot in _slots(script)):
        return False
    return " or " not in sentence or not any(_names_value(sentence, value) for _, value in script.facts)


def _slots(script: Script) -> set[str]:
    return {*SLOT_PHRASES, *(slot for slot, _ in script.facts)}


def _asks_for(question: str, slot: str, value: str) -> bool:
    return _names_slot(question, slot) or _names_value(question, value)


def _names_slot(sentence: str, slot: str) -> bool:
    words = mentions_of(sentence).words
    own = () if slot in _THINGS else (slot.replace("_", " "),)
    return any(_spaced(phrase) in words for phrase in (*own, *SLOT_PHRASES.get(slot, ())))


def _names_value(sentence: str, value: str) -> bool:
    return len(value) > 2 and mentions_of(sentence).hold(value)


def _urges(sentence: str, phrase: str) -> bool:
    words = mentions_of(sentence).words
    return all(_spaced(part) in words for part in phrase.split(" + ")) and not _NEGATION.search(sentence)


@lru_cache(maxsize=4096)
def _spaced(phrase: str) -> str:
    return f" {normalised(phrase)} "


def _objection(bounds: Sequence[Bound], sentences: list[str], proposals: list[str]) -> str:
    """Why the user cannot agree to what is proposed; what counts stands in the proposal, or in what leads to it."""
    for proposal in proposals:
        before = sentences[: sentences.index(proposal) + 1]
        for bound in bounds:
            named = next((found for each in reversed(before) if (found := _bounded(bound, each))), ())
            if any(named):
                return bound.because
    return ""


def _bounded(bound: Bound, sentence: str) -> tuple[bool, ...]:
    """For each value in a sentence that a bound speaks of, whether it breaks it."""
    said = mentions_of(sentence)
    if bound.kind == "one_of":
        return tuple(option != bound.value for option in bound.options if said.hold(option))
    if bound.kind == "at_most":
        return tuple(amount > Decimal(bound.value.replace(",", "")) for amount in said.amounts)
    is_day = "-" in bound.value
    named = [day.iso(int(bound.value[:4])) for day in said.days] if is_day else sorted(said.times)
    return tuple(each < bound.value if bound.kind == "not_before" else each > bound.value for each in named)
