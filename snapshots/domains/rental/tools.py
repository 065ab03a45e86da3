"""What an agent of the rental shop can do: fifteen tools that read and thirteen that write."""

from __future__ import annotations

from .booking import (
    add_accessory,
    cancel_booking,
    change_dates,
    change_pickup_branch,
    create_booking,
    remove_accessory,
    set_waiver,
)
from .reading import (
    check_free,
    find_first_free,
    find_member_by_email,
    find_member_by_number,
    get_booking,
    get_model,
    get_voucher,
    list_bookings,
    list_branches,
    list_fees,
    quote_booking,
    quote_rent,
    search_models,
)
from .renting import (
    change_contact,
    extend_rental,
    pay_fee,
    quote_damage,
    quote_extension,
    release_deposit,
    report_damage,
    waive_late_fee,
)

__all__ = [
    "add_accessory",
    "cancel_booking",
    "change_contact",
    "change_dates",
    "change_pickup_branch",
    "check_free",
    "create_booking",
    "extend_rental",
    "find_first_free",
    "find_member_by_email",
    "find_member_by_number",
    "get_booking",
    "get_model",
    "get_voucher",
    "list_bookings",
    "list_branches",
    "list_fees",
    "pay_fee",
    "quote_booking",
    "quote_damage",
    "quote_extension",
    "quote_rent",
    "release_deposit",
    "remove_accessory",
    "report_damage",
    "search_models",
    "set_waiver",
    "waive_late_fee",
]
