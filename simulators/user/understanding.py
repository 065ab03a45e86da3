"""What a user understands of what the agent says: questions for facts, proposals, reports, refusals, values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from agent_envs.answers import normalised
from agent_envs.envs.domain_task import Bound, Script

# Phrases by which agents ask for common facts, beside the slot's own name.
SLOT_PHRASES: Mapping[str, tuple[str, ...]] = {
    "name": ("full name", "your name", "who am i speaking"),
    "email": ("e-mail", "email address", "mail address"),
    "phone": ("phone number", "telephone", "mobile number"),
    "date_of_birth": ("birth date", "birthday", "born"),
    "postcode": ("postal code", "zip code", "zip"),
    "order_id": ("order number", "order reference", "order code", "which order"),
    "customer_id": ("customer number", "account number", "customer reference"),
}
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_ASKS = re.compile(
    r"\?|^\W*(?:please|could you|can you|may i have|tell me|give me|provide|i(?:'ll| will)? need|let me know)\b", re.I
)
_PROPOSES = re.compile(
    r"\b(?:shall i|should i|may i|would you like me to|do you want me to|do you confirm|do you agree|please confirm"
    r"|can you confirm|is that (?:ok|okay|right|fine)|is this (?:ok|okay|right|correct)|shall we|yes/no|proceed)\b",
    re.I,
)
_CONFIRMS_A_FACT = re.compile(r"\bconfirm (?:your|the)\b", re.I)
_COMPLETES = re.compile(
    r"\b(?:done|(?:has|have) been|is now|are now|completed|i(?:'ve| have) (?:now |just )?[a-z]+(?:ed|t|n))\b", re.I
)
_REFUSES = re.compile(
    r"\b(?:cannot|can't|can not|unable|not (?:possible|allowed|permitted|able)|isn't possible|must refuse"
    r"|against (?:our|the) policy)\b",
    re.I,
)
LIMIT_HEARD_CHARS = 20_000
_TIME = re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d)\b")
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_MONEY = re.compile(r"\b\d[\d,]*\.\d{2}\b")


class Understood(NamedTuple):
    """What the user takes from an utterance.

    Args:
        asked: Slots of the script that it asks for, in its order.
        proposes: Whether it asks for the user's agreement.
        objection: Why the user cannot agree; empty if they can.
        told: Values of the current want that it says.
        completes: Whether it says that something is done.
        refuses: Whether it says that something cannot be done.
        urged: Numbers of the user's own actions that it asks for.
    """

    asked: tuple[str, ...]
    proposes: bool
    objection: str
    told: tuple[str, ...]
    completes: bool
    refuses: bool
    urged: tuple[int, ...]


def understood(text: str, script: Script, want: int) -> Understood:
    """Read what the agent says.

    Args:
        text: What it says.
        script: Who the user is.
        want: Number of the want that they have come to.
    """
    sentences = [sentence for sentence in _SENTENCE_END.split(text[:LIMIT_HEARD_CHARS].strip()) if sentence]
    questions = [sentence for sentence in sentences if _ASKS.search(sentence)]
    statements = [sentence for sentence in sentences if not sentence.endswith("?")]
    proposals = [each for each in questions if _PROPOSES.search(each) and not _CONFIRMS_A_FACT.search(each)]
    asking = [each for each in questions if each not in proposals]
    current = script.wants[want]
    heard = f" {normalised(text)} "
    objection = next((each.because for each in current.bounds if proposals and _broken(each, text)), "")
    return Understood(
        asked=tuple(slot for slot, _ in script.facts if any(_names_slot(each, slot) for each in asking)),
        proposes=bool(proposals),
        objection=objection,
        told=tuple(value for value in current.told if f" {normalised(value)} " in heard),
        completes=any(_COMPLETES.search(each) for each in statements),
        refuses=any(_REFUSES.search(each) for each in statements),
        urged=tuple(n for n, (phrase, _) in enumerate(script.does) if f" {normalised(phrase)} " in heard),
    )


def phrases_of(slot: str) -> tuple[str, ...]:
    """The phrases that name a slot."""
    return (slot.replace("_", " "), *SLOT_PHRASES.get(slot, ()))


def _names_slot(sentence: str, slot: str) -> bool:
    words = f" {normalised(sentence)} "
    return any(f" {normalised(phrase)} " in words for phrase in phrases_of(slot))


def _broken(bound: Bound, text: str) -> bool:
    """Whether a proposal breaks a bound."""
    if bound.kind == "one_of":
        words = f" {normalised(text)} "
        return any(f" {normalised(option)} " in words for option in bound.options if option != bound.value)
    if bound.kind == "at_most":
        limit = float(bound.value.replace(",", ""))
        return any(float(amount.replace(",", "")) > limit for amount in _MONEY.findall(text))
    if _DATE.fullmatch(bound.value):
        named = _DATE.findall(text)
    else:
        named = [f"{int(hour):02d}:{minute}" for hour, minute in _TIME.findall(text)]
    return any(each < bound.value if bound.kind == "not_before" else each > bound.value for each in named)
