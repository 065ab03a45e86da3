"""What an agent of the figures desk can do: twelve tools that read and nine that write."""

from __future__ import annotations

from .reading import (
    describe_table,
    find_colleague,
    get_colleague,
    get_metric,
    get_report,
    get_request,
    list_alerts,
    list_metrics,
    list_reports,
    list_requests,
    list_tables,
    run_sql,
)
from .writing import (
    answer_request,
    change_format,
    change_threshold,
    change_weekday,
    create_alert,
    subscribe,
    switch_alert,
    unsubscribe,
    withdraw_request,
)

__all__ = [
    "answer_request",
    "change_format",
    "change_threshold",
    "change_weekday",
    "create_alert",
    "describe_table",
    "find_colleague",
    "get_colleague",
    "get_metric",
    "get_report",
    "get_request",
    "list_alerts",
    "list_metrics",
    "list_reports",
    "list_requests",
    "list_tables",
    "run_sql",
    "subscribe",
    "switch_alert",
    "unsubscribe",
    "withdraw_request",
]
