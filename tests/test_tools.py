from __future__ import annotations

from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from agent_envs.messages import ToolCall
from agent_envs.tools import Tool, Toolbox, ToolError, tool


@tool
def add(
    world: list[int], number: Annotated[int, Meta(ge=0, description="What to add.")], times: int = 1
) -> dict[str, int]:
    """Add a number some times."""
    if number == 13:
        raise ToolError("13 is not added here; take 12")
    return {"sum": sum(world) + number * times}


box = Toolbox([add])


def test_the_schema_comes_from_types_and_docstring() -> None:
    assert add.schema == {
        "type": "function",
        "function": {
            "name": "add",
            "description": "Add a number some times.",
            "parameters": {
                "type": "object",
                "properties": {
                    "number": {"type": "integer", "minimum": 0, "description": "What to add."},
                    "times": {"type": "integer", "default": 1},
                },
                "required": ["number"],
                "additionalProperties": False,
            },
        },
    }


def test_a_valid_call_runs_on_the_world() -> None:
    assert box.call([1, 2], ToolCall.of("add", number=4)) == '{"sum":7}'


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"number": "4"}',
        '{"number": -1}',
        '{"number": 1, "more": 2}',
        '{"number": NaN}',
        "[" * 100_000,
    ],
)
def test_arguments_that_do_not_fit_are_a_tool_error_that_says_what_fits(arguments: str) -> None:
    with pytest.raises(ToolError, match=r"It takes \{number: integer, times\?: integer\}"):
        box.call([], ToolCall("add", arguments))


def test_an_unknown_tool_is_a_tool_error_that_lists_the_tools() -> None:
    with pytest.raises(ToolError, match=r"no tool 'sub'; the tools are add"):
        box.call([], ToolCall("sub"))


def test_a_tools_own_refusal_passes_through() -> None:
    with pytest.raises(ToolError, match="take 12"):
        box.call([], ToolCall.of("add", number=13))


@given(st.text())
def test_no_arguments_whatever_raise_anything_but_a_tool_error(arguments: str) -> None:
    try:
        box.call([], ToolCall("add", arguments))
    except ToolError as error:
        assert str(error)


def test_a_tool_without_a_docstring_is_refused_with_its_place() -> None:
    def silent(world: object, x: int) -> str:
        return ""

    with pytest.raises(TypeError, match=r"test_tools\.py:\d+: tool 'silent' has no docstring"):
        Tool(silent)


def test_a_parameter_without_a_type_is_refused_with_its_place() -> None:
    def untyped(world: object, x) -> str:  # type: ignore[no-untyped-def]
        """Do something."""
        return ""

    with pytest.raises(TypeError, match=r"test_tools\.py:\d+: tool 'untyped': its parameter 'x' has no type"):
        Tool(untyped)


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two tools of one name"):
        Toolbox([add, add])


@tool
def place(world: object, at: tuple[int, str]) -> str:
    """Put something somewhere."""
    return str(at)


def test_a_tuple_is_named_by_its_parts() -> None:
    with pytest.raises(ToolError, match=r"It takes \{at: \[integer, string\]\}"):
        Toolbox([place]).call(None, ToolCall("place", "{}"))
