from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.envs.simulated_tools import SimulatedTask, SimulatedTools, Step
from agent_envs.messages import Message, ToolCall
from agent_envs.outcome import Fault
from agent_envs.rollouts.policies import oracle
from agent_envs.rollouts.rollout import rollout
from agent_envs.simulators.chat import Call, Cassette, Reply
from agent_envs.simulators.tools import WorldModel, load_tools
from agent_envs.simulators.tools.patches import Operation, PatchError, changes, patched
from agent_envs.tasks import TaskSet
from agent_envs.tools import ToolError

LAMP = {"lamp": {"type": "string"}, "on": {"type": "boolean"}}
LIT = {"type": "object", "required": ["on"], "properties": {"on": {"type": "boolean"}}}
TOOLS = load_tools(
    [
        {
            "name": "set_lamp",
            "parameters": {"type": "object", "required": ["lamp", "on"], "properties": LAMP},
            "outputSchema": LIT,
        },
        {"name": "list_lamps", "parameters": {"type": "object", "properties": {}}},
    ]
)
FORM = {"properties": {"lamps": {"additionalProperties": {"type": "boolean"}}}, "additionalProperties": False}
BEGINNING = {"lamps": {"hall": False}}
SET = ToolCall.of("set_lamp", lamp="hall", on=True)
GOOD = json.dumps({"patch": [{"op": "replace", "path": "/lamps/hall", "value": True}], "reply": {"on": True}})


class Scripted:
    """A model that says these things in turn, and remembers what it was asked."""

    def __init__(self, *said: str) -> None:
        self.said, self.calls = list(said), list[Call]()

    def __call__(self, call: Call, /) -> Reply:
        self.calls.append(call)
        return Reply(message=Message("assistant", self.said[len(self.calls) - 1]))


def world(chat: Any, **more: Any) -> WorldModel:
    return WorldModel(chat, "scripted", TOOLS, beginning=BEGINNING, form=FORM, **more)


def test_a_patch_changes_the_state_and_the_next_call_sees_it() -> None:
    chat = Scripted(f"Sure:\n{GOOD}", '{"reply": ["hall"]}')
    lamps = world(chat)
    state, reply = lamps.call(lamps.begin(), SET, 7)
    assert (reply, lamps.difference(state)) == ('{"on":true}', ("/lamps/hall is true",))
    lamps.call(state, ToolCall("list_lamps"), 7)
    assert '{"lamps":{"hall":true}}' in chat.calls[1].messages[-1].content
    assert [(call.seed, call.index) for call in chat.calls] == [(7, 0), (7, 1)]
    assert lamps.begin().held == '{"lamps":{"hall":false}}'


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("I cannot.", "no JSON object"),
        ('{"reply": {"on": "yes"}}', "no boolean"),
        ('{"reply": {}}', "lacks on"),
        ('{"patch": []}', "neither a reply nor an error"),
        ('{"error": "no", "reply": {"on": true}}', "neither a patch nor a reply"),
        ('{"patch": [{"op": "replace", "path": "/lamps/attic", "value": true}], "reply": {"on": true}}', "no 'attic'"),
        ('{"patch": [{"op": "remove", "path": ""}], "reply": {"on": true}}', "the state as a whole stays"),
        ('{"patch": [{"op": "add", "path": "/lamps/a"}], "reply": {"on": true}}', "it has no value"),
        (
            '{"patch": [{"op": "add", "path": "/lamps/a", "value": 3}], "reply": {"on": true}}',
            "lamps.a is 3, no boolean",
        ),
        ('{"patch": [{"op": "add", "path": "/b", "value": 3}], "reply": {"on": true}}', "b is not known"),
        ('{"patch": [{"op": "move", "path": "/lamps", "from": "/a"}], "reply": {"on": true}}', "another one"),
        (f"{GOOD} or {GOOD.replace('true', 'false')}", "several JSON objects"),
    ],
)
def test_an_answer_that_cannot_be_used_is_told_and_asked_for_again(said: str, told: str) -> None:
    chat = Scripted(said, GOOD)
    lamps = world(chat)
    state, _ = lamps.call(lamps.begin(), SET, 0)
    assert told in chat.calls[1].messages[-1].content
    assert state.asked == 2
    with pytest.raises(Fault, match="after 2 attempts the world model scripted has no answer to set_lamp") as raised:
        world(Scripted(said, said), attempts=2).call(lamps.begin(), SET, 0)
    assert raised.value.origin == "env"


