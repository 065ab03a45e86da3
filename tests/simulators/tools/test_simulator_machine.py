"""Random calls of the tracker, held against a model of it in plain dictionaries."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from agent_envs.messages import ToolCall
from agent_envs.simulators.tools import TRACKER, Simulator, load_tools
from agent_envs.simulators.tools.fitting import misfit
from agent_envs.testing.strategies import malformed, values
from agent_envs.tools import ToolError

SIMULATOR = Simulator(load_tools(TRACKER), rows=2)
PROJECTS = st.sampled_from(["P101", "P102", "P103", "P104"])
ISSUES = st.integers(1, 5)


def fields_of(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """The arguments of a tool but for those that say where."""
    schema = SIMULATOR.tool(name).input
    rest = {key: one for key, one in schema["properties"].items() if key not in ("project_id", "issue_id")}
    required = [key for key in schema.get("required", ()) if key in rest]
    return values({"type": "object", "properties": rest, "required": required}).filter(
        lambda drawn: misfit({"type": "object", "properties": rest}, drawn) == ""
    )


class TrackerMachine(RuleBasedStateMachine):
    """Plays calls on a simulator and on dictionaries, and wants both to say the same."""

    def __init__(self) -> None:
        super().__init__()
        self.state = SIMULATOR.begin()
        self.calls: list[tuple[ToolCall, str]] = []
        listed = json.loads(self.call("list_projects"))["projects"]
        self.projects: dict[str, dict[str, Any]] = {one["project_id"]: one for one in listed}
        self.issues: dict[str, dict[int, dict[str, Any]]] = {key: self.read_issues(key) for key in self.projects}

    def read_issues(self, project: str) -> dict[int, dict[str, Any]]:
        numbers = [one["issue_id"] for one in json.loads(self.call("list_issues", project_id=project))["issues"]]
        return {number: json.loads(self.call("get_issue", project_id=project, issue_id=number)) for number in numbers}

    def call(self, name: str, **arguments: Any) -> str:
        call = ToolCall.of(name, **arguments)
        before = self.state
        after, reply = SIMULATOR.call(before, call, 0)
        assert SIMULATOR.call(before, call, 0) == (after, reply), "the same call in the same state gives something else"
        output = SIMULATOR.tool(name).output
        assert output is None or misfit(output, json.loads(reply)) == ""
        if name.startswith(("list", "get")):
            assert after == before, "a call that only reads changes the state"
        self.state = after
        self.calls.append((call, reply))
        return reply

    def refused(self, name: str, **arguments: Any) -> None:
        with pytest.raises(ToolError, match="there is no"):
            SIMULATOR.call(self.state, ToolCall.of(name, **arguments), 0)

    @rule(fields=fields_of("create_project"))
    def create_project(self, fields: dict[str, Any]) -> None:
        made = json.loads(self.call("create_project", **fields))
        assert made["project_id"] not in self.projects
        assert fields.items() <= made.items()
        self.projects[made["project_id"]] = made
        self.issues[made["project_id"]] = {}

    @rule(project=PROJECTS, fields=fields_of("create_issue"))
    def create_issue(self, project: str, fields: dict[str, Any]) -> None:
        if project not in self.projects:
            return self.refused("create_issue", project_id=project, **fields)
        made = json.loads(self.call("create_issue", project_id=project, **fields))
        assert made["issue_id"] not in self.issues[project]
        assert fields.items() <= made.items()
        self.issues[project][made["issue_id"]] = made
        return None

    @rule(project=PROJECTS, number=ISSUES, fields=fields_of("update_issue"))
    def update_issue(self, project: str, number: int, fields: dict[str, Any]) -> None:
        if number not in self.issues.get(project, {}):
            return self.refused("update_issue", project_id=project, issue_id=number, **fields)
        self.call("update_issue", project_id=project, issue_id=number, **fields)
        self.issues[project][number] |= fields
        return None

    @rule(project=PROJECTS, number=ISSUES)
    def delete_issue(self, project: str, number: int) -> None:
        if number not in self.issues.get(project, {}):
            return self.refused("delete_issue", project_id=project, issue_id=number)
        self.call("delete_issue", project_id=project, issue_id=number)
        del self.issues[project][number]
        return None

    @rule(project=PROJECTS)
    def delete_project(self, project: str) -> None:
        if project not in self.projects:
            return self.refused("delete_project", project_id=project)
        self.call("delete_project", project_id=project)
        del self.projects[project], self.issues[project]
        return None

    @rule(name=st.sampled_from(sorted(tool.name for tool in SIMULATOR.toolset.tools)), data=st.data())
    def malformed_call(self, name: str, data: st.DataObject) -> None:
        text = data.draw(malformed(SIMULATOR.tool(name).input, {}))
        try:
            after, _ = SIMULATOR.call(self.state, ToolCall(name, text), 0)
        except ToolError:
            return
        assert after == self.state or name.startswith(("create", "update", "add")), name
        # What fits after all is not played on: the model would have to read it as well.

    @rule()
    def everything_is_as_the_model_has_it(self) -> None:
        listed = json.loads(self.call("list_projects"))
        assert {one["project_id"]: one for one in listed["projects"]} == self.projects
        assert listed["total"] == len(self.projects)
        for project, issues in self.issues.items():
            assert self.read_issues(project) == issues

    def teardown(self) -> None:
        state = SIMULATOR.begin()
        for call, reply in self.calls:
            state, again = SIMULATOR.call(state, call, 0)
            assert again == reply, "played again, a call replies something else"
        assert state == self.state
        assert state.digest == self.state.digest


TestTracker = TrackerMachine.TestCase
TestTracker.settings = settings(
    derandomize=True, deadline=None, max_examples=60, stateful_step_count=15, suppress_health_check=tuple(HealthCheck)
)
