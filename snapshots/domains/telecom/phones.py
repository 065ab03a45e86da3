"""How the rows of the customers' phones are made; whatever is wrong with one is told by its line."""

from __future__ import annotations

from agent_envs.snapshots.domains.pools import POOLS
from agent_envs.snapshots.domains.recipe import Cells
from agent_envs.snapshots.domains.rows import Row

from .account import Account
from .rules import APN

_OLD_APNS = ("wap.oldnet.example", "web.otherphone.example", "intranet.example")


def devices(row: Row) -> list[Cells]:
    """The phones of a customer, one a line."""
    return [
        {
            "device_id": line.device_id,
            "line_id": line.key,
            "model": f"{line.row.pick('maker', ('Fenix', 'Orbit', 'Lumo', 'Tarn'))}"
            f" {line.row.pick('series', POOLS['nouns']).title()} {line.row.integer('model', 3, 14)}",
            "network": line.row.choice("network", {"5G": 6, "4G": 4}),
            "country": line.country,
        }
        for line in Account(row).lines
    ]


def device_settings(row: Row) -> list[Cells]:
    """How the phones are set; data roaming is off with most who are at home, which is as it should be."""
    made: list[Cells] = []
    for line in Account(row).lines:
        faults, abroad = line.faults, line.country is not None
        vpn = "on" if line.row.chance("vpn", 0.08) else "off"
        made.append(
            {
                "device_id": line.device_id,
                "flight_mode": int("flight mode" in faults),
                "mobile_data": int("mobile data" not in faults),
                "data_roaming": int("data roaming" not in faults if abroad else line.row.chance("data roams", 0.2)),
                "data_saver": int("data saver" in faults),
                "vpn": "failing" if "vpn" in faults else vpn,
                "apn": line.row.pick("apn", _OLD_APNS) if "apn" in faults else APN,
                "network_choice": "manual" if "network choice" in faults else "automatic",
                "network_mode": "3G only" if "network mode" in faults else "automatic",
                "stuck": int("restart" in faults),
            }
        )
    return made


def device_sims(row: Row) -> list[Cells]:
    """The SIM in each phone: the newest one that its customer has."""
    return [
        {
            "device_id": line.device_id,
            "sim_id": line.sim_id(len(line.sims) - 1),
            "seated": int("loose" not in line.faults),
        }
        for line in Account(row).lines
    ]


def device_apps(row: Row) -> list[Cells]:
    """The apps of the phones that matter here, and whether they may use mobile data."""
    return [
        {
            "device_id": line.device_id,
            "app": app,
            "may_use_data": int("messages app" not in line.faults if app == "messages" else 1),
        }
        for line in Account(row).lines
        for app in ("messages", "mail")
    ]