def test_a_tool_that_only_reads_patches_nothing() -> None:
    chat = Scripted(GOOD, '{"reply": "none"}')
    lamps = world(chat)
    state, reply = lamps.call(lamps.begin(), ToolCall("list_lamps"), 0)
    assert (reply, lamps.difference(state)) == ("none", ())
    assert "list_lamps only reads" in chat.calls[1].messages[-1].content


def test_the_agents_mistakes_are_told_without_asking_the_model_or_by_it() -> None:
    chat = Scripted('{"error": "there is no lamp cellar; there is hall"}')
    lamps = world(chat)
    for call in (ToolCall("set_lamp", "{}"), ToolCall("no_such"), ToolCall.of("set_lamp", lamp="hall", on=1)):
        with pytest.raises(ToolError):
            lamps.call(lamps.begin(), call, 0)
    assert chat.calls == []
    with pytest.raises(ToolError, match="there is no lamp cellar"):
        lamps.call(lamps.begin(), ToolCall.of("set_lamp", lamp="cellar", on=True), 0)


def test_a_fault_of_the_endpoint_passes_through() -> None:
    def down(call: Call) -> Reply:
        raise Fault("the endpoint is down", origin="infra")

    with pytest.raises(Fault, match="is down") as raised:
        world(down).call(world(down).begin(), SET, 0)
    assert raised.value.origin == "infra"


def test_a_beginning_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"lamps\.hall is 3, no boolean"):
        WorldModel(Scripted(), "scripted", TOOLS, beginning={"lamps": {"hall": 3}}, form=FORM)
    with pytest.raises(ValueError, match="characters"):
        WorldModel(Scripted(), "scripted", TOOLS, beginning={"text": "x" * 100_000})


def test_an_episode_replays_to_the_byte_from_its_cassette(tmp_path: Path) -> None:
    task = SimulatedTask(id="lamp", instruction="Switch the hall on.", steps=(Step(SET, ("/lamps/hall is true",)),))

    def play(chat: Any) -> Any:
        return rollout(SimulatedTools(world(chat), TaskSet("lamps", [task])), oracle, 0)

    chat = Scripted("nothing", GOOD)
    with Cassette(tmp_path / "calls.db", "record", chat) as recording:
        recorded = play(recording)
    assert recorded.reward == 1.0
    assert len(chat.calls) == 2
    with Cassette(tmp_path / "calls.db", "replay-or-fail") as recording:
        assert play(recording) == recorded


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "/", "~", "0"]), inner, max_size=3)
    ),
    max_leaves=8,
)
PARTS = st.lists(st.sampled_from(["a", "b", "~1", "~0", "0", "1", "-"]), max_size=3)
OPERATIONS = st.lists(
    st.builds(
        Operation,
        op=st.sampled_from(["add", "replace", "remove"]),
        path=PARTS.map(lambda parts: "".join(f"/{part}" for part in parts)),
        value=JSON,
    ),
    max_size=4,
)


@given(st.dictionaries(st.sampled_from("ab"), JSON, max_size=2), OPERATIONS)
def test_a_patch_applies_or_is_refused_and_never_changes_what_it_was_given(
    held: Any, operations: list[Operation]
) -> None:
    before = json.dumps(held)
    try:
        after = patched(held, operations)
    except PatchError:
        after = held
    assert json.dumps(held) == before
    assert isinstance(after, dict)
    assert (list(changes(held, after)) == []) == (json.dumps(held, sort_keys=True) == json.dumps(after, sort_keys=True))
