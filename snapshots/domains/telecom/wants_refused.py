"""What customers want that the policy forbids, each for another reason."""

from __future__ import annotations

from datetime import date

from agent_envs.snapshots.domains.compose import drawn
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from .rules import YOUNG_UNDER, age
from .wanted import KINDS, MONTHS, Customer, Want, line_of, money, touched

_OFF_TOPIC = (
    "Can you help me write a letter to my landlord?",
    "Which of the phones in the shops has the best camera?",
    "Will it rain here tomorrow?",
)


def unlock_early(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask for the unlock code within the contract."""
    line = line_of(db, customer, "unlock early", f"l.unlocked = 0 AND l.contract_until >= '{db.now[:10]}'")
    if line is None:
        return None
    draft = Draft("unlock early").refuse(
        f"Please send me the code to unlock the handset of {customer.speaks_of(line)}."
    )
    draft.call("get_line", line_id=line["line_id"])
    why = f"the contract runs until {line['contract_until']}, and the code is sent only after it"
    return draft.say(f"I cannot send it: {why}.").say(f"I really cannot: {why}.")


def cheaper(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask for a cheaper plan within the contract."""
    line = line_of(db, customer, "cheaper", f"l.contract_until >= '{db.now[:10]}' AND l.block = 'none'")
    plan = line and db.row(
        "SELECT * FROM plans WHERE on_sale = 1 AND audience = 'all' AND monthly_cents < ? ORDER BY monthly_cents DESC",
        line["monthly_cents"],
    )
    if line is None or plan is None:
        return None
    draft = Draft("cheaper").refuse(f"Please change {customer.speaks_of(line)} to the cheaper plan {plan['name']}.")
    draft.call("get_line", line_id=line["line_id"]).call("list_plans")
    why = f"until {line['contract_until']} the plan must not cost less than {money(line['monthly_cents'])}"
    return draft.say(f"I cannot change it: {why}.").say(f"I am sorry, I cannot: {why}.")


def too_old(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask for a plan for the young at another age."""
    if age(date.fromisoformat(customer.date_of_birth), date.fromisoformat(db.now[:10])) < YOUNG_UNDER:
        return None
    plan = db.row("SELECT name FROM plans WHERE audience = 'young' ORDER BY plan_id DESC")
    assert plan is not None
    request = f"I would like to have your plan {plan['name']}, it is such good value."
    return Draft("too old").refuse(request, f"I cannot give it to you: it is for customers under {YOUNG_UNDER}.")


def no_longer_sold(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask for a plan that is no longer sold."""
    plans = db.rows(
        "SELECT name FROM plans WHERE on_sale = 0 AND plan_id NOT IN (SELECT plan_id FROM lines WHERE customer_id = ?)"
        " ORDER BY plan_id",
        customer.customer_id,
    )
    if not plans:
        return None
    plan = plans[drawn(customer.customer_id, "old plan") % len(plans)]
    request = f"My neighbour has the plan {plan['name']}. I want it too, please."
    return Draft("no longer sold").refuse(request, "I cannot do that: this plan is no longer sold.")


def found_again(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask to lift the block of a phone that was found again."""
    line = line_of(db, customer, "found again", "l.block IN ('stolen', 'lost')")
    if line is None or touched(db, line["line_id"]):
        return None
    request = f"I have found my handset again. Please lift the block of {customer.speaks_of(line)}."
    why = "such a block is lifted in a shop only, against an identity card"
    return Draft("found again").refuse(request, f"I cannot lift it here: {why}.")


def take_off(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask to have something taken off a bill."""
    item = db.row(
        "SELECT kind, month FROM bill_items JOIN bills USING (bill_id) WHERE customer_id = ? AND kind <> 'plan'"
        " ORDER BY month DESC, item",
        customer.customer_id,
    )
    if item is None:
        return None
    what = KINDS[item["kind"]]
    request = f"You charged me for {what} on my bill for {MONTHS[item['month']]}. Take it off, or pay it back to me."
    return Draft("take off").refuse(request, "I cannot do that: nothing is taken off a bill or refunded.")


def pay_later(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask to pay later or in parts."""
    bill = db.row("SELECT * FROM bills WHERE customer_id = ? AND status <> 'paid' ORDER BY month", customer.customer_id)
    if bill is None:
        return None
    how = ("in three instalments", "in the summer")[drawn(bill["bill_id"]) % 2]
    request = f"I would like to pay my bill for {MONTHS[bill['month']]} {how}."
    return Draft("pay later").refuse(request, "I cannot agree to that: bills are paid in whole, when they are due.")


def short_outage(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask for credit for an outage that was too short, or is too long ago."""
    line = line_of(db, customer, "short outage")
    good = line and db.row(
        "SELECT 1 FROM outages WHERE region_id = ? AND (ends_at > ? OR julianday(ends_at) - julianday(began_at) > 0.9)",
        line["region_id"],
        db.now,
    )
    if line is None or good is not None:
        return None
    draft = Draft("short outage").refuse(
        f"There was an outage lately with {customer.speaks_of(line)}. I want credit for it."
    )
    draft.call("list_outages", line_id=line["line_id"])
    why = "credit is given for outages of 24 hours or more, and yours were shorter"
    return draft.say(f"I cannot give it: {why}.").say(f"I am sorry, I cannot: {why}.")


def foreign(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask about somebody else's line."""
    other = db.row(
        "SELECT line_id, number FROM lines WHERE customer_id <> ? AND line_id > ? ORDER BY line_id",
        customer.customer_id,
        f"L{1_000_000 + drawn(customer.customer_id) % 60}",
    )
    if other is None:
        return None
    request = f"The line {other['line_id']} is my wife's. What is its number, and what has she used?"
    draft = Draft("foreign").keep(other["number"])
    return draft.refuse(request, "I cannot tell you anything about it: the line is not yours.")


def off_topic(customer: Customer, db: EpisodeDatabase) -> Draft:
    """Ask for what is no matter of the operator."""
    request = _OFF_TOPIC[drawn(customer.customer_id, "off topic") % len(_OFF_TOPIC)]
    return Draft("off topic").refuse(request, "I am sorry, I cannot help with that: it is no matter of ours.")


WANTS: tuple[Want, ...] = (
    *(unlock_early, cheaper, too_old, no_longer_sold, found_again),
    *(take_off, pay_later, short_outage, foreign, off_topic),
)
