"""Countries and territories: under which names they are known, and which of them is meant by a name."""

from __future__ import annotations

import sqlite3

from .topics import link

# Names by which the sources mean a country, beside its own in the tables.
_OTHER_NAMES = {
    "Antigua & Barbuda": "Antigua and Barbuda", "Austrailia": "Australia", "Bahamas, The": "Bahamas",
    "The Bahamas": "Bahamas", "Bosnia & Herzegovina": "Bosnia and Herzegovina", "Burma": "Myanmar",
    "Congo, Republic of the": "Republic of the Congo", "Cote d'Ivoire": "Ivory Coast",
    "DRC": "Democratic Republic of the Congo", "Czech Republic": "Czechia",
    "Dem. Rep. of Congo": "Democratic Republic of the Congo", "DR Congo": "Democratic Republic of the Congo",
    "Democratic Republic of Congo": "Democratic Republic of the Congo", "England": "United Kingdom",
    "Gambia, The": "Gambia", "The Gambia": "Gambia", "Great Britain": "United Kingdom", "Kyrgzstan": "Kyrgyzstan",
    "Macau": "Macao", "NZ": "New Zealand", "N. Korea": "North Korea", "Netherlands": "The Netherlands",
    "Republic of Congo": "Republic of the Congo", "Rep. of Congo": "Republic of the Congo",
    "Republic of Korea": "South Korea", "S. Korea": "South Korea", "Scotland": "United Kingdom",
    "St. Kitts & Nevis": "Saint Kitts and Nevis", "St. Lucia": "Saint Lucia", "Timor-Leste": "Timor Leste",
    "St. Vincent & the Grenadines": "Saint Vincent and the Grenadines", "Trinidad & Tobago": "Trinidad and Tobago",
    "Turkey (Turkiye)": "Turkey", "UAE": "United Arab Emirates", "UK": "United Kingdom", "US": "United States",
    "USA": "United States", "West Bank": "Palestinian Territory",
}  # fmt: skip
_WITH_ARTICLE = {
    *("Bahamas", "British Indian Ocean Territory", "Central African Republic", "Comoros", "Dominican Republic"),
    *("Democratic Republic of the Congo", "French Southern Territories", "Gambia", "Isle of Man", "Maldives"),
    *("Palestinian Territory", "Philippines", "Republic of the Congo", "United Arab Emirates", "United Kingdom"),
    *("United States",),
}


class Countries:
    """The names of all countries, and what other families need of them.

    Args:
        tables: The tables of pyworldatlas.
    """

    def __init__(self, tables: sqlite3.Connection) -> None:
        # Left out: codes, continent, region, subregion and official_name, which are UN M49's.
        self.rows = tables.execute(
            "SELECT id, name, total_area_km2, population, top_level_domain, currency_code, calling_codes"
            " FROM country ORDER BY id"
        ).fetchall()
        self.names = {f"country/{row['id']}": row["name"].strip() for row in self.rows}
        self._keys = {name: key for key, name in self.names.items()}
        self._keys |= {other: self._keys[name] for other, name in _OTHER_NAMES.items()}

    def key(self, name: str) -> str | None:
        """Key of the country of this name, or None."""
        return self._keys.get(name) or self._keys.get(name.removeprefix("the "))

    def the(self, key: str) -> str:
        """Prose that names a country, with the article that its name takes."""
        name = self.names[key]
        if name.startswith("The "):
            return "the " + link(key, name.removeprefix("The "))
        plural = name.endswith(" Islands") and not name.startswith(("Heard", "South Georgia"))
        return ("the " if name in _WITH_ARTICLE or plural else "") + link(key)
