from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from agent_envs.messages import ToolCall
from agent_envs.outcome import Fault
from agent_envs.simulators.tools import TRACKER, Simulator, load_tools
from agent_envs.simulators.tools.fitting import misfit
from agent_envs.simulators.tools.state import SimState
from agent_envs.tools import ToolError

Document = Callable[..., dict[str, Any]]


class Session:
    """A simulator and the state that its calls have led to."""

    def __init__(self, simulator: Simulator, seed: int = 0) -> None:
        self.simulator, self.seed = simulator, seed
        self.state = simulator.begin()

    def __call__(self, name: str, /, **arguments: Any) -> Any:
        self.state, reply = self.simulator.call(self.state, ToolCall.of(name, **arguments), self.seed)
        output = self.simulator.tool(name).output
        if output is not None:
            assert misfit(output, json.loads(reply)) == ""
        return reply if reply == "Done." else json.loads(reply)


@pytest.fixture
def tracker() -> Session:
    return Session(Simulator(load_tools(TRACKER)))


def test_what_is_made_is_found_and_listed_and_counted(tracker: Session) -> None:
    before = tracker("list_issues", project_id="P101")
    made = tracker("create_issue", project_id="P101", title="Mend it", priority="high", labels=["bug"])
    assert (made["title"], made["priority"], made["labels"], made["status"]) == ("Mend it", "high", ["bug"], "open")
    assert tracker("get_issue", project_id="P101", issue_id=made["issue_id"]) == made
    after = tracker("list_issues", project_id="P101")
    assert after["total"] == before["total"] + 1 == len(after["issues"])
    assert after["issues"][:-1] == before["issues"]


def test_what_is_changed_shows_everywhere_and_nothing_else_does(tracker: Session) -> None:
    before = tracker("get_issue", project_id="P101", issue_id=1)
    tracker("update_issue", project_id="P101", issue_id=1, status="closed", title="New")
    assert tracker("get_issue", project_id="P101", issue_id=1) == before | {"status": "closed", "title": "New"}
    closed = tracker("list_issues", project_id="P101", status="closed")["issues"]
    assert [one["title"] for one in closed if one["issue_id"] == 1] == ["New"]


def test_what_is_deleted_is_gone_and_its_key_is_not_given_again(tracker: Session) -> None:
    first = tracker("create_issue", project_id="P101", title="a", priority="low")
    tracker("delete_issue", project_id="P101", issue_id=first["issue_id"])
    with pytest.raises(ToolError, match=r"there is no issue '\d+' in project_id 'P101'; there are '1', '2'"):
        tracker("get_issue", project_id="P101", issue_id=first["issue_id"])
    with pytest.raises(ToolError, match="there is no issue"):
        tracker("delete_issue", project_id="P101", issue_id=first["issue_id"])
    second = tracker("create_issue", project_id="P101", title="a", priority="low")
    assert second["issue_id"] != first["issue_id"]


def test_with_a_thing_goes_all_that_lives_in_it(tracker: Session) -> None:
    tracker("create_issue", project_id="P101", title="a", priority="low")
    tracker("delete_project", project_id="P101")
    with pytest.raises(ToolError, match="there is no project 'P101'"):
        tracker("list_issues", project_id="P101")
    made = tracker("create_project", title="Anew")
    assert tracker("list_issues", project_id=made["project_id"]) == {"total": 0, "issues": []}
    assert tracker.simulator.difference(tracker.state) == (
        'created project: {"state":"planned","title":"Anew"}',
        "deleted project P101",
        "emptied project P101",
    )


def test_what_was_made_by_mistake_and_deleted_makes_no_difference(tracker: Session) -> None:
    made = tracker("create_project", title="A mistake")
    tracker("create_issue", project_id=made["project_id"], title="a", priority="low")
    tracker("delete_project", project_id=made["project_id"])
    assert tracker.simulator.difference(tracker.state) == ()


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("get_project", '{"project_id": "P999"}', "there is no project 'P999'; there are 'P101', 'P102'"),
        ("list_issues", '{"project_id": "P999"}', "there is no project 'P999'"),
        ("get_project", "{}", r"lacks project_id. It takes \{project_id\}"),
        ("get_project", "not json", "do not fit"),
        ("get_project", "[]", "do not fit"),
        ("get_project", '{"project_id": 101}', "project_id is 101, no string"),
        ("list_issues", '{"project_id": "P101", "state": "open"}', "there is no argument 'state'. It takes"),
        ("list_issues", '{"project_id": "P101", "status": "ajar"}', "status is 'ajar', and can be 'open'"),
        ("no_such", "{}", "there is no tool 'no_such'; the tools are list_projects"),
        ("get_project", "[" * 100_000, "do not fit"),
    ],
)
def test_a_mistake_is_told_with_what_there_is(tracker: Session, name: str, arguments: str, told: str) -> None:
    with pytest.raises(ToolError, match=told):
        tracker.simulator.call(tracker.state, ToolCall(name, arguments), 0)


