"""What a customer does with their phone; doing it once more, or where nothing is wrong, changes nothing."""

from __future__ import annotations

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError, tool

from .device import phone
from .phone_looking import Device
from .rules import APN


@tool(writes=True)
def turn_off_flight_mode(db: EpisodeDatabase, device_id: Device) -> str:
    """Turn flight mode off."""
    _set(db, device_id, "flight_mode", 0)
    return "Flight mode is off."


@tool(writes=True)
def turn_on_mobile_data(db: EpisodeDatabase, device_id: Device) -> str:
    """Turn mobile data on."""
    _set(db, device_id, "mobile_data", 1)
    return "Mobile data is on."


@tool(writes=True)
def turn_on_data_roaming(db: EpisodeDatabase, device_id: Device) -> str:
    """Turn data roaming on."""
    _set(db, device_id, "data_roaming", 1)
    return "Data roaming is on."


@tool(writes=True)
def turn_off_data_saver(db: EpisodeDatabase, device_id: Device) -> str:
    """Turn the data saver off."""
    _set(db, device_id, "data_saver", 0)
    return "The data saver is off."


@tool(writes=True)
def turn_off_vpn(db: EpisodeDatabase, device_id: Device) -> str:
    """Turn the VPN off."""
    _set(db, device_id, "vpn", "off")
    return "The VPN is off."


@tool(writes=True)
def reset_apn(db: EpisodeDatabase, device_id: Device) -> str:
    """Reset the access point (APN) to the operator's."""
    _set(db, device_id, "apn", APN)
    return f"The APN is {APN}."


@tool(writes=True)
def choose_network_automatically(db: EpisodeDatabase, device_id: Device) -> str:
    """Let the phone choose the network by itself."""
    _set(db, device_id, "network_choice", "automatic")
    return "The network choice is automatic."


@tool(writes=True)
def set_network_mode_automatic(db: EpisodeDatabase, device_id: Device) -> str:
    """Let the phone use 4G and 5G as well, not 3G only."""
    _set(db, device_id, "network_mode", "automatic")
    return "The network mode is automatic."


@tool(writes=True)
def restart(db: EpisodeDatabase, device_id: Device) -> str:
    """Turn the phone off and on again."""
    _set(db, device_id, "stuck", 0)
    return "The phone has started again."


@tool(writes=True)
def allow_messages_app(db: EpisodeDatabase, device_id: Device) -> str:
    """Allow the messages app to use mobile data."""
    phone(db, device_id)
    db.write("UPDATE device_apps SET may_use_data = 1 WHERE device_id = ? AND app = 'messages'", device_id)
    return "The messages app may use mobile data."


@tool(writes=True)
def reinsert_sim(db: EpisodeDatabase, device_id: Device) -> str:
    """Take the SIM card out and put it in again; there is none to take out where the phone has an eSIM."""
    of = phone(db, device_id)
    if of.sim_kind == "esim":
        raise ToolError("this phone has an eSIM and no card; look at the SIM instead")
    db.write("UPDATE device_sims SET seated = 1 WHERE device_id = ?", device_id)
    return f"The card {of.sim_id} is in the phone again."


@tool(writes=True)
def install_esim(db: EpisodeDatabase, device_id: Device) -> str:
    """Install the eSIM that the operator issued last; each can be installed once."""
    of = phone(db, device_id)
    issued = db.scalar(
        "SELECT sim_id FROM sims WHERE line_id = ? AND kind = 'esim' AND status = 'active' AND sim_id <> ?"
        " ORDER BY sim_id DESC",
        of.line_id,
        of.sim_id,
    )
    if issued is None:
        raise ToolError("there is no eSIM to install; the operator has to issue a new one first")
    db.write("UPDATE device_sims SET sim_id = ?, seated = 1 WHERE device_id = ?", issued, device_id)
    return f"The eSIM {issued} is installed."


def _set(db: EpisodeDatabase, device_id: str, column: str, value: str | int) -> None:
    phone(db, device_id)
    db.write(f"UPDATE device_settings SET {column} = ? WHERE device_id = ?", value, device_id)
