"""What members want to book: models for days, with a voucher, an accessory, from another branch, or after a fee."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from agent_envs.envs.domain_task import Bound
from agent_envs.snapshots.domains.compose import drawn, tried
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import booking, reading, views
from .desk import free_counts, free_items
from .rules import TRANSFER_CENTS
from .wanted import Offer, is_free_to_book, money, offers

Want = Callable[[str, EpisodeDatabase], Draft | None]
"""Finds one want of the member of an id."""


def book(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Book a model; a fee that is unpaid is paid first."""
    member = views.member(db, member_id)
    offer = _bookable(db, member, "book")
    if offer is None:
        return None
    waiver = drawn(member_id, "waiver") % 2 == 0
    quote, owed = _quote(db, member_id, offer, waiver), member.unpaid_fees_cents
    total, deposit = money(quote["total_cents"]), money(offer.deposit_cents)
    with_waiver = f"{'with' if waiver else 'without'} the damage waiver"
    asks_branch = drawn(member_id, "asks branch") % 2 == 0
    at = "" if asks_branch else f" at your branch {offer.branch}"
    request = f"I would like to rent the {offer.name}{at} from {offer.first} to {{}}, {with_waiver}."
    at_first = request.format(offer.last + timedelta(days=1))
    draft = Draft("pay and book" if owed else "book", **({"branch": offer.branch} if asks_branch else {}))
    fees = [money(owed)] if owed else []
    draft.act(request.format(offer.last), total, deposit, *fees, at_first=at_first)
    if asks_branch:
        draft.say("At which branch, please?")
    _looked_up(draft, offer).call("check_free", model_id=offer.model_id, **offer.days)
    draft.call("quote_booking", **_quoted(member_id, offer, waiver))
    unpaid = db.rows("SELECT fee_id FROM fees WHERE member_id = ? AND fee_status = 'unpaid' ORDER BY fee_id", member_id)
    if owed:
        draft.call("list_fees", member_id=member_id)
    both = f"Unpaid fees of {money(owed)} must be paid before anything is booked; I would charge them. " if owed else ""
    draft.say(
        f"{both}The {offer.name} costs {total} in all {offer.spoken} at {offer.branch}, {with_waiver}; "
        f"a deposit of {deposit} is held at pick-up. Shall I {'do both' if owed else 'book it'}?"
    )
    for fee in unpaid:
        draft.call("pay_fee", fee_id=fee["fee_id"])
    draft.call("create_booking", **_booked(member_id, offer, waiver))
    return draft.say(f"It has been booked {offer.spoken}, for {total}.")


