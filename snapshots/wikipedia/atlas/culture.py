"""Languages and their scripts, currencies and anthems: what countries share."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping

from .countries import Countries
from .topics import Topic, choose, link, listing, plain

# English names of the scripts that the tables give by their codes of ISO 15924.
_SCRIPTS = {
    "Arab": "Arabic script", "Armi": "Imperial Aramaic script", "Armn": "Armenian alphabet",
    "Beng": "Bengali script", "Cans": "Canadian Aboriginal syllabics", "Cyrl": "Cyrillic script",
    "Deva": "Devanagari", "Ethi": "Geʽez script", "Geor": "Georgian script", "Grek": "Greek alphabet",
    "Gujr": "Gujarati script", "Guru": "Gurmukhi", "Hans": "Simplified Chinese characters",
    "Hant": "Traditional Chinese characters", "Hebr": "Hebrew alphabet", "Jpan": "Japanese writing system",
    "Khmr": "Khmer script", "Knda": "Kannada script", "Kore": "Korean writing system", "Laoo": "Lao script",
    "Latn": "Latin alphabet", "Mlym": "Malayalam script", "Mymr": "Burmese script", "Olck": "Ol Chiki script",
    "Orya": "Odia script", "Sinh": "Sinhala script", "Taml": "Tamil script", "Telu": "Telugu script",
    "Thaa": "Thaana", "Thai": "Thai script", "Tibt": "Tibetan script",
}  # fmt: skip
# Names under which the Factbook marks a language as official, beside those of the tables.
_SYNONYMS = {
    "Bahasa Indonesia": "Indonesian", "Bahasa Malaysia": "Malay", "Bengali": "Bangla",
    "Bokmal Norwegian": "Norwegian Bokmål", "Castilian": "Spanish", "Castilian Spanish": "Spanish",
    "Dari": "Persian", "Dhivehi": "Divehi", "Farsi": "Persian", "Frisian": "Western Frisian",
    "Greenlandic": "Kalaallisut", "Kirundi": "Rundi", "Kiswahili": "Swahili", "Maldivian": "Divehi",
    "Mandarin": "Mandarin Chinese", "Maori": "Māori", "Modern Standard Arabic": "Arabic", "Nauruan": "Nauru",
    "Nynorsk Norwegian": "Norwegian Nynorsk", "Persian Farsi": "Persian", "Romansch": "Romansh", "Sangho": "Sango",
    "Sesotho": "Southern Sotho", "Setswana": "Tswana", "Slovene": "Slovenian", "Standard Arabic": "Arabic",
    "Tigrigna": "Tigrinya", "Tuvaluan": "Tuvalu", "iTaukei": "Fijian", "siSwati": "Swati",
}  # fmt: skip


class Languages:
    """The languages of the tables, by name.

    Args:
        tables: The tables of pyworldatlas.
    """

    def __init__(self, tables: sqlite3.Connection) -> None:
        self.rows = tables.execute(
            "SELECT primary_code, name, min(script_code) AS script, min(source_id) AS source FROM country_language"
            " WHERE source_id IN (SELECT id FROM licensed) GROUP BY primary_code, name ORDER BY primary_code"
        ).fetchall()
        self._keys = {row["name"]: f"language/{row['primary_code']}" for row in self.rows}
        self.names = {key: _language_name(name) for name, key in self._keys.items()}

    def key(self, name: str) -> str | None:
        """Key of the language of this name, or of one of its names as in ``Kiswahili or Swahili``; None without one."""
        for part in (name, *re.split(r" or |/", name)):
            if key := self._keys.get(_SYNONYMS.get(part, part)):
                return key
        return None


def _language_name(name: str) -> str:
    return re.sub(r" \((?:individual language)\)", "", name)


def language_topics(languages: Languages) -> Iterator[Topic]:
    """The articles of languages and scripts."""
    for row in languages.rows:
        key = f"language/{row['primary_code']}"
        name = languages.names[key]
        is_family = name.endswith(" languages")
        source = "iana" if row["source"].startswith("iana") else "cldr"
        topic = Topic(key, name, "language", ("geonames", source, "pyworldatlas"))
        topic.title = name if is_family or "(" in name else f"{name} language"
        lead = [
            f"The {name} are a group of languages."
            if is_family
            else choose(key, "lead", (f"{name} is a language.", f"{name} is one of the languages of the world."))
        ]
        topic.text("language_code", row["primary_code"])
        owner = "Their" if is_family else "Its"
        lead.append(f"{owner} code in the registry of language subtags is {row['primary_code']}.")
        if row["script"] in _SCRIPTS and not is_family:
            script = f"script/{row['script']}"
            topic.claim("script", script)
            the = _the_script(_SCRIPTS[row["script"]])
            lead.append(
                choose(
                    key,
                    "script",
                    (f"It is usually written in {the}{link(script)}.", f"Its usual script is {the}{link(script)}."),
                )
            )
        topic.sections = [("", [" ".join(lead)])]
        yield topic
    used = sorted({row["script"] for row in languages.rows if not row["name"].endswith(" languages")} - {None})
    for code in used:
        name = _SCRIPTS[code]
        topic = Topic(f"script/{code}", name, "script", ("cldr", "pyworldatlas"), apart=("script",))
        verb = "are" if name.endswith(("characters", "syllabics")) else "is"
        start = f"{_the_script(name)}{name}"
        topic.sections = [
            ("", [f"{start[0].upper()}{start[1:]} {verb} used to write languages. The four-letter code is {code}."])
        ]
        yield topic


def _the_script(name: str) -> str:
    return "the " if name.endswith(("alphabet", "script", "system")) else ""


def currency_topics(tables: sqlite3.Connection) -> Iterator[Topic]:
    """The articles of currencies."""
    for row in tables.execute(
        "SELECT currency_code AS code, currency_name AS name, min(currency_symbol) AS symbol,"
        " min(currency_minor_unit_digits) AS digits FROM country JOIN field_source f ON f.country_id = country.id"
        " WHERE f.field_path = 'currency.metadata' AND f.source_id IN (SELECT id FROM licensed)"
        " GROUP BY currency_code, currency_name ORDER BY currency_code"
    ):
        topic = Topic(f"currency/{row['code']}", row["name"], "currency", ("cldr", "geonames", "pyworldatlas"))
        topic.text("currency_code", row["code"])
        the = f"The {row['name']}"
        lead = choose(
            topic.key,
            "lead",
            (
                f"{the} is a currency with the code {row['code']}.",
                f"{the}, in short {row['code']}, is a currency.",
                f"{the} is a currency. Its code is {row['code']}.",
            ),
        )
        if row["symbol"] not in (None, row["code"]):
            lead += f" It is written with the symbol {row['symbol']}."
        lead += {
            0: " Prices in it are written without decimals.",
            3: " It is divided to three decimals.",
        }.get(row["digits"], "")
        topic.sections = [("", [lead])]
        yield topic


def anthems(tables: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    """Anthems by country: the title and, where there is one, its English translation.

    Two countries have one anthem where its titles are the same in both and its translations do not differ.
    """
    rows = tables.execute(
        "SELECT country_id, title, english_title FROM country_anthem"
        " WHERE source_id IN (SELECT id FROM licensed) ORDER BY country_id, title"
    ).fetchall()
    english: dict[str, set[str]] = {}
    for row in rows:
        english.setdefault(_anthem_title(row["title"]), set()).update(filter(None, (row["english_title"],)))
    found: dict[str, tuple[str, str]] = {}
    for row in rows:
        title = _anthem_title(row["title"])
        said = row["english_title"] or (next(iter(english[title])) if len(english[title]) == 1 else "")
        if title:
            found[f"country/{row['country_id']}"] = (title, said)
    return found


def _anthem_title(title: str) -> str:
    """The title, or nothing where the label holds several."""
    title = title.split('"(')[0]
    return "" if '"' in title else plain(title)


def anthem_key(anthem: tuple[str, str]) -> str:
    """Key of an anthem's topic."""
    return f"anthem/{anthem[0]}/{anthem[1]}"


def anthem_topics(found: Mapping[str, tuple[str, str]], countries: Countries) -> Iterator[Topic]:
    """The articles of anthems.

    Args:
        found: What `anthems` gives.
        countries: The names of countries.
    """
    users: dict[tuple[str, str], list[str]] = {}
    for country, anthem in found.items():
        users.setdefault(anthem, []).append(country)
    for (title, english), owners in users.items():
        names = listing([countries.names[country] for country in owners])
        topic = Topic(
            anthem_key((title, english)), title, "anthem", ("factbook", "pyworldatlas"), apart=("anthem", names)
        )
        of = listing([countries.the(country) for country in owners])
        lead = choose(
            topic.key,
            "lead",
            (f"“{title}” is the national anthem of {of}.", f"“{title}” is the title of the national anthem of {of}."),
        )
        if english and english != title:
            topic.text("english_title", english)
            topic.aliases = (english,) if english not in ("National Anthem", "Patriotic Song") else ()
            lead += choose(
                topic.key,
                "english",
                (f" In English its title means “{english}”.", f" The title is translated as “{english}”."),
            )
        for country in owners:
            topic.claim("anthem_of", country)
        topic.sections = [("", [lead])]
        yield topic
