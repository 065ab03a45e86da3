from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent_envs.messages import ToolCall
from agent_envs.simulators.tools import Simulator, SpecError, Toolset, load_tools
from agent_envs.simulators.tools.beginning import as_key
from agent_envs.simulators.tools.state import Place
from agent_envs.simulators.tools.values import drawn
from agent_envs.snapshots.domains.rows import Row

Document = Callable[..., dict[str, Any]]


def replying(schema: Any, **more: Any) -> dict[str, Any]:
    return {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}, **more}


def reasons(tools: Toolset) -> dict[str, str]:
    return {one.name: one.reason for one in tools.refused}


def only(tools: Toolset) -> Any:
    (tool,) = tools.tools
    return tool


def test_parameters_and_the_properties_of_a_body_stand_side_by_side(document: Document) -> None:
    body = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
    operation = replying(
        {}, operationId="add", requestBody={"required": True, "content": {"application/json": {"schema": body}}}
    )
    operation["parameters"] = [
        {"name": "folder", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "loud", "in": "query", "schema": {"type": "boolean"}},
        {"name": "X-Key", "in": "header", "required": True, "schema": {"type": "string"}},
    ]
    tool = only(load_tools(document({"/folders/{folder}/notes": {"post": operation}})))
    assert list(tool.input["properties"]) == ["folder", "loud", "text"]
    assert tool.input["required"] == ["folder", "text"]


def test_a_body_that_is_no_object_or_called_as_a_parameter_stands_by_itself(document: Document) -> None:
    def taking(schema: Any) -> Any:
        operation = replying({}, requestBody={"content": {"application/json": {"schema": schema}}})
        operation["parameters"] = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
        return only(load_tools(document({"/notes/{id}": {"put": operation}}))).input["properties"]

    assert list(taking({"type": "array", "items": {"type": "string"}})) == ["id", "body"]
    assert list(taking({"type": "object", "properties": {"id": {"type": "integer"}}})) == ["id", "body"]


def test_circular_references_are_unrolled_and_end(document: Document) -> None:
    tree = {"type": "object", "properties": {name: {"$ref": "#/components/schemas/Tree"} for name in ("left", "right")}}
    loop = {"$ref": "#/components/schemas/Loop"}
    tools = load_tools(document({"/tree": {"get": replying({"$ref": "#/components/schemas/Tree"})},
                                 "/loop": {"get": replying(loop)}}, Tree=tree, Loop=loop))  # fmt: skip
    assert [tool.name for tool in tools.tools] == ["get_tree", "get_loop"]
    _, reply = Simulator(tools).call(Simulator(tools).begin(), ToolCall("get_tree"), 0)
    assert isinstance(msgspec.json.decode(reply), dict)


def test_a_requirement_without_an_end_is_cut_where_references_are_followed_no_deeper(document: Document) -> None:
    tree = {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Tree"}}}
    simulator = Simulator(
        load_tools(document({"/tree": {"get": replying({"$ref": "#/components/schemas/Tree"})}}, Tree=tree))
    )
    _, reply = simulator.call(simulator.begin(), ToolCall("get_tree"), 0)
    assert reply.startswith('{"next":{"next":')


def test_all_of_is_merged_and_one_of_is_any_of(document: Document) -> None:
    base = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    whole = {"allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {"name": {"type": "string"}}}]}
    either = {"oneOf": [whole, {"type": "null"}]}
    tools = load_tools(document({"/a": {"get": replying(whole)}, "/b": {"get": replying(either)}}, Base=base))
    one, other = (tool.output for tool in tools.tools)
    assert one == {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
    }
    assert other == {"anyOf": [one, {"type": "null"}]}


def test_a_missing_type_is_told_by_the_keywords(document: Document) -> None:
    schema = {
        "properties": {"a": {"enum": [1, 2]}, "b": {"items": {}}, "c": {"maxLength": 3}, "d": {"minimum": 0}, "e": {}}
    }
    output = only(load_tools(document({"/a": {"get": replying(schema)}}))).output
    types = {name: one.get("type") for name, one in output["properties"].items()}
    assert output["type"] == "object"
    assert types == {"a": "integer", "b": "array", "c": "string", "d": "number", "e": None}


def test_the_nullable_and_the_exclusive_of_openapi_3_0_are_read(document: Document) -> None:
    schema = {"type": "integer", "nullable": True, "minimum": 0, "exclusiveMinimum": True}
    output = only(load_tools(document({"/a": {"get": replying(schema)}}, version="3.0.3"))).output
    assert output == {"anyOf": [{"type": "integer", "exclusiveMinimum": 0}, {"type": "null"}]}


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        ({"responses": {"200": {"content": {"text/html": {}}}}}, "replies text/html, no JSON"),
        ({"responses": {"302": {}}}, "no reply of success"),
        (replying({"$ref": "#/components/schemas/Gone"}), "leads nowhere"),
        (replying({"$ref": "other.yaml#/Note"}), "leads out of the document"),
        (replying("text"), "stands where a schema belongs"),
        (replying({}, requestBody={"required": True, "content": {"multipart/form-data": {}}}), "takes multipart"),
        ("text", "no object"),
    ],
)
def test_what_cannot_be_used_is_told_by_name_and_reason(document: Document, operation: Any, told: str) -> None:
    tools = load_tools(document({"/good": {"get": replying({})}, "/bad": {"post": operation}}))
    assert [tool.name for tool in tools.tools] == ["get_good"]
    assert told in reasons(tools)["post /bad"]