def with_voucher(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Book a model with a voucher, which may have expired."""
    voucher = db.row(
        "SELECT * FROM vouchers WHERE member_id = ? AND booking_id IS NULL ORDER BY voucher_code", member_id
    )
    member = views.member(db, member_id)
    offer = _bookable(db, member, "voucher")
    if offer is None or voucher is None or member.unpaid_fees_cents:
        return None
    code = voucher["voucher_code"]
    request = f"I would like to rent the {offer.name} at your branch {offer.branch} {offer.spoken}, without the damage"
    request += f" waiver, but only if you take my voucher {code} off the price."
    if voucher["expires_on"] < db.now[:10]:
        draft = Draft("old voucher").refuse(request).call("get_voucher", voucher_code=code)
        why = f"it expired on {voucher['expires_on']}"
        return draft.say(f"I cannot take the voucher: {why}.").say(f"I am sorry, I cannot: {why}.")
    quote = _quote(db, member_id, offer, waiver=False, voucher_code=code)
    total, deposit = money(quote["total_cents"]), money(offer.deposit_cents)
    draft = _looked_up(Draft("book with voucher").act(request, total, deposit), offer)
    draft.call("check_free", model_id=offer.model_id, **offer.days)
    draft.call("quote_booking", **_quoted(member_id, offer, waiver=False), voucher_code=code)
    draft.say(
        f"With your voucher the {offer.name} costs {total} {offer.spoken}, and {deposit} is held as a deposit. "
        "Shall I book it?"
    )
    draft.call("create_booking", **_booked(member_id, offer, waiver=False), voucher_code=code)
    return draft.say(f"It has been booked for {total}; the voucher is used.")


def with_accessory(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Book a model and what goes with it."""
    member = views.member(db, member_id)
    offer = _bookable(db, member, "accessory")
    if offer is None or member.unpaid_fees_cents:
        return None
    accessories = views.model(db, offer.model_id).accessories
    extra = accessories[drawn(member_id, "which accessory") % len(accessories)]
    total = money(_quote(db, member_id, offer, waiver=True)["total_cents"] + extra.price_cents)
    booked = tried(db, booking.create_booking, **_booked(member_id, offer, waiver=True))
    draft = Draft("book with accessory").act(
        f"Please book the {offer.name} with the damage waiver and with a {extra.accessory} for me,"
        f" {offer.spoken}, at your branch {offer.branch}.",
        total,
        money(offer.deposit_cents),
    )
    _looked_up(draft, offer).call("check_free", model_id=offer.model_id, **offer.days)
    draft.call("quote_booking", **_quoted(member_id, offer, waiver=True))
    draft.say(
        f"With the {extra.accessory} for {money(extra.price_cents)} it costs {total} in all, and a deposit of "
        f"{money(offer.deposit_cents)} is held at pick-up. Shall I book both?"
    )
    draft.call("create_booking", **_booked(member_id, offer, waiver=True))
    draft.call("add_accessory", booking_id=booked["booking_id"], accessory_id=extra.accessory_id)
    return draft.say(f"Both have been booked, for {total} in all.")


def brought(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Book a model at a branch where none is free, so that it is brought from the only one that has one."""
    member = views.member(db, member_id)
    if not is_free_to_book(member) or member.unpaid_fees_cents:
        return None
    branches = db.rows("SELECT branch_id, branch FROM branches ORDER BY branch_id")
    for offer in offers(db, member, "brought"):
        if set(free_counts(db, offer.model_id, offer.first, offer.last)) != {offer.branch_id}:
            continue
        wanted = [each for each in branches if each["branch_id"] != offer.branch_id]
        to = wanted[drawn(member_id, "brought to") % len(wanted)]
        leaves, back = offer.first - timedelta(days=1), offer.last + timedelta(days=1)
        booked = tried(db, booking.create_booking, **_booked(member_id, offer, waiver=False))
        if booked["item_id"] in free_items(db, offer.model_id, offer.branch_id, leaves, back):
            return _brought(member_id, offer, to, booked)
    return None


def _brought(member_id: str, offer: Offer, to: dict[str, Any], booked: dict[str, Any]) -> Draft:
    total, deposit = money(booked["total_cents"] + TRANSFER_CENTS), money(offer.deposit_cents)
    draft = Draft("book and bring").act(
        f"I need the {offer.name} {offer.spoken}, without the damage waiver, and I can only come to your branch"
        f" {to['branch']}. If it must be brought there, that is all right.",
        total,
        deposit,
    )
    _looked_up(draft, offer).call("check_free", model_id=offer.model_id, **offer.days)
    draft.call("list_branches").call("quote_booking", **_quoted(member_id, offer, waiver=False))
    draft.say(
        f"It is free at {offer.branch} only and would be brought to {to['branch']} for {money(TRANSFER_CENTS)}; "
        f"that is {total} in all, with a deposit of {deposit} at pick-up. Shall I book it so?"
    )
    draft.call("create_booking", **_booked(member_id, offer, waiver=False))
    draft.call("change_pickup_branch", booking_id=booked["booking_id"], branch_id=to["branch_id"])
    return draft.say(f"It has been booked for {total} and will be at {to['branch']}.")


def earliest(member_id: str, db: EpisodeDatabase) -> Draft | None:
    """Book a model as early as may be from a day on."""
    member = views.member(db, member_id)
    offer = _bookable(db, member, "earliest")
    if offer is None or member.unpaid_fees_cents:
        return None
    days = (offer.last - offer.first).days + 1
    not_before = (offer.first - timedelta(days=2)).isoformat()
    asked = {"model_id": offer.model_id, "days": days, "not_before": not_before}
    found = tried(db, reading.find_first_free, **asked)
    first, last = next((each["first_day"], each["last_day"]) for each in found if each["branch_id"] == offer.branch_id)
    place = {"model_id": offer.model_id, "first_day": first, "last_day": last, "waiver": False}
    quote = tried(db, reading.quote_booking, member_id=member_id, **place)
    total, deposit = money(quote["total_cents"]), money(offer.deposit_cents)
    bound = Bound("not_before", not_before, f"I cannot come before {not_before}.")
    draft = Draft("book earliest").act(
        f"I need the {offer.name} for {days} {'day' if days == 1 else 'days'} in a row, as early as you can but not"
        f" before {not_before}, at your branch {offer.branch} and without the damage waiver.",
        total,
        deposit,
        first,
        bounds=(bound,),
    )
    _looked_up(draft, offer).call("find_first_free", **asked)
    draft.call("quote_booking", member_id=member_id, **place)
    draft.say(f"It costs {total}, with a deposit of {deposit}. Shall I book it from {first} to {last}?")
    draft.call("create_booking", member_id=member_id, branch_id=offer.branch_id, **place)
    return draft.say(f"It has been booked from {first} to {last}, for {total}.")


def _bookable(db: EpisodeDatabase, member: views.Member, want: str) -> Offer | None:
    """What a member may book and is free."""
    if not is_free_to_book(member):
        return None
    found = offers(db, member, want)
    return next((each for each in found if free_items(db, each.model_id, each.branch_id, each.first, each.last)), None)


def _looked_up(draft: Draft, offer: Offer) -> Draft:
    return draft.call("search_models", words=offer.name.lower()).call("get_model", model_id=offer.model_id)


def _quoted(member_id: str, offer: Offer, waiver: bool) -> dict[str, Any]:
    return {"member_id": member_id, "model_id": offer.model_id, **offer.days, "waiver": waiver}


def _booked(member_id: str, offer: Offer, waiver: bool) -> dict[str, Any]:
    return _quoted(member_id, offer, waiver) | {"branch_id": offer.branch_id}


def _quote(db: EpisodeDatabase, member_id: str, offer: Offer, waiver: bool, **more: str) -> Any:
    return tried(db, reading.quote_booking, **_quoted(member_id, offer, waiver), **more)


WANTS: tuple[Want, ...] = (book, with_voucher, with_accessory, brought, earliest)
