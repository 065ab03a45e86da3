"""What customers want of their lines: plans, passes, numbers, unlock codes, stolen phones, usage."""

from __future__ import annotations

from datetime import date
from typing import Any

from agent_envs.envs.domain_task import Bound
from agent_envs.snapshots.domains.compose import drawn, tried
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import contracts, reading
from .rules import SIM_CENTS, YOUNG_UNDER, age
from .wanted import MONTHS, Customer, Want, line_of, money, touched

_FREE = "l.block = 'none'"
_NEEDS_GB = (4, 10, 20, 40, 80)


def _plans(db: EpisodeDatabase, customer: Customer, line: dict[str, Any]) -> list[dict[str, Any]]:
    """The plans to which a line may change, the cheapest first."""
    today = date.fromisoformat(db.now[:10])
    young = age(date.fromisoformat(customer.date_of_birth), today) < YOUNG_UNDER
    under_contract = line["contract_until"] >= db.now[:10]
    rows = db.rows(
        "SELECT * FROM plans WHERE on_sale = 1 AND plan_id <> ? ORDER BY monthly_cents, plan_id", line["plan_id"]
    )
    rows = [row for row in rows if row["audience"] == "all" or young]
    return [row for row in rows if not under_contract or row["monthly_cents"] >= line["monthly_cents"]]