def test_a_path_that_names_no_parameter_and_a_second_of_one_name_are_told(document: Document) -> None:
    paths = {
        "/a/{id}": {"get": replying({})},
        "/b": {"get": replying({}, operationId="same")},
        "/c": {"get": replying({}, operationId="same")},
        "/d": "text",
    }
    assert reasons(load_tools(document(paths))) == {
        "get /a/{id}": "its path names 'id', which is none of its parameters",
        "same": "another tool before it has this name",
        "/d": "its path item is 'text', no object",
    }


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"swagger": "2.0", "paths": {"/a": {}}}, "swagger 2.0"),
        ({"openapi": "3.1.0"}, "has no paths"),
        ({"openapi": 3, "paths": {"/a": {}}}, "openapi 3"),
        ({"openapi": "3.1.0", "paths": {"/a": {"get": {"responses": {}}}}}, "holds no tool that can be used: get /a"),
        ({}, "give an OpenAPI 3 document"),
        ([], "holds no tool"),
        ({"tools": "text"}, "give an OpenAPI 3 document"),
        ([{"name": "a", "parameters": object()}], "no JSON"),
    ],
)
def test_a_source_that_is_none_is_refused_with_what_it_is(source: Any, told: str) -> None:
    with pytest.raises(SpecError, match=told):
        load_tools(source)


def test_a_file_that_is_damaged_or_missing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "half.json").write_text('{"openapi": ')
    (tmp_path / "deep.json").write_text("[" * 100_000)
    for name in ("half.json", "deep.json", "missing.json"):
        with pytest.raises(SpecError, match=name):
            load_tools(tmp_path / name)


def test_yaml_is_read_as_json_is(tmp_path: Path, document: Document) -> None:
    pytest.importorskip("yaml", reason="pyyaml, of the extra mcp, is not installed")
    file = tmp_path / "notes.yaml"
    file.write_text(
        "openapi: 3.1.0\npaths:\n  /notes:\n    get:\n      operationId: list_notes\n      responses:\n        200:\n"
        "          content:\n            application/json:\n              schema: {enum: [2024-01-01]}\n"
    )
    tool = only(load_tools(file))
    assert (tool.name, tool.output["enum"]) == ("list_notes", ["2024-01-01"])
    file.write_text("a: [")
    with pytest.raises(SpecError, match="damaged"):
        load_tools(file)


def test_yaml_without_its_reader_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notes.yaml").write_text("a: 1")
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ImportError, match=r"pip install 'agent-envs\[mcp\]'"):
        load_tools(tmp_path / "notes.yaml")


def test_five_thousand_operations_are_read(document: Document) -> None:
    note = {"type": "object", "properties": {"id": {"type": "string"}, "next": {"$ref": "#/components/schemas/Note"}}}
    key = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
    one = {"$ref": "#/components/schemas/Note"}
    paths: dict[str, Any] = {}
    for number in range(1000):
        many = replying({"type": "array", "items": one})
        body = {"content": {"application/json": {"schema": one}}}
        paths[f"/kind{number}s"] = {"get": many, "post": replying(one, requestBody=body)}
        paths[f"/kind{number}s/{{id}}"] = {
            "parameters": key,
            "get": replying(one),
            "patch": replying(one),
            "delete": replying(one),
        }
    tools = load_tools(document(paths, Note=note))
    simulator = Simulator(tools)
    assert len(tools.tools) == 5000
    assert len(simulator.entities) == 1000


def test_githubs_document_is_read_and_every_operation_can_be_called() -> None:
    path = os.environ.get("GITHUB_OPENAPI", "")
    if not Path(path).is_file():
        pytest.skip("GITHUB_OPENAPI does not name api.github.com.json of the npm package @octokit/openapi")
    tools = load_tools(path)
    assert len(tools.tools) > 1000
    assert len(tools.refused) < 50
    simulator = Simulator(tools)
    assert len(simulator.entities) > 200
    for tool in simulator.toolset.tools:
        properties = tool.input["properties"]
        row = Row(0, tool.name, 0, {})
        given = {name: drawn(properties[name], row, name) for name in tool.input.get("required", ())}
        if tool.effect is not None:
            entity = simulator.entities[tool.effect.home]
            scope = simulator.beginning.scopes(entity)[0]
            key = next(iter(simulator.beginning.at(Place(entity.home, scope))))
            named = [
                *zip(tool.effect.scope, scope, strict=True),
                *([(tool.effect.key, key)] if tool.effect.key else []),
            ]
            given |= {name: as_key(properties[name], value) for name, value in named}
        simulator.call(simulator.begin(), ToolCall.of(tool.name, **given), 0)  # raises if the reply does not fit
