"""What colleagues want of reports and alerts: other days, readers, forms and thresholds."""

from __future__ import annotations

from typing import Any, get_args

from agent_envs.snapshots.domains.compose import drawn
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from . import views
from .asking import computed, covers, figure, is_few, place, told, words
from .desk import KINDS
from .facts import DEPARTMENTS
from .metrics import BY_ID, METRICS, Extent
from .views import Alert, Colleague, Report, Weekday
from .wants_figures import Want

_DAYS: tuple[Weekday, ...] = get_args(Weekday)
_JANUARY = ("2026-01-01", "2026-01-31")
_FEBRUARY = ("2026-02-01", "2026-02-28")


def weekday(colleague: Colleague, db: EpisodeDatabase) -> Draft | None:
    """Ask when a report of theirs comes."""
    report = _report(db, colleague, "weekday")
    if report is None:
        return None
    draft = Draft("weekday").learn(f"On which day does my report {report.report_id} come?", report.weekday)
    return draft.call("get_report", report_id=report.report_id).say(f"It comes on {report.weekday}.")


def other_day(colleague: Colleague, db: EpisodeDatabase) -> Draft | None:
    """Have a report on another day, which its owner may decide."""
    report = _report(db, colleague, "other day")
    if report is None:
        return None
    first, day = _two(report.report_id, *(each for each in _DAYS if each != report.weekday))
    request = f"My report {report.report_id} should come on {{}}."
    if report.owner_id != colleague.colleague_id:
        draft = Draft("day refused").refuse(request.format(day)).call("get_report", report_id=report.report_id)
        draft.say("I cannot change the day: another colleague owns this report, and its owner decides.")
        return draft.say("I am sorry, I cannot: only the owner of the report may change its day.")
    draft = Draft("other day").act(request.format(day), day, at_first=request.format(first))
    draft.call("get_report", report_id=report.report_id)
    draft.say(f"It would come on {day} instead of {report.weekday}. Shall I change it?")
    draft.call("change_weekday", report_id=report.report_id, weekday=day)
    return draft.say(f"Done: from now on it comes on {day}.")


def pass_on(colleague: Colleague, db: EpisodeDatabase) -> Draft | None:
    """Have a report sent to somebody else too, who may not be allowed to see it."""
    report = _report(db, colleague, "pass on", owned=True)
    if report is None:
        return None
    readers = [each.colleague_id for each in report.subscriptions]
    wants_director = drawn(colleague.colleague_id, "pass on") % 2
    role = "role = 'director'" if wants_director else "role <> 'director'"
    rows = db.rows(f"SELECT colleague_id FROM colleagues WHERE {role} ORDER BY colleague_id")
    ids = [row["colleague_id"] for row in rows if row["colleague_id"] not in readers]
    if not ids:
        return None
    other = views.colleague(db, ids[drawn(report.report_id, "pass on") % len(ids)])
    area = BY_ID[report.metric_id].area
    first, form = _two(report.report_id, "table", "chart")
    request = f"Please send my report {report.report_id} to {other.email} as well, as a {{}}."
    if area not in other.areas or not covers(other, report.scope_kind, report.scope):
        draft = Draft("reader refused").refuse(request.format(form)).call("get_report", report_id=report.report_id)
        draft.call("find_colleague", email=other.email).call("get_metric", metric_id=report.metric_id)
        draft.say("I cannot send it to them: they may not know of that figure.")
        return draft.say("I am sorry, I cannot: it is nothing that they may see.")
    draft = Draft("pass on").act(request.format(form), other.name, at_first=request.format(first))
    draft.call("get_report", report_id=report.report_id).call("find_colleague", email=other.email)
    draft.call("get_metric", metric_id=report.metric_id)
    draft.say(f"{other.name} would get it too, as a {form}. Shall I do that?")
    draft.call("subscribe", report_id=report.report_id, colleague_id=other.colleague_id, format=form)
    return draft.say(f"Done: it goes to {other.name} as well.")


def other_form(colleague: Colleague, db: EpisodeDatabase) -> Draft | None:
    """Have a report as a chart instead of a table, or the other way round."""
    report = _report(db, colleague, "other form")
    if report is None:
        return None
    has = next(each.format for each in report.subscriptions if each.colleague_id == colleague.colleague_id)
    form = "chart" if has == "table" else "table"
    draft = Draft("other form").act(f"I would like to get my report {report.report_id} as a {form}.", form)
    draft.call("get_report", report_id=report.report_id)
    draft.say(f"You would get it as a {form} instead of a {has}. Shall I change that?")
    arguments = {"report_id": report.report_id, "colleague_id": colleague.colleague_id}
    return draft.call("change_format", **arguments, format=form).say(f"Done: it comes as a {form}.")


def leave(colleague: Colleague, db: EpisodeDatabase) -> Draft | None:
    """Get a report no longer, which its owner cannot."""
    report = _report(db, colleague, "leave")
    if report is None:
        return None
    request = f"I no longer want to get the report {report.report_id}."
    if report.owner_id == colleague.colleague_id:
        draft = Draft("leave refused").refuse(request).call("get_report", report_id=report.report_id)
        draft.say("I cannot take you off it: the report is yours, and its owner always gets it.")
        return draft.say("I am sorry, I cannot: who owns a report gets it.")
    draft = Draft("leave").act(request, report.report_id).call("get_report", report_id=report.report_id)
    draft.say(f"You would no longer get report {report.report_id}. Shall I do that?")
    draft.call("unsubscribe", report_id=report.report_id, colleague_id=colleague.colleague_id)
    return draft.say(f"You have been taken off report {report.report_id}.")


