"""What callers want at the desk besides: invoices, fees, details, and who may speak for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from agent_envs.snapshots.domains.compose import drawn, tried
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import desk, views
from .desk import speaks
from .rules import ADULT_AGE, MAX_NAMED, WAIVE_EVERY_DAYS, WAIVE_WITHIN_DAYS
from .slots import day_of
from .wanted import Case, Want, begun, money, one_of, years

_CHANNELS = {"text": "by text message", "email": "by email", "none": "not at all"}
_MOST_PAID = 4


def owed(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Ask how much is to be paid in all."""
    unpaid = _open(case, db)
    if not unpaid:
        return None
    amount = money(sum(each.amount_cents for each in unpaid))
    request = f"How much is unpaid in all of {case.whose} invoices?"
    draft = begun(Draft("owed").learn(request, amount), case).call("list_invoices", patient_id=case.patient.patient_id)
    return draft.say(f"It is {amount} in all.")


def valid(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Ask until when a referral holds."""
    good = [each for each in views.referrals(db, case.patient.patient_id) if each.valid_until >= db.now[:10]]
    held = one_of(good, case.key, "valid")
    if held is None or sum(each.speciality == held.speciality for each in good) > 1:
        return None
    draft = Draft("valid").learn(f"Until when is {case.whose} referral for {held.speciality} valid?", held.valid_until)
    begun(draft, case).call("list_referrals", patient_id=case.patient.patient_id)
    return draft.say(f"It is valid until {held.valid_until}.")


def pay(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Pay an invoice, or all that are open."""
    unpaid, card = _open(case, db), _card(case, db)
    if not unpaid or card is None:
        return None
    whole = len(unpaid) <= _MOST_PAID and drawn(case.key, "pay all") % 3 > 0
    chosen = unpaid if whole else [unpaid[drawn(case.key, "pay") % len(unpaid)]]
    same = [each for each in unpaid if each.issued_on == chosen[0].issued_on]
    if not whole and len(same) > 1:
        return None
    amount = money(sum(each.amount_cents for each in chosen))
    what = f"all of {case.whose} open invoices" if whole else f"{case.whose} invoice of {chosen[0].issued_on}"
    draft = Draft("pay all" if len(chosen) > 1 else "pay", card=card.label)
    draft.act(f"I would like to pay {what}.", amount)
    draft.call("get_patient", patient_id=case.caller.patient_id)  # for whom they speak, and which cards they have
    draft.call("list_invoices", patient_id=case.patient.patient_id).say("Which card is to be charged?")
    draft.say(f"I would charge {amount} to the {card.label}. Shall I do that?")
    for each in chosen:
        draft.call("pay_invoice", invoice_id=each.invoice_id, card_id=card.card_id)
    return draft.say(f"It has been paid: {amount} with the {card.label}.")


def waive(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Have a fee waived, which its age or an earlier kindness may forbid."""
    unpaid = [each for each in _open(case, db) if each.reason != "visit"]
    fee = one_of(unpaid, case.key, "waive")
    if fee is None or sum(each.issued_on == fee.issued_on for each in _open(case, db)) > 1:
        return None
    today = db.clock.date()
    asked = {"missed": "a missed appointment", "late_cancellation": "a late cancellation"}[fee.reason]
    request = f"Please waive the fee for {asked} on {case.whose} invoice of {fee.issued_on}; it was not on purpose."
    fees = views.invoices(db, case.patient.patient_id)
    since = f"{today - timedelta(days=WAIVE_EVERY_DAYS)}"
    before = next((each.waived_on for each in fees if each.waived_on and each.waived_on >= since), None)
    days = (today - day_of(fee.issued_on)).days
    if days > WAIVE_WITHIN_DAYS or before:
        why = f"another fee was waived on {before}" if before else f"the invoice is {days} days old"
        draft = begun(Draft("waived before" if before else "too old to waive").refuse(request), case)
        draft.call("list_invoices", patient_id=case.patient.patient_id)
        return draft.say(f"I cannot waive it: {why}.").say(f"I am sorry, I cannot: {why}.")
    amount = money(fee.amount_cents)
    draft = begun(Draft("waive").act(request, amount), case)
    draft.call("list_invoices", patient_id=case.patient.patient_id)
    draft.say(f"That fee is {amount}. Shall I waive it?").call("waive_fee", invoice_id=fee.invoice_id)
    return draft.say(f"The fee of {amount} has been waived.")


def not_waived(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Want not to pay for a visit."""
    invoice = one_of([each for each in _open(case, db) if each.reason == "visit"], case.key, "not waived")
    if invoice is None or sum(each.issued_on == invoice.issued_on for each in _open(case, db)) > 1:
        return None
    request = f"Please waive {case.whose} invoice of {invoice.issued_on}; it was of no use."
    draft = begun(Draft("visit not waived").refuse(request), case)
    draft.call("list_invoices", patient_id=case.patient.patient_id)
    why = "it is for a visit, and only fees for not coming are waived"
    return draft.say(f"I cannot waive it: {why}.").say(f"I am sorry, I cannot: {why}.")


def reminders(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Be reminded in another way."""
    now = views.patient(db, case.patient.patient_id).reminders
    others = [channel for channel in _CHANNELS if channel != now]
    channel = others[drawn(case.key, "reminders") % 2]
    first = next(other for other in others if other != channel)
    request = f"Please have reminders for {case.whom} come {{}} from now on."
    said = _CHANNELS[channel]
    draft = Draft("reminders").act(request.format(said), said, at_first=request.format(_CHANNELS[first]))
    begun(draft, case).say(f"Reminders would come {said}. Shall I change it?")
    draft.call("change_reminders", patient_id=case.patient.patient_id, channel=channel)
    return draft.say(f"Reminders have been changed; they come {said}.")


def contact(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Have a new phone number, and now and then a new e-mail address with it."""
    number = drawn(case.key, "contact")
    phone, email = f"07700 900{number % 1000:03}", f"new{number % 10_000:04}@example.org"
    if phone == views.patient(db, case.patient.patient_id).phone:
        return None
    new: dict[str, Any] = {"phone": phone} | ({"email": email} if number % 3 == 0 else {})
    draft = Draft("contact", **{f"new_{slot}": value for slot, value in new.items()})
    draft.act(f"Please change {case.whose} {' and '.join(new)} in your records.", *new.values())
    values = " and ".join(new.values())
    begun(draft, case).say(f"What is the new {' and the new '.join(new)}, please?")
    draft.say(f"I would change it to {values}. Shall I do that?")
    draft.call("change_contact", patient_id=case.patient.patient_id, **new)
    return draft.say(f"It has been changed to {values}.")


def name_somebody(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Let somebody speak for them: somebody new, or once more."""
    patient = views.patient(db, case.patient.patient_id)
    if not case.is_own:
        return None
    over = [each for each in patient.spoken_for_by if not speaks(db, patient, each)]
    good = len(patient.spoken_for_by) - len(over)
    number = drawn(case.key, "name")
    other = over[0] if over else _stranger(case, db, number)
    if other is None or good >= MAX_NAMED:
        return None
    until = f"{db.clock.date() + timedelta(days=60 + number % 300)}"
    arguments = {"patient_id": patient.patient_id, "representative_id": other.patient_id, "until": until}
    if tried(db, desk.name_representative, **arguments) is None:
        return None
    first = f"{db.clock.date() + timedelta(days=30 + number % 300)}"
    who = other.name if over else f"my friend {other.name}, born on {other.date_of_birth},"
    request = f"I want {who} to be able to speak for me with you{' again' if over else ''} until {{}}."
    draft = Draft("renew" if over else "name")
    draft.act(request.format(until), until, other.name, at_first=request.format(first))
    if over:
        draft.call("get_patient", patient_id=patient.patient_id)
    else:
        draft.call("find_patient", name=other.name, date_of_birth=other.date_of_birth)
    draft.say(f"{other.name} could speak for you until {until}. Shall I put that down?")
    draft.call("name_representative", **arguments)
    return draft.say(f"{other.name} has been put down until {until}.")


def withdraw(case: Case, db: EpisodeDatabase) -> Draft | None:
    """Let somebody no longer speak for them."""
    patient = views.patient(db, case.patient.patient_id)
    before = {each.patient_id for each in case.patient.spoken_for_by if speaks(db, case.patient, each)}
    named = [each for each in patient.spoken_for_by if speaks(db, patient, each)]
    if {each.patient_id for each in named} != before or not case.is_own or len(named) != 1:
        return None
    who = named[0]
    draft = Draft("withdraw").act("I no longer want anybody to speak for me with you.", who.name)
    draft.call("get_patient", patient_id=patient.patient_id)
    draft.say(f"That is {who.name}. Shall I end it?")
    draft.call("end_representative", patient_id=patient.patient_id, representative_id=who.patient_id)
    return draft.say(f"It has been ended: {who.name} no longer speaks for you.")


def _open(case: Case, db: EpisodeDatabase) -> list[views.Invoice]:
    return [each for each in views.invoices(db, case.patient.patient_id) if each.status == "open"]


def _card(case: Case, db: EpisodeDatabase) -> views.Card | None:
    """One of the caller's cards that is good."""
    return one_of([card for card in case.caller.cards if card.expires_on >= db.now[:10]], case.key, "card")


def _stranger(case: Case, db: EpisodeDatabase, number: int) -> views.Patient | None:
    """A grown patient who has nothing to do with this one."""
    rows = db.rows("SELECT patient_id FROM patients ORDER BY patient_id LIMIT 200")
    found = views.patient(db, rows[number % len(rows)]["patient_id"])
    near = {case.patient.patient_id, *(each.patient_id for each in case.patient.spoken_for_by)}
    return None if found.patient_id in near or years(db, found) < ADULT_AGE else found


WANTS: tuple[Want, ...] = (
    *(owed, valid, pay, waive, not_waived),
    *(reminders, contact, name_somebody, withdraw),
)
