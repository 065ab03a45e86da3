"""How the clinics' rows are made: one function a table, each a function of its row alone."""

from __future__ import annotations

from datetime import date

from agent_envs.snapshots.domains.pools import POOLS
from agent_envs.snapshots.domains.recipe import Cells
from agent_envs.snapshots.domains.rows import Row

from . import people, referring, staff
from .history import LANES, SITE_LANES, STEPS, Visit, course
from .money import invoices as invoices_of
from .offers import FOLLOW_UPS, KINDS
from .rules import REMINDER
from .staff import NOW, PER_SITE, SESSION_HOURS

__all__ = ["NOW"]
_ROWS_A_SITE = 1500
_ROWS_OF_A_SITE_ALONE = 115
_ROWS_A_COURSE = 8.9
_NAMES_OF_SITES = ("Clinic", "Health Centre", "Medical Rooms", "Practice")


def counts(rows: int) -> dict[str, int]:
    """Numbers of each table: a site, its practitioners and its patients, and courses as far back as the rows reach."""
    sites = max(2, (rows + _ROWS_A_SITE // 2) // _ROWS_A_SITE)
    courses = max(sites * SITE_LANES, int((rows - sites * _ROWS_OF_A_SITE_ALONE) / _ROWS_A_COURSE))
    patients = sites * LANES * people.FAMILY
    of_courses = dict.fromkeys(("courses", "appointments", "invoices", "payments"), courses)
    of_running = dict.fromkeys(("reminders", "waiting_list"), sites * SITE_LANES)
    of_patients = dict.fromkeys(("patients", "representatives", "cards"), patients)
    of_staff = dict.fromkeys(("practitioners", "sessions", "absences"), sites * PER_SITE)
    few = {"sites": sites, "kinds": len(KINDS), "referrals": courses + patients}
    return few | of_staff | of_patients | of_courses | of_running


def sites(row: Row) -> Cells:
    """A house with practitioners in it."""
    names = POOLS["cities"]
    kind, city = divmod(row.number, len(names))
    return {
        "site_id": row.key("S"),
        "name": f"{names[city]} {_NAMES_OF_SITES[kind]}",
        "street": f"{row.integer('house', 1, 180, skew=2)} {row.pick('street', POOLS['streets'])}",
        "city": names[city],
        "postcode": row.pick("postcode", POOLS["postcodes"]),
        "phone": _phone(row),
    }


def practitioners(row: Row) -> Cells:
    """Somebody who sees patients."""
    first = row.pick("first name", POOLS[row.choice("names", {"female_names": 1, "male_names": 1})])
    return {
        "practitioner_id": row.key("D"),
        "name": f"{first} {row.pick('last name', POOLS['last_names'])}",
        "speciality": staff.speciality(row),
        "site_id": row.at("sites", row.number // PER_SITE).key("S"),
    }


def sessions(row: Row) -> list[Cells]:
    """When a practitioner is there, every week."""
    return [
        {
            "practitioner_id": row.key("D"),
            "weekday": session.weekday,
            "opens": f"{session.opens:02}:00",
            "closes": f"{session.opens + SESSION_HOURS:02}:00",
        }
        for session in staff.sessions(row)
    ]


def absences(row: Row) -> list[Cells]:
    """When a practitioner will be away."""
    away = staff.absence(row.at("practitioners", row.number))
    return [{"practitioner_id": row.key("D"), **away._asdict()}] if away else []


def kinds(row: Row) -> Cells:
    """A kind of appointment."""
    kind = KINDS[row.number]._asdict()
    return {"kind_id": row.key("K"), **kind, "needs_referral": int(kind["needs_referral"])}


def patients(row: Row) -> Cells:
    """Somebody who comes, or whose parent brings them."""
    name = people.name(row)
    local = name.replace("'", "").replace(" ", ".").lower()
    return {
        "patient_id": row.key("P"),
        "name": name,
        "date_of_birth": people.born(row),
        "email": f"{local}{row.number}@{row.pick('domain', ('example.com', 'example.org', 'example.net'))}",
        "phone": _phone(row),
        "reminders": people.reminders(row),
        "registered_on": row.date("registered", date(2022, 1, 10), date(2024, 9, 30)),
    }


def representatives(row: Row) -> list[Cells]:
    """Who may speak for a patient."""
    found = people.spokesman(row.at("patients", row.number))
    if found is None:
        return []
    speaks: Cells = {
        "representative_id": found.representative.key("P"),
        "relation": found.relation,
        "until": found.until,
    }
    return [{"patient_id": row.key("P"), **speaks}]


def cards(row: Row) -> list[Cells]:
    """What a patient pays with."""
    made: list[Cells] = []
    patient = row.at("patients", row.number)
    for index in range(2):
        part, ends = row.part(index), people.card_expiry(patient, index)
        if ends is not None:
            brand = part.choice("brand", {"Visa": 6, "Mastercard": 4})
            label = f"{brand} ending {part.integer('digits', 0, 4999) + 5000 * index:04}"
            card: Cells = {"card_id": row.key("B", index, 2), "patient_id": row.key("P"), "label": label}
            made.append({**card, "expires_on": ends})
    return made


def referrals(row: Row) -> list[Cells]:
    """What a doctor outside asks for: for a course, or, behind the last course, for a patient who has not come yet."""
    spare = row.number - row.counts["courses"]
    return referring.spare(row, row.at("patients", spare)) if spare >= 0 else referring.of_course(row)


def courses(row: Row) -> list[Cells]:
    """A course of treatment."""
    of = course(row)
    if not of.visits:
        return []
    made: Cells = {
        "course_id": row.key("C"),
        "patient_id": of.patient.key("P"),
        "practitioner_id": of.practitioner.key("D"),
        "referral_id": row.key("R") if of.referral else None,
        "opened_on": of.opened_on,
        "status": "open" if of.is_open else "closed",
    }
    return [made]


def appointments(row: Row) -> list[Cells]:
    """The appointments of a course."""
    of = course(row)
    reasons = {"ill": 4, "feels_well": 2, "has_to_work": 3, "travels": 2}
    return [
        {
            "appointment_id": row.key("A", index, STEPS),
            "course_id": row.key("C"),
            "kind_id": row.at("kinds", visit.kind).key("K"),
            "practitioner_id": of.practitioner.key("D"),
            "referral_id": row.key("R") if visit.of.needs_referral else None,
            "starts_at": visit.starts_at,
            "booked_at": visit.booked_at,
            "status": visit.status,
            "times_moved": row.part(index).choice("moved", {0: 7, 1: 2, 2: 2}),
            "cancelled_at": visit.cancelled_at,
            "cancel_reason": row.part(index).choice("reason", reasons) if visit.cancelled_at else None,
        }
        for index, visit in enumerate(of.visits)
    ]


def reminders(row: Row) -> list[Cells]:
    """The reminders of booked appointments that have not gone out yet."""
    of = course(row)
    channel = people.reminders(of.patient)
    return [
        {"appointment_id": row.key("A", index, STEPS), "channel": channel, "due_at": visit.starts_at - REMINDER}
        for index, visit in enumerate(of.visits)
        if channel != "none" and visit.status == "booked" and visit.starts_at - REMINDER > NOW
    ]


def invoices(row: Row) -> list[Cells]:
    """What is to be paid for a course's visits."""
    return [
        {
            "invoice_id": row.key("I", invoice.place, STEPS),
            "appointment_id": row.key("A", invoice.place, STEPS),
            "reason": invoice.reason,
            "amount_cents": invoice.amount_cents,
            "issued_on": invoice.issued_on,
            "due_on": invoice.due_on,
            "status": invoice.status,
            "waived_on": invoice.settled_on if invoice.status == "waived" else None,
        }
        for invoice in invoices_of(course(row))
    ]


def payments(row: Row) -> list[Cells]:
    """How a course's invoices were paid: by the patient's first card, or by bank transfer."""
    of = course(row)
    card = of.patient.key("B", 0, 2) if people.card_expiry(of.patient, 0) else None
    return [
        {
            "payment_id": row.key("T", invoice.place, STEPS),
            "invoice_id": row.key("I", invoice.place, STEPS),
            "card_id": card if row.part(invoice.place).chance("by card", 0.8) else None,
            "amount_cents": invoice.amount_cents,
            "paid_at": invoice.paid_at,
        }
        for invoice in invoices_of(of)
        if invoice.paid_at
    ]


def waiting_list(row: Row) -> list[Cells]:
    """The place of a patient who waits for a practitioner who is away for long."""
    of = course(row)
    away = staff.absence(of.practitioner)
    if not of.is_open or _has_booked(of.visits) or not away or (away.last_day - away.first_day).days < 40:
        return []
    if not row.chance("waits", 0.4):
        return []
    entry: Cells = {
        "entry_id": row.key("W"),
        "patient_id": of.patient.key("P"),
        "practitioner_id": of.practitioner.key("D"),
        "kind_id": row.at("kinds", row.pick("kind", FOLLOW_UPS[of.speciality])).key("K"),
        "joined_on": row.date("joined", max(visit.booked_at for visit in of.visits).date(), NOW.date()),
    }
    return [entry]


def _has_booked(visits: tuple[Visit, ...]) -> bool:
    return any(visit.status == "booked" for visit in visits)


def _phone(row: Row) -> str:
    return f"07700 900{row.integer('phone', 0, 999):03}"  # a range that Ofcom keeps for fiction
