"""How an agent asks for what customers can do with their phones: the words for each, and what the agent says."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from agent_envs.snapshots.domains.draft import Draft


class Doing(NamedTuple):
    """What a customer can do; asked for in any of these phrases.

    Args:
        tool: The tool that they use.
        text: What an agent says; it holds the first phrase.
        phrases: What makes them do it.
    """

    tool: str
    text: str
    phrases: tuple[str, ...]


CURES = {
    "flight mode": Doing(
        "turn_off_flight_mode",
        "Please turn flight mode off.",
        ("flight mode + off", "airplane mode + off", "disable + flight mode", "disable + airplane mode"),
    ),
    "sim loose": Doing(
        "reinsert_sim",
        "The SIM card sits loose: please reinsert it.",
        ("reinsert", "re insert", "take out + sim", "remove + sim"),
    ),
    "esim deleted": Doing(
        "install_esim",
        "The new eSIM is there: please install the eSIM.",
        ("install the esim", "install the new esim", "please install", "you can now install", "install it now"),
    ),
    "stuck": Doing("restart", "Please restart it.", ("restart", "reboot", "off and on again")),
    "network choice": Doing(
        "choose_network_automatically",
        "Please set the network choice to automatic.",
        ("network choice + automatic", "network selection + automatic", "choose + network + automatically"),
    ),
    "network mode": Doing(
        "set_network_mode_automatic",
        "Please set the network mode to automatic: there is no 3G network any more.",
        ("network mode + automatic", "network mode + 4g", "network type + automatic"),
    ),
    "mobile data": Doing(
        "turn_on_mobile_data",
        "Please turn on mobile data.",
        ("turn + on + mobile data", "switch + on + mobile data", "enable + mobile data"),
    ),
    "data roaming": Doing(
        "turn_on_data_roaming",
        "Please turn on data roaming.",
        ("turn + on + data roaming", "switch + on + data roaming", "enable + data roaming"),
    ),
    "apn": Doing(
        "reset_apn", "The APN is an old one: please reset the APN.", ("reset + apn", "change + apn", "set + apn")
    ),
    "vpn": Doing("turn_off_vpn", "Please turn the VPN off.", ("vpn + off", "disable + vpn", "disconnect + vpn")),
    "messages app": Doing(
        "allow_messages_app",
        "Please allow the messages app to use mobile data.",
        ("allow + messages app", "enable + messages app", "messages app + permission"),
    ),
    "data saver": Doing(
        "turn_off_data_saver",
        "Please turn the data saver off.",
        ("data saver + off", "data saving + off", "disable + data saver"),
    ),
}
"""What cures each cause on the side of the phone."""
STATUS = Doing("look_at_status_bar", "What do you see in the status bar?", ("status bar", "signal bars"))
SETTINGS = Doing(
    "look_at_settings",
    "Please look at the settings: what do they say?",
    (
        "look at + settings",
        "check + settings",
        "is flight mode",
        "is airplane mode",
        "is mobile data",
        "is data roaming",
    ),
)
NETWORK = Doing(
    "look_at_network_settings",
    "Please open the network settings: what do they say?",
    ("network settings", "check + apn", "what + apn", "check + network mode"),
)
SIM = Doing("look_at_sim", "Please look at the SIM: what does it say?", ("look at + sim", "check + sim", "sim number"))
APPS = Doing("look_at_apps", "Which apps have permission for data?", ("which apps", "look at + apps", "check + apps"))
TRIES = ("please + try", "could you + try", "can you + try", "please + test", "does it work", "works now")
"""What makes them try again what does not work; no word that a proposal is likely to hold."""
LOOKS = {
    **dict.fromkeys(("flight mode", "mobile data", "data roaming", "vpn", "data saver"), SETTINGS),
    **dict.fromkeys(("network choice", "network mode", "apn"), NETWORK),
    **dict.fromkeys(("sim loose", "esim deleted", "sim not active"), SIM),
    "messages app": APPS,
    "stuck": STATUS,
}
"""What shows each cause."""


def guided(draft: Draft, doing: Doing, device_id: str) -> Draft:
    """Have the customer do something."""
    return draft.guide(doing.text, doing.phrases[0], doing.tool, device_id=device_id)


def able(draft: Draft, device_id: str, check: str, leaving: Collection[str]) -> Draft:
    """Let the customer look at everything, try, and do what cures a cause, but for causes that are to be left alone."""
    doings = [doing for cause, doing in CURES.items() if cause not in leaving]
    for doing in (*doings, STATUS, SETTINGS, NETWORK, SIM, APPS, Doing(check, "", TRIES)):
        for phrase in doing.phrases:
            draft.can(phrase, doing.tool, device_id=device_id)
    return draft
