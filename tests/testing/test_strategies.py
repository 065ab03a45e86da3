from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import find, given, settings
from msgspec import Meta

from agent_envs.testing import MALFORMED_ONE_IN, arguments, values
from agent_envs.tools import ToolError, tool


class Item(msgspec.Struct, forbid_unknown_fields=True):
    item_id: Annotated[str, Meta(min_length=1, max_length=8)]
    quantity: Annotated[int, Meta(ge=1, le=10)] = 1


@tool
def order(
    world: None,
    customer_id: Annotated[str, Meta(min_length=2)],
    items: Annotated[list[Item], Meta(min_length=1, max_length=4)],
    email: Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$", max_length=40)] | None,
    speed: Literal["standard", "express"],
    price: Annotated[float, Meta(gt=0, lt=100)],
    labels: dict[str, bool],
    gift: bool = False,
    more: Any = None,
    step: Annotated[int, Meta(multiple_of=5, gt=0)] = 5,
) -> str:
    """Order."""
    return "ordered"


@given(values(order.parameters))
def test_what_a_schema_describes_fits_the_tool(given: dict[str, Any]) -> None:
    assert order(None, json.dumps(given)) == "ordered"


@given(values(msgspec.json.schema(tuple[int, str])))
def test_a_tuple_has_its_members(drawn: list[Any]) -> None:
    assert msgspec.convert(drawn, tuple[int, str]) == tuple(drawn)


@given(arguments(order.parameters, {}))
def test_every_malformed_call_is_refused_or_run_and_never_crashes(text: str) -> None:
    try:
        assert order(None, text) == "ordered"
    except ToolError as error:
        assert str(error).startswith("the arguments of order do not fit: ")


LIVE: dict[str, list[Any]] = {"customer_id": ["C-1", "C-2"], "item_id": ["I-1"], "id": [7]}


@pytest.mark.parametrize("text", ["C-1", "C-2"])
def test_ids_are_drawn_from_those_that_live(text: str) -> None:
    assert find(arguments(order.parameters, LIVE), lambda drawn: f'"customer_id": "{text}"' in drawn)


@pytest.mark.parametrize("name", ["item_id", "item_ids", "new_item_id", "old_item_ids"])
def test_a_parameter_means_the_column_whose_name_it_ends_with(name: str) -> None:
    assert find(values({"type": "string"}, LIVE, name), lambda drawn: drawn == "I-1") == "I-1"


def test_a_live_value_of_another_type_is_not_drawn() -> None:
    @settings(derandomize=True)
    @given(values({"type": "string"}, LIVE, "id"))
    def run(drawn: str) -> None:
        assert isinstance(drawn, str)

    run()


def test_one_call_of_so_many_is_malformed() -> None:
    fits = []

    @settings(derandomize=True, max_examples=1000, database=None)
    @given(arguments(order.parameters, LIVE))
    def run(text: str) -> None:
        try:
            order(None, text)
            fits.append(True)
        except ToolError:
            fits.append(False)

    run()
    # A few of the malformed ones fit after all: an argument that may be anything, or left out. Which calls are drawn
    # depends on the modules that are loaded, for Hypothesis draws constants that stand in them as well.
    assert 0.25 / MALFORMED_ONE_IN < fits.count(False) / len(fits) < 2 / MALFORMED_ONE_IN


def test_a_schema_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="no strategy for the schema"):
        values({"allOf": []})
