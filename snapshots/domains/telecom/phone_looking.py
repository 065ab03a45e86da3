"""What a customer sees on their phone: its settings, and whether a service works."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import tool

from .device import causes, phone, status_bar

Device = Annotated[str, Meta(min_length=1, max_length=20, description="The id of the customer's own phone.")]


@tool
def look_at_status_bar(db: EpisodeDatabase, device_id: Device) -> str:
    """Look at the status bar: signal, aeroplane, missing SIM, roaming, VPN, data saver."""
    return status_bar(phone(db, device_id))


@tool
def look_at_settings(db: EpisodeDatabase, device_id: Device) -> str:
    """Look at the switches for flight mode, mobile data, data roaming, VPN and data saver."""
    of = phone(db, device_id)
    switches = {
        "Flight mode": of.flight_mode,
        "mobile data": of.mobile_data,
        "data roaming": of.data_roaming,
        "the VPN": of.vpn != "off",
        "the data saver": of.data_saver,
    }
    failing = " The VPN app says that it has no connection." if of.vpn == "failing" else ""
    return f"{', '.join(f'{name} is {_on(value)}' for name, value in switches.items())}.{failing}"


@tool
def look_at_network_settings(db: EpisodeDatabase, device_id: Device) -> str:
    """Look at how the network is chosen, at the network mode and at the access point (APN)."""
    of = phone(db, device_id)
    return f"The network choice is {of.network_choice}, the network mode is {of.network_mode}, the APN is {of.apn}."


@tool
def look_at_sim(db: EpisodeDatabase, device_id: Device) -> str:
    """Look at the SIM: whether the phone finds it, of which kind it is, and its number."""
    of = phone(db, device_id)
    if of.sim_kind == "esim":
        return f"It is an eSIM, {of.sim_id}." if of.seated else f"The eSIM {of.sim_id} was deleted from the phone."
    return f"It is a card, {of.sim_id}{'' if of.seated else ', and it sits loose'}."


@tool
def look_at_apps(db: EpisodeDatabase, device_id: Device) -> str:
    """Look at which apps may use mobile data."""
    phone(db, device_id)
    rows = db.rows("SELECT app, may_use_data FROM device_apps WHERE device_id = ? ORDER BY app", device_id)
    told = (f"the {row['app']} app {'may' if row['may_use_data'] else 'may not'} use mobile data" for row in rows)
    return f"I see: {', '.join(told)}."


@tool
def test_connection(db: EpisodeDatabase, device_id: Device) -> str:
    """Try whether a page loads over mobile data."""
    return "Connected: the page loads." if (told := _offline(db, device_id)) is None else told


@tool
def test_speed(db: EpisodeDatabase, device_id: Device) -> str:
    """Measure how fast mobile data are."""
    of = phone(db, device_id)
    if (told := _offline(db, device_id)) is not None:
        return told
    return "Slow: 0.4 Mbit/s." if causes(of, "speed") else f"Fast: {90 if of.network == '5G' else 40} Mbit/s."


@tool
def try_call(db: EpisodeDatabase, device_id: Device) -> str:
    """Try to call somebody."""
    return "The call fails." if causes(phone(db, device_id), "call") else "The call goes through."


@tool
def send_picture_message(db: EpisodeDatabase, device_id: Device) -> str:
    """Try to send a picture message."""
    wrong = causes(phone(db, device_id), "pictures")
    return "The picture was not sent." if wrong else "The picture was sent."


def _offline(db: EpisodeDatabase, device_id: str) -> str | None:
    """What a phone says that has no mobile data; None, if it has."""
    of = phone(db, device_id)
    if causes(of, "call"):
        return "No connection: the phone has no network."
    return "No connection, though the signal is good." if causes(of, "data") else None


def _on(value: int | bool) -> str:
    return "on" if value else "off"
