"""The words that made-up values are written in."""

from __future__ import annotations

ADJECTIVES = (
    "amber brave calm clever cold crisp dry early fair fresh gentle grand green heavy honest keen late light lively "
    "long mild narrow neat old open plain proud quick quiet rare ready round sharp short silent slow small soft solid "
    "steady still sweet tall tidy warm wide wild young"
).split()
NOUNS = (
    "anchor apple bridge brook candle canyon castle cedar cloud copper corner desert engine falcon field flame forest "
    "garden glacier harbour hazel hill island kettle ladder lantern lake maple marble meadow mill mirror mountain "
    "needle ocean orchard paper pebble pepper pine prairie quarry rain river saddle shell silver spring station stone "
    "summit thistle thunder tower tunnel valley violet wagon willow window winter"
).split()
VERBS = (
    "add archive check clean close collect compare copy count cut describe draw fill fix fold group improve label "
    "limit list measure mend merge move open order paint plan print read rename repair replace review sort split store "
    "test trim update wash weigh write"
).split()
FIRST_NAMES = (
    "Ada Alma Amir Anna Ben Carla Chen Clara Daniel Dora Elif Elsa Emil Eva Farid Finn Greta Hana Hugo Ida Ines Ivan "
    "Jana Jonas Julia Karim Lara Leo Lina Luca Maja Marco Mei Mira Nadia Nils Noor Olga Omar Paul Pia Rosa Sami Sara "
    "Tara Theo Uma Vera Yuki Zoe"
).split()
LAST_NAMES = (
    "Abel Arnold Bauer Berg Blum Costa Dahl Diaz Egger Faber Fischer Flores Gruber Haas Hansen Horvat Ito Jansen "
    "Keller Khan Klein Lang Larsen Lopez Maier Marino Meyer Moreau Nagy Novak Olsen Park Petit Popov Quinn Rossi Sato "
    "Silva Sommer Stein Tanaka Toth Urban Vogel Wagner Weber Winter Wolf Yilmaz Zimmer"
).split()
CITIES = "Aarhus Bergen Bologna Brno Cork Ghent Graz Leipzig Lyon Malmö Nantes Porto Split Turku Utrecht".split()
COUNTRIES = "Austria Belgium Chile Denmark Estonia France Ghana Ireland Japan Kenya Norway Peru Portugal Spain".split()
EDGES = ("", " ", "Ünïcödé 名 🜁", "' OR 1=1 --", "<b>bold</b>", "null", "0", "a" * 300)
"""What is unusual, and still a text."""
