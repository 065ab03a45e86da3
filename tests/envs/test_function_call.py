from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agent_envs.conformance import check
from agent_envs.envs.function_call import FunctionCall, calls_of
from agent_envs.envs.tool_domain import ToolDomain
from agent_envs.messages import Message, ToolCall, assistant
from agent_envs.outcome import Outcome, StopReason
from agent_envs.rollouts.policies import noop, oracle
from agent_envs.rollouts.rollout import rollout

LEND = '{"book_id": "B1000000", "reader_id": "R-7"}'


@pytest.fixture
def make_call(make_lending: Callable[..., ToolDomain]) -> Callable[..., FunctionCall]:
    """Makes the environment over the dialogues of the lending desk."""

    def make(**kwargs: Any) -> FunctionCall:
        lending = make_lending()
        return FunctionCall(lending.domain, lending.tasks, lending.user, **kwargs)

    return make


Make = Callable[..., FunctionCall]


def end(env: FunctionCall, turn: Any, task: str = "lend-1") -> Outcome:
    env.reset(seed=0, options={"task": task})
    *_, info = env.step(turn)
    outcome: Outcome = info["outcome"]
    return outcome


def test_every_call_of_every_dialogue_is_a_task(make_lending: Callable[..., ToolDomain]) -> None:
    ids = [task.id for task in calls_of(make_lending().tasks)]
    assert ids == ["lend-0", "lend-1", "lend-2", "learn-0", "refuse-0", "both-0"]


def test_the_context_is_the_dialogue_up_to_the_call(make_call: Make) -> None:
    env = make_call()
    context, info = env.reset(seed=0, options={"task": "lend-1"})
    assert info["new"] == context
    assert context[5].content.startswith("<tool_response>") and '"title":"Dune"' in context[5].content
    assert context[-1].role == "user" and context[-1].content.startswith("Yes")
    assert env.state_digest() == env.fork().state_digest()


@pytest.mark.parametrize("dialect", ["hermes", "openai"])
def test_the_right_call_earns_one_and_silence_nothing(make_call: Make, dialect: str) -> None:
    env = make_call(dialect=dialect)
    for seed in range(len(env.tasks)):
        assert rollout(env, oracle, seed).reward == 1.0
        assert rollout(env, noop, seed).reward == 0.0


def test_it_keeps_the_contract(make_call: Make) -> None:
    assert check(make_call).problems == ()


def test_the_order_of_arguments_and_what_is_said_besides_do_not_matter(make_call: Make) -> None:
    call = ToolCall("lend", '{"reader_id":"R-7","book_id":"B1000000"}')
    assert end(make_call(), Message("assistant", "I will do that.", "thinking", (call,))).reward == 1.0


@pytest.mark.parametrize(
    ("name", "arguments", "parts"),
    [
        ("lend", '{"book_id": "B1000000"}', (1, 1, 0)),
        ("lend", '{"book_id": "B1000000", "reader_id": "R-7", "note": ""}', (1, 1, 0)),
        ("lend", '{"book_id": "B1000001", "reader_id": "R-7"}', (1, 1, 0)),
        ("find_book", LEND, (1, 0, 1)),
        ("lend", "[]", (0, 1, 0)),
        ("lend", '{"book_id": ', (0, 1, 0)),
    ],
)
def test_anything_else_is_named_by_its_part(make_call: Make, name: str, arguments: str, parts: tuple[int, ...]) -> None:
    outcome = end(make_call(dialect="openai"), assistant(calls=(ToolCall(name, arguments),)))
    assert tuple(outcome.parts.values()) == parts
    assert (outcome.reward, outcome.reason) == (0.0, StopReason.SUBMITTED)
    assert outcome.detail.startswith(f"{name}{arguments}, not lend")


def test_one_is_not_true_and_not_one_point_zero(make_call: Make) -> None:
    env = make_call()
    task = env.tasks.named("lend-1")
    for given, right, same in (("1", "true", 0.0), ("1", "1.0", 0.0), ("1.0", "1.0", 1.0), ("[1,2]", "[2,1]", 0.0)):
        wanted = ToolCall("lend", f'{{"n":{right}}}')
        env.tasks = type(env.tasks)("one", [type(task)(**{**_fields(task), "call": wanted})])
        assert end(env, assistant(calls=(ToolCall("lend", f'{{"n":{given}}}'),))).reward == same


def _fields(task: Any) -> dict[str, Any]:
    return {name: getattr(task, name) for name in task.__struct_fields__}


@pytest.mark.parametrize(
    ("turn", "reason"),
    [
        ("", StopReason.NO_ANSWER),
        ("Shall I lend it?", StopReason.NO_ANSWER),
        ('<tool_call>{"name": "lend", "arguments": {', StopReason.FORMAT_ERROR),
        ("<tool_call>lend</tool_call>", StopReason.FORMAT_ERROR),
    ],
)
def test_a_turn_without_a_call_in_due_form_earns_nothing(make_call: Make, turn: str, reason: StopReason) -> None:
    outcome = end(make_call(), turn)
    assert (outcome.reason, outcome.reward, outcome.truncated) == (reason, 0.0, False)


def test_two_calls_are_not_one(make_call: Make) -> None:
    call = ToolCall("lend", LEND)
    for dialect in ("hermes", "openai"):
        assert end(make_call(dialect=dialect), assistant(calls=(call, call))).reward == 0.0
