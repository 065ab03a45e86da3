"""The Factbook's entries as plain prose and as the few values that the atlas states as facts."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .topics import plain

_LINE = re.compile(r"<br\s*/?>|</?p[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<!--.*?-->|</?[a-z][^<>]*>", re.IGNORECASE)
# Telephone numbers and street addresses of embassies, samples of languages: of no use to a reader of articles.
_LEFT_OUT = {"Diplomatic representation in the US", "Diplomatic representation from the US", "major-language sample(s)"}
_HEADINGS = {
    "Introduction": "Background",
    "People and Society": "People and society",
    "Military and Security": "Military and security",
    "Transnational Issues": "Transnational issues",
}
# Parts whose names only repeat the name of the field and the year in their text.
_REPEATED = re.compile(r".* \d{4}$")

# What map references mean where they are not one region.
_REGIONS = {"AsiaEurope": "Europe", "Antarctic Region Africa": "Antarctic Region"}

Entry = Mapping[str, Mapping[str, Any]]


def lines(text: str) -> list[str]:
    """The paragraphs of a text of the Factbook, without markup."""
    bare = (plain(html.unescape(_TAG.sub("", part))) for part in _LINE.split(text))
    return [re.sub(r" ?;+", ";", line) for line in bare if line]


def field(entry: Entry, *names: str) -> str:
    """The text of a field or of a field within it, in one line; empty where the entry has none."""
    found: Any = entry
    for name in names:
        stripped = {key.strip(): value for key, value in found.items()} if isinstance(found, Mapping) else {}
        found = stripped.get(name)
    text = found.get("text") if isinstance(found, Mapping) else None
    return " ".join(lines(text)) if isinstance(text, str) else ""


def leading_number(text: str) -> float | None:
    """The number that a text begins with, or None."""
    found = re.match(r"(?:total: ?)?(-?[\d,]+(?:\.\d+)?)(?: (million|billion))?(?=[ (;]|$)", text)
    if not found:
        return None
    return float(found[1].replace(",", "")) * {"million": 1e6, "billion": 1e9}.get(found[2], 1)


def partners(text: str) -> list[tuple[str, int]]:
    """Trade partners with their shares in per cent, of ``Italy 29%, France 14% (2023)``; empty where one is unclear."""
    found = []
    for part in re.sub(r"\s*\(\d{4}[^)]*\)\s*$", "", text).split("%"):
        if not part.strip(" ,"):
            continue
        item = re.fullmatch(r"[\s,]*(.+?) <?(\d+)", part)
        if not item:
            return []
        found.append((item[1].strip(), int(item[2])))
    return found


def official_languages(entry: Entry) -> list[str]:
    """The languages that the entry marks as official."""
    languages = ("People and Society", "Languages")
    text = field(entry, *languages, "Languages") or field(entry, *languages)
    found = []
    for item in re.split(r"[,;] (?![^()]*\))", text):
        if re.search(r"\(official[,;)]|\(official\b[^)]*\)", item):
            found.append(re.split(r" *[(\d]", item)[0].removesuffix(" only").strip())
    return found


def conventional_names(entry: Entry) -> list[str]:
    """The long and the short name of the country, where each is one name."""
    forms = [field(entry, "Government", "Country name", f"conventional {form} form") for form in ("long", "short")]
    return [form for form in forms if form not in ("", "none") and not re.search(r"[(;,:]", form)]


def region(entry: Entry) -> str:
    """The region of the world that the entry's map references name; empty where they name none, or several."""
    references = field(entry, "Geography", "Map references")
    name = _REGIONS.get(references, references)
    if name.startswith("metropolitan France"):
        return "Europe"
    return "" if ":" in name or name.startswith("Political Map") else name


def independence(entry: Entry) -> str:
    """The one date of independence, such as ``5 July 1962``; empty where the entry gives none or several."""
    found = re.fullmatch(r"(\d{1,2} [A-Z][a-z]+ \d{4}) \(from [^();]*\)", field(entry, "Government", "Independence"))
    return found[1] if found else ""


def sections(entry: Entry) -> Iterator[tuple[str, list[str]]]:
    """The prose of an entry: headings with their paragraphs, a paragraph a field; no field comes twice."""
    said: set[str] = set()
    for category, fields in entry.items():
        paragraphs = []
        for name, value in fields.items():
            if category == "Introduction" and "text" in value:
                paragraphs += lines(value["text"])
            elif name not in _LEFT_OUT and (text := _field_text(name, value)) and f"{name}: {text}" not in said:
                said.add(f"{name}: {text}")
                paragraphs.append(f"{name}: {text}")
        if paragraphs:
            yield _HEADINGS.get(category, category), paragraphs


def _field_text(field_name: str, value: Any) -> str:
    """The text of a field, its parts and its note, in one line; a part that repeats a name goes without it."""
    if isinstance(value, str):
        return _line(value)
    parts, note = [], ""
    for name, part in value.items():
        text = "" if name in _LEFT_OUT else _field_text(name, part)
        if not text:
            continue
        if name == "note":
            note = text
        elif name in ("text", field_name) or _REPEATED.match(name) or ":" in name or text.startswith(name):
            parts.append(text)
        else:
            parts.append(f"{name.strip()} {text}" if re.match(r"[$\d.<-]", text) else f"{name.strip()}: {text}")
    said = "; ".join(parts)
    if note and said:
        return f"{said.rstrip('.')}. {note[0].upper()}{note[1:]}"
    return said or note


def _line(text: str) -> str:
    """The paragraphs of a text as one, each ended."""
    *first, last = lines(text) or [""]
    return " ".join((*(line if line[-1] in ".;:,!?" else f"{line};" for line in first), last))
