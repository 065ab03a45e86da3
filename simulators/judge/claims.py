"""What a response claims of itself, and whether it is so: "I have written exactly 100 words"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple, get_args

from .checks import Check, Count
from .counting import Unit, sentences

LIMIT_CLAIMS = 16
_LIMIT_SENTENCE_CHARS = 400


class _Claim(NamedTuple):
    sentence: str
    of: Count | None  # None: that all was done as asked


def false_claims(response: str, checks: Sequence[Check]) -> tuple[str, ...]:
    """The sentences in which a response claims of itself what is not so.

    Read are English sentences with a number of a unit that can be counted ("this answer has three items", "word count:
    100"), and those that all was done as asked; the first 16 of them. A number is false if it holds neither for the
    response nor for the rest of it without such sentences; that all was done is false if a check fails. A number that
    is said to be rough is no claim. Source of the idea: the hack check of Kimi K2's instruction following (arXiv
    2507.20534 §3.2.1).

    Args:
        response: The response.
        checks: What was asked for.
    """
    found = (claim for sentence in sentences(response) for claim in _claims_in(sentence[:_LIMIT_SENTENCE_CHARS]))
    claims = list(dict.fromkeys(islice(found, LIMIT_CLAIMS)))
    rest = response
    for claim in claims:
        rest = rest.replace(claim.sentence, "")
    all_done = not any(check.complaint(response) for check in checks)
    return tuple(
        claim.sentence
        for claim in claims
        if not (all_done if claim.of is None else any(not claim.of.complaint(text) for text in (response, rest)))
    )


def _claims_in(sentence: str) -> list[_Claim]:
    claims = [_Claim(sentence, None)] if _ALL_DONE.search(sentence) else []
    for found in (*_COUNTED.finditer(sentence), *_TALLIED.finditer(sentence)):
        said = found.groupdict()
        bound = " ".join((said.get("bound") or "").lower().split())
        if bound not in _ROUGH:
            claims.append(_Claim(sentence, _count(bound, _number(said["number"]), _UNITS[said["unit"].lower()])))
    return claims


def _count(bound: str, number: int, unit: Unit) -> Count:
    """What a number says behind these words."""
    strict = bound in _STRICT
    if bound in _LEAST:
        return Count(unit=unit, at_least=number + strict)
    return Count(unit=unit, at_least=0 if bound in _MOST else number, at_most=number - strict)


def _number(text: str) -> int:
    digits = text.replace(",", "")
    return int(digits) if digits.isdecimal() else 1 + _WORDS.index(text.lower())


_LEAST = ("at least", "no fewer than", "no less than", "more than", "over")
_MOST = ("at most", "no more than", "up to", "within", "fewer than", "less than", "under")
_STRICT = ("more than", "over", "fewer than", "less than", "under")
_ROUGH = ("about", "around", "roughly", "approximately", "nearly", "almost")
_WORDS = "one two three four five six seven eight nine ten eleven twelve".split()
_UNITS: dict[str, Unit] = {name: unit for unit in get_args(Unit) for name in (unit, unit[:-1])}
_UNITS |= {"bullet": "items", "bullets": "items", "bullet point": "items", "bullet points": "items"}

_BOUND = rf"(?:(?P<bound>{'|'.join((*_LEAST, *_MOST, *_ROUGH))}|exactly|precisely|only|just)\s+)?"
_NUMBER = rf"(?P<number>[1-9]\d{{0,2}}(?:,\d{{3}})+|[1-9]\d{{0,6}}|{'|'.join(_WORDS)})"
_UNIT = rf"(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})"
_SELF = (
    r"\b(?:(?:I|we)(?:['’]ve| have)?(?: now)? "
    r"(?:written|wrote|used|kept|given|gave|made|limited|included|provided|listed)"
    r"|(?:this|my|the above) (?:response|answer|reply|message|output|text|summary|essay|story|list)"
    r" (?:is|has|contains|consists|uses|comes|stays|holds|counts))\b"
)
_COUNTED = re.compile(rf"{_SELF}[^.!?]{{0,60}}?\b{_BOUND}{_NUMBER}[ -]{_UNIT}\b", re.IGNORECASE)
_TALLIED = re.compile(
    r"\b(?P<unit>word|character|sentence|paragraph|line|item) count\s*[:=]?\s*(?P<number>[1-9]\d{0,6})\b", re.IGNORECASE
)
_ALL_DONE = re.compile(
    r"\b(?:follow(?:s|ed)?|meets?|met|satisf(?:y|ies|ied)|fulfil(?:l?s|led)?|compl(?:y|ies|ied) with"
    r"|adher(?:es?|ed) to|respect(?:s|ed)?)\b (?:all|every|each)\b(?: \w+){0,4}? "
    r"(?:instruction|requirement|constraint|condition|rule|criterion|criteria|guideline)s?\b",
    re.IGNORECASE,
)
