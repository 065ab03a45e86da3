"""How an agent repairs what is wrong on the operator's side, each with the customer's yes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from agent_envs.snapshots.domains.compose import drawn
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import guiding
from .device import Phone
from .wanted import Customer, money

Repair: TypeAlias = Callable[[Draft, EpisodeDatabase, Customer, dict[str, Any], Phone], Any]


def amounts(db: EpisodeDatabase, line: dict[str, Any], of: Phone, cause: str) -> Iterator[str]:
    """What repairing a cause costs, as a customer hears it."""
    if cause == "used up":
        yield money(_chosen(db, line)["price_cents"])
    if cause == "no pass":
        yield money(_pass(db, of)["price_cents"])
    if cause == "block":
        yield from (money(bill["amount_cents"]) for bill in overdue(db, line["customer_id"]))


def overdue(db: EpisodeDatabase, customer_id: str) -> list[dict[str, Any]]:
    """The bills of a customer that are overdue."""
    return db.rows("SELECT * FROM bills WHERE customer_id = ? AND status = 'overdue' ORDER BY bill_id", customer_id)


def lift(draft: Draft, db: EpisodeDatabase, customer: Customer, line: dict[str, Any], of: Phone | None = None) -> None:
    """Lift a block as unpaid, when all that is overdue is paid."""
    unpaid = overdue(db, customer.customer_id)
    draft.call("list_bills", customer_id=customer.customer_id)
    if not unpaid:
        draft.say(f"All your bills are paid, but line {line['line_id']} is still blocked. Shall I lift the block?")
    for bill in unpaid:
        amount = money(bill["amount_cents"])
        draft.say(
            f"The bill {bill['bill_id']} of {amount} is overdue. Shall I have it paid by {customer.pays_by}, and lift"
            f" the block of line {line['line_id']}?"
        )
        draft.call("pay_bill", bill_id=bill["bill_id"])
    draft.call("lift_block", line_id=line["line_id"]).say("Done: the block has been lifted.")


def _activate(draft: Draft, db: EpisodeDatabase, customer: Customer, line: dict[str, Any], of: Phone) -> None:
    draft.call("list_sims", line_id=line["line_id"])
    guiding.guided(draft, guiding.SIM, of.device_id)
    draft.say(f"The card {of.sim_id} was sent to you and is not active yet. Shall I activate it?")
    draft.call("activate_sim", line_id=line["line_id"], sim_id=of.sim_id)
    draft.say(f"The card {of.sim_id} has been activated.")


def _register(draft: Draft, db: EpisodeDatabase, customer: Customer, line: dict[str, Any], of: Phone) -> None:
    draft.say(f"The network has lost line {line['line_id']}. Shall I register it again?")
    draft.call("register_line", line_id=line["line_id"]).say("It has been registered.")


def _allow_roaming(draft: Draft, db: EpisodeDatabase, customer: Customer, line: dict[str, Any], of: Phone) -> None:
    draft.say(f"Roaming is forbidden for line {line['line_id']}. Shall I allow it?")
    draft.call("set_roaming", line_id=line["line_id"], allowed=True).say("Roaming has been allowed.")


def _book_pass(draft: Draft, db: EpisodeDatabase, customer: Customer, line: dict[str, Any], of: Phone) -> None:
    needed = _pass(db, of)
    draft.call("get_country", country=of.country).call("list_bookings", line_id=line["line_id"])
    draft.say(f"In {of.country} you need the {needed['name']} for {money(needed['price_cents'])}. Shall I book it?")
    draft.call("book_add_on", line_id=line["line_id"], add_on_id=needed["add_on_id"])
    draft.say(f"The {needed['name']} has been booked.")


def _book_data(draft: Draft, db: EpisodeDatabase, customer: Customer, line: dict[str, Any], of: Phone) -> None:
    chosen, options = _chosen(db, line), _data_add_ons(db)
    priced = ", ".join(f"{option['name']} costs {money(option['price_cents'])}" for option in options)
    draft.facts["add_on"] = chosen["name"]
    draft.call("get_usage", line_id=line["line_id"]).call("list_add_ons")
    draft.say(f"Your data of this month are used up. {priced}. Which add-on do you choose?")
    draft.say(f"{chosen['name']} comes to {money(chosen['price_cents'])} on your next bill. Shall I book it?")
    draft.call("book_add_on", line_id=line["line_id"], add_on_id=chosen["add_on_id"])
    draft.say(f"{chosen['name']} has been booked.")


def _allow_pictures(draft: Draft, db: EpisodeDatabase, customer: Customer, line: dict[str, Any], of: Phone) -> None:
    draft.say(f"Picture messages are forbidden for line {line['line_id']}. Shall I allow them?")
    draft.call("set_picture_messages", line_id=line["line_id"], allowed=True).say("They have been allowed.")


def _restore_speed(draft: Draft, db: EpisodeDatabase, customer: Customer, line: dict[str, Any], of: Phone) -> None:
    draft.say(f"Line {line['line_id']} is slowed. Shall I give it its full speed again?")
    draft.call("restore_speed", line_id=line["line_id"]).say("Its speed has been restored.")


def _new_esim(draft: Draft, db: EpisodeDatabase, customer: Customer, line: dict[str, Any], of: Phone) -> None:
    guiding.guided(draft, guiding.SIM, of.device_id)
    draft.say(
        "A deleted eSIM does not come back. Shall I issue a new eSIM for line {line_id}, for 0.00?".format(**line)
    )
    draft.call("replace_sim", line_id=line["line_id"], kind="esim")


def _data_add_ons(db: EpisodeDatabase) -> list[dict[str, Any]]:
    return db.rows("SELECT * FROM add_ons WHERE kind = 'data' ORDER BY add_on_id")


def _chosen(db: EpisodeDatabase, line: dict[str, Any]) -> dict[str, Any]:
    """The add-on that a customer would choose."""
    options = _data_add_ons(db)
    return options[drawn(line["line_id"], "add-on") % len(options)]


def _pass(db: EpisodeDatabase, of: Phone) -> dict[str, Any]:
    """The pass of the zone in which a phone is."""
    row = db.row("SELECT * FROM add_ons WHERE zone = ? ORDER BY add_on_id", of.zone)
    assert row is not None
    return row


REPAIRS: Mapping[str, Repair] = {
    "sim not active": _activate,
    "esim deleted": _new_esim,
    "block": lift,
    "not registered": _register,
    "roaming": _allow_roaming,
    "no pass": _book_pass,
    "used up": _book_data,
    "picture messages": _allow_pictures,
    "slowed": _restore_speed,
}
"""What repairs each cause on the side of the operator."""