def change_plan(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Change to another plan, which the customer names."""
    line = line_of(db, customer, "change plan", f"{_FREE} AND l.next_plan_id IS NULL")
    options = _plans(db, customer, line) if line else []
    if line is None or len(options) < 2:
        return None
    first = drawn(line["line_id"], "plan") % len(options)
    wished, chosen = options[first], options[(first + 1) % len(options)]
    after = tried(db, contracts.change_plan, line_id=line["line_id"], next_plan_id=chosen["plan_id"])
    price, begins = money(chosen["monthly_cents"]), after["next_plan_from"]
    request = "I would like to have the plan {} for " + customer.speaks_of(line) + "."
    draft = Draft("change plan")
    draft.act(request.format(chosen["name"]), price, begins, at_first=request.format(wished["name"]))
    draft.call("get_line", line_id=line["line_id"]).call("list_plans")
    draft.say(f"{chosen['name']} costs {price} a month and begins on {begins}. Shall I change the plan?")
    draft.call("change_plan", line_id=line["line_id"], next_plan_id=chosen["plan_id"])
    return draft.say(f"Done: {chosen['name']} for {price} a month begins on {begins}.")


def more_data(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Change to the cheapest plan that has enough data."""
    line = line_of(db, customer, "more data", f"{_FREE} AND l.next_plan_id IS NULL AND p.data_mb < 80000")
    if line is None:
        return None
    needs = [gb for gb in _NEEDS_GB if gb * 1000 > line["data_mb"]]
    gb = needs[drawn(line["line_id"], "gb") % min(3, len(needs))]
    options = [plan for plan in _plans(db, customer, line) if plan["data_mb"] >= gb * 1000]
    if not options or options[0]["monthly_cents"] < line["monthly_cents"]:
        return None  # a plan that is cheaper than theirs as well is none to haggle about
    chosen = options[0]
    price = money(chosen["monthly_cents"])
    bound = Bound("at_most", price, "That is more than I have to pay: there must be a cheaper one with as much data.")
    draft = Draft("more data").act(
        f"I need at least {gb} GB a month on {customer.speaks_of(line)}. Please give me the cheapest plan with that.",
        price,
        bounds=(bound,),
    )
    draft.call("get_line", line_id=line["line_id"]).call("list_plans")
    draft.say(f"The cheapest one is {chosen['name']} for {price} a month, from 2026-04-01 on. Shall I change the plan?")
    draft.call("change_plan", line_id=line["line_id"], next_plan_id=chosen["plan_id"])
    return draft.say(f"Done: {chosen['name']} costs {price} a month.")


def keep_plan(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Keep the plan after all."""
    line = line_of(db, customer, "keep plan", "l.next_plan_id IS NOT NULL")
    if line is None or touched(db, line["line_id"]):
        return None
    draft = Draft("keep plan").act(f"I want to keep the plan of {customer.speaks_of(line)} after all.", line["plan"])
    draft.call("get_line", line_id=line["line_id"])
    draft.say(f"Then the change is cancelled and {line['plan']} stays. Shall I do that?")
    draft.call("cancel_plan_change", line_id=line["line_id"])
    return draft.say(f"The change has been cancelled: you keep {line['plan']}.")


def travel(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Prepare a line for a journey: roaming, and the pass of the zone."""
    line = line_of(db, customer, "travel", f"{_FREE} AND d.country IS NULL")
    if line is None or touched(db, line["line_id"]):
        return None
    countries = db.rows("SELECT country, a.* FROM countries LEFT JOIN add_ons a USING (zone) ORDER BY country")
    goal = countries[drawn(line["line_id"], "country") % len(countries)]
    arguments = {"line_id": line["line_id"], "add_on_id": goal["add_on_id"]}
    needs_pass = goal["add_on_id"] is not None
    if (line["roaming"] and not needs_pass) or (needs_pass and not tried(db, contracts.book_add_on, **arguments)):
        return None
    price = money(goal["price_cents"]) if needs_pass else ""
    steps = ["allow roaming"] * (not line["roaming"]) + [f"book the {goal['name']} for {price}"] * needs_pass
    draft = Draft(f"{len(steps)}-fold preparation of a journey")
    draft.act(
        f"I am about to leave for {goal['country']}. Please see to it that {customer.speaks_of(line)} works there.",
        *[price] * needs_pass,
    )
    draft.call("get_line", line_id=line["line_id"]).call("get_country", country=goal["country"])
    draft.say(f"For {goal['country']} I would {' and '.join(steps)}. Shall I do that?")
    if not line["roaming"]:
        draft.call("set_roaming", line_id=line["line_id"], allowed=True)
    if needs_pass:
        draft.call("book_add_on", **arguments)
    return draft.say(f"It is done: the line is ready for {goal['country']}{f', for {price}' if needs_pass else ''}.")


def stay_home(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Forbid roaming."""
    line = line_of(db, customer, "stay home", "l.roaming = 1 AND d.country IS NULL")
    if line is None or touched(db, line["line_id"]):
        return None
    draft = Draft("forbid roaming").act(
        f"Nobody should be able to use {customer.speaks_of(line)} abroad. Please forbid it."
    )
    draft.call("get_line", line_id=line["line_id"]).say("I would forbid roaming for the line. Shall I do that?")
    draft.call("set_roaming", line_id=line["line_id"], allowed=False)
    return draft.say("Roaming has been forbidden.")


def new_number(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Have another number, of those that are shown."""
    line = line_of(db, customer, "new number", _FREE)
    free = db.rows("SELECT number, fee_cents FROM free_numbers ORDER BY number LIMIT 10")
    endings = [row["number"][-4:] for row in free]
    if line is None or len(set(endings)) < len(free) or len(free) < 2:
        return None
    first = drawn(line["line_id"], "number") % len(free)
    wished, chosen = endings[first], free[(first + 1) % len(free)]
    number, fee = chosen["number"], money(chosen["fee_cents"])
    request = f"I need another number for {customer.speaks_of(line)}, one of your free ones: the one that ends in {{}}."
    bound = Bound("one_of", number, f"I want the one that ends in {number[-4:]}.", tuple(row["number"] for row in free))
    draft = Draft("new number")
    told = (number, fee) if chosen["fee_cents"] else (number,)
    draft.act(request.format(number[-4:]), *told, bounds=(bound,), at_first=request.format(wished))
    draft.call("list_free_numbers")
    draft.say(f"That is {number}; its fee is {fee}, and the old number is lost. Shall I change it?")
    draft.call("change_number", line_id=line["line_id"], number=number)
    return draft.say(f"The number has been changed to {number}, for {fee}.")


def unlock(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Have the unlock code, when the contract is over."""
    line = line_of(db, customer, "unlock", f"l.unlocked = 0 AND l.contract_until < '{db.now[:10]}'")
    if line is None:
        return None
    draft = Draft("unlock").act(f"Please send me the code to unlock the handset of {customer.speaks_of(line)}.")
    draft.call("get_line", line_id=line["line_id"])
    draft.say(f"The contract ended on {line['contract_until']}. Shall I send the unlock code?")
    return draft.call("send_unlock_code", line_id=line["line_id"]).say("The unlock code has been sent.")


def gone(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Block the line of a phone that was stolen or lost, and have a new SIM."""
    line = line_of(
        db, customer, "gone", f"{_FREE} AND l.line_id NOT IN (SELECT line_id FROM sims WHERE status = 'sent')"
    )
    if line is None or touched(db, line["line_id"]):
        return None
    reason = ("stolen", "lost")[drawn(line["line_id"], "gone") % 2]
    kind = ("card", "esim")[drawn(line["line_id"], "kind") % 2]
    said, price = {"card": "card", "esim": "eSIM"}[kind], money(SIM_CENTS[kind])
    happened = {"stolen": "was stolen", "lost": "is lost, I left it on a train"}[reason]
    told = (price,) if SIM_CENTS[kind] else ()  # what is free may be said in many ways
    draft = Draft("gone", new_sim=said)
    draft.act(f"The handset with {customer.speaks_of(line)} {happened}. Please block it, and I need a new SIM.", *told)
    draft.say("Do you want a card for 10.00 or an eSIM for 0.00 as the new SIM?")
    draft.say(f"I would block the line as {reason} and issue a new {said} for {price}. Shall I do both?")
    draft.call("block_line", line_id=line["line_id"], reason=reason)
    draft.call("replace_sim", line_id=line["line_id"], kind=kind)
    return draft.say(f"Both are done: the line has been blocked, and a new {said} has been issued for {price}.")


def data_left(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask how much data is left."""
    line = line_of(db, customer, "data left")
    if line is None:
        return None
    draft = Draft("data left")
    left = str(tried(db, reading.get_usage, line_id=line["line_id"])["data_left_mb"])
    draft.learn(f"How many MB of data are left this month on {customer.speaks_of(line)}?", left)
    return draft.call("get_usage", line_id=line["line_id"]).say(f"There are {left} MB left.")


def data_used(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask how much data was used in an earlier month."""
    line = line_of(db, customer, "data used")
    months = db.rows("SELECT * FROM usage WHERE line_id = ? AND month < ?", line["line_id"], db.now[:7]) if line else []
    if line is None or not months:
        return None
    month = sorted(months, key=lambda row: str(row["month"]))[drawn(line["line_id"], "month") % len(months)]
    used, name = str(month["data_mb"]), MONTHS[month["month"]]
    draft = Draft("data used").learn(f"How many MB of data did I use in {name} on {customer.speaks_of(line)}?", used)
    return draft.call("get_usage", line_id=line["line_id"]).say(f"In {name} it was {used} MB.")


def contract_end(customer: Customer, db: EpisodeDatabase) -> Draft | None:
    """Ask until when the contract runs."""
    line = line_of(db, customer, "contract")
    if line is None:
        return None
    draft = Draft("contract").learn(
        f"Until when does the contract of {customer.speaks_of(line)} run?", line["contract_until"]
    )
    return draft.call("get_line", line_id=line["line_id"]).say(f"It runs until {line['contract_until']}.")


WANTS: tuple[Want, ...] = (
    *(change_plan, more_data, keep_plan, travel, stay_home),
    *(new_number, unlock, gone, data_left, data_used, contract_end),
)
