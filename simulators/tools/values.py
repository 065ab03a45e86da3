"""Values for plain schemas, drawn by seed: what a name and a format promise, within the bounds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from math import ceil, floor, inf
from typing import Any
from uuid import UUID

from agent_envs.snapshots.domains.rows import Row

from .effects import words_of
from .fitting import fits, misfit
from .merging import options
from .pattern import text_for
from .spec import Schema
from .words import ADJECTIVES, CITIES, COUNTRIES, EDGES, FIRST_NAMES, LAST_NAMES, NOUNS, VERBS

WHOLE_DEPTH = 2
"""Objects within objects have their optional fields down to here, and below it only those that they must have."""
LIMIT_DEPTH = 12
NULL_SHARE = 0.15
ABSENT_SHARE = 0.1
_FIRST, _LAST = date(2024, 1, 1), date(2025, 12, 31)
_BEGIN, _END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
_TRUE = frozenset("ok success deleted succeeded updated".split())


class Unmade(ValueError):
    """No value that fits a schema could be made; the message says what is wrong with the best."""


def drawn(schema: Schema, row: Row, name: str, *, edge: float = 0.0, depth: int = 0) -> Any:
    """A value for a schema: the same for the same row and name.

    Args:
        schema: A plain schema.
        row: Where chance comes from.
        name: What the value is called; fields within are named behind a dot.
        edge: The share of values that are unusual: the least, the greatest, the empty, odd characters.
        depth: How many objects stand around it.

    Raises:
        Unmade: A pattern is beyond us, or the bounds leave nothing.
    """
    if depth > LIMIT_DEPTH:
        raise Unmade(f"{name[-80:]} has no end: what it must hold must hold it again")
    odd = edge > 0.0 and row.chance(f"{name} edge", edge)
    if "anyOf" in schema:
        return _one_of(schema, row, name, edge, depth, odd)
    if "enum" in schema:
        return row.pick(name, schema["enum"])
    match schema.get("type"):
        case "object":
            return _object(schema, row, name, edge, depth, odd)
        case "array":
            least = schema.get("minItems", 0)
            most = min(schema.get("maxItems", inf), max(least, 3 if depth <= WHOLE_DEPTH else 0))
            count = least if odd else row.integer(f"{name} length", least, int(max(most, least)))
            items = schema.get("items", {"type": "string"})
            made = [drawn(items, row, f"{name}.{number}", edge=edge, depth=depth + 1) for number in range(count)]
            return [one for number, one in enumerate(made) if not schema.get("uniqueItems") or one not in made[:number]]
        case "string":
            return _text(schema, row, name, odd)
        case "integer" | "number":
            return _number(schema, row, name, odd)
        case "boolean":
            return name.rpartition(".")[2] in _TRUE or row.chance(name, 0.5)
    return None if schema.get("type") == "null" else _words(row, name, 2)


def _one_of(schema: Schema, row: Row, name: str, edge: float, depth: int, odd: bool) -> Any:
    forms = [one for one in options(schema) if one.get("type") != "null"]
    nullable = len(forms) < len(options(schema))
    if not forms or (nullable and (odd or depth > WHOLE_DEPTH or row.chance(f"{name} null", NULL_SHARE))):
        return None
    told = ""
    for form in forms:
        try:
            return drawn(form, row, name, edge=edge, depth=depth)
        except Unmade as error:
            told = str(error)
    if nullable:
        return None
    raise Unmade(told)


def _object(schema: Schema, row: Row, name: str, edge: float, depth: int, odd: bool) -> dict[str, Any]:
    properties, required = schema.get("properties", {}), schema.get("required", ())
    made = {}
    for field, one in properties.items():
        here = f"{name}.{field}"
        if field not in required and (odd or depth >= WHOLE_DEPTH or row.chance(f"{here} absent", ABSENT_SHARE)):
            continue
        try:
            made[field] = drawn(one, row, here, edge=edge, depth=depth + 1)
        except Unmade:
            if field in required:
                raise
    for field in required:
        if field not in properties:
            more = schema.get("additionalProperties")
            made[field] = drawn(more if isinstance(more, dict) else {}, row, f"{name}.{field}", depth=depth + 1)
    return made


def _number(schema: Schema, row: Row, name: str, odd: bool) -> float | int:
    whole = schema["type"] == "integer"
    low, high = schema.get("minimum", -inf), schema.get("maximum", inf)
    low = max(low, schema.get("exclusiveMinimum", -inf) + (1 if whole else 0.01))
    high = min(high, schema.get("exclusiveMaximum", inf) - (1 if whole else 0.01))
    if low == -inf:
        low = min(0, high - 100) if high < inf else 0
    if high == inf:
        high = low + 1000
    if not whole and low > high:  # bounds nearer than a hundredth
        low = high = (low + high) / 2
    first, last = (ceil(low), floor(high)) if whole else (ceil(low * 100), floor(high * 100))
    if first > last:
        if whole or not fits(schema, low):
            raise Unmade(f"{name[-80:]} has no value from {low} to {high}")
        return float(low)
    value = row.pick(f"{name} end", (first, last)) if odd else row.integer(name, first, last, skew=2)
    return value if whole else value / 100


def _text(schema: Schema, row: Row, name: str, odd: bool) -> str:
    if odd and fits(schema, edge := row.pick(f"{name} odd", EDGES)):
        return edge
    pattern = schema.get("pattern")
    text = text_for(pattern, row, name) if pattern else None
    if text is None:
        text = _of_format(schema.get("format", ""), row, name) or _of_name(row, name)
    if not fits(schema, text):
        text = text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]
    if wrong := misfit(schema, text, name[-80:]):
        raise Unmade(wrong)
    return text


def _of_format(form: str, row: Row, name: str) -> str:
    match form:
        case "date":
            return row.date(name, _FIRST, _LAST).isoformat()
        case "date-time":
            return row.time(name, _BEGIN, _END).isoformat().replace("+00:00", "Z")
        case "time":
            return row.time(name, _BEGIN, _END).strftime("%H:%M:%SZ")
        case "uuid":
            high, low = row.integer(f"{name} 1", 0, 2**64 - 1), row.integer(f"{name} 2", 0, 2**64 - 1)
            return str(UUID(int=high << 64 | low, version=4))
        case "email" | "idn-email":
            return f"{_pick(row, name, FIRST_NAMES)}.{_pick(row, name + ' 2', LAST_NAMES)}@example.org".lower()
        case "uri" | "url" | "uri-reference" | "iri":
            return f"https://example.org/{_slug(row, name)}"
        case "hostname":
            return f"{_slug(row, name)}.example.org"
        case "ipv4":
            return ".".join(["192", "0", "2", str(row.integer(name, 1, 254))])
        case "ipv6":
            return f"2001:db8::{row.integer(name, 1, 65535):x}"
        case "byte":
            return "ZGF0YQ=="
    return ""


def _of_name(row: Row, name: str) -> str:
    """A text as the name of its field promises."""
    field = name.rpartition(".")[2]
    words = [word.lower() for word in words_of(field)]
    last = words[-1] if words else ""
    if "email" in words:
        return _of_format("email", row, name)
    if last in ("url", "uri", "href", "link", "website"):
        return _of_format("uri", row, name)
    if last == "at" or "timestamp" in words:
        return _of_format("date-time", row, name)
    if last in ("date", "day"):
        return _of_format("date", row, name)
    if last == "city":
        return _pick(row, name, CITIES)
    if last == "country":
        return _pick(row, name, COUNTRIES)
    if last in ("author", "owner", "assignee", "user", "person", "customer", "contact", "sender", "recipient"):
        return f"{_pick(row, name, FIRST_NAMES)} {_pick(row, name + ' 2', LAST_NAMES)}"
    if last in ("title", "subject", "summary", "headline", "task"):
        return f"{_pick(row, name, VERBS).capitalize()} the {_words(row, name + ' 2', 2)}"
    if last in ("description", "body", "text", "content", "message", "note", "comment", "notes"):
        return f"{_words(row, name, 2).capitalize()} and {_words(row, name + ' 2', 2)}."
    if last in ("slug", "login", "username", "repo", "org", "path", "key", "handle", "file", "branch"):
        return _slug(row, name)
    return _words(row, name, 2)


def _words(row: Row, name: str, count: int) -> str:
    return " ".join((*(_pick(row, f"{name} a{n}", ADJECTIVES) for n in range(count - 1)), _pick(row, name, NOUNS)))


def _slug(row: Row, name: str) -> str:
    return _words(row, name, 2).replace(" ", "-")


def _pick(row: Row, name: str, words: list[str]) -> str:
    return row.pick(name, words)
