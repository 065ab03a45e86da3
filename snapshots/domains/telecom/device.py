"""What a phone does: which causes keep a service from working is a pure function of the phone and its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError

from .rules import APN

Service = Literal["call", "data", "pictures", "speed"]
_PHONE = """
    SELECT d.device_id, d.line_id, d.network, d.country, t.flight_mode, t.mobile_data, t.data_roaming, t.data_saver,
    t.vpn, t.apn, t.network_choice, t.network_mode, t.stuck, h.sim_id, h.seated, s.kind AS sim_kind,
    s.status AS sim_status, l.block, l.registered, l.roaming, l.picture_messages, l.slowed, a.may_use_data,
    coalesce(c.zone, 'home') AS zone,
    (SELECT count(*) FROM outages o WHERE o.region_id = l.region_id AND o.began_at <= ?2 AND o.ends_at > ?2) AS outages,
    (SELECT count(*) FROM bookings b JOIN add_ons x USING (add_on_id) WHERE b.line_id = l.line_id AND x.zone = c.zone
     AND b.valid_until >= ?3) AS passes,
    p.data_mb + (SELECT coalesce(sum(x.data_mb), 0) FROM bookings b JOIN add_ons x USING (add_on_id)
     WHERE b.line_id = l.line_id AND b.valid_until >= ?3)
     - coalesce((SELECT u.data_mb FROM usage u WHERE u.line_id = l.line_id AND u.month = ?4), 0) AS left_mb
    FROM devices d JOIN device_settings t USING (device_id) JOIN device_sims h USING (device_id)
    JOIN sims s ON s.sim_id = h.sim_id JOIN lines l ON l.line_id = d.line_id JOIN plans p ON p.plan_id = l.plan_id
    JOIN device_apps a ON a.device_id = d.device_id AND a.app = 'messages'
    LEFT JOIN countries c ON c.country = d.country
    WHERE d.device_id = ?1
"""


class Phone(msgspec.Struct, frozen=True):
    """A phone with all on which its services depend, on both sides."""

    device_id: str
    line_id: str
    network: str
    country: str | None
    flight_mode: int
    mobile_data: int
    data_roaming: int
    data_saver: int
    vpn: str
    apn: str
    network_choice: str
    network_mode: str
    stuck: int
    sim_id: str
    seated: int
    sim_kind: str
    sim_status: str
    block: str
    registered: int
    roaming: int
    picture_messages: int
    slowed: int
    may_use_data: int
    zone: str
    outages: int
    passes: int
    left_mb: int


Causes = Mapping[str, Callable[[Phone], bool]]
_SIGNAL: Causes = {
    "flight mode": lambda phone: bool(phone.flight_mode),
    "sim loose": lambda phone: not phone.seated and phone.sim_kind == "card",
    "esim deleted": lambda phone: not phone.seated and phone.sim_kind == "esim",
    "stuck": lambda phone: bool(phone.stuck),
    "network choice": lambda phone: phone.network_choice != "automatic",
    "network mode": lambda phone: phone.network_mode != "automatic",
    "sim not active": lambda phone: phone.sim_status != "active",
    "block": lambda phone: phone.block != "none",
    "not registered": lambda phone: not phone.registered,
    "outage": lambda phone: phone.country is None and phone.outages > 0,
    "roaming": lambda phone: phone.country is not None and not phone.roaming,
}
_DATA: Causes = {
    "mobile data": lambda phone: not phone.mobile_data,
    "apn": lambda phone: phone.apn != APN,
    "vpn": lambda phone: phone.vpn == "failing",
    "data roaming": lambda phone: phone.country is not None and not phone.data_roaming,
    "no pass": lambda phone: phone.zone in ("near", "world") and not phone.passes,
    "used up": lambda phone: phone.left_mb <= 0,
}
_KEEPING: Mapping[Service, Causes] = {
    "call": _SIGNAL,
    "data": {**_SIGNAL, **_DATA},
    "pictures": {
        **_SIGNAL,
        **_DATA,
        "picture messages": lambda phone: not phone.picture_messages,
        "messages app": lambda phone: not phone.may_use_data,
    },
    "speed": {
        **_SIGNAL,
        **_DATA,
        "data saver": lambda phone: bool(phone.data_saver),
        "slowed": lambda phone: bool(phone.slowed),
    },
}
_UNSEEN = ("sim not active", "block", "not registered")
"""Where the network knows the phone and serves it no calls but those to emergency services."""


def phone(db: EpisodeDatabase, device_id: str) -> Phone:
    """A phone as it is now.

    Raises:
        ToolError: There is none.
    """
    row = db.row(_PHONE, device_id, db.now, db.now[:10], db.now[:7])
    if row is None:
        raise ToolError(f"there is no phone {device_id[:60]!r}; use the id of your own")
    return Phone(**row)


def causes(of: Phone, service: Service) -> tuple[str, ...]:
    """What keeps a service from working; nothing, if it works."""
    return tuple(cause for cause, holds in _KEEPING[service].items() if holds(of))


def status_bar(of: Phone) -> str:
    """What the status bar shows: the first thing that is wrong hides those behind it."""
    wrong = causes(of, "call")
    if "flight mode" in wrong:
        return "The status bar shows an aeroplane."
    if not of.seated:
        return "The status bar says: No SIM."
    if any(cause in _UNSEEN for cause in wrong):
        return "The status bar says: Emergency calls only."
    if wrong:
        return "The status bar says: No service."
    shown = [f"{of.network} with good signal"]
    shown += ["an R for roaming"] * (of.country is not None)
    shown += ["a key for the VPN"] * (of.vpn != "off")
    shown += ["a drop for the data saver"] * of.data_saver
    return f"The status bar shows {', '.join(shown)}."
