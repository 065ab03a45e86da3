"""What members want of what they have out or brought back, and of fees, deposits and their own details."""

from __future__ import annotations

from datetime import date, timedelta

from agent_envs.envs.domain_task import Bound
from agent_envs.snapshots.domains.compose import drawn, tried
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import renting, views
from .rules import FEE_WAIVER_EVERY
from .wanted import begun, booking_of, money, numbered, spoken
from .wants_new import Want

_DAY = timedelta(days=1)
_DAMAGE = {
    "scratched": "got scratched while I had it, but nothing is broken",
    "broken_part": "has a broken part now",
    "beyond_repair": "was run over by a lorry; it is beyond repair",
}
_ON_TIME = "b.status = 'out' AND b.last_day >= date('now')"


def due(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Ask until when something may be kept."""
    booking = booking_of(db, member_id, "due", "b.status = 'out'")
    if booking is None:
        return None
    said, day = numbered(booking, "due"), booking["last_day"]
    draft = Draft("due").learn(f"Until which day may I keep the {booking['model']}? It is {said.words}.", day)
    return begun(draft, booking, said).say(f"You are to bring it back by {day}.")


def total(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Ask what a booking costs or did cost."""
    booking = booking_of(db, member_id, "total")
    if booking is None:
        return None
    said, amount = numbered(booking, "total"), money(booking["total_cents"])
    draft = begun(Draft("total").learn(f"What is the total of {said.words}?", amount), booking, said)
    return draft.say(f"The total is {amount}.")


def extend(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Keep something longer: until a day, or as long as the money lasts."""
    booking = booking_of(db, member_id, "extend", _ON_TIME)
    if booking is None or not _may_rent(views.member(db, member_id)):
        return None
    booking_id, number = booking["booking_id"], drawn(booking["booking_id"], "extend")
    ends = date.fromisoformat(booking["last_day"])
    days = [ends + _DAY * more for more in range(1, 7)]
    quotes = {day: tried(db, renting.quote_extension, booking_id=booking_id, last_day=str(day)) for day in days}
    possible = [day for day, quote in quotes.items() if quote is not None]
    if not possible:
        return None
    last = possible[number // 8 % len(possible)]
    quote = quotes[last]
    said = spoken(db, booking, "extend")
    if number % 2:
        request = f"I would like to extend {said.words} until {{}}."
        draft = Draft("extend").act(
            request.format(last), str(last), money(quote["total_cents"]), at_first=request.format(last + _DAY)
        )
    else:
        limit = -(-quote["total_cents"] // 100) * 100
        while (longer := tried(db, renting.quote_extension, booking_id=booking_id, last_day=str(last + _DAY))) and (
            longer["total_cents"] <= limit
        ):
            quote, last = longer, last + _DAY
        request = f"I would like to extend {said.words} as long as I can, but the whole rental must"
        request += f" not cost more than {money(limit)}."
        bounds = (Bound("at_most", money(limit), f"That is more than {money(limit)}."),)
        draft = Draft("extend for money").act(request, str(last), money(quote["total_cents"]), bounds=bounds)
    new, extra = money(quote["total_cents"]), money(quote["extra_cents"])
    begun(draft, booking, said).call("quote_extension", booking_id=booking_id, last_day=str(last))
    draft.say(f"Until {last} it costs {extra} more, {new} in all. Shall I extend it?")
    draft.call("extend_rental", booking_id=booking_id, last_day=str(last))
    return draft.say(f"Done: you may keep it until {last}; {new} in all.")


def not_longer(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Keep something longer that is overdue, or that somebody else has booked by then."""
    booking = booking_of(db, member_id, "not longer", "b.status = 'out'")
    if booking is None or not _may_rent(views.member(db, member_id)):
        return None
    read, said = views.booking(db, booking["booking_id"]), numbered(booking, "not longer")
    if read.overdue:
        until = db.clock.date() + timedelta(days=2)
        why = f"it was due on {read.last_day} and is overdue; it must come back"
    elif read.item_next_booked_on is not None and read.item_next_booked_on > read.last_day:
        until = date.fromisoformat(read.item_next_booked_on)
        why = f"it is booked again from {until}"
    else:
        return None
    draft = Draft("overdue" if read.overdue else "booked again")
    draft.refuse(f"Please extend {said.words} until {until}. I am not done yet.")
    begun(draft, booking, said)
    return draft.say(f"I cannot extend it: {why}.").say(f"I am sorry, I cannot: {why}.")


def damage(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Own up to damage."""
    unreported = "NOT EXISTS (SELECT 1 FROM damage_reports d WHERE d.booking_id = b.booking_id)"
    booking = booking_of(db, member_id, "damage", f"b.status = 'out' AND {unreported}")
    if booking is None:
        return None
    booking_id = booking["booking_id"]
    severity = tuple(_DAMAGE)[drawn(booking_id, "damage") % len(_DAMAGE)]
    fee = tried(db, renting.report_damage, booking_id=booking_id, severity=severity)
    said, amount = spoken(db, booking, "damage"), money(fee["amount_cents"])
    draft = Draft("damage").act(
        f"I must report something. What I rented with {said.words} {_DAMAGE[severity]}.", amount
    )
    begun(draft, booking, said).call("quote_damage", booking_id=booking_id, severity=severity)
    draft.say(f"That costs you {amount}. Shall I report the damage?")
    draft.call("report_damage", booking_id=booking_id, severity=severity)
    return draft.say(f"It has been reported; the fee is {amount}.")


def owed(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Ask how much is owed."""
    amount = views.member(db, member_id).unpaid_fees_cents
    if not amount:
        return None
    draft = Draft("owed").learn("How much do I owe you in unpaid fees, all together?", money(amount))
    return draft.say(f"You owe {money(amount)} in all.")


def settle_fees(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Pay everything that is owed."""
    fees = db.rows(
        "SELECT * FROM fees WHERE member_id = ? AND fee_status = 'unpaid' ORDER BY raised_on DESC, fee_id", member_id
    )
    if not fees:
        return None
    amount = money(sum(fee["amount_cents"] for fee in fees))
    draft = Draft("pay fees").act("I want to pay all that I owe you in fees.", amount)
    draft.call("list_fees", member_id=member_id)
    draft.say(f"That is {amount}. Shall I charge it to your card?")
    for fee in fees:
        draft.call("pay_fee", fee_id=fee["fee_id"])
    return draft.say(f"{amount} has been charged.")


def forgive(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Ask for a late fee to be waived, which gold members may once a year."""
    member = views.member(db, member_id)
    fees = db.rows(
        "SELECT * FROM fees WHERE member_id = ? AND fee_kind = 'late' AND fee_status = 'unpaid' ORDER BY fee_id",
        member_id,
    )
    if len(fees) != 1:
        return None  # of two, nobody could tell which
    fee, last = fees[0], member.last_fee_waiver_on
    request = "There is a late fee on my account. I was stuck in traffic. Please waive it."
    recent = last is not None and db.clock.date() - date.fromisoformat(last) <= FEE_WAIVER_EVERY
    if member.level == "gold" and not recent:
        amount = money(fee["amount_cents"])
        draft = Draft("waive").act(request, amount).call("list_fees", member_id=member_id)
        draft.say(f"That is the fee of {amount}. Shall I waive it?").call("waive_late_fee", fee_id=fee["fee_id"])
        return draft.say(f"The fee of {amount} has been waived.")
    why = f"one was waived on {last} already" if member.level == "gold" else "only gold members may ask for that"
    shape = "waived before" if member.level == "gold" else "not gold"
    return Draft(shape).refuse(request, f"I cannot waive it: {why}.")


def deposit(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Ask for a deposit back, for which it may be too early."""
    booking = booking_of(db, member_id, "deposit", "b.status = 'returned' AND b.deposit_released_on IS NULL")
    if booking is None:
        return None
    read, said = views.booking(db, booking["booking_id"]), numbered(booking, "deposit")
    request = f"I brought the {booking['model']} back. Please release the deposit of {said.words}."
    if read.inspected_on is not None and not read.unpaid_fees_cents:
        amount = money(read.deposit_cents)
        draft = begun(Draft("deposit").act(request, amount), booking, said)
        draft.say(f"It was inspected on {read.inspected_on}. Shall I release the deposit of {amount}?")
        draft.call("release_deposit", booking_id=read.booking_id)
        return draft.say(f"The deposit of {amount} has been released.")
    owes = f"{money(read.unpaid_fees_cents)} of fees are unpaid for it"
    why = "it has not been inspected yet" if read.inspected_on is None else owes
    draft = begun(Draft("not inspected" if read.inspected_on is None else "fee unpaid").refuse(request), booking, said)
    return draft.say(f"I cannot release it: {why}.").say(f"I am sorry, I cannot: {why}.")


def contact(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Have a new phone number."""
    new = f"07700 900{drawn(member_id, 'contact') % 1000:03}"
    if new == views.member(db, member_id).phone:
        return None
    draft = Draft("contact", new_phone_number=new).act("I have a new phone number. Please change it.", new)
    draft.say("What is the new phone number, please?").say(f"Your new number is {new}. Shall I change it?")
    draft.call("change_contact", member_id=member_id, phone=new)
    return draft.say(f"The number has been changed to {new}.")


def _may_rent(member: views.Member) -> bool:
    """Whether nothing on a member's record forbids an extension."""
    return member.id_verified and not member.blocked and not member.unpaid_fees_cents


WANTS: tuple[Want, ...] = (
    *(due, total, extend, not_longer, damage),
    *(owed, settle_fees, forgive, deposit, contact),
)
