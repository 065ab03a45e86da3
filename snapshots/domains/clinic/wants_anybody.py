"""What anybody may ask without saying who they are: sites, hours, kinds of appointment and their fees."""

from __future__ import annotations

from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import reading, views
from .wanted import money


def fee(kind_id: str, db: EpisodeDatabase) -> Draft | None:
    """Ask what a kind of appointment costs."""
    kind = views.kind(db, kind_id)
    cost = money(kind.fee_cents)
    draft = Draft("fee").learn(f"What does the {kind.name} cost? It is {kind.speciality}.", cost)
    return draft.call("list_kinds", speciality=kind.speciality).say(f"It costs {cost}.")


def phone(name: str, db: EpisodeDatabase) -> Draft | None:
    """Ask for the phone number of a site."""
    site = reading.find_site.function(db, name)
    draft = Draft("phone").learn(f"What is the phone number of {name}?", site.phone)
    return draft.call("find_site", name=name).say(f"It is {site.phone}.")


def where(name: str, db: EpisodeDatabase) -> Draft | None:
    """Ask for the address of a site."""
    site = reading.find_site.function(db, name)
    draft = Draft("where").learn(f"At which street and postcode is {name}?", site.street, site.postcode)
    return draft.call("find_site", name=name).say(f"It is at {site.street}, {site.postcode}.")


def hours(practitioner_id: str, db: EpisodeDatabase) -> Draft | None:
    """Ask on which days somebody is there."""
    found = reading.get_practitioner.function(db, practitioner_id)
    days = [session.weekday for session in found.sessions]
    draft = Draft("hours").learn(f"On which days of the week is {found.name} at {found.site}?", *days)
    draft.call("find_site", name=found.site).call("get_practitioner", practitioner_id=practitioner_id)
    return draft.say(f"On {' and '.join(days)}.")


def away(practitioner_id: str, db: EpisodeDatabase) -> Draft | None:
    """Ask until when somebody is away."""
    found = reading.get_practitioner.function(db, practitioner_id)
    if not found.absences:
        return None
    last = found.absences[0].last_day
    draft = Draft("away").learn(f"Until when will {found.name} of {found.site} be away?", last)
    draft.call("find_site", name=found.site).call("get_practitioner", practitioner_id=practitioner_id)
    return draft.say(f"Until {last}.")
