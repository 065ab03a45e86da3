"""What colleagues come to the figures desk with: who they are, and what they may want."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from agent_envs.snapshots.domains.compose import Piece, Subject, drawn, sampled
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import views, wants_figures, wants_watching
from .views import Colleague

WANTS = (*wants_figures.WANTS, *wants_watching.WANTS)
OFF_TOPIC = (
    "Could you also book a meeting room for Thursday?",
    "My screen is black since this morning. Can you repair it?",
    "Can you tell me what our competitors sold last year?",
)
ASIDES = (
    "I need it for the meeting this afternoon.",
    "Last month somebody gave me a wrong figure, so please look twice.",
    "My neighbour in the office has asked for something much like it; that is another matter.",
)


def subjects(db: EpisodeDatabase) -> Iterator[Subject]:
    """Every colleague, with all that they may want; and the metrics, of which anybody may ask."""
    for colleague_id in sampled(db, "colleagues", "colleague_id"):
        colleague = views.colleague(db, colleague_id)
        pieces: list[Piece] = [partial(want, colleague) for want in WANTS]
        yield Subject(colleague_id, identified(colleague), [*pieces, partial(off_topic, colleague)], ASIDES)
    for metric_id in sampled(db, "metrics", "metric_id"):
        yield Subject(metric_id, Draft("metrics"), [partial(meaning, metric_id)])


def identified(colleague: Colleague) -> Draft:
    """How a colleague is found: by their e-mail address."""
    draft = Draft("identified", email=colleague.email)
    draft.say("Gladly. May I have your email address, please?")
    return draft.call("find_colleague", email=colleague.email)


def meaning(metric_id: str, db: EpisodeDatabase) -> Draft:
    """Ask of which area a metric is."""
    metric = views.metric(db, metric_id)
    draft = Draft("meaning").learn(f"Which area must be granted to me for the metric {metric_id}?", metric.area)
    return draft.call("get_metric", metric_id=metric_id).say(f"It is of the area {metric.area}.")


def off_topic(colleague: Colleague, db: EpisodeDatabase) -> Draft:
    """Ask for what is no matter of the desk."""
    request = OFF_TOPIC[drawn(colleague.colleague_id, "off topic") % len(OFF_TOPIC)]
    return Draft("off topic").refuse(request, "I am sorry, I cannot help with that: it is no matter of this desk.")
