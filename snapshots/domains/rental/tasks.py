"""What members of the rental shop come with: who they are, how they are found, and what they may want."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from agent_envs.snapshots.domains.compose import Subject, drawn, sampled
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import views, wants_changes, wants_goods, wants_new, wants_out, wants_refused

WANTS = (*wants_new.WANTS, *wants_changes.WANTS, *wants_out.WANTS, *wants_refused.WANTS)


def subjects(db: EpisodeDatabase) -> Iterator[Subject]:
    """Every member, with all that they may want; and models that anybody may ask for."""
    for member_id in sampled(db, "members", "member_id"):
        member = views.member(db, member_id)
        pieces = [partial(want, member_id) for want in WANTS]
        yield Subject(member_id, identified(member), pieces, asides(db, member))
    for model_id in sampled(db, "models", "model_id"):
        yield Subject(model_id, Draft("models"), [partial(want, model_id) for want in wants_goods.WANTS])


def identified(member: views.Member) -> Draft:
    """How a member is found: by e-mail address, or by member number and postcode."""
    if drawn(member.member_id, "by number") % 2:
        draft = Draft("identified", email=member.email)
        draft.say("Of course. May I have your email address, please?")
        return draft.call("find_member_by_email", email=member.email)
    draft = Draft("identified", member_number=member.member_id, postcode=member.postcode)
    draft.say("Of course. May I have your member number and your postcode, please?")
    return draft.call("find_member_by_number", member_id=member.member_id, postcode=member.postcode)


def asides(db: EpisodeDatabase, member: views.Member) -> list[str]:
    """What a member may say besides: about an earlier booking of theirs, or about nothing."""
    rows = db.rows(
        "SELECT booking_id FROM bookings WHERE member_id = ? AND status = 'returned' ORDER BY booking_id",
        member.member_id,
    )
    others = [f"I once had the booking {row['booking_id']}; it has nothing to do with this." for row in rows[-1:]]
    return [*others, "My brother is a member too, but this is about me.", "I have rented from you for years."]
