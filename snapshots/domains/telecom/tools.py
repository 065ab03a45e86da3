"""What an agent of the operator can do: fifteen tools that read and seventeen that write. None sees a phone."""

from __future__ import annotations

from .billing import change_contact, give_outage_credit, open_ticket, pay_bill
from .contracts import (
    book_add_on,
    cancel_plan_change,
    change_number,
    change_plan,
    send_unlock_code,
)
from .network import (
    activate_sim,
    block_line,
    lift_block,
    register_line,
    replace_sim,
    restore_speed,
    set_picture_messages,
    set_roaming,
)
from .reading import (
    find_customer_by_email,
    find_customer_by_number,
    get_bill,
    get_country,
    get_customer,
    get_line,
    get_usage,
    list_add_ons,
    list_bills,
    list_bookings,
    list_free_numbers,
    list_outages,
    list_plans,
    list_sims,
    list_tickets,
)

__all__ = [
    "activate_sim",
    "block_line",
    "book_add_on",
    "cancel_plan_change",
    "change_contact",
    "change_number",
    "change_plan",
    "find_customer_by_email",
    "find_customer_by_number",
    "get_bill",
    "get_country",
    "get_customer",
    "get_line",
    "get_usage",
    "give_outage_credit",
    "lift_block",
    "list_add_ons",
    "list_bills",
    "list_bookings",
    "list_free_numbers",
    "list_outages",
    "list_plans",
    "list_sims",
    "list_tickets",
    "open_ticket",
    "pay_bill",
    "register_line",
    "replace_sim",
    "restore_speed",
    "send_unlock_code",
    "set_picture_messages",
    "set_roaming",
]
