"""The desk's tools that write: answers to requests, reports, subscriptions and alerts."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError, tool

from . import views
from .facts import DEPARTMENTS, REGIONS
from .metrics import ScopeKind

Text = Annotated[str, Meta(min_length=1, max_length=100)]
Figure = Annotated[int, Meta(ge=-(10**15), le=10**15)]


@tool(writes=True)
def answer_request(db: EpisodeDatabase, request_id: Text, figure: Figure) -> views.Request:
    """Enter the figure of an open request, in the unit of its metric; it cannot be changed afterwards."""
    views.open_request(db, request_id)
    db.write("UPDATE requests SET status = 'answered', figure = ? WHERE request_id = ?", figure, request_id)
    return views.request(db, request_id)


@tool(writes=True)
def withdraw_request(db: EpisodeDatabase, request_id: Text) -> views.Request:
    """Withdraw an open request."""
    views.open_request(db, request_id)
    db.write("UPDATE requests SET status = 'withdrawn' WHERE request_id = ?", request_id)
    return views.request(db, request_id)


@tool(writes=True)
def change_weekday(db: EpisodeDatabase, report_id: Text, weekday: views.Weekday) -> views.Report:
    """Send a report on another day of the week."""
    if views.report(db, report_id).weekday == weekday:
        raise ToolError(f"report {report_id} is already sent on {weekday}")
    db.write("UPDATE reports SET weekday = ? WHERE report_id = ?", weekday, report_id)
    return views.report(db, report_id)


@tool(writes=True)
def subscribe(db: EpisodeDatabase, report_id: Text, colleague_id: Text, format: views.Format) -> views.Report:
    """Send a report to a colleague as well."""
    views.colleague(db, colleague_id)
    if colleague_id in _readers(db, report_id):
        raise ToolError(f"colleague {colleague_id} gets report {report_id} already; see change_format")
    db.write(
        "INSERT INTO subscriptions (report_id, colleague_id, format) VALUES (?, ?, ?)", report_id, colleague_id, format
    )
    return views.report(db, report_id)


@tool(writes=True)
def change_format(db: EpisodeDatabase, report_id: Text, colleague_id: Text, format: views.Format) -> views.Report:
    """Send a report to a colleague as a table or as a chart."""
    _check_reader(db, report_id, colleague_id)
    db.write(
        "UPDATE subscriptions SET format = ? WHERE report_id = ? AND colleague_id = ?", format, report_id, colleague_id
    )
    return views.report(db, report_id)


@tool(writes=True)
def unsubscribe(db: EpisodeDatabase, report_id: Text, colleague_id: Text) -> views.Report:
    """Send a report to a colleague no longer; its owner always gets it."""
    report = _check_reader(db, report_id, colleague_id)
    if report.owner_id == colleague_id:
        raise ToolError(f"colleague {colleague_id} owns report {report_id} and always gets it")
    db.write("DELETE FROM subscriptions WHERE report_id = ? AND colleague_id = ?", report_id, colleague_id)
    return views.report(db, report_id)


@tool(writes=True)
def create_alert(
    db: EpisodeDatabase,
    colleague_id: Text,
    metric_id: Text,
    scope_kind: ScopeKind,
    scope: Text,
    direction: views.Direction,
    threshold: Figure,
) -> views.Alert:
    """Tell a colleague by itself when a month's figure of a store, region or department is above or below a threshold.

    The threshold is in the unit of the metric. A scope is a store's number, a region or a department.
    """
    views.colleague(db, colleague_id)
    views.metric(db, metric_id)
    stores = [str(row[0]) for row in db.warehouse.query("SELECT store_no FROM stores ORDER BY store_no").rows]
    allowed = {"store": stores, "region": list(REGIONS), "department": list(DEPARTMENTS)}[scope_kind]
    if scope not in allowed:
        raise ToolError(f"there is no {scope_kind} {scope[:60]!r}; there are {', '.join(allowed)}")
    last = db.scalar("SELECT max(alert_id) FROM alerts") or "L999999"
    alert_id = f"L{int(last[1:]) + 1}"
    db.write(
        "INSERT INTO alerts (alert_id, colleague_id, metric_id, scope_kind, scope, direction, threshold, active)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
        alert_id,
        colleague_id,
        metric_id,
        scope_kind,
        scope,
        direction,
        threshold,
    )
    return views.alert(db, alert_id)


@tool(writes=True)
def change_threshold(db: EpisodeDatabase, alert_id: Text, threshold: Figure) -> views.Alert:
    """Change the threshold of an alert, in the unit of its metric."""
    views.alert(db, alert_id)
    db.write("UPDATE alerts SET threshold = ? WHERE alert_id = ?", threshold, alert_id)
    return views.alert(db, alert_id)


@tool(writes=True)
def switch_alert(db: EpisodeDatabase, alert_id: Text, active: bool) -> views.Alert:
    """Switch an alert on or off."""
    if views.alert(db, alert_id).active == active:
        raise ToolError(f"alert {alert_id} is already {'on' if active else 'off'}")
    db.write("UPDATE alerts SET active = ? WHERE alert_id = ?", active, alert_id)
    return views.alert(db, alert_id)


def _readers(db: EpisodeDatabase, report_id: str) -> list[str]:
    return [one.colleague_id for one in views.report(db, report_id).subscriptions]


def _check_reader(db: EpisodeDatabase, report_id: str, colleague_id: str) -> views.Report:
    readers = _readers(db, report_id)
    if colleague_id not in readers:
        raise ToolError(f"colleague {colleague_id[:60]!r} does not get report {report_id}; it goes to {readers}")
    return views.report(db, report_id)
