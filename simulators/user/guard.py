"""What may not be said in a user's place: a value nobody gave, a fact let slip, the agent's lines, an end too soon."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from agent_envs.answers import normalised
from agent_envs.envs.domain_task import Script
from agent_envs.mentions import Day, mentions_of

LIMIT_CHARS = 600
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|am|pm)", re.I)
_ID = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w|\b(?=\w*[A-Za-z])(?=\w*\d)\w+(?:-\w+)*\b")
_MARKUP = re.compile(r"</?\w+[^>]*>|```|\{\s*\"|<\|")
_STAGE = re.compile(r"^\s*(?:\*|\[|\()?(?:user|customer|client|agent|assistant|system)\b[^:\n]{0,20}:", re.I | re.M)
_AGENTS_LINES = re.compile(
    r"\b(?:how (?:can|may) i (?:help|assist)|(?:happy|glad|here) to (?:help|assist) you|i(?:'ll| will| can| have|'ve)"
    r" (?:now )?(?:look (?:it|that|this) up for you|cancel(?:led)? (?:it|that|your)|process(?:ed)? your|update[d]? your"
    r"|refund(?:ed)? you)|thank you for (?:contacting|calling|reaching out)|your (?:request|case) has been"
    r"|is there anything else i can)\b",
    re.I,
)
_MODEL = re.compile(
    r"\b(?:as an ai|language model|i am an ai|i'm an ai|role-?play|my instructions|system prompt)\b", re.I
)
_NEVER = (
    (_MARKUP, "holds markup, a call or JSON"),
    (_STAGE, "names who speaks"),
    (_AGENTS_LINES, "says the agent's lines"),
    (_MODEL, "speaks of being a model or of its instructions"),
)
_YES = re.compile(r"\b(?:yes|yeah|yep|sure|go ahead|please do|i agree|sounds good|that is right|that's right)\b", re.I)
_NO = re.compile(r"\b(?:no|nope|not|don't|rather|instead|wait|stop|never)\b", re.I)
_BYE = re.compile(
    r"\b(?:good-?bye|bye|that(?:'s| is|'ll be| will be) (?:all|everything)\b(?! (?:right|the|of|i))"
    r"|have a (?:nice|good|great))\b|#{3}",
    re.I,
)


class Meant(NamedTuple):
    """What the user is to say.

    Args:
        text: In the agenda's words.
        agrees: Whether they agree to a proposal.
        stops: Whether they end the conversation.
        asked: Whether the agent asked for agreement.
    """

    text: str
    agrees: bool
    stops: bool
    asked: bool


def wrong_with(text: str, meant: Meant, known: str, script: Script, *, to_the_letter: bool) -> tuple[str, ...]:
    """What is wrong with words, each a clause behind "it"; empty where they may be said.

    Args:
        text: The words.
        meant: What they are to say.
        known: All that the user may have a value from: what they know and want, and what was said so far.
        script: Who the user is.
        to_the_letter: Whether the words have to hold every value that was meant, and no other.
    """
    return tuple(_wrong(text, meant, known, script, to_the_letter))


def _wrong(text: str, meant: Meant, known: str, script: Script, to_the_letter: bool) -> Iterator[str]:
    if not text.strip():
        yield "says nothing"
    if len(text) > max(LIMIT_CHARS, 3 * len(meant.text)):
        yield f"has {len(text)} characters; a user says at most {LIMIT_CHARS}"
    for pattern, told in _NEVER:
        if pattern.search(text) and not pattern.search(meant.text):
            yield told
    letters = [letter for letter in text if letter.isalpha()]
    if sum(letter.isascii() for letter in letters) < 0.8 * len(letters):
        yield "is not in English"
    if invented := _values_beyond(text, meant.text if to_the_letter else known):
        yield f"says {', '.join(invented)}, which nobody gave it"
    said, to_say = mentions_of(text), mentions_of(meant.text)
    slots = [slot for slot, value in script.facts if said.hold(value) and not to_say.hold(value)]
    if to_the_letter and slots:
        yield f"tells {', '.join(slots)} without being asked"
    if to_the_letter:
        lost = [*_values_beyond(meant.text, text), *(v for _, v in script.facts if to_say.hold(v) and not said.hold(v))]
        if lost:
            yield f"leaves out {', '.join(dict.fromkeys(lost))}"
    elif len(slots) > 1:
        yield f"tells {', '.join(slots)} without being asked"
    if meant.agrees and not _YES.search(text):
        yield "does not agree to what it is to agree to"
    if meant.asked and not meant.agrees and _YES.search(text) and not _NO.search(text):
        yield "agrees to what it is not to agree to"
    if not meant.stops and _BYE.search(text) and not _BYE.search(meant.text):
        yield "ends the conversation before its wants are met"


def _values_beyond(text: str, known: str) -> list[str]:
    """The numbers, days, times and ids of a text that another does not hold."""
    said, given = mentions_of(text), mentions_of(known)
    days = [_spelled(day) for day in said.days if not any(_same(day, other) for other in given.days)]
    ids = [found for found in _ID.findall(text) if not _ORDINAL.fullmatch(found) and not _holds(given.words, found)]
    numbers = [str(number) for number in sorted(said.numbers - given.numbers)]
    return list(dict.fromkeys([*ids, *days, *sorted(said.times - given.times), *numbers]))


def _holds(words: str, value: str) -> bool:
    return f" {normalised(value)} " in words


def _same(one: Day, other: Day) -> bool:
    years = {one.year, other.year} - {None}
    return (one.month, one.day) == (other.month, other.day) and len(years) < 2


def _spelled(day: Day) -> str:
    return day.iso(day.year) if day.year else f"{day.month}-{day.day}"
