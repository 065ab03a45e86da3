"""Who is credited with the discovery of each element: the names in mendeleev's table, each person under one name."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence

from .topics import Topic, choose, link, listing

# What the table's names mean: one person under one name, whole where the table shortens, right where it misspells.
_PEOPLE = {
    "A. Crawford": "Adair Crawford", "A. Ghiorso": "Albert Ghiorso", "A.A.Bussy": "Antoine Bussy",
    "A.C.Wohl": "Arthur Wahl", "A.E.Larsh": "Almon Larsh", "A.F.Fourcory": "Antoine François de Fourcroy",
    "A.Ghiorso": "Albert Ghiorso", "Anders Ekeberg": "Anders Gustaf Ekeberg",
    "Antoine J. Balard": "Antoine Jérôme Balard", "Axel Cronstedt": "Axel Fredrik Cronstedt",
    "Baron Rayleigh": "Lord Rayleigh", "C.D. Coryell": "Charles Coryell",
    "C.F. Aver von Welsbach": "Carl Auer von Welsbach", "Carl Mosander": "Carl Gustaf Mosander",
    "Charles Hatchet": "Charles Hatchett", "D.R.Corson": "Dale Corson", "E. Segré": "Emilio Segrè",
    "E.M. McMillan": "Edwin McMillan", "E.M.McMillan": "Edwin McMillan", "E.Segré": "Emilio Segrè",
    "Émillo Segrè": "Emilio Segrè", "Franz Müller von Reichenstein": "Franz-Joseph Müller von Reichenstein",
    "Fredrich Ernst Dorn": "Friedrich Ernst Dorn", "Fredrich Soddy": "Frederick Soddy",
    "Fredrich Stromeyer": "Friedrich Stromeyer", "Fredrich Wöhler": "Friedrich Wöhler",
    "G. Kirchoff": "Gustav Kirchhoff", "G.T.Seaborg": "Glenn T. Seaborg", "George Brandt": "Georg Brandt",
    "Georg von Hevesy": "George de Hevesy", "Gustov Kirchoff": "Gustav Kirchhoff",
    "H.V.Collet-Descoltils": "Hippolyte-Victor Collet-Descotils", "Hans Christian Oersted": "Hans Christian Ørsted",
    "J. Berzelius": "Jöns Jacob Berzelius", "J.A. Marinsky": "Jacob Marinsky",
    "J.L. Gay-Lussac": "Joseph Louis Gay-Lussac", "J.L. Soret": "Jacques-Louis Soret",
    "J.W.Kennedy": "Joseph W. Kennedy", "Jean de Marignac": "Jean Charles Galissard de Marignac",
    "Johann Arfwedson": "Johan August Arfwedson", "Johann Gadolin": "Johan Gadolin",
    "Johann Gahn": "Johan Gottlieb Gahn", "John Cranston": "John Cranston", "Joseph Priestly": "Joseph Priestley",
    "Jöns Berzelius": "Jöns Jacob Berzelius", "Julius Scaliger": "Julius Caesar Scaliger",
    "K.R.MacKenzie": "Kenneth MacKenzie", "K.Street Jr.": "Kenneth Street", "Karl Klaus": "Karl Ernst Claus",
    "L.E. Glendenin": "Lawrence Glendenin", "L.J. Thénard": "Louis Jacques Thénard",
    "L.N.Vauquelin": "Louis Nicolas Vauquelin", "L.O.Morgan": "Leon Morgan", "Lars Nilson": "Lars Fredrik Nilson",
    "Louis Vauquelin": "Louis Nicolas Vauquelin", "M. Klaproth": "Martin Heinrich Klaproth",
    "M. W. Travers": "Morris Travers", "M.W. Travers": "Morris Travers", "Marguerite Derey": "Marguerite Perey",
    "Martin Klaproth": "Martin Heinrich Klaproth", "Nils Langet": "Nils Abraham Langlet",
    "Nils Sefström": "Nils Gabriel Sefström", "P.H. Abelson": "Philip Abelson", "P.T.Cleve": "Per Teodor Cleve",
    "Per Theodor Cleve": "Per Teodor Cleve", "R. Bunsen": "Robert Bunsen", "R.A.James": "Ralph James",
    "R.M.Latimer": "Robert Latimer", "S.G.Tompson": "Stanley Thompson", "S.Tenant": "Smithson Tennant",
    "Sir H. Davy": "Humphry Davy", "Sir Humphrey Davy": "Humphry Davy", "Sir William Crookes": "William Crookes",
    "Sir William Ramsay": "William Ramsay", "Sir William Ramsey": "William Ramsay",
    "Smithson Tenant": "Smithson Tennant", "T. Richter": "Theodor Richter", "T.Sikkeland": "Torbjørn Sikkeland",
    "W. von Hisinger": "Wilhelm Hisinger", "William Wollaston": "William Hyde Wollaston",
}  # fmt: skip
# Texts that name several, or an institute.
_WHOLE = {
    "Argonne, Los Alamos, U of Calif": (
        "Argonne National Laboratory",
        "Los Alamos National Laboratory",
        "University of California",
    ),
    "Fausto and Juan José de Elhuyar": ("Fausto de Elhuyar", "Juan José de Elhuyar"),
    "Heavy Ion Research Laboratory (HIRL)": ("GSI Helmholtz Centre for Heavy Ion Research",),
    "Joint Institute for Nuclear Research/Oak Ridge National Laboratory": (
        "Joint Institute for Nuclear Research",
        "Oak Ridge National Laboratory",
    ),
    "Pierre and Marie Curie": ("Pierre Curie", "Marie Curie"),
    "Soviet Nuclear Research/ U. of Cal at Berkeley": (
        "Joint Institute for Nuclear Research",
        "University of California",
    ),
}
_YEARS_LEFT_OUT = {"Neodymium"}  # the table has 1925, forty years late
_WITH_ARTICLE = re.compile(r"University|Joint|GSI|Nobel Institute")
_INSTITUTE = re.compile(r"Laboratory|Institute|University|Centre|RIKEN")


def credited(discoverers: str) -> tuple[str, ...]:
    """The persons and institutes that a text of the table names; none for an element that the ancients knew."""
    text = discoverers.strip()
    if text.startswith("Known to the ancients"):
        return ()
    if text in _WHOLE:
        return _WHOLE[text]
    parts = re.split(r"[,;] *", re.sub(r",? et al\.?$", "", text))
    return tuple(dict.fromkeys(_PEOPLE.get(part.strip(), part.strip()) for part in parts))


def discovery_year(row: sqlite3.Row) -> int | None:
    """The year in which an element was discovered, or None where the table has none, or a false one."""
    year: int | None = row["discovery_year"]
    return None if row["name"] in _YEARS_LEFT_OUT else year


def named_discoverer(name: str) -> str:
    """Prose that names a person or an institute, with the article that it takes."""
    return ("the " if _WITH_ARTICLE.match(name) else "") + link(f"person/{name}")


def discoverer_topics(found: Mapping[str, Sequence[sqlite3.Row]]) -> Iterator[Topic]:
    """The articles of persons and institutes.

    Args:
        found: Their names, each with the rows of the elements that they discovered.
    """
    for name, rows in found.items():
        topic = Topic(f"person/{name}", name, "institution" if _INSTITUTE.search(name) else "person", ("mendeleev",))
        topic.aliases = tuple(sorted(raw for raw, whole in _PEOPLE.items() if whole == name != raw))
        elements = listing([_element(row) for row in rows])
        what = "chemical element" if len(rows) == 1 else "chemical elements"
        start = f"The {name}" if _WITH_ARTICLE.match(name) else name
        lead = choose(
            topic.key,
            "lead",
            (
                f"{start} is credited with the discovery of the {what} {elements}.",
                f"{start} is known for the discovery of the {what} {elements}.",
            ),
        )
        others = sorted({other for row in rows for other in credited(row["discoverers"])} - {name})
        if others:
            lead += f" The credit is shared with {listing([named_discoverer(other) for other in others])}."
        topic.sections = [("", [lead])]
        yield topic


def _element(row: sqlite3.Row) -> str:
    year = discovery_year(row)
    return link(f"element/{row['atomic_number']}", row["name"].lower()) + (f" ({year})" if year else "")
