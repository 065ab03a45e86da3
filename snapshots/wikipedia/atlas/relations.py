"""The relations of the atlas: how each is worded in questions, labelled in an infobox, and listed at its other end."""

from __future__ import annotations

from typing import NamedTuple

from ..graph import Relation


class Style(NamedTuple):
    """One relation.

    Args:
        relation: Its name and wording.
        label: Its label in an infobox.
        listed: Heading under which an article lists the topics that have it as their value; empty for no list.
    """

    relation: Relation
    label: str
    listed: str = ""


def _style(name: str, noun: str, clause: str, label: str, listed: str = "") -> tuple[str, Style]:
    return name, Style(Relation(name, noun, clause), label, listed)


STYLES: dict[str, Style] = dict(
    (
        # countries
        _style("capital", "the capital of {x}", "whose capital is {y}", "Capital"),
        _style("largest_city", "the most populous city of {x}", "whose most populous city is {y}", "Largest city"),
        _style(
            "region",
            "the world region of {x}",
            "which is in the world region {y}",
            "Region",
            "Countries and territories",
        ),
        _style("border", "a country that borders {x}", "which borders {y}", "Borders"),
        _style(
            "official_language",
            "an official language of {x}",
            "where {y} is an official language",
            "Official language",
            "Where it is official",
        ),
        _style("language", "a language spoken in {x}", "where {y} is spoken", "Languages", "Where it is spoken"),
        _style("currency", "the currency of {x}", "whose currency is {y}", "Currency", "Where it is used"),
        _style("highest_point", "the highest point of {x}", "whose highest point is {y}", "Highest point"),
        _style(
            "lowest_point", "the lowest point of {x}", "whose lowest point is {y}", "Lowest point", "Lowest point of"
        ),
        _style("area", "the area of {x}", "whose area is {y}", "Area"),
        _style("population", "the population of {x}", "whose population is {y}", "Population"),
        _style("coastline", "the length of the coastline of {x}", "whose coastline is {y} long", "Coastline"),
        _style("mean_elevation", "the mean elevation of {x}", "whose mean elevation is {y}", "Mean elevation"),
        _style(
            "climate",
            "the most widespread climate of {x}",
            "whose most widespread climate is {y}",
            "Main climate",
            "Where it prevails",
        ),
        _style("anthem", "the national anthem of {x}", "whose national anthem is {y}", "Anthem"),
        _style("motto", "the national motto of {x}", "whose national motto is {y}", "Motto"),
        _style("demonym", "the demonym of {x}", "whose demonym is {y}", "Demonym"),
        _style("independence", "the date of independence of {x}", "which became independent on {y}", "Independence"),
        _style("calling_code", "the calling code of {x}", "whose calling code is {y}", "Calling code"),
        _style("internet_domain", "the top-level domain of {x}", "whose top-level domain is {y}", "Internet domain"),
        _style(
            "top_export_partner",
            "the largest export partner of {x}",
            "whose largest export partner is {y}",
            "Largest export partner",
        ),
        _style(
            "top_import_partner",
            "the largest import partner of {x}",
            "whose largest import partner is {y}",
            "Largest import partner",
        ),
        _style(
            "export_partner",
            "a main export partner of {x}",
            "which counts {y} among its main export partners",
            "Export partners",
        ),
        _style(
            "import_partner",
            "a main import partner of {x}",
            "which counts {y} among its main import partners",
            "Import partners",
        ),
        # cities
        _style("country", "the country in which {x} lies", "which lies in {y}", "Country", "Cities"),
        _style("elevation", "the elevation of {x}", "whose elevation is {y}", "Elevation"),
        _style("time_zone", "the time zone of {x}", "whose time zone is {y}", "Time zone"),
        _style("nearest_city", "the city nearest to {x}", "whose nearest city is {y}", "Nearest city"),
        # rivers, lakes, heights
        _style("length", "the length of {x}", "whose length is {y}", "Length"),
        _style(
            "flows_through", "a country through which {x} flows", "which flows through {y}", "Flows through", "Rivers"
        ),
        _style("river_source", "the country in which {x} rises", "which rises in {y}", "Rises in"),
        _style("river_mouth", "the country in which {x} ends", "which ends in {y}", "Ends in"),
        _style(
            "lake_country",
            "a country on whose territory {x} lies",
            "which lies at least partly in {y}",
            "Countries",
            "Lakes",
        ),
        _style("lake_area", "the surface area of {x}", "whose surface area is {y}", "Surface area"),
        _style("water", "the kind of water in {x}", "whose water is {y}", "Water"),
        _style(
            "height_of", "a country whose highest point is {x}", "which is the highest point of {y}", "Highest point of"
        ),
        # languages, currencies, anthems, time zones, climates
        _style(
            "script",
            "the script in which {x} is usually written",
            "whose usual script is {y}",
            "Script",
            "Languages written in it",
        ),
        _style("language_code", "the language code of {x}", "whose language code is {y}", "Language code"),
        _style("currency_code", "the currency code of {x}", "whose currency code is {y}", "Currency code"),
        _style("english_title", "the English title of {x}", "whose English title is {y}", "English title"),
        _style(
            "anthem_of", "a country whose national anthem is {x}", "which is the national anthem of {y}", "Anthem of"
        ),
        _style("utc_offset", "the January UTC offset of {x}", "whose January UTC offset is {y}", "Offset in January"),
        _style(
            "climate_group", "the main climate group of {x}", "which belongs to the climate group {y}", "Climate group"
        ),
        _style("climate_code", "the Köppen code of {x}", "whose Köppen code is {y}", "Köppen code"),
        # chemical elements
        _style("symbol", "the chemical symbol of {x}", "whose chemical symbol is {y}", "Symbol"),
        _style("atomic_number", "the atomic number of {x}", "whose atomic number is {y}", "Atomic number"),
        _style("atomic_weight", "the atomic weight of {x}", "whose atomic weight is {y}", "Atomic weight"),
        _style("group", "the group of {x}", "which belongs to {y}", "Group", "Elements of this group"),
        _style("period", "the period of {x}", "which belongs to {y}", "Period", "Elements of this period"),
        _style("series", "the series of {x}", "which is one of the {y}", "Series", "Elements of this series"),
        _style("block", "the block of {x}", "which belongs to the {y}", "Block"),
        _style("melting_point", "the melting point of {x}", "whose melting point is {y}", "Melting point"),
        _style("boiling_point", "the boiling point of {x}", "whose boiling point is {y}", "Boiling point"),
        _style(
            "electronegativity",
            "the Pauling electronegativity of {x}",
            "whose Pauling electronegativity is {y}",
            "Electronegativity",
        ),
        _style("cas_number", "the CAS number of {x}", "whose CAS number is {y}", "CAS number"),
        _style(
            "discoverer", "a discoverer of {x}", "which was discovered by {y}", "Discovered by", "Elements discovered"
        ),
        _style(
            "discovery_year",
            "the year in which {x} was discovered",
            "which was discovered in the year {y}",
            "Year of discovery",
        ),
        _style(
            "discovery_country",
            "a country in which {x} was discovered",
            "which was discovered in {y}",
            "Discovered in",
            "Elements discovered here",
        ),
        _style(
            "named_after",
            "what {x} is named after",
            "which is named after {y}",
            "Named after",
            "Elements named after it",
        ),
        _style(
            "top_producer",
            "the leading producer of {x}",
            "whose leading producer is {y}",
            "Leading producer",
            "Leading producer of",
        ),
        _style(
            "top_reserves",
            "the country with the largest reserves of {x}",
            "whose largest reserves are in {y}",
            "Largest reserves",
            "Largest reserves of",
        ),
    )
)
