"""What the wants of colleagues share: requests in words, what of them may be answered, and the agent's reading."""

from __future__ import annotations

from typing import Literal, NamedTuple

from agent_envs.snapshots.domains.compose import drawn
from agent_envs.snapshots.domains.draft import Draft
from agent_envs.snapshots.domains.episode import EpisodeDatabase

from .desk import KINDS
from .metrics import BY_ID, LEAST_CUSTOMERS, Extent, customers_sql, figure_sql, shown
from .views import Colleague, Request

Verdict = Literal["answer", "area", "scope", "few", "empty"]
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def month(day: str) -> str:
    """The month of a day, in words."""
    return f"{_MONTHS[int(day[5:7]) - 1]} {day[:4]}"


def words(metric_id: str) -> str:
    """A metric as colleagues call it."""
    return metric_id.replace("_", " ")


def place(scope_kind: str, scope: str) -> str:
    """A scope as colleagues call it."""
    return {"store": f"store {scope}", "region": f"the region {scope}", "department": scope}[scope_kind]


def number(db: EpisodeDatabase, sql: str) -> int | None:
    """The one number that a query finds; None where it finds none."""
    rows = db.warehouse.query(sql).rows
    return rows[0][0] if rows else None


def extents(request: Request) -> list[Extent]:
    """Of what a request is: the period, and the one that it is compared with."""
    of = [Extent(request.scope_kind, request.scope, request.first_day, request.last_day)]
    if request.minus_first_day and request.minus_last_day:
        of.append(Extent(request.scope_kind, request.scope, request.minus_first_day, request.minus_last_day))
    return of


def figure(db: EpisodeDatabase, metric_id: str, of: list[Extent]) -> int | None:
    """The figure, or the difference of two; None where there is nothing to compute it of."""
    found = [number(db, figure_sql(metric_id, one)) for one in of]
    return None if None in found else found[0] - sum(found[1:])  # type: ignore[operator, arg-type]


def is_few(db: EpisodeDatabase, metric_id: str, of: list[Extent]) -> bool:
    """Whether a figure is about too few customers to be given out."""
    return any((number(db, customers_sql(metric_id, one)) or 0) < LEAST_CUSTOMERS for one in of)


def covers(colleague: Colleague, scope_kind: str, scope: str) -> bool:
    """Whether a store, region or department is a colleague's."""
    return colleague.role == "director" or (scope_kind, scope) == (KINDS[colleague.role], colleague.scope)


def verdict(db: EpisodeDatabase, colleague: Colleague, request: Request) -> Verdict:
    """What the policy says of a request; empty where a figure of nothing leaves that open."""
    if BY_ID[request.metric_id].area not in colleague.areas:
        return "area"
    if not covers(colleague, request.scope_kind, request.scope):
        return "scope"
    if is_few(db, request.metric_id, extents(request)):
        return "few"
    return "answer" if figure(db, request.metric_id, extents(request)) else "empty"


def open_requests(db: EpisodeDatabase, colleague: Colleague) -> list[Request]:
    """A colleague's open requests."""
    rows = db.rows(
        "SELECT * FROM requests WHERE colleague_id = ? AND status = 'open' ORDER BY request_id", colleague.colleague_id
    )
    return [Request(**row) for row in rows]


def one_of(db: EpisodeDatabase, colleague: Colleague, want: str, *verdicts: Verdict) -> Request | None:
    """One of a colleague's open requests of which the policy says this, another one for each want."""
    found = [each for each in open_requests(db, colleague) if not verdicts or verdict(db, colleague, each) in verdicts]
    return found[drawn(colleague.colleague_id, want) % len(found)] if found else None


class Spoken(NamedTuple):
    """How a colleague speaks of a request: in words, and what they add when they are asked for its id."""

    words: str
    facts: dict[str, str]
    listed: bool


def spoken(db: EpisodeDatabase, colleague: Colleague, request: Request) -> Spoken:
    """A request as its colleague speaks of it: by what it asks for, by its id, or by nothing but that it is theirs."""
    alike = [each for each in open_requests(db, colleague) if _described(each) == _described(request)]
    match drawn(request.request_id, "spoken") % 3:
        case 0 if len(alike) == 1:
            return Spoken(f"my open request for the {_described(request)}", {}, True)
        case 1:
            return Spoken("a request of mine", {"request_id": request.request_id}, False)
    return Spoken(f"my request {request.request_id}", {}, False)


def begun(draft: Draft, colleague: Colleague, request: Request, said: Spoken) -> Draft:
    """Add how a request is found and read: its id is asked for or was named, or it is looked up in the list."""
    draft.facts |= said.facts
    if said.listed:
        return draft.call("list_requests", colleague_id=colleague.colleague_id)
    if said.facts:
        draft.say("Which one is it? What is the request id, please?")
    return draft.call("get_request", request_id=request.request_id)


def computed(draft: Draft, metric_id: str, of: list[Extent]) -> Draft:
    """Add how a figure is found: what it means, how many customers it is about, and the figure itself."""
    draft.call("get_metric", metric_id=metric_id)
    for one in of:
        draft.call("run_sql", sql=customers_sql(metric_id, one)).call("run_sql", sql=figure_sql(metric_id, one))
    return draft


def told(metric_id: str, value: int) -> str:
    """A figure as it is told, without its sign, for a loss may be put in words."""
    return shown(BY_ID[metric_id].unit, abs(value)).removesuffix("%")


def _described(request: Request) -> str:
    where = place(request.scope_kind, request.scope)
    return f"{words(request.metric_id)} of {where} in {month(request.first_day)}"
