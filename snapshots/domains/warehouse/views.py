"""What the desk's tools return, and how each is read from its books."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError

from .metrics import Area, ScopeKind, Unit

Role = Literal["store_manager", "regional_manager", "buyer", "director"]
Format = Literal["table", "chart"]
Direction = Literal["above", "below"]
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]


class Colleague(msgspec.Struct, frozen=True):
    """A colleague, what is theirs, and the areas of which they may know."""

    colleague_id: str
    name: str
    email: str
    role: Role
    scope: str
    areas: list[Area]


class MetricView(msgspec.Struct, frozen=True):
    """A kind of figure."""

    metric_id: str
    area: Area
    unit: Unit
    definition: str


class Request(msgspec.Struct, frozen=True):
    """What a colleague asked for; with minus days, the difference of two periods."""

    request_id: str
    colleague_id: str
    metric_id: str
    scope_kind: ScopeKind
    scope: str
    first_day: str
    last_day: str
    minus_first_day: str | None
    minus_last_day: str | None
    asked_at: str
    status: Literal["open", "answered", "withdrawn"]
    figure: int | None


class Subscription(msgspec.Struct, frozen=True):
    """Who gets a report, and how."""

    report_id: str
    colleague_id: str
    format: Format


class Report(msgspec.Struct, frozen=True):
    """A figure that is sent every week."""

    report_id: str
    owner_id: str
    metric_id: str
    scope_kind: ScopeKind
    scope: str
    weekday: Weekday
    subscriptions: list[Subscription]


class Alert(msgspec.Struct, frozen=True):
    """What a colleague is to be told of when it happens; the threshold is in the metric's unit."""

    alert_id: str
    colleague_id: str
    metric_id: str
    scope_kind: ScopeKind
    scope: str
    direction: Direction
    threshold: int
    active: bool


def found(db: EpisodeDatabase, table: str, column: str, value: str, what: str, how: str) -> dict[str, Any]:
    """The row of a key.

    Raises:
        ToolError: There is none; `how` says where the agent finds a right one.
    """
    row = db.row(f"SELECT * FROM {table} WHERE {column} = ? ORDER BY 1", value)
    if row is None:
        raise ToolError(f"there is no {what} {value[:60]!r}; {how}")
    return row


def colleague(db: EpisodeDatabase, colleague_id: str) -> Colleague:
    """A colleague."""
    row = found(db, "colleagues", "colleague_id", colleague_id, "colleague", "find_colleague gives the id")
    areas = db.rows("SELECT area FROM grants WHERE colleague_id = ? ORDER BY area", colleague_id)
    return Colleague(**row, areas=[area["area"] for area in areas])


def metric(db: EpisodeDatabase, metric_id: str) -> MetricView:
    """A metric."""
    return MetricView(**found(db, "metrics", "metric_id", metric_id, "metric", "list_metrics names them all"))


def request(db: EpisodeDatabase, request_id: str) -> Request:
    """A request."""
    how = "list_requests gives the ids of a colleague's requests"
    return Request(**found(db, "requests", "request_id", request_id, "request", how))


def open_request(db: EpisodeDatabase, request_id: str) -> Request:
    """A request that is open.

    Raises:
        ToolError: It is not.
    """
    one = request(db, request_id)
    if one.status != "open":
        raise ToolError(f"request {request_id} is {one.status}; only an open one can be answered or withdrawn")
    return one


def report(db: EpisodeDatabase, report_id: str) -> Report:
    """A report."""
    row = found(db, "reports", "report_id", report_id, "report", "list_reports gives the ids of a colleague's reports")
    of = db.rows("SELECT * FROM subscriptions WHERE report_id = ? ORDER BY colleague_id", report_id)
    return Report(**row, subscriptions=[Subscription(**one) for one in of])


def alert(db: EpisodeDatabase, alert_id: str) -> Alert:
    """An alert."""
    row = found(db, "alerts", "alert_id", alert_id, "alert", "list_alerts gives the ids of a colleague's alerts")
    return Alert(**row | {"active": bool(row["active"])})
