from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_envs.simulators.tools.fitting import fits, misfit
from agent_envs.simulators.tools.pattern import text_for
from agent_envs.simulators.tools.plain import Plain
from agent_envs.simulators.tools.shaping import shaped
from agent_envs.simulators.tools.values import Unmade, drawn
from agent_envs.snapshots.domains.rows import Row

SMALL = st.integers(0, 5)
SCALARS = st.one_of(
    st.just({}),
    st.sampled_from(["boolean", "null", "integer", "number", "string"]).map(lambda kind: {"type": kind}),
    st.builds(lambda low, more: {"type": "integer", "minimum": low, "maximum": low + more}, st.integers(-9, 9), SMALL),
    st.builds(lambda low: {"type": "number", "exclusiveMinimum": low}, st.floats(-9, 9)),
    st.builds(lambda least, more: {"type": "string", "minLength": least, "maxLength": least + more}, SMALL, SMALL),
    st.sampled_from(["date", "date-time", "uuid", "email", "uri"]).map(lambda form: {"type": "string", "format": form}),
    st.sampled_from([r"^[A-Z]{3}-\d+$", r"^(a|bc)*$", r"\w{2,4}"]).map(lambda one: {"type": "string", "pattern": one}),
    st.lists(st.none() | st.booleans() | st.integers() | st.text(), min_size=1).map(lambda values: {"enum": values}),
)
SCHEMAS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.builds(lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, st.integers(0, 2)),
        st.builds(
            lambda fields, share: {"type": "object", "properties": fields, "required": sorted(fields)[: share]},
            st.dictionaries(st.sampled_from(["id", "name", "created_at", "email", "x"]), inner, max_size=4),
            SMALL,
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda options: {"anyOf": options}),
        st.lists(inner, min_size=1, max_size=2).map(lambda options: {"oneOf": options}),
    ),
    max_leaves=8,
)  # fmt: skip


def row(seed: int = 0) -> Row:
    return Row(seed, "test", 0, {})


@settings(max_examples=300, deadline=None)
@given(SCHEMAS, st.integers(0, 100), st.sampled_from([0.0, 0.5, 1.0]))
def test_what_is_drawn_fits_and_is_the_same_again(schema: Any, seed: int, edge: float) -> None:
    plain = Plain({}, 3)(schema)
    value = drawn(plain, row(seed), "value", edge=edge)
    assert misfit(plain, value) == ""
    assert drawn(plain, row(seed), "value", edge=edge) == value


@settings(max_examples=200, deadline=None)
@given(SCHEMAS, SCHEMAS, st.integers(0, 100))
def test_what_is_shaped_fits_whatever_was_known(schema: Any, other: Any, seed: int) -> None:
    plain, known = Plain({}, 3)(schema), drawn(Plain({}, 3)(other), row(seed), "value")
    made = shaped(plain, known, row(seed), "value")
    assert misfit(plain, made) == ""
    assert shaped(plain, made, row(seed), "value") == made or "anyOf" in json.dumps(plain)


@settings(max_examples=300, deadline=None)
@given(SCHEMAS, SCHEMAS, st.integers(0, 100))
def test_it_says_of_a_value_what_another_validator_says(schema: Any, other: Any, seed: int) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema, which comes with mcp, is not installed")
    plain = Plain({}, 3)(schema)
    value = drawn(Plain({}, 3)(other), row(seed), "value")
    assert jsonschema.Draft202012Validator(plain).is_valid(value) or not fits(plain, value)
    if not re.search('"(format|pattern)"', json.dumps(plain)):
        assert fits(plain, value) == jsonschema.Draft202012Validator(plain).is_valid(value)


@pytest.mark.parametrize(
    ("schema", "value", "told"),
    [
        ({"type": "integer"}, True, "is True, no integer"),
        ({"type": "integer"}, 1.5, "is 1.5, no integer"),
        ({"type": "number"}, float("nan"), "no finite number"),
        ({"type": "string", "minLength": 2}, "a", "has 1 characters, not at least 2"),
        ({"type": "string", "format": "date"}, "2024-02-30", "no date"),
        ({"type": "integer", "enum": [1]}, True, "can be 1"),
        ({"type": "object", "required": ["a"]}, {}, "lacks a"),
        ({"type": "object", "properties": {"a": {}}, "additionalProperties": False}, {"b": 1}, "b is not known"),
        ({"type": "array", "uniqueItems": True}, [1, 1.0], "one item twice"),
        ({"type": "array", "items": {"type": "string"}}, ["a", 1], r"\[1\] is 1, no string"),
    ],
)
def test_a_misfit_is_told_with_its_place(schema: Any, value: Any, told: str) -> None:
    assert re.search(told, misfit(schema, value))


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[a-z]{2}-\d{4}$",
        r"^(open|closed)$",
        r"^[0-9a-f]{40}$",
        r"^([0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?)$",
        r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$",
        r"^\S+@\w+\.org$",
        r"v\d+\.\d+",
        "",
    ],
)
def test_a_pattern_is_written(pattern: str) -> None:
    for seed in range(20):
        text = text_for(pattern, row(seed), "text")
        assert text is not None
        assert re.search(pattern, text)


def test_a_pattern_beyond_us_is_told_and_none_is_made_up() -> None:
    schema = {"type": "string", "pattern": r"^(?=.*\d)(?!abc)[a-z]{9}\d$"}
    with pytest.raises(Unmade, match="pattern"):
        drawn(schema, row(), "code")


def test_bounds_that_leave_nothing_are_told() -> None:
    with pytest.raises(Unmade, match="no value from 3 to 2"):
        drawn({"type": "integer", "minimum": 3, "maximum": 2}, row(), "count")
