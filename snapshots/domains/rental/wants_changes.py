"""What members want of what they have reserved: other days, the waiver, accessories, another branch, or no booking."""

from __future__ import annotations

from datetime import date, timedelta

from agent_envs.snapshots.domains.compose import drawn, tried
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import booking as bookings
from . import views
from .rules import TRANSFER_CENTS
from .wanted import begun, booking_of, difference, money, numbered, spoken
from .wants_new import Want

# Nobody changes at once what they have just booked.
_AHEAD = "b.status = 'reserved' AND b.first_day > date('now') AND b.made_at < datetime('now')"


def cancel(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Cancel what is reserved."""
    booking = booking_of(db, member_id, "cancel", _AHEAD)
    if booking is None or not booking["total_cents"]:
        return None
    said, amount = spoken(db, booking, "cancel"), money(booking["total_cents"])
    draft = begun(Draft("cancel").act(f"Please cancel {said.words}. I do not need it any more.", amount), booking, said)
    draft.say(f"I would cancel the {booking['model']}; {amount} is refunded to your card. Shall I do that?")
    draft.call("cancel_booking", booking_id=booking["booking_id"])
    return draft.say(f"It has been cancelled; {amount} goes back to you.")


def too_late(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Cancel, and be refunded for, what is out or begins today."""
    begins = "b.status = 'reserved' AND b.first_day = date('now')"
    booking = booking_of(db, member_id, "too late", f"b.status = 'out' OR ({begins})")
    if booking is None:
        return None
    said = numbered(booking, "too late")
    request = f"Please cancel {said.words} and refund it. I have no use for the {booking['model']} after all."
    draft = begun(Draft("too late to cancel").refuse(request), booking, said)
    why = f"it began on {booking['first_day']}, and it could be cancelled until the day before"
    return draft.say(f"I cannot cancel it: {why}.").say(f"I am sorry, I cannot: {why}.")


def move(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Move what is reserved to other days."""
    booking = booking_of(db, member_id, "move", f"{_AHEAD} AND b.transfer_cents = 0")
    if booking is None:
        return None
    number = drawn(booking["booking_id"], "move")
    length = (date.fromisoformat(booking["last_day"]) - date.fromisoformat(booking["first_day"])).days
    first = db.clock.date() + timedelta(days=2 + number % 80)
    last = first + timedelta(days=length + number % 3)
    days = {"first_day": first.isoformat(), "last_day": last.isoformat()}
    after = tried(db, bookings.change_dates, booking_id=booking["booking_id"], **days)
    if after is None or first.isoformat() == booking["first_day"]:
        return None
    said, new = spoken(db, booking, "move"), money(after["total_cents"])
    request = f"I need other days for {said.words}: from {first} to {{}}."
    at_first = request.format(last + timedelta(days=1))
    draft = begun(Draft("move").act(request.format(last), new, at_first=at_first), booking, said)
    costs = difference(booking["total_cents"], after["total_cents"])
    draft.say(f"From {first} to {last} the total is {new}; {costs}. Shall I change it?")
    draft.call("change_dates", booking_id=booking["booking_id"], **days)
    return draft.say(f"Done: it is yours from {first} to {last}, for {new} in all.")


def waiver(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Take the damage waiver after all, or no longer."""
    booking = booking_of(db, member_id, "waiver", _AHEAD)
    if booking is None:
        return None
    arguments = {"booking_id": booking["booking_id"], "waiver": not booking["waiver"]}
    after = tried(db, bookings.set_waiver, **arguments)
    said, new = spoken(db, booking, "waiver"), money(after["total_cents"])
    ask = "take the damage waiver out of" if booking["waiver"] else "add the damage waiver to"
    draft = begun(Draft("waiver").act(f"Please {ask} {said.words}.", new), booking, said)
    costs = difference(booking["total_cents"], after["total_cents"])
    draft.say(f"{'Without' if booking['waiver'] else 'With'} it the total is {new}; {costs}. Shall I change it?")
    draft.call("set_waiver", **arguments)
    return draft.say(f"The damage waiver has been changed; the new total is {new}.")


def accessory(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Have something more go with a booking; some name another thing at first."""
    booking = booking_of(db, member_id, "accessory", _AHEAD)
    if booking is None:
        return None
    there = views.booking(db, booking["booking_id"]).accessories
    more = [each for each in views.model(db, booking["model_id"]).accessories if each not in there]
    if not more:
        return None
    wanted, other = more[0], more[-1]
    arguments = {"booking_id": booking["booking_id"], "accessory_id": wanted.accessory_id}
    after = tried(db, bookings.add_accessory, **arguments)
    said, new = spoken(db, booking, "accessory"), money(after["total_cents"])
    request = "Please add a {} to " + said.words + "."
    at_first = request.format(other.accessory) if other != wanted else ""
    draft = Draft("accessory").act(request.format(wanted.accessory), new, at_first=at_first)
    begun(draft, booking, said).call("get_model", model_id=booking["model_id"])
    draft.say(f"A {wanted.accessory} costs {money(wanted.price_cents)}; the new total is {new}. Shall I add it?")
    draft.call("add_accessory", **arguments)
    return draft.say(f"The {wanted.accessory} has been added, for {new} in all.")


def less(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Do without an accessory."""
    has_one = "EXISTS (SELECT 1 FROM booking_accessories a WHERE a.booking_id = b.booking_id)"
    booking = booking_of(db, member_id, "less", f"{_AHEAD} AND {has_one}")
    if booking is None:
        return None
    extra = views.booking(db, booking["booking_id"]).accessories[0]
    arguments = {"booking_id": booking["booking_id"], "accessory_id": extra.accessory_id}
    after = tried(db, bookings.remove_accessory, **arguments)
    said, new = spoken(db, booking, "less"), money(after["total_cents"])
    draft = begun(Draft("less").act(f"I do not need the {extra.accessory} for {said.words}.", new), booking, said)
    costs = difference(booking["total_cents"], after["total_cents"])
    draft.say(f"Without the {extra.accessory} the total is {new}; {costs}. Shall I take it out?")
    draft.call("remove_accessory", **arguments)
    return draft.say(f"It has been taken out; the new total is {new}.")


def elsewhere(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Pick something up at another branch."""
    booking = booking_of(db, member_id, "elsewhere", f"{_AHEAD} AND b.transfer_cents = 0")
    if booking is None:
        return None
    branches = db.rows(
        "SELECT branch_id, branch FROM branches WHERE branch_id <> ? ORDER BY branch_id", booking["branch_id"]
    )
    number = drawn(booking["booking_id"], "elsewhere")
    to, other = branches[number % len(branches)], branches[(number + 1) % len(branches)]
    arguments = {"booking_id": booking["booking_id"], "branch_id": to["branch_id"]}
    after = tried(db, bookings.change_pickup_branch, **arguments)
    if after is None:
        return None
    said, new = spoken(db, booking, "elsewhere"), money(after["total_cents"])
    request = f"Can I pick up {said.words} at your branch {{}} instead?"
    draft = Draft("elsewhere").act(request.format(to["branch"]), new, at_first=request.format(other["branch"]))
    begun(draft, booking, said).call("list_branches")
    draft.say(
        f"It can be brought to {to['branch']} for {money(TRANSFER_CENTS)}; the total is then {new}. Shall I arrange it?"
    )
    draft.call("change_pickup_branch", **arguments)
    return draft.say(f"It has been arranged: it will be at {to['branch']}, for {new} in all.")


WANTS: tuple[Want, ...] = (cancel, too_late, move, waiver, accessory, less, elsewhere)
