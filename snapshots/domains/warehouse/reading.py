"""The desk's tools that read: its books, and the warehouse in SQL."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError, tool

from . import views
from .guide import TABLES

Text = Annotated[str, Meta(min_length=1, max_length=100)]
Sql = Annotated[str, Meta(min_length=1, max_length=10_000)]


class TableView(msgspec.Struct, frozen=True):
    """A table of the warehouse: what it holds, and its columns with their types and meanings."""

    name: str
    about: str
    columns: dict[str, str]


class Found(msgspec.Struct, frozen=True):
    """What a query found; more means that rows were left out."""

    columns: list[str]
    rows: list[list[Any]]
    more: bool


@tool
def find_colleague(db: EpisodeDatabase, email: Text) -> views.Colleague:
    """Find a colleague by their e-mail address at work: role, what is theirs, and the areas of which they may know."""
    found = db.scalar("SELECT colleague_id FROM colleagues WHERE email = ?", email.lower())
    if found is None:
        raise ToolError(f"no colleague has the e-mail address {email!r}; ask for it again")
    return views.colleague(db, found)


@tool
def get_colleague(db: EpisodeDatabase, colleague_id: Text) -> views.Colleague:
    """Read a colleague: role, what is theirs, and the areas of which they may know."""
    return views.colleague(db, colleague_id)


@tool
def list_tables(db: EpisodeDatabase) -> dict[str, str]:
    """List the tables of the warehouse, with what each holds."""
    return {name: about for name, (about, _) in TABLES.items()}


@tool
def describe_table(db: EpisodeDatabase, name: Text) -> TableView:
    """Read what the columns of a table of the warehouse are and mean."""
    if name not in TABLES:
        raise ToolError(f"there is no table {name!r}; the tables are {', '.join(TABLES)}")
    about, columns = TABLES[name]
    return TableView(name, about, dict(columns))


@tool
def run_sql(db: EpisodeDatabase, sql: Sql) -> Found:
    """Run one SELECT statement on the warehouse, in DuckDB's SQL, and read up to 100 rows of its result.

    Only the warehouse's tables can be read, and nothing can be written. What depends on the clock or on chance is not
    allowed: write the days that you mean. A query that takes more than a few seconds is stopped.
    """
    result = db.warehouse.query(sql)
    return Found(list(result.columns), [list(row) for row in result.rows], result.more)


@tool
def list_metrics(db: EpisodeDatabase) -> list[str]:
    """List the kinds of figures by name; get_metric says what one means, and in which unit it is given."""
    return [row["metric_id"] for row in db.rows("SELECT metric_id FROM metrics ORDER BY metric_id")]


@tool
def get_metric(db: EpisodeDatabase, metric_id: Text) -> views.MetricView:
    """Read what a kind of figure means, in which unit it is given, and of which area it is."""
    return views.metric(db, metric_id)


@tool
def list_requests(db: EpisodeDatabase, colleague_id: Text) -> list[views.Request]:
    """List the figures that a colleague asked for, the newest first."""
    views.colleague(db, colleague_id)
    rows = db.rows(
        "SELECT * FROM requests WHERE colleague_id = ? ORDER BY asked_at DESC, request_id DESC", colleague_id
    )
    return [views.Request(**row) for row in rows]


@tool
def get_request(db: EpisodeDatabase, request_id: Text) -> views.Request:
    """Read a request: the metric, the scope, the days, and whether it is open."""
    return views.request(db, request_id)


@tool
def list_reports(db: EpisodeDatabase, colleague_id: Text) -> list[views.Report]:
    """List the reports that a colleague owns or gets."""
    views.colleague(db, colleague_id)
    rows = db.rows(
        "SELECT report_id FROM reports WHERE owner_id = ?1 OR report_id IN (SELECT report_id FROM subscriptions"
        " WHERE colleague_id = ?1) ORDER BY report_id",
        colleague_id,
    )
    return [views.report(db, row["report_id"]) for row in rows]


@tool
def get_report(db: EpisodeDatabase, report_id: Text) -> views.Report:
    """Read a report: its figure, its day, its owner, and who gets it."""
    return views.report(db, report_id)


@tool
def list_alerts(db: EpisodeDatabase, colleague_id: Text) -> list[views.Alert]:
    """List a colleague's alerts, also those that are switched off."""
    views.colleague(db, colleague_id)
    rows = db.rows("SELECT alert_id FROM alerts WHERE colleague_id = ? ORDER BY alert_id", colleague_id)
    return [views.alert(db, row["alert_id"]) for row in rows]