def new_alert(colleague: Colleague, db: EpisodeDatabase) -> Draft | None:
    """Be told of a month that is worse or better than the last was."""
    allowed = [each for each in METRICS if each.area in colleague.areas and each.unit in ("cents", "count")]
    metric = allowed[drawn(colleague.colleague_id, "metric") % len(allowed)]
    kind, scope = KINDS.get(colleague.role, "department"), colleague.scope
    if colleague.role == "director":
        scope = DEPARTMENTS[drawn(colleague.colleague_id, "scope") % len(DEPARTMENTS)]
    of = [Extent(kind, scope, *_FEBRUARY)]
    value = figure(db, metric.metric_id, of)
    if not value or value < 0 or is_few(db, metric.metric_id, of):
        return None
    direction, amount = ("below", "above")[drawn(colleague.colleague_id, "way") % 2], told(metric.metric_id, value)
    draft = Draft("new alert").act(
        f"Tell me from now on when the {words(metric.metric_id)} of {place(kind, scope)} is {direction} what it was in"
        " February 2026.",
        amount,
    )
    computed(draft, metric.metric_id, of)
    draft.say(f"It was {amount} in February. Shall I set an alert for months {direction} that?")
    draft.call(
        "create_alert",
        colleague_id=colleague.colleague_id,
        metric_id=metric.metric_id,
        scope_kind=kind,
        scope=scope,
        direction=direction,
        threshold=value,
    )
    return draft.say(f"The alert has been set, {direction} {amount}.")


def other_threshold(colleague: Colleague, db: EpisodeDatabase) -> Draft | None:
    """Have an alert at another threshold: an amount that they name, or what a month brought."""
    alert = _alert(db, colleague)
    if alert is None:
        return None
    of = [Extent(alert.scope_kind, alert.scope, *_JANUARY)]
    value = figure(db, alert.metric_id, of)
    begun = "Please change the threshold of my alert"
    if not value or is_few(db, alert.metric_id, of) or drawn(alert.alert_id, "threshold") % 2:
        value = (alert.threshold // 1000 + 1 + drawn(alert.alert_id) % 50) * 1000
        amount = told(alert.metric_id, value)
        request = f"{begun} {alert.alert_id} to {{}}."
        at_first = request.format(told(alert.metric_id, value + 70_000))
        draft = Draft("threshold").act(request.format(amount), amount, at_first=at_first)
        draft.call("list_alerts", colleague_id=colleague.colleague_id)
    else:
        amount = told(alert.metric_id, value)
        draft = Draft("threshold of a month").act(f"{begun} {alert.alert_id} to what January 2026 brought.", amount)
        computed(draft.call("list_alerts", colleague_id=colleague.colleague_id), alert.metric_id, of)
    if value == alert.threshold:
        return None
    draft.say(f"The threshold of {alert.alert_id} would be {amount}. Shall I change it?")
    draft.call("change_threshold", alert_id=alert.alert_id, threshold=value)
    return draft.say(f"Done: its threshold is now {amount}.")


def switch(colleague: Colleague, db: EpisodeDatabase) -> Draft | None:
    """Have an alert on or off."""
    alert = _alert(db, colleague)
    if alert is None:
        return None
    way = "off" if alert.active else "on"
    what = f"my alert {alert.alert_id}" if drawn(alert.alert_id, "switch") % 2 else "my alert on the revenue"
    if db.scalar("SELECT count(*) FROM alerts WHERE colleague_id = ?", colleague.colleague_id) > 1:
        what = f"my alert {alert.alert_id}"
    draft = Draft("switch").act(f"Please switch {what} {way}.", alert.alert_id)
    draft.call("list_alerts", colleague_id=colleague.colleague_id)
    draft.say(f"I would switch alert {alert.alert_id} {way}. Shall I do that?")
    draft.call("switch_alert", alert_id=alert.alert_id, active=not alert.active)
    return draft.say(f"Alert {alert.alert_id} has been switched {way}.")


def _report(db: EpisodeDatabase, colleague: Colleague, want: str, *, owned: bool = False) -> Report | None:
    """A report that they get, another one for each want."""
    rows = db.rows(
        "SELECT report_id FROM subscriptions JOIN reports USING (report_id) WHERE colleague_id = ?"
        f" AND {'owner_id = colleague_id' if owned else 'TRUE'} ORDER BY report_id",
        colleague.colleague_id,
    )
    chosen = rows[drawn(colleague.colleague_id, want) % len(rows)] if rows else None
    return views.report(db, chosen["report_id"]) if chosen else None


def _alert(db: EpisodeDatabase, colleague: Colleague) -> Alert | None:
    """The first of their alerts."""
    row: dict[str, Any] | None = db.row(
        "SELECT alert_id FROM alerts WHERE colleague_id = ? ORDER BY alert_id", colleague.colleague_id
    )
    return views.alert(db, row["alert_id"]) if row else None


def _two(name: str, *options: str) -> tuple[str, str]:
    """Two different options: what is wanted at first, and what in the end."""
    number = drawn(name) % len(options)
    return options[number], options[(number + 1) % len(options)]


WANTS: tuple[Want, ...] = (
    *(weekday, other_day, pass_on, other_form, leave),
    *(new_alert, other_threshold, switch),
)