def test_a_state_is_equal_whichever_way_led_to_it(tracker: Session) -> None:
    began = tracker.state
    title = tracker("get_project", project_id="P101")["title"]
    tracker("update_project", project_id="P101", title="Other")
    changed = tracker.state
    assert changed.digest != began.digest
    tracker("update_project", project_id="P101", title=title)
    assert tracker.state == began
    assert tracker.state.digest == began.digest == SimState().digest


def test_the_same_call_in_the_same_state_gives_the_same_and_a_seed_decides_what_fails_in_part() -> None:
    tools = load_tools(TRACKER)
    call = ToolCall.of(
        "update_issue", project_id="P101", issue_id=1, title="a", body="b", status="closed", assignee="c"
    )
    ends = set()
    for seed in range(20):
        simulator = Simulator(tools, partial=0.5)
        first = simulator.call(simulator.begin(), call, seed)
        assert simulator.call(simulator.begin(), call, seed) == first
        assert Simulator(tools, partial=0.5).call(SimState(), call, seed) == first
        ends.add(first[0].digest)
    assert len(ends) == 2


@pytest.mark.parametrize("seed", range(5))
def test_a_change_that_fails_in_part_shows_it_and_ends_when_it_is_repeated(seed: int) -> None:
    session = Session(Simulator(load_tools(TRACKER), partial=1.0), seed)
    wanted = {"title": "a", "body": "b", "status": "closed", "assignee": "c", "labels": ["bug"]}
    wanted_of = {"project_id": "P101", "issue_id": 1, **wanted}
    shown: dict[str, Any] = {}
    repeats = 0
    while not wanted.items() <= shown.items():
        now = session("update_issue", **wanted_of)
        assert now == session("get_issue", project_id="P101", issue_id=1)
        assert now != shown
        shown = now
        repeats += 1
    assert 1 < repeats <= 5


def test_another_seed_is_another_world_and_the_same_seed_the_same() -> None:
    tools = load_tools(TRACKER)
    one, same, other = (Session(Simulator(tools, seed=seed))("list_projects") for seed in (0, 0, 1))
    assert one == same
    assert one != other


def test_unusual_values_still_fit() -> None:
    session, usual = (Session(Simulator(load_tools(TRACKER), edge=edge)) for edge in (0.9, 0.0))
    projects = session("list_projects")["projects"]  # a reply that does not fit its schema is an error
    assert projects != usual("list_projects")["projects"]
    for project in projects:
        for issue in session("list_issues", project_id=project["project_id"])["issues"]:
            shown = session("get_issue", project_id=project["project_id"], issue_id=issue["issue_id"])
            assert shown["issue_id"] == issue["issue_id"]


def test_a_list_shows_the_page_that_it_is_asked_for() -> None:
    paging = {name: {"type": "integer"} for name in ("limit", "offset")}
    tools = load_tools(
        [
            {"name": "list_notes", "parameters": {"type": "object", "properties": {**paging, "q": {"type": "string"}}}},
            {"name": "create_note", "parameters": {"type": "object", "properties": {"text": {"type": "string"}}}},
        ]
    )
    session = Session(Simulator(tools, rows=5))
    whole = session("list_notes")
    assert session("list_notes", limit=2, offset=3) == whole[3:]
    session("create_note", text="a Needle in it")
    assert [note["text"] for note in session("list_notes", q="needle")] == ["a Needle in it"]


def test_what_refers_to_nothing_is_refused() -> None:
    def taking(*required: str) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {name: {"type": "string"} for name in required},
            "required": list(required),
        }

    tools = load_tools(
        [
            {"name": "create_author", "parameters": taking("name")},
            {"name": "get_author", "parameters": taking("author_id")},
            {"name": "create_book", "parameters": taking("title", "author_id")},
            {"name": "get_book", "parameters": taking("book_id")},
        ]
    )
    session = Session(Simulator(tools))
    book = session("get_book", book_id="B101")
    assert session("get_author", author_id=book["author_id"])["author_id"] == book["author_id"]
    with pytest.raises(ToolError, match="there is no author 'nobody'; there are 'A101'"):
        session("create_book", title="a", author_id="nobody")


def test_a_tool_that_does_nothing_to_an_entity_answers_the_same_to_the_same() -> None:
    output = {
        "type": "object",
        "required": ["city", "degrees"],
        "properties": {"city": {"type": "string"}, "degrees": {"type": "number"}},
    }
    city = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    session = Session(Simulator(load_tools([{"name": "weather", "parameters": city, "outputSchema": output}])))
    reply = session("weather", city="Graz")
    assert reply["city"] == "Graz"
    assert session("weather", city="Graz") == reply
    assert session.state == session.simulator.begin()


def test_a_reply_that_cannot_be_made_is_a_fault_of_the_world() -> None:
    output = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": "string", "pattern": r"^(?!a)(?=b)\d$"}},
    }
    session = Session(Simulator(load_tools([{"name": "weather", "outputSchema": output}])))
    with pytest.raises(Fault, match="no reply of weather can be made") as raised:
        session("weather")
    assert raised.value.origin == "env"


@pytest.mark.parametrize("wrong", [{"partial": 1.5}, {"edge": True}, {"rows": 0}, {"partial": "x"}])
def test_a_share_or_number_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Simulator(load_tools(TRACKER), **wrong)
