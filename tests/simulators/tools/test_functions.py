from __future__ import annotations

from typing import Any

import pytest

from agent_envs.simulators.tools import Effect, load_tools
from agent_envs.simulators.tools.effects import singular


def taking(*required: str, **more: Any) -> dict[str, Any]:
    properties = {name: {"type": "string"} for name in required} | more
    return {"type": "object", "properties": properties, "required": list(required)}


def effect(name: str, *required: str) -> Effect | None:
    (tool,) = load_tools([{"name": name, "parameters": taking(*required)}]).tools
    return tool.effect


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "function", "function": {"name": "get_note", "description": "Read.", "parameters": taking("id")}},
        {"type": "function", "name": "get_note", "description": "Read.", "parameters": taking("id")},
        {"name": "get_note", "description": "Read.", "input_schema": taking("id")},
        {
            "name": "get_note",
            "description": "Read.",
            "inputSchema": taking("id"),
            "annotations": {"readOnlyHint": True},
        },
    ],
)
def test_every_form_of_a_function_is_the_same_tool(entry: dict[str, Any]) -> None:
    for source in ([entry], {"tools": [entry]}):
        (tool,) = load_tools(source).tools
        assert tool.schema["function"] == {"name": "get_note", "description": "Read.", "parameters": taking("id")}


def test_definitions_within_a_function_are_followed() -> None:
    schema = {"type": "object", "properties": {"note": {"$ref": "#/$defs/Note"}}, "$defs": {"Note": taking("text")}}
    (tool,) = load_tools([{"name": "create_note", "parameters": schema}]).tools
    assert tool.input["properties"]["note"] == taking("text")


@pytest.mark.parametrize("entry", [None, "text", {}, {"name": 3}, {"function": "text"}, {"name": "///"}])
def test_an_entry_that_is_no_function_is_told_by_its_number(entry: Any) -> None:
    tools = load_tools([{"name": "ping"}, entry])
    assert [one.name for one in tools.refused] == ["entry 1"]


def test_arguments_that_are_no_object_are_refused() -> None:
    tools = load_tools([{"name": "ping"}, {"name": "pong", "parameters": {"type": "array"}}])
    assert [(one.name, one.reason) for one in tools.refused] == [("pong", "its arguments are no object but array")]


@pytest.mark.parametrize(
    ("name", "required", "expected"),
    [
        ("create_note", ("text",), ("create", "note", "")),
        ("addNoteToFolder", ("text", "folder"), ("create", "note", "")),
        ("get-note", ("note_id",), ("get", "note", "note_id")),
        ("readNote", ("noteId",), ("get", "note", "noteId")),
        ("get_all_notes", (), ("list", "note", "")),
        ("search_open_issues", ("query",), ("list", "open_issue", "")),
        ("notes_update", ("id", "text"), ("update", "note", "id")),
        ("renameFile", ("path", "to"), ("update", "file", "path")),
        ("remove_entry", ("which",), ("delete", "entry", "which")),
    ],
)
def test_a_name_tells_what_is_done_to_what(name: str, required: tuple[str, ...], expected: tuple[str, ...]) -> None:
    found = effect(name, *required)
    assert found is not None
    assert (found.verb, found.entity, found.key) == expected


@pytest.mark.parametrize(
    ("name", "required", "why"),
    [
        ("ping", (), "no word of its name says what it does"),
        ("delete", ("id",), "does not say to what"),
        ("delete_note", ("from", "until"), "no argument of it says which note"),
    ],
)
def test_what_a_name_does_not_tell_is_said_to_be_unclear(name: str, required: tuple[str, ...], why: str) -> None:
    (tool,) = load_tools([{"name": name, "parameters": taking(*required)}]).tools
    assert tool.effect is None
    assert why in tool.unclear


def test_singulars_are_told_by_their_ending() -> None:
    plurals = "notes stories boxes branches statuses status addresses series news"
    assert [singular(word) for word in plurals.split()] == (
        "note story box branch status status address sery new".split()  # as far as an ending tells
    )
