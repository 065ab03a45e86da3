"""What a customer can do with their phone: look, try, and set right; each tells what they read out."""

from __future__ import annotations

from .phone_doing import (
    allow_messages_app,
    choose_network_automatically,
    install_esim,
    reinsert_sim,
    reset_apn,
    restart,
    set_network_mode_automatic,
    turn_off_data_saver,
    turn_off_flight_mode,
    turn_off_vpn,
    turn_on_data_roaming,
    turn_on_mobile_data,
)
from .phone_looking import (
    look_at_apps,
    look_at_network_settings,
    look_at_settings,
    look_at_sim,
    look_at_status_bar,
    send_picture_message,
    test_connection,
    test_speed,
    try_call,
)

__all__ = [
    "allow_messages_app",
    "choose_network_automatically",
    "install_esim",
    "look_at_apps",
    "look_at_network_settings",
    "look_at_settings",
    "look_at_sim",
    "look_at_status_bar",
    "reinsert_sim",
    "reset_apn",
    "restart",
    "send_picture_message",
    "set_network_mode_automatic",
    "test_connection",
    "test_speed",
    "try_call",
    "turn_off_data_saver",
    "turn_off_flight_mode",
    "turn_off_vpn",
    "turn_on_data_roaming",
    "turn_on_mobile_data",
]
