"""What an agent of the clinics' desk can do: twelve tools that read and thirteen that write."""

from __future__ import annotations

from .booking import (
    book_first_visit,
    book_follow_up,
    cancel_appointment,
    change_course_referral,
    move_appointment,
)
from .desk import (
    change_contact,
    change_reminders,
    end_representative,
    join_waiting_list,
    leave_waiting_list,
    name_representative,
    pay_invoice,
    waive_fee,
)
from .reading import (
    find_patient,
    find_site,
    find_slots,
    get_appointment,
    get_patient,
    get_practitioner,
    list_appointments,
    list_courses,
    list_invoices,
    list_kinds,
    list_referrals,
    list_waiting,
)

__all__ = [
    "book_first_visit",
    "book_follow_up",
    "cancel_appointment",
    "change_contact",
    "change_course_referral",
    "change_reminders",
    "end_representative",
    "find_patient",
    "find_site",
    "find_slots",
    "get_appointment",
    "get_patient",
    "get_practitioner",
    "join_waiting_list",
    "leave_waiting_list",
    "list_appointments",
    "list_courses",
    "list_invoices",
    "list_kinds",
    "list_referrals",
    "list_waiting",
    "move_appointment",
    "name_representative",
    "pay_invoice",
    "waive_fee",
]
