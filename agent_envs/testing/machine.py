"""A machine that plays random calls on a domain and checks after each what must always hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, get_type_hints
from unittest import TestCase

import msgspec
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from agent_envs.catalog import LOAD_DOMAIN
from agent_envs.registry import resolve
from agent_envs.tools import Tool, ToolError

from .checks import Baseline, Database, State, Watched
from .live import Surroundings
from .strategies import MALFORMED_ONE_IN, arguments, malformed, well_formed

_SETTINGS = settings(
    derandomize=True,
    deadline=None,
    max_examples=200,
    stateful_step_count=20,
    report_multiple_bugs=False,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=tuple(HealthCheck),
)


class Told(NamedTuple):
    """What a call came to."""

    refused: bool
    text: str


class ToolMachine(RuleBasedStateMachine):
    """The machine; `tool_machine` gives it a domain and a rule for each tool."""

    open_database: ClassVar[Callable[[], Database]]
    baseline: ClassVar[Callable[[], Baseline]]
    surroundings: ClassVar[Callable[[], Surroundings]]

    def __init__(self) -> None:
        super().__init__()
        self.database = type(self).open_database()
        self._changed: list[tuple[str, tuple[Any, ...]]] = []
        self._calls: list[tuple[Tool[Any], str, Told]] = []
        self._whole = True

    @rule()
    def go_on_in_a_fork(self) -> None:
        """Every call after this one is made on a fork, and is to come to the same."""
        # Having no arguments, it is also what Hypothesis makes of a superfluous step before it deletes it.
        before, self.database = self.database, self.database.fork()
        before.close()

    def drawn(self, tool: Tool[Any]) -> st.SearchStrategy[str]:
        """Arguments for a call now."""
        surroundings = type(self).surroundings()
        anchors = surroundings.anchors(tuple(tool.parameters["properties"]), self._changed)
        kinds = (well_formed,) * (MALFORMED_ONE_IN - 1) + (malformed,)
        # One choice and not two: a step of more than five choices is hard to delete for Hypothesis.
        return st.sampled_from([(kind, anchor) for kind in kinds for anchor in anchors]).flatmap(
            lambda chosen: chosen[0](tool.parameters, surroundings.of(self.database, chosen[1]))
        )

    def play(self, tool: Tool[Any], text: str) -> None:
        """Make a call, first on a fork and then here, and check everything that one call can break."""
        self._whole = False
        before = State.of(self.database)
        twin = self.database.fork()
        try:
            assert State.of(twin) == before, "a fork is not in the state of what it was forked from"
            watched = Watched(twin)
            told_to_twin = _call(tool, twin, watched, text)
            assert State.of(self.database) == before, "a call on a fork changed what it was forked from"
            told = _call(tool, self.database, self.database, text)
            after = State.of(self.database)
            assert told == told_to_twin, (
                f"{tool.name} told a fork {told_to_twin.text!r:.500} and then {told.text!r:.500}: it depends on"
                " something outside of the database, or on an order that no ORDER BY gives"
            )
            assert State.of(twin) == after, f"{tool.name} left a fork in another state"
        finally:
            twin.close()
        assert tool.writes or after == before, f"{tool.name} only reads, and it changed {after.diff}"
        assert not told.refused or after == before, (
            f"{tool.name} raised {told.text!r:.500}, and it changed {after.diff}"
        )
        assert told.refused or not watched.refused or after == before, (
            f"{tool.name} went on after the database refused a statement, and what it had written stays:"
            f" {watched.refused:.500}"
        )
        if not told.refused:
            _check_type(tool, told.text)
        if after != before:
            self._check_rows(after)
            self._changed = [(change[0], change[1]) for change in after.diff if change[3] is not None]
        self._calls.append((tool, text, told))
        self._whole = True

    def _check_rows(self, state: State) -> None:
        baseline = type(self).baseline()
        assert not (dangling := baseline.dangling(self.database)), dangling
        recounted = baseline.differences(self.database)
        assert [tuple(change) for change in state.diff] == recounted, f"the difference is {recounted}, not {state.diff}"

    def teardown(self) -> None:
        """Play all calls again on a fresh database; a failure before this one is the one to report."""
        if self._whole:
            fresh = type(self).open_database()
            for tool, text, told in self._calls:
                again = _call(tool, fresh, fresh, text)
                assert again == told, f"played again, {tool.name} told {again.text!r:.500} after {told.text!r:.500}"
            assert State.of(fresh) == State.of(self.database), "played again, the calls came to another state"
            fresh.close()
        self.database.close()


def tool_machine(domain: Any, *, rows: int = 2000, seed: int = 0) -> type[TestCase]:
    """A test case that plays random calls of a domain's tools, the agent's and the user's.

    Two hundred dialogues of up to twenty calls are played, the same ones wherever the same modules are loaded, and what
    fails is shrunk to the shortest sequence of calls that fails.
    ``TestShop.settings = settings(TestShop.settings, max_examples=1000)`` plays more.

    Args:
        domain: Name of an embedded domain, the path of a folder, a loaded `Domain`, or a `DomainWorld`.
        rows: Rows of the database; a `DomainWorld` has its own.
        seed: Names the database; a `DomainWorld` has its own.

    Returns:
        A `unittest.TestCase`, which pytest and unittest both collect: ``TestShop = tool_machine("shop")``.

    Raises:
        DomainError: The domain cannot be loaded; the message names the file and the line.
        TypeError: A tool with a parameter of a kind that no strategy makes.
    """
    if isinstance(domain, str | Path):
        load: Any = resolve(LOAD_DOMAIN)
        domain = load(domain)
    open_database: Callable[[], Database] = getattr(domain, "database", None) or partial(domain.open, rows, seed)
    baseline = cache(lambda: Baseline(open_database()))  # made when a test runs, not when it is collected
    body: dict[str, Any] = {
        "open_database": staticmethod(open_database),
        "baseline": staticmethod(baseline),
        "surroundings": staticmethod(cache(lambda: Surroundings(baseline()))),
    }
    for prefix, tools in (("", domain.tools), ("user_", domain.user_tools)):
        for tool in tools.values():
            name = f"{prefix}{tool.name}"
            body[f"{name}_" if hasattr(ToolMachine, name) or name in body else name] = _rule(tool)
    name = getattr(domain, "name", None) or domain.domain.name
    title = "".join(map(str.capitalize, re.findall(r"[A-Za-z0-9]+", name)))
    machine: Any = type(f"{title}Machine", (ToolMachine,), body)
    case: type[TestCase] = machine.TestCase
    case.settings = _SETTINGS  # type: ignore[attr-defined]
    return case


def _rule(tool: Tool[Any]) -> Any:
    arguments(tool.parameters, {}).validate()

    def call(self: ToolMachine, arguments: str) -> None:
        self.play(tool, arguments)

    call.__name__ = call.__qualname__ = tool.name
    return rule(arguments=st.runner().flatmap(lambda machine: machine.drawn(tool)))(call)


def _call(tool: Tool[Any], database: Database, seen: object, text: str) -> Told:
    """Make a call; whatever but `ToolError` it raises is a failure by itself."""
    try:
        with database.call(writes=tool.writes):
            return Told(False, tool(seen, text))
    except ToolError as error:
        return Told(True, str(error))


def _check_type(tool: Tool[Any], text: str) -> None:
    declared = get_type_hints(tool.function, include_extras=True).get("return", Any)
    try:
        try:
            msgspec.json.decode(text, type=declared)
        except msgspec.MsgspecError:
            msgspec.convert(text, declared)  # a text is returned as it is
    except msgspec.MsgspecError as error:
        raise AssertionError(f"{tool.name} returned {text!r:.500}, which is no {declared}: {error}") from None
