"""What customers want whose phone does not work: the causes that are in the data, each found and repaired."""

from __future__ import annotations

from typing import Any, NamedTuple

from agent_envs.messages import ToolCall
from agent_envs.snapshots.domains.compose import drawn
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import guiding
from .device import Phone, Service, causes, phone
from .repairs import REPAIRS, amounts
from .wanted import Customer, Want, lines_of

_AT_MOST = 4
"""Causes at once; a phone with more is one to throw away."""


class Trouble(NamedTuple):
    """How a service fails, and how a customer finds out."""

    requests: tuple[str, ...]
    check: str
    shows: str


TROUBLES: dict[Service, Trouble] = {
    "data": Trouble(
        ("My mobile data does not work", "I get no internet on the go", "No page loads without Wi-Fi"),
        "test_connection",
        "Connected",
    ),
    "call": Trouble(("I can make no calls", "Every call fails at once"), "try_call", "goes through"),
    "pictures": Trouble(
        ("My picture messages are not sent", "I can send no picture message"), "send_picture_message", "was sent"
    ),
    "speed": Trouble(("My mobile internet is terribly slow", "My mobile data crawls"), "test_speed", "Fast"),
}


def trouble(service: Service) -> Want:
    """The want that a service works again."""

    def found(customer: Customer, db: EpisodeDatabase) -> Draft | None:
        (line,) = lines_of(db, customer, f"l.line_id = '{customer.line_id}'")
        return _repaired(customer, db, line, service) if _repairable(db, line, service) else None

    return found


def _repairable(db: EpisodeDatabase, line: dict[str, Any], service: Service) -> bool:
    """Whether a service fails for causes that can be repaired, and is what its customer complains of."""
    of = phone(db, line["device_id"])
    wrong, basic = causes(of, service), causes(of, "data")
    if service == "speed" and basic:
        return False  # without any data, nobody calls them slow
    if service == "pictures" and wrong == basic and drawn(line["line_id"], service) % 4:
        return False  # most complain of what they miss more
    beyond = "outage" in wrong or of.block in ("stolen", "lost") or of.sim_status == "replaced"
    return 0 < len(wrong) <= _AT_MOST and not beyond


def _repaired(customer: Customer, db: EpisodeDatabase, line: dict[str, Any], service: Service) -> Draft:
    """The dialogue in which every cause is repaired: the operator's first or those of the phone first."""
    of, what = phone(db, line["device_id"]), TROUBLES[service]
    wrong, line_id = causes(of, service), line["line_id"]
    complaint = what.requests[drawn(line_id, service) % len(what.requests)]
    on = f" on {customer.speaks_of(line)}" if customer.lines > 1 else ""
    where = f" I am in {of.country}." if of.country else ""
    told = (amount for cause in wrong for amount in amounts(db, line, of, cause))
    draft = Draft(f"{service}, {min(len(wrong), 3)}-fold trouble")
    draft.works(f"{complaint}{on}.{where}", ToolCall.of(what.check, device_id=of.device_id), what.shows, *told)
    draft.call("get_line", line_id=line_id)
    operator_last = drawn(line_id, "order") % 2 == 1 and "esim deleted" not in wrong
    if operator_last:
        _cure(draft, of, wrong)
    for cause in wrong:
        if cause in REPAIRS:
            REPAIRS[cause](draft, db, customer, line, of)
    if not operator_last:
        _cure(draft, of, wrong)
    return guiding.able(draft, of.device_id, what.check, _left_alone(of, wrong))


def _cure(draft: Draft, of: Phone, wrong: tuple[str, ...]) -> None:
    """Have the customer look at the phone, and cure what is found there."""
    seen = {"look_at_sim"} if "esim deleted" in wrong else set()
    for cause in wrong:
        if cause in guiding.CURES:
            look = guiding.LOOKS[cause]
            if look.tool not in seen:
                guiding.guided(draft, look, of.device_id)
                seen.add(look.tool)
            guiding.guided(draft, guiding.CURES[cause], of.device_id)


def _left_alone(of: Phone, wrong: tuple[str, ...]) -> set[str]:
    """What the customer does not touch, whoever asks: what is no cause of this trouble and is not as it could be."""
    other = {cause for service in TROUBLES for cause in causes(of, service)} | {"esim deleted"}
    if of.country is None:
        other.add("data roaming")
    if of.vpn == "on":
        other.add("vpn")
    return other - set(wrong)


WANTS: tuple[Want, ...] = tuple(trouble(service) for service in TROUBLES)
